"""max and min over axes: also of empty tensors, with keepdims, under torch.compile."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.extremes import maximum, minimum
from portable_losses.ops.known import faster_form, raw_is_right
from portable_losses.ops.pinning import axes_of, is_float, pinned, tensor
from portable_losses.ops.selects import where

INF = float("inf")

RAW_MAX = raw_is_right(
    "max, min, amax, amin",
    "a tie shares the gradient evenly",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)
OF_NO_ITEMS = raw_is_right(
    "max, min, amax, amin",
    "an empty tensor too, given an initial",
    tensorflow="2.21.0",
    jax="0.10.2",
)
WITH_INITIAL = faster_form(
    "max, min, amax, amin",
    "an `initial` makes Keras accept (0, n) in eager mode, and costs nothing",
    tensorflow="2.21.0",
)


@pinned
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The largest entry over `axis`, all axes by default; a tie shares the gradient.

    Each of k equal largest entries gets 1/k of the gradient, and half of that if
    `initial` equals them. If an entry is NaN, so is the result, except under XLA on
    TensorFlow 2.21.0: there a NaN is ignored (the maximum of NaN, 1, 2 is 2), because a
    guard would cost every loss with a softmax a pass over its logits. Pinned because
    on TensorFlow a tie with `initial` gets the whole gradient; because `keras.ops.max`
    raises for a tensor of shape (0, n) reduced over its second axis, on torch and, in
    eager mode without an `initial`, on TensorFlow; and because on torch it returns a
    wrong shape for an empty tensor with an `initial`, and up to Keras 3.15 ignores
    `keepdims` if `axis` is None.

    >>> ops.max(ops.convert_to_tensor([1.0, 2.0, 2.0]))  # 2, gradient [0, 0.5, 0.5]
    """
    return amax(x, axis=axis, keepdims=keepdims, initial=initial)


@pinned
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The smallest entry over `axis`, all axes by default; see `max`."""
    return amin(x, axis=axis, keepdims=keepdims, initial=initial)


@pinned
def amax(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """`max` under its other name; `keras.ops.amax` has `initial` since Keras 3.16."""
    return _reduced(raw.amax, raw.max, x, axis, keepdims, initial, -INF)


@pinned
def amin(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """`min` under its other name; `keras.ops.amin` has `initial` since Keras 3.16."""
    return _reduced(raw.amin, raw.min, x, axis, keepdims, initial, INF)


def _reduced(
    plain: Any,
    with_initial: Any,
    x: Any,
    axis: Any,
    keepdims: bool,
    initial: Any,
    least: float,
) -> Any:
    x = tensor(x)
    axes = axes_of(x, axis)
    if initial is not None and is_float(x) and 0 not in x.shape:
        # Backends differ in the gradient at a tie with `initial`.
        extreme = _reduced(plain, with_initial, x, axis, keepdims, None, least)
        pair = maximum if least < 0 else minimum
        return pair(extreme, raw.cast(initial, x.dtype))
    if WITH_INITIAL and is_float(x) and initial is None:
        initial = least
    if not RAW_MAX and is_float(x) and 0 not in x.shape:
        return _shared(plain, x, axes, keepdims, least)
    sound = OF_NO_ITEMS or 0 not in x.shape
    if initial is not None and sound:
        return with_initial(x, axis=axes, keepdims=keepdims, initial=initial)
    if sound or (initial is None and any(x.shape[axis] == 0 for axis in axes)):
        return plain(x, axis=axes, keepdims=keepdims)  # raises for an empty axis
    # An empty tensor: its sum has the shape of the result.
    total = raw.cast(raw.sum(x, axis=axes, keepdims=keepdims), x.dtype)
    return total if initial is None else total + raw.cast(initial, x.dtype)


def _shared(
    plain: Any, x: Any, axes: tuple[int, ...], keepdims: bool, least: float
) -> Any:
    """The maximum or minimum; all entries equal to it share its gradient evenly."""
    extreme = raw.stop_gradient(plain(x, axis=axes, keepdims=True))
    equal = raw.equal(x, extreme)
    count = raw.sum(raw.cast(equal, x.dtype), axis=axes, keepdims=True)
    # No entry equals the result if it is NaN, or on OpenVINO if all entries are -inf:
    # there their maximum is the lowest finite number.
    none = raw.equal(count, 0)
    count = where(none, 1.0, count)
    mean = raw.sum(where(equal, x, 0.0) / count, axis=axes, keepdims=True)
    # The gradient is that of the mean of the equal entries; the value is `extreme`,
    # which has no rounding error.
    exact = extreme + (mean - raw.stop_gradient(mean))
    result = where(raw.isinf(extreme), mean, exact)
    result = where(none, least, result)
    # A backend may ignore a NaN, as XLA on TensorFlow does.
    unknown = raw.any(raw.isnan(x), axis=axes, keepdims=True)
    result = where(unknown, float("nan"), result)
    return result if keepdims else raw.squeeze(result, axis=axes)
