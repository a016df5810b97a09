"""The program of a worker: runs commands, and with them user code, on one backend."""

import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

_PIPES = "PORTABLE_LOSSES_PIPES"

IMPORT = 60.0
"""The least time limit of an import, in seconds: it may import another framework."""


class Voice:
    """Writes events of the worker to a pipe, and the stack to a file if it hangs."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._stack: Any = None
        self.timeout = 60.0

    def say(self, event: str, **facts: Any) -> None:
        """Report an event to the parent."""
        data = (json.dumps({"event": event, **facts}, default=str) + "\n").encode()
        while data:
            data = data[os.write(self._to, data) :]

    def writes_to(self, stack: str) -> None:
        """The file to which the stack is written when the time limit passes."""
        if self._stack is None:
            self._stack = open(stack, "w")

    def step(self, what: str) -> None:
        """Report that a step begins, and start its time limit."""
        limit = max(self.timeout, IMPORT) if "import" in what else self.timeout
        self.say("step", what=what, limit=limit)
        if self._stack is not None:
            faulthandler.dump_traceback_later(limit, True, file=self._stack)

    def rest(self) -> None:
        """Stop the time limit: no step runs."""
        faulthandler.cancel_dump_traceback_later()


def die_with(parent: int) -> None:
    """End this process when its parent ends, also while C code holds the GIL."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(3)


def listen(source: int, commands: "queue.Queue[dict[str, Any]]") -> None:
    """Read commands; end this process when the parent ends."""
    with os.fdopen(source, "rb") as lines:
        for line in lines:
            commands.put(json.loads(line))
    os._exit(3)


def serve(
    commands: "queue.Queue[dict[str, Any]]",
    voice: Voice,
    do: "Do",
) -> None:
    """Answer every command, also if it raises."""
    while True:
        command = commands.get()
        voice.timeout = command.get("timeout", voice.timeout)
        try:
            facts = do(command)
        except BaseException as error:
            facts = {
                "failed": f"{type(error).__name__}: {error}",
                "traceback": traceback.format_exc(),
            }
        voice.rest()
        voice.say("answer", **facts)


Do = Callable[[dict[str, Any]], dict[str, Any]]


def run(begin: Callable[[Voice], tuple[Do, dict[str, Any]]]) -> None:
    """Start, and answer the parent until it ends.

    Args:
        begin: imports the backend; returns the function that runs commands, and the
            first answer to the parent.
    """
    source, to, parent = map(int, os.environ.pop(_PIPES).split(","))
    for pipe in (source, to):
        os.set_inheritable(pipe, False)
    die_with(parent)
    commands: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=listen, args=(source, commands), daemon=True).start()
    voice = Voice(to)
    try:
        do, facts = begin(voice)
    except BaseException as error:
        voice.say("answer", failed=f"{type(error).__name__}: {error}")
        os._exit(1)
    voice.say("answer", **facts)
    serve(commands, voice, do)


def _begin(voice: Voice) -> tuple[Do, dict[str, Any]]:
    from portable_losses.parity.examine.lab import Lab

    lab = Lab(voice)
    return lab.do, {"versions": lab.versions()}


if __name__ == "__main__":
    run(_begin)
