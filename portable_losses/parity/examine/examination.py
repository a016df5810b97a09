"""The check of one loss: the commands to the workers, the fast ones first."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from portable_losses.parity.examine import (
    foreign,
    in_place,
    judge,
    misfit,
    per_item,
    processes,
    raised,
)
from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.findings import Finding, Report
from portable_losses.parity.examine.kinds import DECLARED, KINDS, of_declared
from portable_losses.parity.examine.measured import Measured
from portable_losses.parity.examine.sending import sent
from portable_losses.parity.examine.session import Session

Facts = dict[str, Any]


def check(session: Session, target: str) -> Report:
    """Check one loss."""
    session.revive()
    return Examination(session, target).report()


class Examination:
    """One loss, its measurements and its findings."""

    def __init__(self, session: Session, target: str) -> None:
        self.session = session
        self.options = session.options
        self.target = target
        self.findings: list[Finding] = []
        self.alive: tuple[str, ...] = ()
        self.facts: Facts = {}
        self.declared: Facts = {}
        self.kind_name: str | None = None
        self.sure = True

    def report(self) -> Report:
        """Run all measurements, the fast ones first."""
        note, ask_all = self.session.note, self.session.ask_all
        note(f"{self.target}: importing")
        loads = ask_all(self.session.lanes, "load", target=self.target)
        if (failed := self._load(loads)) is not None:
            return failed
        self.lane = lane = "numpy" if "numpy" in self.alive else self.alive[-1]
        self.has_reference = self.session.has_reference or lane == "numpy"
        kind = self._kind(lane)
        if isinstance(kind, Report):
            return kind
        self.kind_name, shape = kind
        if (misfits := self._choose(kind[0], shape, self.lane)) is not None:
            return misfits
        note(f"{self.target}: {self.kind_name}, running")
        self._measure(self.lane)
        measured = Measured(
            kind=self.kind,
            inputs=self.inputs,
            facts=self.facts,
            backends=tuple(b for b in self.options.backends if b in self.alive),
            found=self.found,
            strict=bool(
                self.facts["strict"]
                if self.options.strict is None
                else self.options.strict
            ),
            reference=self.options.reference,
            culprit=self._culprit,
            elsewhere=functools.partial(processes.items, self.session, self.target),
        )
        self.findings += judge.judge(measured, self._again)
        in_place.remedies(self.session, measured, self.findings)
        return Report(
            self.target,
            self.kind_name,
            self.findings,
            raised.of_reference(measured),
            sure=self.sure,
            drawn=next(iter(self.inputs.values())),
        )

    def _choose(self, name: str, shape: Any, lane: str) -> Report | None:
        """Choose kind and inputs; return a report where they do not fit."""
        if self.declared:
            self.kind, self.inputs = of_declared(self.declared)
            self.has_reference &= "other arguments" not in self.declared
            return None
        self.kind = dataclasses.replace(KINDS[name], **self.facts["meeting"])
        if not self.sure:
            self.kind = dataclasses.replace(self.kind, right="", wrong=(), far=())
        try:
            self.inputs = dict(self.options.inputs or self.kind.inputs(shape))
        except (ValueError, IndexError, TypeError) as error:
            return misfit.of_shape(self.target, name, shape, error)
        if self.options.kind or self.options.shape or self.options.inputs:
            return misfit.of(self.session, self.target, name, self.inputs, lane)
        return None

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
            self.findings += raised.import_faults(lanes, self.facts)
        return None

    def _kind(self, lane: str) -> tuple[str, tuple[int, ...] | None] | Report:
        if self.options.kind is not None:
            return self.options.kind, self.options.shape
        free = self.options.shape or self.options.inputs or self.options.reference
        if self.facts["strict"] and lane == "numpy" and not free:
            self.declared = self.session.ask(lane, "declared").get("declared", {})
            if self.declared:
                return DECLARED, None
        self.session.note(f"{self.target}: finding out what it takes")
        first, abroad = Facts(), foreign.of(self.facts)
        for tried in dict.fromkeys((lane, *reversed(self.alive))):
            found = self.session.ask(tried, "guess")
            if found.get("kind"):
                self.sure = found.get("sure", True)
                shape = self.options.shape or found.get("shape")
                self.lane = tried
                return found["kind"], tuple(shape) if shape else None
            first = first or found
            over = "ended" in found or found.get("certain") or tried != lane
            if over and abroad is None:
                break  # one backend is enough, in case NumPy alone raises an error
        if "ended" in first and abroad is None:
            self.findings += raised.ended({lane: first["ended"]}, self.facts)
            return Report(self.target, None, self.findings)
        error = first.get("error")
        fault = (
            abroad
            or raised.of_one_size(first.get("samples"), error)
            or raised.never_runs(error, self.facts)
        )
        if fault is not None:
            self.findings.append(fault)
            return Report(self.target, None, self.findings)
        return Report.unchecked(self.target, {lane: error or {}})

    def _measure(self, lane: str) -> None:
        ask = self.session.ask
        inputs = sent(self.inputs)
        # For the confidently wrong inputs of a case, the catalogue only promises that
        # the gradient is not 0, so they are not compared with the reference.
        alive = self.kind.wrong if self.declared else ()
        held = sent({k: v for k, v in self.inputs.items() if k not in alive})
        few = sent({k: self.inputs[k] for k in list(self.inputs)[:1]})
        batches = per_item.batches(self.inputs)
        backends = tuple(b for b in self.options.backends if b in self.alive)
        found: dict[str, dict[str, Facts]] = {}

        def numpy_lane() -> dict[str, Facts]:
            own = {
                "items": ask(lane, "items", inputs=sent(batches)),
                "saving": ask(lane, "saving", inputs=few),
            }
            if lane == "numpy" and self.has_reference:
                own["reference"] = self._reference(held)
                own["second64"] = ask(lane, "second", inputs=few)
            return own

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
                own["base"] = ask(backend, "base", inputs=few, kind=self.kind_name)
            return own

        jobs: dict[str, Callable[[], dict[str, Facts]]] = {
            b: functools.partial(backend_lanes, b) for b in backends
        }
        if lane not in backends:
            jobs[lane] = numpy_lane
        measured = self.session.together(jobs)
        measured[lane] |= numpy_lane() if lane in backends else {}
        for backend, own in measured.items():
            for what, facts in own.items():
                found.setdefault(what, {})[backend] = facts
        if self.has_reference and lane != "numpy":
            found["reference"] = {"numpy": self._reference(held)}
        self.found = found

    def _reference(self, inputs: Facts, swap: tuple[str, ...] = ()) -> Facts:
        return self.session.ask(
            "numpy",
            "reference",
            inputs=inputs,
            swap=swap,
            reference=self.options.reference,
            declared=bool(self.declared),
        )

    @staticmethod
    def _modes(backend: str) -> tuple[str, ...]:
        from portable_losses._adapters import facts

        return facts(backend).modes

    def _culprit(self, inputs: Mapping[str, Pair]) -> Facts | None:
        if "numpy" not in self.alive:
            return None
        found = self.session.ask("numpy", "culprit", inputs=sent(dict(inputs)))
        errors = [f.get("error") for f in found.values() if isinstance(f, dict)]
        raised = [e for e in errors if e and e.get("type") == "FloatingPointError"]
        return raised[0] if raised else None

    # --- experiments ------------------------------------------------------------------

    def _again(
        self,
        backends: tuple[str, ...],
        inputs: Mapping[str, Pair],
        swap: tuple[str, ...],
    ) -> dict[str, Facts]:
        """Measure again, with operations swapped, on the backends and in float64."""
        self.session.note(
            f"{self.target}: trying "
            + (", ".join(f"ops.{name}" for name in swap) or "a smaller input")
        )
        sending = sent(dict(inputs))
        found = self.session.ask_all(backends, "measure", inputs=sending, swap=swap)
        if self.has_reference:
            found["numpy"] = self._reference(sending, swap)
        return found
