"""Workers that live as long as this process, for one loss after the other.

A worker imports its backend once, which takes seconds. The one of NumPy makes
references, since Keras keeps one backend a process; those of other backends run checks.
They end with this process, however it ends.
"""

import atexit
import contextlib
import importlib.util
import inspect
import os
import pathlib
import pickle
import sys
import tempfile
from typing import Any, NamedTuple

from portable_losses.parity.examine.channel import START, Channel, Ended

PROGRAM = "portable_losses.parity.live_worker"
TIMEOUT = 120.0
"""Seconds that one loss may take in a worker."""

_channels: dict[tuple[str, str], Channel] = {}
_ready: set[tuple[str, str]] = set()


class Place(NamedTuple):
    """Where another process finds a loss, and the arguments of an instance."""

    module: str
    file: str
    name: str
    config: dict[str, Any] | None


class NotFound(LookupError):
    """Another process cannot find a loss; the message is the rule that it breaks."""


def place_of(loss: Any) -> Place:
    """Where a loss class, instance or function stands.

    Raises:
        NotFound: if it stands inside of a function.
    """
    named = loss if inspect.isclass(loss) or inspect.isfunction(loss) else type(loss)
    if "<" in named.__qualname__:
        raise NotFound("stands at the top of a module")
    config = None if named is loss else loss.get_config()
    file = os.path.abspath(inspect.getfile(named))
    return Place(named.__module__, file, named.__qualname__, config)


def start(role: str, backend: str) -> None:
    """Start a worker, and do not wait for it; nothing where it runs already."""
    if (role, backend) not in _channels:
        if not _channels:
            atexit.register(end)
        _channels[role, backend] = Channel(backend, TIMEOUT, PROGRAM)


def ask(role: str, backend: str, do: str, **facts: Any) -> Any:
    """What a worker answers; it is started if it does not run.

    Raises:
        Ended: if it ended or hung: the next call starts another.
        RuntimeError: if what it did raised, with that message.
    """
    start(role, backend)
    key = role, backend
    channel = _channels[key]
    try:
        if key not in _ready:
            _raise(channel.answer(START))
            _ready.add(key)
        with tempfile.TemporaryDirectory() as folder:
            asked, answer = pathlib.Path(folder, "asked"), pathlib.Path(folder, "said")
            asked.write_bytes(pickle.dumps(facts))
            path = [entry or os.curdir for entry in sys.path]
            said = {"asked": str(asked), "answer": str(answer), "path": path}
            _raise(channel.ask(do, **said))
            return pickle.loads(answer.read_bytes())  # written by our own worker
    except Ended:
        _forget(key)
        raise


def _raise(answer: dict[str, Any]) -> None:
    if "failed" in answer:
        raise RuntimeError(answer["failed"])


def _forget(key: tuple[str, str]) -> None:
    _ready.discard(key)
    channel = _channels.pop(key, None)
    if channel is not None:
        with contextlib.suppress(OSError):
            channel.kill()


def processes() -> dict[str, int]:
    """The process of each worker, by what it does."""
    return {
        f"{role} on {backend}": channel.popen.pid
        for (role, backend), channel in _channels.items()
    }


def end() -> None:
    """End every worker."""
    for key in list(_channels):
        _forget(key)


def has_numpy() -> bool:
    """Whether Keras's NumPy backend can run: it imports JAX."""
    return importlib.util.find_spec("jax") is not None
