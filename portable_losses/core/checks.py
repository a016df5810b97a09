"""Checks of a loss's inputs, shapes, class indices and context, and of its output."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import keras

from portable_losses.core.errors import Described, fail, name_of
from portable_losses.ops import eager

Shape = tuple[int | None, ...]


def weights_of_classes(
    owner: object,
    weights: Sequence[float] | Mapping[int, float] | None,
    num_classes: int,
) -> Any:
    """Return one weight per class once the number of classes is known."""
    if weights is None:
        return None
    if isinstance(weights, Mapping):
        beyond = [c for c in weights if c >= num_classes]
        if beyond:
            rule = f"for class indices below {num_classes}"
            rule += ", the size of y_pred's class axis"
            remedy = f"drop {', '.join(map(str, beyond))}"
            fail(owner, "class_weights", rule, dict(weights), remedy)
        return tuple(weights.get(c, 1.0) for c in range(num_classes))
    return fit_length(owner, "class_weights", weights, num_classes)


def fit_length(owner: object, argument: str, values: Any, num_classes: int) -> Any:
    """Return `values` if there is one for each entry of the class axis."""
    # A vector with a Hyperparameter is a tensor here, and `len` fails in compiled code.
    length = values.shape[0] if hasattr(values, "shape") else len(values)
    if length != num_classes:
        rule = f"of length {num_classes}, the size of y_pred's class axis"
        remedy = f"it has length {length}, pass one number per class"
        shown = Described("a vector") if hasattr(values, "shape") else tuple(values)
        fail(owner, argument, rule, shown, remedy)
    return values


def require_class_axis(owner: object, true_shape: Shape, pred_shape: Shape) -> None:
    """Reject `(B,)` against `(B,)`, which may be B samples or B classes."""
    if len(true_shape) == 1:
        rule = "of shape (B, ..., C), with a class axis"
        shown = Described(f"an array of shape {pred_shape}")
        remedy = f"one sample has the shape (1, {pred_shape[0]})"
        fail(owner, "y_pred", rule, shown, remedy)


def reject_shapes(
    owner: object, true_shape: Shape, pred_shape: Shape, rule: str, remedy: str
) -> NoReturn:
    """Raise ValueError for y_true and y_pred of shapes that do not fit."""
    raise ValueError(
        f"{name_of(owner)}: `y_true` must {rule}; got y_true of shape {true_shape} and "
        f"y_pred of shape {pred_shape} ({remedy})."
    )


def leading_axes_fit(
    owner: object, argument: str, shape: Shape, whole: Shape, of: str
) -> None:
    """Reject `argument` unless its axes are the leading axes of `whole`."""
    if len(shape) > len(whole) or not same(shape, whole[: len(shape)]):
        raise ValueError(
            f"{name_of(owner)}: `{argument}` must have the leading axes of {of}; got "
            f"{argument} of shape {shape} and {of.removeprefix('the ')} of shape "
            f"{whole} (pass one value per sample or one per item)."
        )


def same(a: Shape, b: Shape) -> bool:
    """Whether two shapes are equal wherever both sizes are known."""
    return len(a) == len(b) and all(
        i is None or j is None or i == j for i, j in zip(a, b, strict=True)
    )


def one_tensor(owner: object, argument: str, value: Any) -> None:
    """Reject None and nested structures, since a loss takes one tensor."""
    if isinstance(value, Mapping) or value is None:
        remedy = "give each output its own loss: compile(loss={'name': loss, ...})"
        if value is None:
            remedy = "pass the prediction of one output"
            if argument == "y_true":
                remedy = "pass targets: fit(x, y) or a dataset of (x, y)"
        fail(owner, argument, "one tensor", value, remedy, TypeError)


def context(
    owner: object, wanted: Sequence[inspect.Parameter], given: Sequence[Any]
) -> None:
    """Reject a call with fewer or more context tensors than the loss's `call` takes."""
    if any(p.kind is p.VAR_POSITIONAL for p in wanted):
        return
    names = ", ".join(p.name for p in wanted)
    least = sum(p.default is p.empty for p in wanted)
    if not least <= len(given) <= len(wanted):
        rule = f"{names}, which the loss takes" if names else "omitted"
        remedy = f"LossEndpoint(loss)(y_pred, y_true, {names}) in the model passes it"
        if not names:
            remedy = "the loss takes only y_true and y_pred"
        count = f"{len(given)} tensor{'s' if len(given) > 1 else ''}"
        shown = Described(count if given else "nothing")
        fail(owner, "context", rule, shown, remedy, TypeError)


def returned(owner: object, items: Any) -> tuple[Any, Any]:
    """The items and the `kept` that `call` returned; reject them if not tensors."""
    pair = isinstance(items, tuple) and len(items) == 2
    found, chosen = items if pair else (items, None)
    if hasattr(found, "shape") and (chosen is None or hasattr(chosen, "shape")):
        return found, chosen
    rule = "a function that returns a tensor: the items, or one number for the batch"
    shown = Described(f"one that returns {items!r}")
    remedy = "return ops.mean(..., axis=-1) of something with y_pred in it"
    fail(owner, "call", rule, shown, remedy, TypeError)


def reject_elements(
    owner: object, argument: str, shape: Shape, items: Shape
) -> NoReturn:
    """Reject a mask or weights per element for a loss whose items are not means."""
    raise ValueError(
        f"{name_of(owner)}: `{argument}` must have the leading axes of the items; got "
        f"{argument} of shape {shape} and items of shape {items} (pass one value per "
        "sample or one per item; one per element needs a Loss whose `call` returns "
        "self.mean_over_columns(terms))."
    )


def whole_ids(
    owner: object, ids: Any, kept: Any | None, argument: str = "y_true"
) -> None:
    """Reject float class indices that are not whole numbers, in eager mode."""
    bad = keras.ops.not_equal(ids, keras.ops.floor(ids))
    reject_any(
        owner,
        _among(bad, kept),
        lambda: (
            f"`{argument}` must be whole class indices; got {argument} that holds "
            f"{first(ids, _among(bad, kept))} (pass integer class indices; for "
            "probabilities or one-hot labels use the dense form of this loss)"
        ),
    )


FIX_LABELS = (
    "fix the labels, widen the class axis of y_pred, or set ignore_class where the "
    "loss has it"
)


def ids_in_range(
    owner: object,
    ids: Any,
    num_classes: int,
    kept: Any | None,
    argument: str = "y_true",
    remedy: str = FIX_LABELS,
) -> None:
    """Reject class indices outside [0, num_classes), in eager mode."""
    values = eager.known_values(ids)
    if values is None or not values.size:
        return
    if values.min() >= 0 and values.max() < num_classes:
        return
    bad = _among(keras.ops.logical_or(ids < 0, ids >= num_classes), kept)
    reject_any(
        owner,
        bad,
        lambda: (
            f"`{argument}` must be class indices in [0, {num_classes}); got "
            f"{argument} that holds {first(ids, bad)} ({remedy})"
        ),
    )


def reject_value(
    owner: object, argument: str, rule: str, value: float, remedy: str
) -> NoReturn:
    """Raise ValueError for a tensor with a value that the loss does not take."""
    raise ValueError(
        f"{name_of(owner)}: `{argument}` must be {rule}; got {argument} that holds "
        f"{value:.4g} ({remedy})."
    )


def reject_any(owner: object, bad: Any, fact: Callable[[], str]) -> None:
    """Raise ValueError if any element of `bad` is True, in eager mode."""
    found = eager.known_values(keras.ops.any(bad))
    if found is not None and found:
        raise ValueError(f"{name_of(owner)}: {fact()}.")


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
