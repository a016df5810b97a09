"""logsumexp, log_softmax, softplus and similar functions, exact far from 0."""

import math
from typing import Any

from keras import ops as raw

from portable_losses.ops.exponentials import log1p
from portable_losses.ops.extremes import maximum
from portable_losses.ops.known import faster_form, raw_is_right
from portable_losses.ops.pinning import axes_of, pinned_float
from portable_losses.ops.reductions import amax
from portable_losses.ops.selects import where
from portable_losses.ops.signs import abs

INF = float("inf")

SHARED_EXPONENTIAL = faster_form(
    "softplus_and_sigmoid",
    "one exponential instead of two, with the same accuracy",
    jax="0.10.2",
)
ONE_KERNEL = faster_form(
    "log_softmax", "one kernel, right for the gaps that it gets", torch="2.13.0"
)
RAW_SOFTPLUS = raw_is_right(
    "softplus",
    "gradient sigmoid(x), at 1e4 and infinities too",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)
RAW_LOG_SIGMOID = raw_is_right(
    "log_sigmoid",
    "gradient sigmoid(-x), at 1e4 and infinities too",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
)


@pinned_float(1)
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """ln(sum(exp(x))) over `axis`, with gradient softmax(x).

    Exact at 1e4 and -1e4. An entry of -inf adds nothing and has gradient 0; when all
    are -inf the value is -inf and the gradient 0; with an inf among them the value is
    inf and the gradient 0. Pinned because on all backends the gradient is NaN where all
    entries are -inf, as for an item that is masked as a whole, and where one is inf.

    >>> ops.logsumexp(ops.convert_to_tensor([1e4, 1e4]))  # 10000.693
    """
    axes = axes_of(x, axis)
    largest = largest_of(x, axes)
    total = raw.sum(raw.exp(gaps(x, largest)), axis=axes, keepdims=True)
    result = raw.log(total) + largest
    return result if keepdims else raw.squeeze(result, axis=axes)


@pinned_float(1)
def log_softmax(x: Any, axis: int | tuple[int, ...] | None = -1) -> Any:
    """The logarithm of softmax: x - logsumexp(x) over `axis`.

    Exact at 1e4 and -1e4. An entry of -inf gives -inf; an inf gives 0, and -inf to the
    others (several share it evenly), and has no gradient; when all are -inf, so is the
    result, without a gradient. Pinned because value and gradient are NaN on all
    backends where all entries are -inf, and where one is inf.

    >>> ops.log_softmax(ops.convert_to_tensor([1e4, 0.0]))  # [0, -10000]
    """
    axes = axes_of(x, axis)
    largest = largest_of(x, axes)
    gap = gaps(x, largest)
    if ONE_KERNEL:
        return raw.log_softmax(gap, axis=axis) - infinite_if_none(largest)
    total = raw.sum(raw.exp(gap), axis=axes, keepdims=True)
    return gap - (raw.log(total) + infinite_if_none(largest))


@pinned_float(1)
def softmax(x: Any, axis: int | tuple[int, ...] | None = -1) -> Any:
    """exp(x) / sum(exp(x)) over `axis`.

    Exact at 1e4 and -1e4. An inf gives 1, and 0 to the others (several share it
    evenly); when all are -inf, all are 0. Neither has a gradient. Pinned because both
    are NaN on all backends, in value and in gradient, and for half precision, which is
    computed in float32.

    >>> ops.softmax(ops.convert_to_tensor([0.0, -float("inf")]))  # [1, 0]
    """
    axes = axes_of(x, axis)
    largest = largest_of(x, axes)
    share = raw.exp(gaps(x, largest))
    total = raw.sum(share, axis=axes, keepdims=True)
    return share / (total + infinite_if_none(largest))


def gaps(x: Any, largest: Any) -> Any:
    """x - largest, and 0 with gradient 0 where both are the same infinity."""
    infinity = where(raw.isinf(largest), largest, float("nan"))  # NaN equals nothing
    return where(x == infinity, 0.0, x - largest)


def infinite_if_none(largest: Any) -> Any:
    """inf where all are -inf, else 0. It is added to a result, so that a NaN stays."""
    return where(largest == -INF, INF, raw.zeros_like(largest))


def largest_of(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest entry over `axes`, as a constant; the axes are kept with size 1."""
    # On torch, Keras's max keeps no axes when it is given none.
    return amax(raw.stop_gradient(x), axis=axes, keepdims=True)


@pinned_float(1)
def softplus(x: Any) -> Any:
    """ln(1 + exp(x)), with gradient sigmoid(x).

    1e4 at 1e4 with gradient 1, and 0 at -1e4 with gradient 0. TensorFlow, JAX and
    PyTorch agree in float32; pinned for half precision, which is computed in float32.

    >>> ops.softplus(ops.convert_to_tensor([-1e4, 0.0, 1e4]))  # [0, 0.6931, 10000]
    """
    return raw.softplus(x) if RAW_SOFTPLUS else _softplus(x)


@pinned_float(1)
def log_sigmoid(x: Any) -> Any:
    """-softplus(-x), with gradient sigmoid(-x).

    -1e4 at -1e4 with gradient 1, and 0 at 1e4 with gradient 0. TensorFlow, JAX and
    PyTorch agree in float32; pinned for half precision, which is computed in float32.

    >>> ops.log_sigmoid(ops.convert_to_tensor([-1e4, 0.0, 1e4]))  # [-10000, -0.6931, 0]
    """
    return raw.log_sigmoid(x) if RAW_LOG_SIGMOID else -_softplus(-x)


def _softplus(x: Any) -> Any:
    # The maximum gives half of the gradient at 0, and abs none: 0.5 in total.
    return maximum(x, 0.0) + log1p(raw.exp(-abs(x)))


def softplus_and_sigmoid(x: Any) -> tuple[Any, Any]:
    """ln(1 + exp(x)) and its derivative 1 / (1 + exp(-x)), in float32 or float64."""
    if SHARED_EXPONENTIAL:
        positive = raw.greater(x, 0)
        q = raw.sigmoid(raw.where(positive, -x, x))  # at most 1/2
        # softplus(x) == max(x, 0) - log(1 - q)
        plus = where(positive, x, 0.0) - log1p(-q)
        return plus, where(positive, 1.0 - q, q)
    plus = raw.softplus(x) if RAW_SOFTPLUS else _softplus(x)
    return plus, raw.sigmoid(x)


@pinned_float(2)
def logaddexp(x1: Any, x2: Any) -> Any:
    """ln(exp(x1) + exp(x2)); at a tie each gets half of the gradient.

    Shapes broadcast. -inf has gradient 0, so that two of them give -inf with gradient
    0. Pinned because TensorFlow gives a tie's whole gradient to x1, and two infinities
    have a NaN gradient.

    >>> ops.logaddexp(ops.convert_to_tensor([1e4]), 1e4)  # 10000.693, gradient 0.5
    """
    larger, gap = _larger_and_gap(x1, x2)
    return larger + log1p(raw.exp(-gap))


@pinned_float(2)
def logaddexp2(x1: Any, x2: Any) -> Any:
    """log2(2^x1 + 2^x2); at a tie each gets half of the gradient; see `logaddexp`."""
    larger, gap = _larger_and_gap(x1, x2)
    return larger + log1p(raw.exp(-gap * math.log(2))) / math.log(2)


def _larger_and_gap(x1: Any, x2: Any) -> tuple[Any, Any]:
    x1, x2 = _constant_at_minus_inf(x1), _constant_at_minus_inf(x2)
    same = raw.equal(x1, x2)  # where both are inf, x1 - x2 would be NaN
    return maximum(x1, x2), abs(where(same, 0.0, x1 - where(same, 0.0, x2)))


def _constant_at_minus_inf(x: Any) -> Any:
    return where(raw.equal(x, -INF), -INF, x)
