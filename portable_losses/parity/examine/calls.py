"""Finds calls of a framework while a user's code runs, also in helpers elsewhere.

A call counts if a line of the user makes it and passes a tensor. Calls that an operator
or a method of a tensor makes inside the framework do not count.
"""

import contextlib
import dis
import functools
import sys
from collections.abc import Iterator
from types import CodeType, FrameType, ModuleType
from typing import Any

import keras

from portable_losses.parity.examine.errors import is_own
from portable_losses.parity.examine.foreign import FRAMEWORKS

_is_of_user = functools.lru_cache(maxsize=4096)(is_own)


@functools.lru_cache(maxsize=4096)
def _calls(code: CodeType) -> frozenset[int]:
    """Where a code calls something, other than by an operator."""
    return frozenset(
        i.offset for i in dis.get_instructions(code) if i.opname.startswith("CALL")
    )


def _named(code: CodeType, names: dict[str, Any]) -> dict[str, Any]:
    """The first framework that a code object names.

    This finds compiled functions of JAX, whose calls the watcher does not see.

    Args:
        code: of a user's function, which runs.
        names: its globals.
    """
    for i in dis.get_instructions(code):
        if i.opname != "LOAD_GLOBAL":
            continue
        thing = names.get(str(i.argval))
        module = thing.__name__ if isinstance(thing, ModuleType) else None
        if module is None and callable(thing):
            module = getattr(thing, "__module__", None)
        top = str(module or "").partition(".")[0]
        if top in FRAMEWORKS:
            line = i.positions.lineno if i.positions else None
            return {
                "framework": top,
                "name": "",
                "file": code.co_filename,
                "line": line or code.co_firstlineno,
            }
    return {}


@contextlib.contextmanager
def watched(found: dict[str, Any]) -> Iterator[None]:
    """Note the first call of a framework, or of NumPy with a tensor.

    Args:
        found: gets `framework`, `name`, `file`, `line`.
    """
    builtin: list[FrameType] = []  # frames that run a function in C, such as sum()

    def see(frame: FrameType, event: str, argument: Any) -> None:
        if event in ("c_return", "c_exception"):
            if builtin and builtin[-1] is frame:
                builtin.pop()
            return
        if found:
            return
        within = bool(builtin) and builtin[-1] is frame.f_back
        if event == "c_call":
            builtin.append(frame)
        if event == "call" and _is_of_user(frame.f_code.co_filename):
            found.update(_named(frame.f_code, frame.f_globals))
            return
        if event == "call":
            caller, name = frame.f_back, frame.f_code.co_name
            module = str(frame.f_globals.get("__name__", ""))
            given = [frame.f_locals.get(n) for n in _arguments(frame.f_code)]
            if within:
                return  # sum(), max() or abs() calls an operator of the tensor
        elif event == "c_call":
            caller, name = frame, str(getattr(argument, "__name__", ""))
            own = getattr(argument, "__self__", None)
            module = str(getattr(argument, "__module__", None) or "")
            if not module and own is not None and not keras.ops.is_tensor(own):
                module = str(getattr(own, "__module__", "") or type(own).__module__)
            given = [own]
        else:
            return
        top = module.partition(".")[0]
        if top not in FRAMEWORKS and top != "numpy" or name.startswith("_"):
            return
        if caller is None or not _is_of_user(caller.f_code.co_filename):
            return
        if caller.f_lasti not in _calls(caller.f_code):
            return
        tensors = [keras.ops.is_tensor(x) for x in given]
        if top == "numpy":
            if not any(tensors):
                return  # NumPy may compute constants
        elif tensors[:1] == [True] and _is_method(given[0], name):
            return
        found.update(
            framework=top,
            name=name,
            file=caller.f_code.co_filename,
            line=caller.f_lineno,
        )

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(before)


def _arguments(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _is_method(x: Any, name: str) -> bool:
    """Whether `x.name()` may be what the user wrote."""
    return hasattr(type(x), name)
