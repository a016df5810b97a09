"""Activations with the same gradient at 0 on every backend.

At a non-differentiable point 0 the gradient is the one from the left (`relu`,
`leaky_relu`, `elu`, `selu`).
"""

import math
from typing import Any

from keras import ops as raw

from portable_losses.ops.exponentials import expm1
from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import is_float, pinned, pinned_float, tensor
from portable_losses.ops.selects import where
from portable_losses.ops.signs import abs

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
RAW_GELU = raw_is_right(
    "gelu",
    "right in float32 for finite inputs; it is never called with an infinity",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)
RAW_SILU = raw_is_right(
    "silu",
    "right for finite inputs; it is never called with an infinity",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)
RAW_SOFTSIGN = raw_is_right(
    "softsign",
    "right for finite inputs; it is never called with an infinity",
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


@pinned
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """max(x, 0) + negative_slope min(x, 0), with gradient negative_slope at 0.

    Pinned because JAX gives 1 at 0.

    >>> ops.leaky_relu(ops.convert_to_tensor([-1.0, 0.0]))  # gradient [0.2, 0.2]
    """
    if RAW_LEAKY_RELU:
        return raw.leaky_relu(x, negative_slope=negative_slope)
    return where(raw.greater(x, 0), x, raw.multiply(x, negative_slope))


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
    below = height * expm1(where(positive, 0.0, x) / width)
    return where(positive, x, below)


@pinned_float(1)
def gelu(x: Any, approximate: bool = True) -> Any:
    """x times the normal distribution function of x.

    At inf the gradient is 1; at -inf the value and the gradient are 0. Pinned because
    the value or the gradient at an infinity is NaN on the backends, and for half
    precision, which is computed in float32: at 1e4 the gradient in float16 is NaN on
    TensorFlow and JAX.

    >>> ops.gelu(ops.convert_to_tensor([-1e4, 0.0, 1e4]))  # [0, 0, 1e4]
    """
    infinite, finite = _infinite_and_finite(x)
    if RAW_GELU:
        inside = raw.gelu(finite, approximate=approximate)
    elif approximate:
        cubic = finite + 0.044715 * finite * finite * finite
        inside = 0.5 * finite * (1.0 + raw.tanh(math.sqrt(2 / math.pi) * cubic))
    else:
        inside = 0.5 * finite * (1.0 + raw.erf(finite / math.sqrt(2)))
    return where(infinite, raw.relu(x), inside)


@pinned_float(1)
def silu(x: Any) -> Any:
    """x times sigmoid(x).

    At inf the gradient is 1; at -inf the value and the gradient are 0. Pinned because
    on every backend the value at -inf and the gradient at inf are NaN.

    >>> ops.silu(ops.convert_to_tensor([-1e4, 0.0, 1e4]))  # [0, 0, 1e4]
    """
    infinite, finite = _infinite_and_finite(x)
    inside = raw.silu(finite) if RAW_SILU else finite * raw.sigmoid(finite)
    return where(infinite, raw.relu(x), inside)


@pinned
def swish(x: Any) -> Any:
    """`silu` under its other name."""
    return silu(x)


@pinned_float(1)
def sparse_plus(x: Any) -> Any:
    """0 up to -1, x from 1, (x + 1)^2 / 4 between.

    Pinned because at -inf the value is NaN on every backend.

    >>> ops.sparse_plus(ops.convert_to_tensor([-2.0, 0.0, 2.0]))  # [0, 0.25, 2]
    """
    inside = raw.logical_and(raw.greater(x, -1), raw.less(x, 1))
    middle = where(inside, x, 0.0) + 1.0
    return where(inside, 0.25 * middle * middle, raw.relu(x))


def _infinite_and_finite(x: Any) -> tuple[Any, Any]:
    """A mask of the infinite entries of x, and x with 0 in their place."""
    infinite = raw.isinf(x)
    return infinite, where(infinite, 0.0, x)


@pinned_float(1)
def softsign(x: Any) -> Any:
    """x / (1 + |x|), -1 and 1 at the infinities, with gradient 0 there.

    Pinned because on some backends the value or the gradient at an infinity is NaN.

    >>> ops.softsign(ops.convert_to_tensor([-1.0, float("inf")]))  # [-0.5, 1]
    """
    infinite, finite = _infinite_and_finite(x)
    if RAW_SOFTSIGN:
        inside = raw.softsign(finite)
    else:
        inside = finite / (1.0 + abs(finite))
    return where(infinite, raw.stop_gradient(raw.sign(x)), inside)


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
