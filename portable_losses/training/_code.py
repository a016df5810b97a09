"""Reads the code of a user's loss, for advice about a NaN in it."""

import dataclasses
import dis
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

from portable_losses import ops
from portable_losses.core.loss import Loss

_PARTS = {"/": "divide", "/=": "divide", "**": "power", "**=": "power"}
_LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF")
# Functions whose value and gradient are finite everywhere in `portable_losses.ops`, but
# not in `keras.ops`.
_FINITE = frozenset(
    "arccos arcsin arctan2 cbrt cdist divide hypot log log10 log2 log_softmax "
    "logaddexp logsumexp nanstd norm normalize power reciprocal rsqrt sinc sqrt std "
    "true_divide xlogy".split()
)
_LIBRARIES = tuple(
    "keras portable_losses tensorflow jax torch numpy keras_mlx mlx openvino".split()
)
_DEPTH = 4


@dataclasses.dataclass(frozen=True)
class Code:
    """The functions and operators that the code of a loss uses.

    Args:
        raw: functions of other libraries for which `portable_losses.ops` has a finite
            version.
        operators: functions of `portable_losses.ops` for the operators `/` and `**`.
        where: whether it uses `where`.
    """

    raw: tuple[str, ...]
    operators: tuple[str, ...]
    where: bool


def code_of(loss: Any) -> Code | None:
    """Read the code of a loss; None if it is of a library, or has no Python code."""
    functions = [f for f in _functions_of(loss) if _is_of_user(f)]
    if not functions:
        return None
    called: dict[str, Any] = {}
    operators: set[str] = set()
    seen: set[Any] = set()
    try:
        for function in functions:
            _read(function, loss, called, operators, seen, _DEPTH)
    except Exception:  # a module may define `__getattr__`, which may raise anything
        return None
    names = {name for name, f in called.items() if _is_raw(name, f)}
    return Code(tuple(sorted(names)), tuple(sorted(operators)), "where" in called)


def _functions_of(loss: Any) -> Iterator[Any]:
    """The Python functions that compute a loss."""
    own = getattr(type(loss), "_function", None) if isinstance(loss, Loss) else None
    for f in (own, getattr(loss, "fn", None), getattr(type(loss), "call", None)):
        f = inspect.unwrap(f) if callable(f) else None
        if isinstance(f, types.FunctionType):
            yield f


def _is_of_user(function: Any) -> bool:
    """Whether a function is written by the user, and not part of a library."""
    module = getattr(function, "__module__", None) or ""
    return isinstance(function, types.FunctionType) and (
        module.partition(".")[0] not in _LIBRARIES
    )


def _is_raw(name: str, function: Any) -> bool:
    """Whether `portable_losses.ops` has a finite version of this other function."""
    return name in _FINITE and function is not getattr(ops, name)


def _read(
    function: Any,
    loss: Any,
    called: dict[str, Any],
    operators: set[str],
    seen: set[Any],
    depth: int,
) -> None:
    """Record the functions that a function calls, and those that these call."""
    if function in seen or depth == 0:
        return
    seen.add(function)
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
        for name, found in _loaded(code, function, loss):
            if name in _PARTS:
                operators.add(_PARTS[name])
            elif _is_of_user(found):
                _read(inspect.unwrap(found), loss, called, operators, seen, depth - 1)
            elif callable(found):
                called[name] = found


def _loaded(code: Any, function: Any, loss: Any) -> Iterator[tuple[str, Any]]:
    """The names that code loads, attributes of modules included, and its operators."""
    local: dict[str, Any] = {}
    found: Any = None
    for step in dis.get_instructions(code):
        name = step.argval
        if step.opname == "BINARY_OP":
            if step.argrepr in _PARTS:
                yield step.argrepr, None
            found = None
        elif step.opname in _LOADS:
            found = _resolved(name, function)
        elif step.opname == "IMPORT_NAME":
            found = sys.modules.get(name)
        elif step.opname == "STORE_FAST":
            local[name], found = found, None
        elif step.opname.startswith("LOAD_FAST"):
            found = loss if name == "self" else local.get(name)
        elif step.opname in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"):
            of_module = isinstance(found, types.ModuleType)
            where = found if of_module else type(loss) if found is loss else None
            found = getattr(where, name, None)
        elif step.opname not in ("CACHE", "EXTENDED_ARG", "PUSH_NULL"):
            found = None
        if isinstance(found, types.FunctionType) or callable(found):
            yield getattr(found, "__name__", str(name)), found


def _resolved(name: str, function: Any) -> Any:
    """The value of a name in a function: from its closure, or from its module."""
    free = function.__code__.co_freevars
    if name in free:
        try:
            return (function.__closure__ or ())[free.index(name)].cell_contents
        except ValueError:
            return None  # not yet assigned
    return function.__globals__.get(name)
