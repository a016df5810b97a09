"""The workers of a check, one for each backend.

Workers start together and are kept for the next target. A worker that hangs or ends is
replaced before the next target.
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

TWIN = 4242
"""The seed of hashes in the second worker of the same backend."""


@dataclasses.dataclass
class Options:
    """The options of a check.

    Args:
        backends: the backends with gradients; NumPy always runs too.
        kind: the kind of the losses' inputs; found by calling them if None.
        shape: shape of the predictions.
        inputs: named inputs of the user.
        reference: function for the values, instead of those of the loss in float64.
        strict: whether the conventions of this package are checked; if None, they are
            for losses that derive from `portable_losses.Loss`.
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
    """The workers of a check.

    `here` is the backend that runs in this process, if one does.

    Args:
        options: the options of the check.
        note: called with the name of each step, to show progress.
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
        """Send a command to one worker; `{"ended": ...}` if it hangs or ends."""
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

    def twin(self, target: str, **facts: Any) -> Facts:
        """The items of a loss in another NumPy worker, in which sets differ in order.

        The worker ends with this call. Empty if it did not run.
        """
        channel = Channel("numpy", self.options.timeout, hash_seed=TWIN)
        stack = channel.stack_file
        try:
            if "failed" in channel.answer(START):
                return {}
            channel.ask("load", target=target, stack=stack)
            found = channel.ask("items", stack=stack, **facts)
        except Ended:
            return {}
        finally:
            channel.kill()
        return {name: of for name, of in found.items() if name != "event"}

    def ask_all(
        self, backends: tuple[str, ...], do: str, **facts: Any
    ) -> dict[str, Facts]:
        """Send a command to several workers at once."""
        return self.together(
            {b: functools.partial(self.ask, b, do, **facts) for b in backends}
        )

    def together(self, jobs: Mapping[str, Callable[[], Facts]]) -> dict[str, Facts]:
        """Run jobs of several backends at once."""
        if not jobs:
            return {}
        with ThreadPoolExecutor(len(jobs)) as pool:
            apart = {b: pool.submit(job) for b, job in jobs.items() if b != self.here}
            # Debuggers and KeyboardInterrupt only work in the main thread.
            own = {b: job() for b, job in jobs.items() if b == self.here}
            return {b: own[b] if b in own else apart[b].result() for b in jobs}

    def names(self, place: str) -> Facts:
        """The targets of all losses of a place."""
        self.revive()  # the import of an earlier place may have ended the worker
        return self.ask("numpy", "names", place=place)

    def versions(self) -> dict[str, str]:
        """The versions of Keras, of the backends and of Python in the workers."""
        found: dict[str, str] = {}
        for channel in self._channels.values():
            found |= channel.versions
        return found
