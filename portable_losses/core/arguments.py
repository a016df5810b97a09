"""Checks of constructor arguments: each returns the value, or raises an error."""

import functools
import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras

from portable_losses.core.errors import Described, fail, name_of
from portable_losses.core.held import reject_variables
from portable_losses.core.moving import Moving


def _or_moving(check: Callable[..., Any]) -> Callable[..., Any]:
    """Let `check` accept a Hyperparameter, and check its value each time it is set."""

    @functools.wraps(check)
    def checked(owner: object, argument: str, value: Any, **bounds: Any) -> Any:
        if not isinstance(value, Moving):
            return check(owner, argument, value, **bounds)
        key = (check.__name__, argument, *bounds.items())
        owner = name_of(owner)  # a reference to the loss would keep it alive
        value.require(owner, key, lambda new: check(owner, argument, new, **bounds))
        return value

    return checked


@_or_moving
def number(
    owner: object,
    argument: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    infinite: bool = False,
) -> Any:
    """Return `value` if it is a number, or a Hyperparameter, within the bounds.

    It must be finite, unless `infinite` is True.
    """
    rule = "a number" if infinite else "a finite number"
    rule += _bounds(above, at_least, below, at_most)
    reject_variables(owner, argument, value)
    if isinstance(value, bool | str) or value is None:
        fail(owner, argument, rule, value, "pass an int or a float", TypeError)
    if not isinstance(value, int | float):
        try:
            value = float(value)
        except (TypeError, ValueError):
            fail(owner, argument, rule, value, "pass an int or a float", TypeError)
    if isinstance(value, int) and value.bit_length() > 1023:  # too large for a float
        value = math.copysign(math.inf, value > 0 or -1)
        infinite = False
    if (
        not (infinite or math.isfinite(value))
        or math.isnan(value)
        or (above is not None and not value > above)
        or (at_least is not None and not value >= at_least)
        or (below is not None and not value < below)
        or (at_most is not None and not value <= at_most)
    ):
        fail(owner, argument, rule, value, "choose a value in that range")
    return float(value) if isinstance(value, float) else int(value)


def integer(
    owner: object, argument: str, value: Any, *, at_least: int | None = None
) -> int:
    """Return `value` if it is a whole number within the bound."""
    rule = "a whole number" + _bounds(None, at_least, None, None)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        fail(owner, argument, rule, value, "pass an int", TypeError)
    if int(value).bit_length() > 31:  # no axis, class index or size is larger
        value = Described(f"one of {int(value).bit_length()} bits")
        fail(owner, argument, rule + " that fits in int32", value, "pass a smaller int")
    if at_least is not None and value < at_least:
        fail(owner, argument, rule, value, "choose a value in that range")
    return int(value)


def initializer(owner: object, argument: str, value: Any) -> Any:
    """Return the initializer that Keras knows by this name, config or object."""
    try:
        return keras.initializers.get(value)
    except (TypeError, ValueError):
        rule, remedy = "an initializer of Keras", 'pass a name, such as "zeros"'
        fail(owner, argument, rule, value, remedy, TypeError)


def chunk_size(owner: object, value: Any) -> Any:
    """Return the argument `chunk_size`: a number of items, "auto" or None."""
    if value is None or value == "auto":
        return value
    if isinstance(value, str):
        rule, remedy = 'a whole number, "auto" or None', 'pass "auto"'
        fail(owner, "chunk_size", rule, value, remedy)
    return integer(owner, "chunk_size", value, at_least=1)


def name(owner: object, value: Any) -> str:
    """Return the argument `name`, which is any text."""
    if not isinstance(value, str):
        fail(owner, "name", "a string", value, "pass a string, or None", TypeError)
    return value


def flag(owner: object, argument: str, value: Any) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, bool):
        fail(owner, argument, "True or False", value, "pass a bool", TypeError)
    return value


def choice(owner: object, argument: str, value: Any, choices: Iterable[Any]) -> Any:
    """Return `value` if it is one of `choices`."""
    known = list(choices)
    if not any(value is c or (type(value) is type(c) and value == c) for c in known):
        names = ", ".join(sorted((repr(c) for c in known), key=str.lower))
        fail(owner, argument, f"one of {names}", value, "choose one of these")
    return value


@_or_moving
def vector(
    owner: object,
    argument: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> Any:
    """Return a non-empty sequence or one-dimensional array as a tuple of numbers."""
    rule = "a sequence of numbers"
    reject_variables(owner, argument, value)
    if hasattr(value, "tolist"):  # arrays of every library
        value = value.tolist()
    elif keras.ops.is_tensor(value):
        value = keras.ops.convert_to_numpy(value).tolist()
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        fail(owner, argument, rule, value, "pass a list or an array", TypeError)
    values = tuple(value)
    if not values:
        fail(owner, argument, rule, value, "pass at least one number")
    return tuple(
        number(
            owner,
            f"{argument}[{i}]",
            v,
            above=above,
            at_least=at_least,
            below=below,
            at_most=at_most,
        )
        for i, v in enumerate(values)
    )


def class_weights(owner: object, value: Any) -> Any:
    """Return weights per class as a tuple, a `{class index: weight}` dict, or None."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return vector(owner, "class_weights", value, at_least=0)
    weights = {}
    for key, weight in value.items():
        # JSON writes the keys of a saved dict as strings.
        text = str(key)
        if isinstance(key, bool) or not text.isdecimal():
            rule = "a {class index: weight} dict with whole, non-negative class indices"
            fail(owner, "class_weights", rule, value, f"fix the key {key!r}")
        weights[int(text)] = number(owner, f"class_weights[{text}]", weight, at_least=0)
    return weights


@_or_moving
def number_or_vector(
    owner: object, argument: str, value: Any, *, at_least: float | None = None
) -> Any:
    """Return one finite number, or a sequence or array of them as a tuple."""
    scalar = isinstance(value, bool | int | float | str) or value is None
    # Scalars of NumPy and of the backends have the shape ().
    if scalar or not tuple(getattr(value, "shape", (1,))):
        return number(owner, argument, value, at_least=at_least)
    return vector(owner, argument, value, at_least=at_least)


def pos_weight(owner: object, value: Any) -> Any:
    """Return a weight of the positive term: None, a number, or a number per column."""
    if value is None:
        return None
    return number_or_vector(owner, "pos_weight", value, at_least=0)


def ignore_class(owner: object, value: Any) -> int | None:
    """Return the class index to ignore, or None."""
    return None if value is None else integer(owner, "ignore_class", value)


def logits_alone(owner: object, value: Any) -> bool:
    """Return True for `from_logits`; reject False for a loss that takes logits only."""
    if flag(owner, "from_logits", value):
        return True
    remedy = "pass logits, and leave the last layer without an activation"
    fail(owner, "from_logits", "True for this loss of logits", value, remedy)


_SHARED: dict[str, Callable[[object, Any], Any]] = {
    "axis": lambda owner, value: integer(owner, "axis", value),
    "class_weights": class_weights,
    "from_logits": lambda owner, value: flag(owner, "from_logits", value),
    "ignore_class": ignore_class,
    "label_smoothing": lambda owner, value: number(
        owner, "label_smoothing", value, at_least=0, at_most=1
    ),
    "pos_weight": pos_weight,
}


def store(owner: object, **given: Any) -> None:
    """Check arguments that mean the same in every loss, and store each by its name."""
    for argument, value in given.items():
        setattr(owner, argument, _SHARED[argument](owner, value))


def _bounds(
    above: float | None,
    at_least: float | None,
    below: float | None,
    at_most: float | None,
) -> str:
    parts = []
    if above is not None:
        parts.append(f"> {above}")
    if at_least is not None:
        parts.append(f">= {at_least}")
    if below is not None:
        parts.append(f"< {below}")
    if at_most is not None:
        parts.append(f"<= {at_most}")
    return " " + " and ".join(parts) if parts else ""
