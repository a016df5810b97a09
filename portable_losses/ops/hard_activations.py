"""Piecewise activations that are constant beyond bounds, or 0 below one.

`hard_tanh` is a clip and has gradient 1 on the closed interval. `relu6`, `hard_sigmoid`
and `sparse_sigmoid` have gradient 0 at both ends.
"""

from typing import Any

from keras import ops as raw

from portable_losses.ops.extremes import clip
from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import is_float, pinned, pinned_float, tensor
from portable_losses.ops.selects import where
from portable_losses.ops.signs import relu

RAW_SPARSE_SIGMOID = raw_is_right(
    "sparse_sigmoid", "gradient 0 at -1 and 1", tensorflow="2.21.0", torch="2.13.0"
)
RAW_HARD_SILU = raw_is_right(
    "hard_silu, hard_swish",
    "right for finite inputs; it is never called with an infinity",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)
RAW_RELU6 = raw_is_right(
    "relu6",
    "gradient 0 at 0 and 6",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)
RAW_HARD_SIGMOID = raw_is_right(
    "hard_sigmoid",
    "gradient 0 at -3 and 3",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)


@pinned
def hard_tanh(x: Any) -> Any:
    """clip(x, -1, 1), with gradient 1 on the closed interval.

    Pinned because torch gives 0 at -1 and 1.

    >>> ops.hard_tanh(ops.convert_to_tensor([-1.0, 2.0]))  # [-1, 1], gradient [1, 0]
    """
    return clip(x, -1.0, 1.0)


@pinned
def relu6(x: Any) -> Any:
    """min(max(x, 0), 6), with gradient 0 at 0 and 6.

    TensorFlow, JAX and PyTorch agree here already.

    >>> ops.relu6(ops.convert_to_tensor([-1.0, 3.0, 9.0]))  # [0, 3, 6]
    """
    x = tensor(x)
    if RAW_RELU6 or not is_float(x):
        return raw.relu6(x)
    x = where(raw.less_equal(x, 0), 0.0, x)
    return where(raw.greater_equal(x, 6), 6.0, x)


@pinned
def hard_sigmoid(x: Any) -> Any:
    """0 up to -3, 1 from 3, x / 6 + 1 / 2 between, with gradient 0 at -3 and 3.

    TensorFlow, JAX and PyTorch agree here already.

    >>> ops.hard_sigmoid(ops.convert_to_tensor([-3.0, 0.0]))  # [0, 0.5]
    """
    x = tensor(x)
    if RAW_HARD_SIGMOID or not is_float(x):
        return raw.hard_sigmoid(x)
    return _hard_sigmoid(x)


def _hard_sigmoid(x: Any) -> Any:
    x = where(raw.less_equal(x, -3), -3.0, x)
    return where(raw.greater_equal(x, 3), 3.0, x) / 6.0 + 0.5


@pinned
def sparse_sigmoid(x: Any) -> Any:
    """0 up to -1, 1 from 1, (x + 1) / 2 between, with gradient 0 at -1 and 1.

    Pinned because JAX gives 0.25 there.

    >>> ops.sparse_sigmoid(ops.convert_to_tensor([-1.0, 0.0]))  # gradient [0, 0.5]
    """
    if RAW_SPARSE_SIGMOID:
        return raw.sparse_sigmoid(x)
    x = tensor(x)
    inside = raw.logical_and(raw.greater(x, -1), raw.less(x, 1))
    return where(inside, 0.5 * (x + 1), raw.stop_gradient(raw.sparse_sigmoid(x)))


@pinned_float(1)
def hard_silu(x: Any) -> Any:
    """x times hard_sigmoid(x): x from 3 up, 0 down to -3.

    At inf the gradient is 1; at -inf the value and the gradient are 0. Pinned because
    TensorFlow's gradient at an infinity is NaN.

    >>> ops.hard_silu(ops.convert_to_tensor([-4.0, 0.0, 4.0]))  # [0, 0, 4]
    """
    infinite = raw.isinf(x)
    finite = where(infinite, 0.0, x)
    if RAW_HARD_SILU:
        return where(infinite, raw.relu(x), raw.hard_silu(finite))
    return where(infinite, relu(x), finite * _hard_sigmoid(finite))


@pinned
def hard_swish(x: Any) -> Any:
    """`hard_silu` under its other name."""
    return hard_silu(x)
