"""The arguments of a loss's `call` besides targets and predictions."""

import inspect
from typing import Any, NamedTuple

from portable_losses.core import errors

_REMEDY = "write def call(self, y_true, y_pred)"


class Further(NamedTuple):
    """Further parameters of `call`.

    Args:
        context: those that a caller passes, by position.
        takes_kept: whether one of them is `kept`, which the base class passes.
        kept_at: the position of `kept` among them; None if it is passed by name.
    """

    context: tuple[inspect.Parameter, ...] = ()
    takes_kept: bool = False
    kept_at: int | None = None


def further_of(cls: Any) -> Further:
    """Read the signature of a class's `call`, and reject one that cannot be called."""
    try:
        parameters = list(inspect.signature(cls.call).parameters.values())
    except (TypeError, ValueError):  # a callable without a signature
        return Further()
    if _is_bound(cls):
        parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)] + (
            parameters
        )
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, _EITHER)]
    rest = [p for p in parameters if p.kind is p.VAR_POSITIONAL]
    named = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    shown = errors.Described(f"call{inspect.signature(cls.call)}")
    if len(places) < 3 and not rest:
        rule = "a method of y_true and y_pred"
        errors.fail(cls.__name__, "call", rule, shown, _REMEDY, TypeError)
    for p in named:
        if p.default is p.empty and p.name != "kept":
            rule = f"a method with a default for {p.name}, which nobody passes"
            remedy = f"write it before *, as a context, or as self.{p.name}"
            errors.fail(cls.__name__, "call", rule, shown, remedy, TypeError)
    further = places[3:]
    at = next((i for i, p in enumerate(further) if p.name == "kept"), None)
    context = (*(p for p in further if p.name != "kept"), *rest)
    return Further(context, at is not None or "kept" in [p.name for p in named], at)


_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _is_bound(cls: Any) -> bool:
    """Whether a class's `call` gets no self: a staticmethod or a classmethod."""
    raw = inspect.getattr_static(cls, "call")
    return isinstance(raw, staticmethod | classmethod)
