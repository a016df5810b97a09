"""The constructor call of a loss: its arguments are noted, and errors explained."""

import dataclasses
import difflib
import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn

from portable_losses.core import errors
from portable_losses.core.config import (
    NOTED,
    as_written,
    constructors_of,
    parameters_in,
    parameters_of,
)

Call = tuple[Any, tuple[Any, ...], dict[str, Any]]
"""A constructor, and the positional and named arguments it was called with."""

# --- thin forms -----------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Form:
    """How the constructor of a user's loss calls the constructors of its bases.

    Args:
        fixed: arguments of the bases that the constructor sets, and a user cannot.
        left: arguments of the bases that nobody passed.
        given: the user's values of arguments that the constructor passes on under the
            same name but with another value.
        renamed: the user's values of arguments that the constructor passes on under
            another name.
    """

    fixed: frozenset[str]
    left: frozenset[str]
    given: dict[str, Any]
    renamed: dict[str, Any]


def form_of(cls: Any, calls: list[Call]) -> Form | None:
    """Compare the first constructor call, by the user, with those of the bases."""
    outer = next(constructors_of(cls))
    (_, args, kwargs), *further = calls
    own = _bound(outer, args, kwargs, defaults=True)
    if own is None:
        return None
    named, forwarded, extra = own
    passed: dict[str, Any] = {}
    seen: set[str] = set()
    for init, args, kwargs in further:
        bound = None if init is outer else _bound(init, args, kwargs)
        if bound is None:
            continue
        for name in {p.name for p in parameters_in(init)} - seen:
            seen.add(name)
            if name in bound[0]:
                passed[name] = bound[0][name]
    handed_on = {id(value) for value in passed.values()}
    given, renamed = {}, {}
    for name, value in named.items():
        if name in passed and not _alike(passed[name], value):
            given[name] = value
        elif name not in passed and id(value) in handed_on:
            renamed[name] = value
    inherited = set(parameters_of(cls)) - set(named)
    from_caller = {
        name
        for name in inherited
        if name in extra or any(passed.get(name, outer) is value for value in forwarded)
    }
    fixed = (inherited & set(passed)) - from_caller
    left = inherited - from_caller - fixed
    return Form(frozenset(fixed), frozenset(left), given, renamed)


def _bound(
    init: Any, args: tuple[Any, ...], kwargs: dict[str, Any], defaults: bool = False
) -> tuple[dict[str, Any], tuple[Any, ...], dict[str, Any]] | None:
    """Arguments by name, and those of *args and **kwargs; None if they do not fit."""
    signature = inspect.signature(as_written(init))
    try:
        bound = signature.bind_partial(None, *args, **kwargs)
    except TypeError:
        return None
    if defaults:
        bound.apply_defaults()
    named: dict[str, Any] = {}
    forwarded: tuple[Any, ...] = ()
    extra: dict[str, Any] = {}
    for p in list(signature.parameters.values())[1:]:
        if p.name not in bound.arguments:
            continue
        value = bound.arguments[p.name]
        if p.kind is p.VAR_POSITIONAL:
            forwarded = value
        elif p.kind is p.VAR_KEYWORD:
            extra = value
        else:
            named[p.name] = value
    return named, forwarded, extra


def _alike(a: Any, b: Any) -> bool:
    try:
        return a is b or bool(a == b)
    except Exception:  # `==` of arrays, for example
        return False


# --- the arguments of a constructor ---------------------------------------------------


def noted(init: Callable[..., None]) -> Callable[..., None]:
    """A constructor that notes its arguments, and explains a TypeError about them."""

    @functools.wraps(init)
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        calls = self.__dict__.get("_calls")
        if calls is not None:
            calls.append((__init__, args, kwargs))
        try:
            init(self, *args, **kwargs)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise  # an error in the body of the constructor, not in its arguments
            _explain(type(self), init, args, kwargs, error)

    setattr(__init__, NOTED, init)
    return __init__


def _explain(
    cls: Any,
    init: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    error: TypeError,
) -> NoReturn:
    """Raise an error in the package's form that names the argument at fault."""
    owner = cls.__name__
    parameters = {p.name: p for p in parameters_in(init)}
    known = sorted(parameters_of(cls))
    for name, value in kwargs.items():
        if name not in parameters:
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"an unexpected keyword argument {name!r}"
            remedy += f": did you mean {near[0]}?" if near else ""
            rule = f"one of {', '.join(known)}"
            errors.fail(owner, name, rule, value, remedy.rstrip("?"), TypeError)
    positional = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    order = [p.name for p in parameters.values() if p.kind in positional]
    for name in order[: len(args)]:
        if name in kwargs:
            remedy = "it is given by position and by name"
            errors.fail(owner, name, "given once", kwargs[name], remedy, TypeError)
    if len(args) > len(order):
        shown = errors.Described(", ".join(map(repr, args[len(order) :])))
        names = [name for name in parameters_of(cls) if name not in order]
        remedy = f"it takes {len(order) or 'no'} positional arguments"
        remedy += f": write {owner}({names[0]}=...)" if names else ""
        errors.fail(owner, "arguments", "given by name", shown, remedy, TypeError)
    given = {*order[: len(args)], *kwargs}
    for name, p in parameters.items():
        if p.default is p.empty and name not in given:
            shown, remedy = errors.Described("nothing"), f"pass {owner}({name}=...)"
            errors.fail(owner, name, "given", shown, remedy, TypeError)
    raise error
