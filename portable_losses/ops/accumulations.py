"""cumsum and prod, where half precision loses count on some backends."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.pinning import HALVES, dtype_of, pinned, tensor


@pinned
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The running sums of x along `axis`, of the flattened x by default.

    Half precision is summed in float32 and rounded once, unless `dtype` says otherwise.
    Pinned because TensorFlow's float16 sum of ones stops at 2048.

    >>> ops.cumsum(ops.ones((4096,), "float16"))[-1]  # 4096
    """
    x = tensor(x)
    if dtype is None and dtype_of(x) in HALVES:
        return raw.cast(raw.cumsum(raw.cast(x, "float32"), axis=axis), x.dtype)
    return raw.cumsum(x, axis=axis, dtype=dtype)


@pinned
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """The product of x over `axis`, all axes by default.

    Half precision is multiplied in float32 and rounded once, unless `dtype` says
    otherwise. Pinned because TensorFlow rounds every step.

    >>> ops.prod(ops.full((100,), 1.01, "float16"))  # 2.643; TensorFlow's own: 2.631
    """
    x = tensor(x)
    if dtype is None and dtype_of(x) in HALVES:
        result = raw.prod(raw.cast(x, "float32"), axis=axis, keepdims=keepdims)
        return raw.cast(result, x.dtype)
    return raw.prod(x, axis=axis, keepdims=keepdims, dtype=dtype)
