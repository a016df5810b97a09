"""sparsemax: the same gradient at its threshold, and at infinities, on all backends."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.log_sums import INF, gaps, largest_of
from portable_losses.ops.pinning import axes_of, pinned_float
from portable_losses.ops.selects import where


@pinned_float(1)
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The distribution over `axis` that is nearest to x: max(x - tau, 0), of sum 1.

    Entries above the threshold tau have a gradient; an entry equal to tau has gradient
    0, as in `relu`. An inf gives 1 (several share it evenly), and -inf gives 0; if all
    are -inf, all results are 0. Infinities have gradient 0. Pinned because the results
    of `keras.ops.sparsemax` do not sum to 1, its gradient at the threshold is 1 or 1/2,
    depending on the backend, and it is NaN next to an infinity.

    >>> ops.sparsemax(ops.convert_to_tensor([0.0, 2.0, 3.0]))  # [0, 0, 1]
    """
    (axis,) = axes_of(x, axis)
    largest = largest_of(x, (axis,))
    x = raw.moveaxis(gaps(x, largest), axis, -1)
    chosen = _above_threshold(raw.stop_gradient(x))
    count = raw.sum(raw.cast(chosen, x.dtype), axis=-1, keepdims=True)
    total = raw.sum(where(chosen, x, 0.0), axis=-1, keepdims=True)
    p = where(chosen, x - (total - 1.0) / count, 0.0)
    p = raw.moveaxis(p, -1, axis)
    # Multiplied, and not selected by `where`, so that a NaN stays in the result.
    return p * where(largest == -INF, 0.0, raw.ones_like(largest))


def _above_threshold(x: Any) -> Any:
    """Which entries of the last axis are above tau; a NaN counts as above.

    They are the k largest, for the largest k with 1 + k x_k > sum of the k largest.
    """
    ordered = -raw.sort(-x, axis=-1)
    place = raw.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    rest = raw.cumsum(ordered, axis=-1) - 1.0
    finite = where(raw.equal(ordered, -INF), False, place * ordered > rest)
    last = raw.sum(raw.cast(finite, "int32"), axis=-1, keepdims=True) - 1
    tau = raw.take_along_axis(ordered, raw.maximum(last, 0), axis=-1)
    # NaN is tested by isnan, not by `not x < tau`: TensorFlow's graph optimizer turns
    # that into `x >= tau`, which is False for a NaN.
    unknown = raw.logical_or(raw.isnan(x), raw.isnan(tau))
    return raw.logical_or(raw.greater_equal(x, tau), unknown)
