"""The workers of a check, one for each backend.

Workers start together and live on for the next target. One that hangs or breaks down is
replaced by another when the next target comes.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from portable_losses.parity.examine.channel import START, Channel, Ended
from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.errors import place_in

Facts = dict[str, Any]


@dataclasses.dataclass
class Options:
    """What is asked of a check.

    Args:
        backends: with gradients; NumPy runs beside them.
        kind: what the losses take; guessed if None.
        shape: of the predictions.
        inputs: named inputs of the user's own.
        reference: what the values are held to, in place of the loss's own in float64.
        strict: whether the conventions of this package are held to; None for those
            losses that derive from `portable_losses.Loss`.
        timeout: seconds that one step of user code may take.
    """

    backends: tuple[str, ...]
    kind: str | None = None
    shape: tuple[int, ...] | None = None
    inputs: Mapping[str, Pair] | None = None
    reference: str | None = None
    strict: bool | None = None
    timeout: float = 60.0


class Session:
    """Workers, and what is checked with them.

    `here` is the lane that runs in this process, if one does.

    Args:
        options: what is asked.
        note: is told what happens, for a person who waits.
    """

    here: str | None = None
    has_reference = False
    """Whether there are references without a NumPy lane."""

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

    def revive(self) -> None:
        """Replace the workers that ended."""
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
        return self.together(
            {b: functools.partial(self.ask, b, do, **facts) for b in backends}
        )

    def together(self, jobs: Mapping[str, Callable[[], Facts]]) -> dict[str, Facts]:
        """Do jobs of several lanes at once."""
        if not jobs:
            return {}
        with ThreadPoolExecutor(len(jobs)) as pool:
            apart = {b: pool.submit(job) for b, job in jobs.items() if b != self.here}
            # A debugger, and whoever interrupts, is heard by the main thread alone.
            own = {b: job() for b, job in jobs.items() if b == self.here}
            return {b: own[b] if b in own else apart[b].result() for b in jobs}

    def names(self, place: str) -> Facts:
        """The targets of all losses of a place."""
        return self.ask("numpy", "names", place=place)

    def versions(self) -> dict[str, str]:
        """The versions of Keras, of the backends and of Python in the workers."""
        found: dict[str, str] = {}
        for channel in self._channels.values():
            found |= channel.versions
        return found
