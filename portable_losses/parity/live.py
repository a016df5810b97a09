"""Workers that live as long as this process and check one loss after the other.

A worker imports its backend once, which takes seconds. The NumPy worker computes
references, since Keras allows one backend per process; workers of other backends run
checks. All workers end when this process ends, even if it is killed.
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
    """Where another process finds a loss, and how it makes the same instance.

    Args:
        module: its module.
        file: the file of the module.
        name: its name there.
        config: config of an instance that has no name in its module; then `name` is
            that of its class.
        state: attributes of the instance, since the config may lack an argument.
    """

    module: str
    file: str
    name: str
    config: dict[str, Any] | None = None
    state: dict[str, Any] | None = None


class NotFound(LookupError):
    """Another process cannot find a loss; the message is the rule that it breaks."""


def place_of(loss: Any) -> Place:
    """Where a loss class, instance or function is defined.

    Raises:
        NotFound: if it is defined inside a function.
    """
    named = loss if inspect.isclass(loss) or inspect.isfunction(loss) else type(loss)
    file = os.path.abspath(inspect.getfile(named))
    for name, thing in vars(sys.modules[named.__module__]).items():
        if thing is loss:  # so is what a function at the top made
            return Place(named.__module__, file, name)
    if "<" in named.__qualname__:
        raise NotFound("stands at the top of a module")
    if named is loss:
        return Place(named.__module__, file, named.__qualname__)
    state = {name: x for name, x in vars(loss).items() if _is_plain(x)}
    config = {**loss.get_config(), "dtype": loss.dtype}
    return Place(named.__module__, file, named.__qualname__, config, state)


def _is_plain(x: Any) -> bool:
    """Whether a value is the same in every process, and on every backend."""
    if isinstance(x, dict):
        return all(map(_is_plain, (*x, *x.values())))
    if isinstance(x, list | tuple):
        return all(map(_is_plain, x))
    return x is None or isinstance(x, bool | int | float | str)


def start(role: str, backend: str) -> None:
    """Start a worker if it does not run yet, without waiting for it."""
    if (role, backend) not in _channels:
        if not _channels:
            atexit.register(end)
        _channels[role, backend] = Channel(backend, TIMEOUT, PROGRAM)


def ask(role: str, backend: str, do: str, **facts: Any) -> Any:
    """The answer of a worker, which is started if it does not run.

    Raises:
        Ended: if the worker ended or hung: the next call starts another.
        RuntimeError: if the command raised in the worker, with that message.
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
            said["stack"] = channel.stack_file
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
