"""max and min over axes: of no items too, with keepdims, under torch.compile."""

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
    "no items too, given an initial",
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

    k equal largest entries get 1/k each, and half of that where `initial` equals them.
    A NaN is the result, but where XLA compiles for TensorFlow 2.21.0: there the largest
    of the other numbers is (NaN, 1, 2 have the maximum 2), and a guard would cost each
    loss with a softmax a pass over its logits. Pinned because on TensorFlow a tie with
    `initial` keeps its whole gradient, because Keras's own rejects (0, n) over its
    second axis, on torch and eagerly on TensorFlow (where an `initial` makes it accept
    them), and because on torch it forgets the shape of no items when it is given an
    `initial`, and up to Keras 3.15 drops `keepdims` when it is given no axis.

    >>> ops.max(ops.convert_to_tensor([1.0, 2.0, 2.0]))  # 2, gradient [0, 0.5, 0.5]
    """
    return amax(x, axis=axis, keepdims=keepdims, initial=initial)


@pinned
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The smallest entry over `axis`, all axes by default; see `max`."""
    return amin(x, axis=axis, keepdims=keepdims, initial=initial)


@pinned
def amax(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """`max` under its other name; Keras's own has `initial` from 3.16 on."""
    return _reduced(raw.amax, raw.max, x, axis, keepdims, initial, -INF)


@pinned
def amin(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """`min` under its other name; Keras's own has `initial` from 3.16 on."""
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
        # Backends share a tie with `initial` differently.
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
        return plain(x, axis=axes, keepdims=keepdims)  # raises, over no items
    # There is nothing to reduce, and a sum of it has the shape.
    total = raw.cast(raw.sum(x, axis=axes, keepdims=keepdims), x.dtype)
    return total if initial is None else total + raw.cast(initial, x.dtype)


def _shared(
    plain: Any, x: Any, axes: tuple[int, ...], keepdims: bool, least: float
) -> Any:
    """The extreme of numbers, whose equals share its gradient evenly."""
    extreme = raw.stop_gradient(plain(x, axis=axes, keepdims=True))
    equal = raw.equal(x, extreme)
    count = raw.sum(raw.cast(equal, x.dtype), axis=axes, keepdims=True)
    # A NaN equals nothing. Nor does what OpenVINO has for the largest of -inf alone,
    # the lowest finite number.
    none = raw.equal(count, 0)
    count = where(none, 1.0, count)
    mean = raw.sum(where(equal, x, 0.0) / count, axis=axes, keepdims=True)
    # The mean has the gradient, and the extreme its value without a rounding.
    exact = extreme + (mean - raw.stop_gradient(mean))
    result = where(raw.isinf(extreme), mean, exact)
    result = where(none, least, result)
    # A backend may pass over a NaN, as XLA does on TensorFlow.
    unknown = raw.any(raw.isnan(x), axis=axes, keepdims=True)
    result = where(unknown, float("nan"), result)
    return result if keepdims else raw.squeeze(result, axis=axes)
