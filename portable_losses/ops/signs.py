"""abs, sign, relu and similar functions: gradient 0 at the non-differentiable point."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.known import faster_form, raw_is_right
from portable_losses.ops.pinning import (
    is_float,
    is_number,
    pinned,
    pinned_float,
    result_type,
    tensor,
)
from portable_losses.ops.selects import where

RAW_ABS = raw_is_right(
    "abs, absolute, fabs",
    "gradient sign(x), 0 at 0",
    tensorflow="2.21.0",
    torch="2.13.0",
)
SELECT_ABS = faster_form(
    "abs, absolute, fabs",
    "XLA finds that both branches of the select are x, and removes it",
    jax="0.10.2",
)
RAW_SIGN = raw_is_right(
    "sign", "NaN for NaN; gradient 0, at 0 too", tensorflow="2.21.0", jax="0.10.2"
)
SELECT_SIGN = faster_form(
    "sign", "only the result 0 for NaN is wrong; gradient 0, at 0 too", torch="2.13.0"
)
RAW_RELU = raw_is_right("relu", "gradient 0 at 0", tensorflow="2.21.0", torch="2.13.0")


@pinned
def abs(x: Any) -> Any:
    """|x|, with gradient sign(x): 0 at 0.

    `x` has any shape and dtype. Pinned because JAX gives gradient 1 at 0, so that a
    perfect prediction is pushed away from its target.

    >>> x = ops.convert_to_tensor([-2.0, 0.0])
    >>> ops.abs(x)  # [2, 0], gradient [-1, 0]
    """
    x = tensor(x)
    if RAW_ABS or not is_float(x):
        return raw.absolute(x)
    if SELECT_ABS:
        return raw.absolute(where(raw.equal(x, 0), raw.stop_gradient(x), x))
    # 0.0, -0.0 and NaN take the last branch.
    rest = raw.stop_gradient(raw.absolute(x))
    return where(raw.greater(x, 0), x, where(raw.less(x, 0), -x, rest))


@pinned
def absolute(x: Any) -> Any:
    """|x|, with gradient 0 at 0: `abs` under its long name."""
    return abs(x)


@pinned
def fabs(x: Any) -> Any:
    """|x| as a float, with gradient 0 at 0: `abs`, of integers too."""
    x = tensor(x)
    return abs(x) if is_float(x) else raw.fabs(x)


@pinned
def sign(x: Any) -> Any:
    """-1, 0 or 1, and NaN for NaN; gradient 0 everywhere, at 0 as well.

    Pinned because torch gives 0 for NaN, which hides a diverged prediction.

    >>> ops.sign(ops.convert_to_tensor([-3.0, 0.0, float("nan")]))  # [-1, 0, nan]
    """
    x = tensor(x)
    if RAW_SIGN or not is_float(x):
        return raw.sign(x)
    sign = raw.sign(x) if SELECT_SIGN else raw.stop_gradient(raw.sign(x))
    return where(raw.isnan(x), x, sign)


@pinned
def relu(x: Any) -> Any:
    """max(x, 0), with gradient 0 at 0.

    TensorFlow, JAX and PyTorch agree here already; it is listed because
    `maximum(x, 0.0)` is not the same: its gradient at 0 is 0.5.

    >>> ops.relu(ops.convert_to_tensor([-1.0, 0.0, 2.0]))  # gradient [0, 0, 1]
    """
    if RAW_RELU:
        return raw.relu(x)
    # Only x is kept for the gradient; the relu of JAX also keeps its result.
    x = tensor(x)
    return where(raw.less_equal(x, 0), 0, x)


@pinned
def heaviside(x1: Any, x2: Any) -> Any:
    """0 below 0, x2 at 0, 1 above; the gradient is 0 in x1, and 1 in x2 where x1 is 0.

    Shapes broadcast; a NaN in x1 gives NaN. Pinned because the function of torch has no
    gradient.

    >>> ops.heaviside(ops.convert_to_tensor([-1.0, 0.0, 2.0]), 0.5)  # [0, 0.5, 1]
    """
    x1, x2 = (x if is_number(x) else tensor(x) for x in (x1, x2))
    if "float" not in result_type(x1, x2):
        return raw.heaviside(x1, x2)
    return _heaviside(x1, x2)


@pinned_float(2)
def _heaviside(x1: Any, x2: Any) -> Any:
    x1 = tensor(x1)
    outside = where(raw.isnan(x1), x1, raw.cast(raw.greater(x1, 0), x1.dtype))
    return where(raw.equal(x1, 0), x2, outside)


@pinned_float(2)
def copysign(x1: Any, x2: Any) -> Any:
    """|x1| with the sign of x2 (-0.0 is negative); gradient 1 or -1 in x1, 0 at 0.

    Shapes broadcast; x2 has no gradient. In `keras.ops` since Keras 3.16. Pinned
    because torch's gradient at an infinity is NaN.

    >>> ops.copysign(ops.convert_to_tensor([1.0, -2.0]), [-0.0, 3.0])  # [-1, 2]
    """
    x1, x2 = tensor(x1), tensor(x2)
    x1 = where(raw.equal(x1, 0), raw.stop_gradient(x1), x1)
    signs = (raw.signbit(raw.stop_gradient(x)) for x in (x1, x2))
    differ = raw.not_equal(*signs)
    return where(differ, -x1, x1)
