"""Cross-entropy from logits, where a backend is fast with a gradient of its own.

TensorFlow makes a pass over memory of each operation of a graph. A gradient that is
written out takes three of them, where that of every guard would take one or two. Its
custom gradients can be differentiated again, and every transform can handle them.
"""

from typing import Any

from keras import ops as raw

from portable_losses.ops.log_sums import INF, gaps, infinite_if_none
from portable_losses.ops.pinning import dtype_of
from portable_losses.ops.reductions import amax

LARGEST = {"float32": (2.0 - 2.0**-23) * 2.0**127, "float64": 1.7976931348623157e308}


def of_labels(t: Any, logits: Any) -> Any:
    """-sum_c t_c log_p_c over the last axis, for log_p the pinned `log_softmax`.

    A product is 0 where t = 0, also if log p is infinite. An item with a logit of inf,
    or whose logits are all -inf, has no gradient in the logits.
    """
    items: Any = raw.custom_gradient(_of_labels)(t, logits)
    return items


def _of_labels(t: Any, logits: Any) -> tuple[Any, Any]:
    gap, share, total, log_total, largest = _parts(logits)
    certain = raw.equal(largest, INF)
    whole = raw.sum(t, axis=-1, keepdims=True)
    product = t * raw.where(raw.equal(t, 0), 0.0, gap)
    product = raw.sum(product, axis=-1, keepdims=True)
    # Beside an inf the gap of another class is finite in `_parts`, so that their sum
    # is not 0 if one of them has t > 0.
    wrong = raw.logical_and(certain, raw.less(product, 0))
    product = raw.where(wrong, -INF, product)
    items = whole * log_total - product

    def gradient(*args: Any, upstream: Any = None) -> tuple[Any, Any]:
        g = raw.expand_dims(args[0] if upstream is None else upstream, -1)
        live = raw.where(raw.isinf(largest), 0.0, g)
        of_logits = share * (whole * live / total) - t * live
        absent = raw.logical_and(raw.equal(t, 0), raw.equal(gap, -INF))
        of_t = g * (log_total - raw.where(absent, 0.0, gap))
        return of_t, of_logits

    return raw.squeeze(items, -1), gradient


def of_ids(ids: Any, logits: Any) -> Any:
    """-log_p[..., ids] for class indices in range, for log_p as in `of_labels`."""

    def items_of(logits: Any) -> Any:
        _, share, total, log_total, largest = _parts(logits)
        picked = raw.take_along_axis(logits, raw.expand_dims(ids, -1), axis=-1)
        same = raw.equal(picked, largest)
        items = log_total - gaps(picked, largest) + infinite_if_none(largest)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = raw.expand_dims(args[0] if upstream is None else upstream, -1)
            all_ = raw.where(raw.isinf(largest), 0.0, g / total)
            one = raw.where(raw.logical_and(raw.isinf(largest), same), 0.0, g)
            own = raw.one_hot(ids, logits.shape[-1], dtype=logits.dtype)
            return share * all_ - own * one

        return raw.squeeze(items, -1), gradient

    found: Any = raw.custom_gradient(items_of)(logits)
    return found


def _parts(logits: Any) -> tuple[Any, Any, Any, Any, Any]:
    """x - max x, its exponential, the sum of that, its logarithm, and max x.

    With inf taken for the largest number one operation is the guard of each entry: the
    rest are guards of items, which cost nothing.
    """
    most = LARGEST[dtype_of(logits)]
    largest = amax(logits, axis=-1, keepdims=True)
    gap = raw.minimum(logits, most) - raw.clip(largest, -most, most)
    share = raw.exp(gap)
    # If all are -inf, so are their gaps, and the total counts as 1. It is a sum, not a
    # select, since XLA may find -inf for the largest of -inf and NaN.
    none = raw.cast(raw.equal(largest, -INF), share.dtype)
    total = raw.sum(share, axis=-1, keepdims=True) + none
    return gap, share, total, raw.log(total), largest
