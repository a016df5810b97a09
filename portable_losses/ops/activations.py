"""Activations with one slope at the corner, where the backends have several.

A corner at 0 has the slope from the left (`relu`, `leaky_relu`, `elu`, `selu`, `celu`).
`hard_tanh` is a clip and has slope 1 on the closed interval. `relu6`, `hard_sigmoid`
and `sparse_sigmoid` have slope 0 at both ends.
"""

import math
from typing import Any

from keras import ops as raw

from portable_losses.ops.extremes import clip
from portable_losses.ops.kinks import abs, relu
from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import is_float, pinned, pinned_float, tensor

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

RAW_LEAKY_RELU = raw_is_right(
    "leaky_relu",
    "gradient negative_slope at 0",
    tensorflow="2.21.0",
    torch="2.13.0",
)
RAW_SELU = raw_is_right("selu", "gradient 1.7581 at 0", jax="0.10.2", torch="2.13.0")
RAW_CELU = raw_is_right("celu", "gradient 1 at 0 for every alpha", torch="2.13.0")
RAW_SPARSE_SIGMOID = raw_is_right(
    "sparse_sigmoid", "gradient 0 at -1 and 1", tensorflow="2.21.0", torch="2.13.0"
)
RAW_GELU = raw_is_right(
    "gelu",
    "right in float32",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)
RAW_HARD_SILU = raw_is_right(
    "hard_silu",
    "right but at the infinities, which it does not see",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)
RAW_SOFTSIGN = raw_is_right(
    "softsign",
    "right but at the infinities, which it does not see",
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
RAW_ELU = raw_is_right(
    "elu",
    "gradient alpha at 0",
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
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """max(x, 0) + negative_slope min(x, 0), with gradient negative_slope at 0.

    Pinned because JAX gives 1 at 0.

    >>> ops.leaky_relu(ops.convert_to_tensor([-1.0, 0.0]))  # gradient [0.2, 0.2]
    """
    if RAW_LEAKY_RELU:
        return raw.leaky_relu(x, negative_slope=negative_slope)
    return raw.where(raw.greater(x, 0), x, raw.multiply(x, negative_slope))


@pinned
def hard_tanh(x: Any) -> Any:
    """clip(x, -1, 1), with gradient 1 on the closed interval.

    Pinned because torch gives 0 at -1 and 1.

    >>> ops.hard_tanh(ops.convert_to_tensor([-1.0, 2.0]))  # [-1, 1], gradient [1, 0]
    """
    return clip(x, -1.0, 1.0)


@pinned_float(1)
def selu(x: Any) -> Any:
    """1.0507 x for x > 0, else 1.7581 (exp(x) - 1), with gradient 1.7581 at 0.

    Pinned because TensorFlow gives 1.0507 at 0.

    >>> ops.selu(ops.convert_to_tensor([0.0, 1.0]))  # [0, 1.0507]
    """
    if RAW_SELU:
        return raw.selu(x)
    return SELU_SCALE * _exponential(x, SELU_ALPHA, 1.0)


@pinned_float(1)
def celu(x: Any, alpha: float = 1.0) -> Any:
    """x for x > 0, else alpha (exp(x / alpha) - 1); smooth, with gradient 1 at 0.

    Pinned because TensorFlow gives 2 at 0.

    >>> ops.celu(ops.convert_to_tensor([0.0, 1.0]))  # [0, 1], gradient [1, 1]
    """
    if RAW_CELU:
        return raw.celu(x, alpha=alpha)
    return _exponential(x, alpha, alpha)


def _exponential(x: Any, height: float, width: float) -> Any:
    positive = raw.greater(x, 0)
    below = height * raw.expm1(raw.where(positive, 0.0, x) / width)
    return raw.where(positive, x, below)


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
    return raw.where(inside, 0.5 * (x + 1), raw.stop_gradient(raw.sparse_sigmoid(x)))


@pinned_float(1)
def gelu(x: Any, approximate: bool = True) -> Any:
    """x times the normal distribution function of x.

    Pinned for half precision, which is computed in float32: at 1e4 the gradient in
    float16 is NaN on TensorFlow and JAX.

    >>> ops.gelu(ops.convert_to_tensor([-1e4, 0.0, 1e4]))  # [0, 0, 1e4]
    """
    if RAW_GELU:
        return raw.gelu(x, approximate=approximate)
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1.0 + raw.tanh(inner))
    return 0.5 * x * (1.0 + raw.erf(x / math.sqrt(2)))


@pinned_float(1)
def hard_silu(x: Any) -> Any:
    """x times hard_sigmoid(x): x from 3 up, 0 down to -3.

    Pinned because at an infinity TensorFlow's gradient is NaN; here 1 at inf, and
    value and gradient 0 at -inf.

    >>> ops.hard_silu(ops.convert_to_tensor([-4.0, 0.0, 4.0]))  # [0, 0, 4]
    """
    infinite = raw.isinf(x)
    finite = raw.where(infinite, 0.0, x)
    if RAW_HARD_SILU:
        return raw.where(infinite, raw.relu(x), raw.hard_silu(finite))
    return raw.where(infinite, relu(x), finite * _hard_sigmoid(finite))


@pinned
def hard_swish(x: Any) -> Any:
    """`hard_silu` under its other name."""
    return hard_silu(x)


@pinned_float(1)
def softsign(x: Any) -> Any:
    """x / (1 + |x|), -1 and 1 at the infinities, with gradient 0 there.

    Pinned because that value, or its gradient, is NaN by backend.

    >>> ops.softsign(ops.convert_to_tensor([-1.0, float("inf")]))  # [-0.5, 1]
    """
    infinite = raw.isinf(x)
    finite = raw.where(infinite, 0.0, x)
    if RAW_SOFTSIGN:
        inside = raw.softsign(finite)
    else:
        inside = finite / (1.0 + abs(finite))
    return raw.where(infinite, raw.stop_gradient(raw.sign(x)), inside)


@pinned
def relu6(x: Any) -> Any:
    """min(max(x, 0), 6), with gradient 0 at 0 and 6.

    TensorFlow, JAX and PyTorch agree here already.

    >>> ops.relu6(ops.convert_to_tensor([-1.0, 3.0, 9.0]))  # [0, 3, 6]
    """
    x = tensor(x)
    if RAW_RELU6 or not is_float(x):
        return raw.relu6(x)
    x = raw.where(raw.less_equal(x, 0), 0.0, x)
    return raw.where(raw.greater_equal(x, 6), 6.0, x)


@pinned
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x for x > 0, else alpha (exp(x) - 1), with gradient alpha at 0.

    TensorFlow, JAX and PyTorch agree here already.

    >>> ops.elu(ops.convert_to_tensor([0.0, 1.0]))  # [0, 1], gradient [1, 1]
    """
    x = tensor(x)
    if RAW_ELU or not is_float(x):
        return raw.elu(x, alpha=alpha)
    return _elu(x, alpha)


@pinned_float(1)
def _elu(x: Any, alpha: float) -> Any:
    return _exponential(x, alpha, 1.0)


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
    x = raw.where(raw.less_equal(x, -3), -3.0, x)
    return raw.where(raw.greater_equal(x, 3), 3.0, x) / 6.0 + 0.5
