"""Cross-entropy from logits with a custom gradient, for backends where that is faster.

On TensorFlow each operation of a graph is a pass over memory. The gradient written here
takes three passes; automatic differentiation would take one or two passes for each
guard against infinities. Custom gradients of TensorFlow can be differentiated again,
and work under all of its transformations.
"""

from typing import Any

from keras import ops as raw

from portable_losses.ops.log_sums import INF, gaps, infinite_if_none
from portable_losses.ops.pinning import dtype_of
from portable_losses.ops.reductions import amax

LARGEST = {"float32": (2.0 - 2.0**-23) * 2.0**127, "float64": 1.7976931348623157e308}


def of_labels(t: Any, logits: Any) -> Any:
    """-sum_c t_c log_p_c over the last axis, for log_p the pinned `log_softmax`.

    A product is 0 where t = 0, also if log p is infinite. If an item has a logit of
    inf, or if all of its logits are -inf, the gradient in its logits is 0.
    """
    items: Any = raw.custom_gradient(_of_labels)(t, logits)
    return items


def _of_labels(t: Any, logits: Any) -> tuple[Any, Any]:
    gap, share, total, log_total, largest = _parts(logits)
    certain = raw.equal(largest, INF)
    whole = raw.sum(t, axis=-1, keepdims=True)
    product = t * raw.where(raw.equal(t, 0), 0.0, gap)
    product = raw.sum(product, axis=-1, keepdims=True)
    # If one logit is inf, `_parts` gives the other classes a finite negative gap. So
    # the product is negative if one of them has t > 0, and the loss is then infinite.
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
    """The gaps x - max x, their exponentials, the sum of these, its logarithm, max x.

    An infinite logit counts as the largest finite number, which takes one operation per
    logit. The other guards against infinities take one operation per item.
    """
    most = LARGEST[dtype_of(logits)]
    largest = amax(logits, axis=-1, keepdims=True)
    gap = raw.minimum(logits, most) - raw.clip(largest, -most, most)
    share = raw.exp(gap)
    # If all logits are -inf, all exponentials are 0, and 1 is added to their sum. It is
    # added and not selected by `where`, so that a NaN stays: XLA may return -inf as the
    # maximum of -inf and NaN.
    none = raw.cast(raw.equal(largest, -INF), share.dtype)
    total = raw.sum(share, axis=-1, keepdims=True) + none
    return gap, share, total, raw.log(total), largest
