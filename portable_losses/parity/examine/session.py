"""Leads a check: workers, one for each backend, measure; the judge says what it means.

Workers start together and live on for the next target. One that hangs or breaks down is
replaced by another when the next target comes.
"""

import dataclasses
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from portable_losses.parity.examine import judge
from portable_losses.parity.examine.channel import START, Channel, Ended
from portable_losses.parity.examine.errors import place_in
from portable_losses.parity.examine.findings import Finding, Report
from portable_losses.parity.examine.kinds import KINDS, Pair
from portable_losses.parity.examine.sending import sent

Facts = dict[str, Any]


@dataclasses.dataclass
class Options:
    """What is asked of a check.

    Args:
        backends: with gradients; NumPy runs beside them.
        kind: what the losses take; guessed if None.
        shape: of the predictions.
        inputs: named inputs of the user's own.
        strict: whether the conventions of this package are held to.
        timeout: seconds that one step of user code may take.
    """

    backends: tuple[str, ...]
    kind: str | None = None
    shape: tuple[int, ...] | None = None
    inputs: Mapping[str, Pair] | None = None
    reference: str | None = None
    strict: bool = False
    timeout: float = 60.0


class Session:
    """Workers, and what is checked with them.

    Args:
        options: what is asked.
        note: is told what happens, for a person who waits.
    """

    def __init__(
        self, options: Options, note: Callable[[str], None] = lambda text: None
    ) -> None:
        self.options = options
        self.note = note
        self.lanes = tuple(dict.fromkeys(("numpy", *options.backends)))
        self._channels: dict[str, Channel] = {}
        self._ready: set[str] = set()
        for backend in self.lanes:  # here: a worker ends with the thread that made it
            self._start(backend)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers."""
        for channel in self._channels.values():
            channel.kill()

    def _start(self, backend: str) -> None:
        self._channels[backend] = Channel(backend, self.options.timeout)
        self._ready.discard(backend)

    def _revive(self) -> None:
        for backend in self.lanes:
            if self._channels[backend].popen.poll() is not None:
                self._channels[backend].kill()
                self._start(backend)

    # --- asking -----------------------------------------------------------------------

    def ask(self, backend: str, do: str, **facts: Any) -> Facts:
        """Ask one worker; the answer of one that hangs or ends is `{"ended": ...}`."""
        channel = self._channels[backend]
        try:
            if backend not in self._ready:
                hello = channel.answer(START)
                if "failed" in hello:
                    raise Ended(f"{backend} does not start: {hello['failed']}")
                channel.versions = hello["versions"]
                self._ready.add(backend)
            if channel.popen.poll() is not None:
                raise Ended("the worker is gone")
            answer = channel.ask(do, stack=channel.stack_file, **facts)
        except Ended as error:
            file, line = place_in(error.where)
            return {
                "ended": {
                    "type": "Ended",
                    "message": str(error),
                    "file": file,
                    "line": line,
                    "text": "",
                    "log": error.log[-2000:],
                }
            }
        answer.pop("event", None)
        if "failed" in answer:
            message = answer["failed"]
            return {
                "ended": {"type": "Failed", "message": message, "file": "", "line": 0}
            }
        return answer

    def ask_all(
        self, backends: tuple[str, ...], do: str, **facts: Any
    ) -> dict[str, Facts]:
        """Ask several workers at once."""
        if not backends:
            return {}
        with ThreadPoolExecutor(len(backends)) as pool:
            found = pool.map(lambda b: self.ask(b, do, **facts), backends)
            return dict(zip(backends, found, strict=True))

    def names(self, place: str) -> Facts:
        """The targets of all losses of a place."""
        return self.ask("numpy", "names", place=place)

    # --- a check ----------------------------------------------------------------------

    def check(self, target: str) -> Report:
        """Check one loss."""
        self._revive()
        return Examination(self, target).report()


class Examination:
    """One loss, what was measured of it, and what is found."""

    def __init__(self, session: Session, target: str) -> None:
        self.session = session
        self.options = session.options
        self.target = target
        self.findings: list[Finding] = []
        self.alive: tuple[str, ...] = ()
        self.facts: Facts = {}
        self.kind_name: str | None = None

    def report(self) -> Report:
        """Find everything out, in the order of what is cheap."""
        note, ask_all = self.session.note, self.session.ask_all
        note(f"{self.target}: importing")
        loads = ask_all(self.session.lanes, "load", target=self.target)
        if (failed := self._load(loads)) is not None:
            return failed
        lane = "numpy" if "numpy" in self.alive else self.alive[-1]
        kind = self._kind(lane)
        if isinstance(kind, Report):
            return kind
        self.kind_name, shape = kind
        self.kind = KINDS[self.kind_name]
        self.inputs = dict(self.options.inputs or self.kind.inputs(shape))
        note(f"{self.target}: {self.kind_name}, running")
        self._measure(lane)
        measured = judge.Measured(
            kind=self.kind,
            inputs=self.inputs,
            facts=self.facts,
            backends=tuple(b for b in self.options.backends if b in self.alive),
            found=self.found,
            strict=bool(self.options.strict or self.facts["strict"]),
        )
        self.findings += judge.judge(measured, self._again)
        return Report(self.target, self.kind_name, self.findings)

    def _load(self, loads: dict[str, Facts]) -> Report | None:
        self.alive = tuple(b for b, found in loads.items() if "facts" in found)
        broken = {
            b: found.get("error") or found["ended"]
            for b, found in loads.items()
            if "facts" not in found
        }
        if not self.alive:
            return Report.unchecked(self.target, broken)
        self.facts = loads[self.alive[0]]["facts"]
        self.facts["pinned"] = sorted(
            {name for b in self.alive for name in loads[b]["facts"]["pinned"]}
        )
        lanes = {b: e for b, e in broken.items() if b != "numpy"}
        if lanes:
            self.findings += judge.import_faults(lanes, self.facts)
        return None

    def _kind(self, lane: str) -> tuple[str, tuple[int, ...] | None] | Report:
        if self.options.kind is not None:
            return self.options.kind, self.options.shape
        self.session.note(f"{self.target}: finding out what it takes")
        found = self.session.ask(lane, "guess")
        error = found.get("ended") or found.get("error")
        if found.get("kind"):
            shape = self.options.shape or found.get("shape")
            return found["kind"], tuple(shape) if shape else None
        if "ended" in found:
            self.findings += judge.ended({lane: found["ended"]}, self.facts)
            return Report(self.target, None, self.findings)
        fault = judge.never_runs(error, self.facts)
        if fault is not None:
            self.findings.append(fault)
            return Report(self.target, None, self.findings)
        return Report.unchecked(self.target, {lane: error or {}})

    def _measure(self, lane: str) -> None:
        ask = self.session.ask
        inputs = sent(self.inputs)
        few = sent({k: self.inputs[k] for k in list(self.inputs)[:1]})
        drawn = list(self.inputs)[:2]
        t, p = self.inputs[drawn[0]]
        batches = {
            "whole": (t, p),
            "other": self.inputs[drawn[-1]],
            "again": (t, p),
            "first half": (t[: len(p) // 2], p[: len(p) // 2]),
            "one": (t[1:2], p[1:2]),
        }
        backends = tuple(b for b in self.options.backends if b in self.alive)
        found: dict[str, dict[str, Facts]] = {}

        def numpy_lane() -> None:
            found["items"] = {lane: ask(lane, "items", inputs=sent(batches))}
            found["saving"] = {lane: ask(lane, "saving", inputs=few)}
            if lane == "numpy":
                found["reference"] = {lane: ask(lane, "reference", inputs=inputs)}
                found["second64"] = {lane: ask(lane, "second", inputs=few)}

        def backend_lanes(backend: str) -> dict[str, Facts]:
            own = {"main": ask(backend, "measure", inputs=inputs)}
            for mode in self._modes(backend)[1:]:
                own[mode] = ask(backend, "measure", inputs=few, mode=mode)
            if backend != lane:
                small = sent({k: batches[k] for k in ("whole", "again")})
                own["items"] = ask(backend, "items", inputs=small)
            for do in ("inside", "second", "mapped"):
                own[do] = ask(backend, do, inputs=few)
            if backend == "torch" or len(backends) == 1:
                own["base"] = ask(backend, "base", inputs=few)
            return own

        with ThreadPoolExecutor(len(backends) + 1) as pool:
            first = pool.submit(numpy_lane) if lane not in backends else None
            others = dict(zip(backends, pool.map(backend_lanes, backends), strict=True))
            if first is None:
                numpy_lane()
            else:
                first.result()
        for backend, own in others.items():
            for what, facts in own.items():
                found.setdefault(what, {})[backend] = facts
        self.found = found

    @staticmethod
    def _modes(backend: str) -> tuple[str, ...]:
        from portable_losses._adapters import facts

        return facts(backend).modes

    # --- experiments ------------------------------------------------------------------

    def _again(
        self,
        backends: tuple[str, ...],
        inputs: Mapping[str, Pair],
        swap: tuple[str, ...],
    ) -> dict[str, Facts]:
        """Measure once more, with operations swapped, on backends and in float64."""
        self.session.note(
            f"{self.target}: trying "
            + (", ".join(f"ops.{name}" for name in swap) or "a smaller input")
        )
        sending = sent(dict(inputs))
        found = self.session.ask_all(backends, "measure", inputs=sending, swap=swap)
        if "numpy" in self.alive:
            found["numpy"] = self.session.ask(
                "numpy", "reference", inputs=sending, swap=swap
            )
        return found
