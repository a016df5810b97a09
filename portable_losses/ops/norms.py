"""norm, distance, cdist and normalize: gradient 0 at the zero vector."""

from typing import Any

import keras
from keras import ops as raw

from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import axes_of, pinned_float
from portable_losses.ops.powers import power
from portable_losses.ops.reductions import amax, amin
from portable_losses.ops.roots import sqrt
from portable_losses.ops.selects import where
from portable_losses.ops.signs import abs

INF = float("inf")

RAW_NORM = raw_is_right(
    "norm, distance, cdist, normalize",
    "the Euclidean norm is one kernel, and its gradient at 0 is 0",
    torch="2.13.0",
)


@pinned_float(1)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors, or of matrices when `axis` is a pair; `ord` as in NumPy.

    By default it is (sum x^2)^(1/2) over `axis`, or over all axes; its gradient x /
    norm is 0 at the zero vector. For vectors, an `ord` p other than 0 gives
    (sum |x|^p)^(1/p), and inf and -inf give the largest and the smallest |x|. For
    matrices, "fro", 1, -1, inf and -inf are the usual norms. All have gradient 0 at 0.
    For p < 0 the value and the gradient are 0 if one entry is 0. Pinned because the
    gradient at the zero vector, or for p < 0 with an entry of 0, is NaN on TensorFlow
    and JAX. The orders built on singular values (2, -2, "nuc" of a matrix) and 0 are
    computed by `keras.ops.norm`. Squares must not overflow: in float32, entries of 1e19
    give inf.

    >>> x = ops.convert_to_tensor([[3.0, 4.0], [0.0, 0.0]])
    >>> ops.norm(x, axis=-1)  # [5, 0], gradient [[0.6, 0.8], [0, 0]]
    """
    axes = axes_of(x, axis)
    if ord is None or (len(axes), ord) in ((1, 2), (2, "fro")):
        return _euclidean(x, axis, keepdims)
    if len(axes) == 1 and not isinstance(ord, str):
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) == 2 and ord in (1, -1, INF, -INF):
        return _matrix_norm(x, ord, axes, keepdims)
    return raw.norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _euclidean(x: Any, axis: Any, keepdims: bool) -> Any:
    if RAW_NORM:
        return raw.norm(x, axis=axis, keepdims=keepdims)
    return sqrt(raw.sum(raw.square(x), axis=axis, keepdims=keepdims))


def _vector_norm(x: Any, ord: float, axis: int, keepdims: bool) -> Any:
    if ord == 1:
        return raw.sum(abs(x), axis=axis, keepdims=keepdims)
    if ord in (INF, -INF):
        extreme = amax if ord > 0 else amin
        return extreme(abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return raw.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    if ord < 0:
        zero = raw.equal(x, 0)
        some = raw.any(zero, axis=axis, keepdims=keepdims)
        size = power(abs(where(zero, 1.0, x)), ord)
        total = raw.sum(size, axis=axis, keepdims=keepdims)
        return where(some, 0.0, power(total, 1 / ord))
    total = raw.sum(power(abs(x), ord), axis=axis, keepdims=keepdims)
    return power(total, 1 / ord)


def _matrix_norm(x: Any, ord: float, axes: tuple[int, ...], keepdims: bool) -> Any:
    # Orders 1 and -1 use the sums of columns, inf and -inf the sums of rows.
    inner, outer = axes if ord in (1, -1) else axes[::-1]
    extreme = amax if ord > 0 else amin
    sums = raw.sum(abs(x), axis=inner, keepdims=True)
    result = extreme(sums, axis=outer, keepdims=True)
    return result if keepdims else raw.squeeze(result, axis=axes)


@pinned_float(2)
def distance(x1: Any, x2: Any, axis: Any = -1, keepdims: bool = False) -> Any:
    """The Euclidean distance of paired vectors, with gradient 0 where they coincide.

    (sum (x1 - x2)^2)^(1/2) over `axis`; shapes broadcast. Not in `keras.ops`, where a
    root of a sum of squares has a NaN gradient at distance 0.

    >>> a = ops.convert_to_tensor([[3.0, 4.0], [1.0, 1.0]])
    >>> b = ops.convert_to_tensor([[0.0, 0.0], [1.0, 1.0]])
    >>> ops.distance(a, b)  # [5, 0]
    """
    return norm(raw.subtract(x1, x2), axis=axis, keepdims=keepdims)


@pinned_float(2)
def cdist(x: Any, y: Any) -> Any:
    """All distances between vectors: (..., m, d) and (..., n, d) give (..., m, n).

    The Euclidean distances are computed from differences, without the cancellation in
    |x|^2 - 2xy + |y|^2, so m * n * d numbers are in memory. The gradient is 0 where two
    vectors are equal. Pinned because it is NaN there on all backends, for example where
    a vector is compared with itself.

    >>> x = ops.convert_to_tensor([[0.0, 0.0], [3.0, 4.0]])
    >>> ops.cdist(x, x)  # [[0, 5], [5, 0]]
    """
    if len(x.shape) < 2 or len(y.shape) < 2:
        raise ValueError(
            "cdist: `x` and `y` must have at least two axes; got "
            f"x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
        )
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "cdist: the last axes of `x` and `y` must be equal; got "
            f"x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
        )
    return distance(raw.expand_dims(x, -2), raw.expand_dims(y, -3))


@pinned_float(1)
def normalize(
    x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None
) -> Any:
    """The direction x / max(norm(x), epsilon); a zero vector stays 0, gradient 0.

    `order` is the `ord` of `norm`, an integer of at least 1; `epsilon` is by default
    that of Keras (1e-7). Half precision is computed in float32. Pinned because at a
    zero vector the gradient is 1e7 on TensorFlow and NaN on the others, and because a
    float16 vector with all entries 0.01 gives 0.06 or -inf instead of its direction.

    >>> x = ops.convert_to_tensor([[3.0, 4.0], [0.0, 0.0]])
    >>> ops.normalize(x)  # [[0.6, 0.8], [0, 0]]
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(
            f"normalize: `order` must be an integer of at least 1; got order={order!r}"
        )
    if len(x.shape) == 0:
        x = raw.expand_dims(x, axis=0)
    epsilon = keras.config.epsilon() if epsilon is None else epsilon
    length = norm(x, ord=None if order == 2 else order, axis=axis, keepdims=True)
    length = where(raw.less(length, epsilon), _floor(length, epsilon), length)
    return x / length


def _floor(length: Any, epsilon: float) -> Any:
    # A zero vector is divided by infinity: its value is 0, and its gradient is 0.
    return where(raw.equal(length, 0), INF, epsilon)
