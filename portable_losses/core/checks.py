"""Every error message of the package is worded here.

The form is `Owner: `argument` must be RULE; got argument=VALUE (what to do).`, a
`ValueError` for values and shapes and a `TypeError` for kinds of things.
"""

import functools
import inspect
import math
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import keras

from portable_losses.core.eager import torch_compiles
from portable_losses.core.moving import Moving, moves

Shape = tuple[int | None, ...]


class Described(str):
    """Words in place of a value, such as its shape; shown without quotes."""

    def __repr__(self) -> str:
        return str(self)


def fail(
    owner: str,
    argument: str,
    rule: str,
    value: object,
    remedy: str,
    kind: type[Exception] = ValueError,
) -> NoReturn:
    """Raise the one error of the package: owner, argument, rule, value, remedy."""
    raise kind(
        f"{owner}: `{argument}` must be {rule}; got {argument}={value!r} ({remedy})."
    )


# --- what a loss must not hold ----------------------------------------------------


def refuse_variables(owner: str, attribute: str, value: Any) -> None:
    """Refuse a variable, or what draws on one, as an attribute of a loss.

    Compiled code of JAX takes its value once and for all, and no backend trains it.
    """
    if isinstance(value, tuple | list):
        for inner in value:
            refuse_variables(owner, attribute, inner)
    elif isinstance(value, dict):
        refuse_variables(owner, attribute, list(value.values()))
    elif isinstance(value, keras.Variable):
        if value.trainable:
            rule = "no trainable variable, which a loss cannot train"
            remedy = (
                "hold it in a layer of the model and pass what it computes to the "
                "loss, as LossEndpoint does"
            )
        else:
            rule = "no variable, which is frozen in compiled code on JAX"
            remedy = "use a Hyperparameter, which the model tracks"
        _refuse(owner, attribute, rule, value, remedy)
    elif isinstance(value, keras.random.SeedGenerator):
        rule = "no SeedGenerator, which repeats itself in compiled code on JAX"
        _refuse(owner, attribute, rule, value, "draw in a layer of the model")
    elif isinstance(value, keras.layers.Layer) and value.trainable_variables:
        rule = "no layer with trainable variables, which a loss cannot train"
        remedy = "set its `trainable` to False if it is to stay as it is, or put it "
        _refuse(owner, attribute, rule, value, remedy + "into the model")
    elif isinstance(value, keras.losses.Loss):
        no_moving_inside(owner, attribute, value)
    elif getattr(value, "requires_grad", False) is True:
        rule = "no tensor that requires a gradient, which a loss cannot train"
        remedy = "hold it in a layer of the model, or detach it if it is a constant"
        _refuse(owner, attribute, rule, value, remedy)


def _refuse(owner: str, attribute: str, rule: str, value: Any, remedy: str) -> None:
    shown = Described(f"a {type(value).__name__}")
    fail(owner, attribute, rule, shown, remedy, TypeError)


def no_moving_inside(owner: str, argument: str, loss: Any) -> None:
    """Refuse a loss of Keras that holds a Hyperparameter: it would stay as it is."""
    if hasattr(loss, "hyperparameters") or not isinstance(loss, keras.losses.Loss):
        return  # a loss of ours
    for value in vars(loss).values():
        if moves(value):
            rule = "no loss of Keras that holds a Hyperparameter, which would not move"
            remedy = "take the loss of portable_losses, or write one with @loss"
            shown = Described(f"a {type(loss).__name__} of Keras")
            fail(owner, argument, rule, shown, remedy, TypeError)


def no_constant(moving: Moving) -> NoReturn:
    """Refuse to make a constant of what moves, for Keras or in arithmetic."""
    rule = "an argument of a loss of portable_losses, whose `call` gets its tensor"
    remedy = (
        "a constant would not move: take portable_losses.Huber(delta=w), say, in place "
        "of keras.losses.Huber(delta=w), or an argument of a @loss function"
    )
    fail(
        "Hyperparameter", getattr(moving, "name", "w"), rule, moving, remedy, TypeError
    )


def one_number_moves(moving: Moving) -> NoReturn:
    """Refuse to order a vector that moves, or to take it for true or false."""
    rule, remedy = "one number, to be ordered or true", "compare its `value`"
    fail(
        "Hyperparameter", getattr(moving, "name", "w"), rule, moving, remedy, TypeError
    )


def one_length(left: int, right: int) -> NoReturn:
    """Refuse arithmetic of vectors that move and do not fit."""
    rule, shown = "vectors of one length", Described(f"lengths {left} and {right}")
    fail("Hyperparameter", "operands", rule, shown, "give both as many entries")


# --- constructor arguments ---------------------------------------------------------


def _or_moving(check: Callable[..., Any]) -> Callable[..., Any]:
    """Let `check` pass what moves, and hold it to the same rule whenever it is set."""

    @functools.wraps(check)
    def checked(owner: str, argument: str, value: Any, **bounds: Any) -> Any:
        if not isinstance(value, Moving):
            return check(owner, argument, value, **bounds)
        key = (check.__name__, argument, *bounds.items())
        value.require(owner, key, lambda new: check(owner, argument, new, **bounds))
        return value

    return checked


@_or_moving
def number(
    owner: str,
    argument: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return `value` if it is a finite number within the bounds, or moves in them."""
    rule = "a finite number" + _bounds(above, at_least, below, at_most)
    refuse_variables(owner, argument, value)
    if isinstance(value, bool | str) or value is None:
        fail(owner, argument, rule, value, "pass an int or a float", TypeError)
    if not isinstance(value, int | float):
        try:
            value = float(value)
        except (TypeError, ValueError):
            fail(owner, argument, rule, value, "pass an int or a float", TypeError)
    if (
        not math.isfinite(value)
        or (above is not None and not value > above)
        or (at_least is not None and not value >= at_least)
        or (below is not None and not value < below)
        or (at_most is not None and not value <= at_most)
    ):
        fail(owner, argument, rule, value, "choose a value in that range")
    return float(value) if isinstance(value, float) else int(value)


def integer(
    owner: str, argument: str, value: Any, *, at_least: int | None = None
) -> int:
    """Return `value` if it is a whole number within the bound."""
    rule = "a whole number" + _bounds(None, at_least, None, None)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        fail(owner, argument, rule, value, "pass an int", TypeError)
    if at_least is not None and value < at_least:
        fail(owner, argument, rule, value, "choose a value in that range")
    return int(value)


def flag(owner: str, argument: str, value: Any) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, bool):
        fail(owner, argument, "True or False", value, "pass a bool", TypeError)
    return value


def choice(owner: str, argument: str, value: Any, choices: Iterable[Any]) -> Any:
    """Return `value` if it is one of `choices`."""
    known = list(choices)
    if not any(value is c or (type(value) is type(c) and value == c) for c in known):
        names = ", ".join(sorted((repr(c) for c in known), key=str.lower))
        fail(owner, argument, f"one of {names}", value, "choose one of these")
    return value


@_or_moving
def vector(
    owner: str,
    argument: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> tuple[float, ...]:
    """Return a non-empty sequence or one-dimensional array as a tuple of numbers."""
    rule = "a sequence of numbers"
    refuse_variables(owner, argument, value)
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


def class_weights(
    owner: str, value: Any
) -> tuple[float, ...] | dict[int, float] | None:
    """Return weights per class as a tuple, a `{class id: weight}` dict, or None."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return vector(owner, "class_weights", value, at_least=0)
    weights = {}
    for key, weight in value.items():
        # JSON writes the keys of a saved dict as strings.
        text = str(key)
        if isinstance(key, bool) or not text.isdecimal():
            rule = "a {class id: weight} dict with whole, non-negative class ids"
            fail(owner, "class_weights", rule, value, f"mend the key {key!r}")
        weights[int(text)] = number(owner, f"class_weights[{text}]", weight, at_least=0)
    return weights


@_or_moving
def number_or_vector(
    owner: str, argument: str, value: Any, *, at_least: float | None = None
) -> float | tuple[float, ...]:
    """Return one finite number, or a sequence or array of them as a tuple."""
    scalar = isinstance(value, bool | int | float | str) or value is None
    # The shape () is that of a scalar of NumPy or of a backend.
    if scalar or not tuple(getattr(value, "shape", (1,))):
        return number(owner, argument, value, at_least=at_least)
    return vector(owner, argument, value, at_least=at_least)


def pos_weight(owner: str, value: Any) -> float | tuple[float, ...] | None:
    """Return a weight of the positive term: None, a number, or one per column."""
    if value is None:
        return None
    return number_or_vector(owner, "pos_weight", value, at_least=0)


def ignore_class(owner: str, value: Any) -> int | None:
    """Return the class id to leave out, or None."""
    return None if value is None else integer(owner, "ignore_class", value)


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


# --- what is passed to a loss -------------------------------------------------------


def weights_of_classes(
    owner: str,
    weights: Sequence[float] | Mapping[int, float] | None,
    num_classes: int,
) -> Any:
    """Return one weight per class once the number of classes is known."""
    if weights is None:
        return None
    if isinstance(weights, Mapping):
        beyond = [c for c in weights if c >= num_classes]
        if beyond:
            rule = f"for class ids below {num_classes}, the size of y_pred's class axis"
            remedy = f"drop {', '.join(map(str, beyond))}"
            fail(owner, "class_weights", rule, dict(weights), remedy)
        return tuple(weights.get(c, 1.0) for c in range(num_classes))
    return fit_length(owner, "class_weights", weights, num_classes)


def fit_length(owner: str, argument: str, values: Any, num_classes: int) -> Any:
    """Return `values` if there is one for each entry of the class axis."""
    # A tensor, which a vector that moves is by now, has no length in compiled code.
    length = values.shape[0] if hasattr(values, "shape") else len(values)
    if length != num_classes:
        rule = f"of length {num_classes}, the size of y_pred's class axis"
        remedy = f"it has length {length}, pass one number per class"
        shown = Described("a vector") if hasattr(values, "shape") else tuple(values)
        fail(owner, argument, rule, shown, remedy)
    return values


def no_class_axis(owner: str, true_shape: Shape, pred_shape: Shape) -> None:
    """Reject `(B,)` against `(B,)`: B samples of one class, or one of B classes?"""
    if len(true_shape) == 1:
        rule = "of shape (B, ..., C), with a class axis"
        shown = Described(f"an array of shape {pred_shape}")
        remedy = f"one sample has the shape (1, {pred_shape[0]})"
        fail(owner, "y_pred", rule, shown, remedy)


def shapes_fit(
    owner: str, true_shape: Shape, pred_shape: Shape, rule: str, remedy: str
) -> NoReturn:
    """Refuse y_true against y_pred, naming both shapes."""
    raise ValueError(
        f"{owner}: `y_true` must {rule}; got y_true of shape {true_shape} and y_pred "
        f"of shape {pred_shape} ({remedy})."
    )


def leading_axes_fit(
    owner: str, argument: str, shape: Shape, whole: Shape, of: str
) -> None:
    """Refuse `argument` unless its axes are the leading axes of `whole`."""
    if len(shape) > len(whole) or not same(shape, whole[: len(shape)]):
        raise ValueError(
            f"{owner}: `{argument}` must have the leading axes of {of}; got "
            f"{argument} of shape {shape} and {of.removeprefix('the ')} of shape "
            f"{whole} (pass one value per sample or one per item)."
        )


def same(a: Shape, b: Shape) -> bool:
    """Whether two shapes agree wherever both are known."""
    return len(a) == len(b) and all(
        i is None or j is None or i == j for i, j in zip(a, b, strict=True)
    )


def one_tensor(owner: str, argument: str, value: Any) -> None:
    """Refuse nested structures where one tensor is wanted."""
    if isinstance(value, Mapping) or value is None:
        remedy = "give each output its own loss: compile(loss={'name': loss, ...})"
        if value is None:
            remedy = "pass the prediction of one output"
            if argument == "y_true":
                remedy = "pass targets: fit(x, y) or a dataset of (x, y)"
        fail(owner, argument, "one tensor", value, remedy, TypeError)


def context(
    owner: str, wanted: Sequence[inspect.Parameter], given: Sequence[Any]
) -> None:
    """Refuse a call of a loss without what else its `call` takes, or with more."""
    if any(p.kind is p.VAR_POSITIONAL for p in wanted):
        return
    names = ", ".join(p.name for p in wanted)
    least = sum(p.default is p.empty for p in wanted)
    if not least <= len(given) <= len(wanted):
        rule = f"{names}, which the loss takes" if names else "left out"
        remedy = f"LossEndpoint(loss)(y_pred, y_true, {names}) in the model passes it"
        if not names:
            remedy = "the loss takes y_true and y_pred alone"
        count = f"{len(given)} tensor{'s' if len(given) > 1 else ''}"
        shown = Described(count if given else "nothing")
        fail(owner, "context", rule, shown, remedy, TypeError)


def returned(owner: str, items: Any) -> tuple[Any, Any]:
    """What a loss returns as items and which of them it wants; reject no tensors."""
    pair = isinstance(items, tuple) and len(items) == 2
    found, chosen = items if pair else (items, None)
    if hasattr(found, "shape") and (chosen is None or hasattr(chosen, "shape")):
        return found, chosen
    rule = "a function that returns a tensor: the items, or one number for the batch"
    shown = Described(f"one that returns {items!r}")
    remedy = "return ops.mean(..., axis=-1) of something with y_pred in it"
    fail(owner, "call", rule, shown, remedy, TypeError)


def no_elements(owner: str, argument: str, shape: Shape, items: Shape) -> NoReturn:
    """Reject a mask or weights of elements for a loss that cannot tell them apart."""
    raise ValueError(
        f"{owner}: `{argument}` must have the leading axes of the items; got "
        f"{argument} of shape {shape} and items of shape {items} (pass one value per "
        "sample or one per item; one per element takes a Loss whose `call` returns "
        "self.mean_over_columns(terms))."
    )


def whole_ids(owner: str, ids: Any, kept: Any | None) -> None:
    """Refuse float class ids that are visibly not whole numbers."""
    bad = keras.ops.not_equal(ids, keras.ops.floor(ids))
    refuse_visible(
        owner,
        _among(bad, kept),
        lambda: (
            "`y_true` must be whole class ids; got y_true that holds "
            f"{first(ids, _among(bad, kept))} (pass integer class ids; for "
            "probabilities or one-hot rows use the dense form of this loss)"
        ),
    )


def ids_in_range(owner: str, ids: Any, num_classes: int, kept: Any | None) -> None:
    """Refuse class ids that are visibly outside [0, num_classes)."""
    values = visible(ids)
    if values is None or not values.size:
        return
    if values.min() >= 0 and values.max() < num_classes:
        return
    bad = _among(keras.ops.logical_or(ids < 0, ids >= num_classes), kept)
    refuse_visible(
        owner,
        bad,
        lambda: (
            f"`y_true` must be class ids in [0, {num_classes}); got y_true that "
            f"holds {first(ids, bad)} (mend the labels, widen the class axis of "
            "y_pred, or set ignore_class where the loss has it)"
        ),
    )


def holds(owner: str, argument: str, rule: str, value: float, remedy: str) -> NoReturn:
    """Raise for a tensor that holds a value which the loss does not take."""
    raise ValueError(
        f"{owner}: `{argument}` must be {rule}; got {argument} that holds "
        f"{value:.4g} ({remedy})."
    )


def refuse_visible(owner: str, bad: Any, fact: Callable[[], str]) -> None:
    """Raise if any element of `bad` is True and its value can be seen."""
    found = visible(keras.ops.any(bad))
    if found is not None and found:
        raise ValueError(f"{owner}: {fact()}.")


def visible(x: Any) -> Any | None:
    """The values of `x` as an array; None where they cannot be seen.

    Inside compiled code there are no values to see: there the result itself says so
    (a class id out of range becomes NaN).
    """
    if torch_compiles():
        return None
    try:
        return keras.ops.convert_to_numpy(x)
    except Exception:  # each backend has its own type for "this is being traced"
        return None


def first(values: Any, chosen: Any) -> Any:
    """The first element of `values` where `chosen`, as a Python number."""
    values = keras.ops.reshape(values, (-1,))
    at = keras.ops.argmax(keras.ops.cast(keras.ops.reshape(chosen, (-1,)), "int32"))
    return keras.ops.convert_to_numpy(values[int(at)]).item()


def _among(bad: Any, kept: Any | None) -> Any:
    if kept is None:
        return bad
    while len(kept.shape) < len(bad.shape):
        kept = keras.ops.expand_dims(kept, -1)
    if len(kept.shape) > len(bad.shape):
        return bad
    return keras.ops.logical_and(bad, kept)
