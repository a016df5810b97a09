"""Shared by the losses of soft counts: sums of labels and probabilities of a batch."""

from typing import Any, Literal, NamedTuple, Unpack

from portable_losses import ops
from portable_losses.core import arguments, checks
from portable_losses.core.axes import expand
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.ops.classes import like, valid_ids


class CountArguments(LossArguments, total=False):
    """The arguments that the constructors of these losses share."""

    from_logits: bool


class Batch(NamedTuple):
    """Labels and probabilities of a batch, each of shape `(..., C)`.

    All of them are 0 for items and elements that are not kept.

    Args:
        t: labels; NaN for a class index out of range.
        p: probabilities.
        q: 1 - p, accurate also where p is near 1.
        counted: 1, or 0 for items and elements that are not kept.
        sum_to_1: whether p sums to 1 over the classes, whatever y_pred is.
    """

    t: Any
    p: Any
    q: Any
    counted: Any
    sum_to_1: bool


class CountLoss(Loss):
    """Base of the losses that are 1 - a score of the soft counts of a batch.

    A subclass writes `cost`, one number for a batch. The base class handles logits,
    class indices, a single column and masks.
    """

    targets: Literal["same", "classes"] = "classes"
    prediction_domain = "class probabilities"
    target_domain = "probabilities"
    _single_column = True
    per_sample_form = "CategoricalCrossentropy or BinaryCrossentropy"

    def __init__(
        self, *, from_logits: bool = False, **common: Unpack[LossArguments]
    ) -> None:
        super().__init__(**common)
        arguments.store(self, from_logits=from_logits)

    def class_count(self, y_pred: Any) -> int | None:
        count: int | None = y_pred.shape[-1]
        return 2 if count == 1 else count  # a single column is that of class 1

    def cost(self, batch: Batch) -> Any:
        """Return 1 - the score, a scalar."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        t, p, q = self.parts_of(y_true, y_pred)
        sum_to_1 = self.from_logits or y_pred.shape[-1] == 1
        counted = ops.ones_like(p)
        if kept is not None:
            self.check_mask(kept, y_pred)
            kept = expand(kept, len(counted.shape))
            t, p, q = (ops.where(kept, x, 0.0) for x in (t, p, q))
            counted = ops.where(kept, counted, 0.0)
        cost = self.cost(Batch(t, p, q, counted, sum_to_1))
        # In compiled code the batch size may be unknown, and 0.
        return ops.where(ops.sum(counted) > 0, cost, 0.0)

    def check_mask(self, kept: Any, y_pred: Any) -> None:
        """Reject a mask with an entry per class."""
        mask, whole = tuple(kept.shape), tuple(y_pred.shape)
        if len(mask) == len(whole) and whole[-1] != 1:
            checks.reject_elements(type(self).__name__, "mask", mask, whole[:-1])

    def parts_of(self, y_true: Any, y_pred: Any) -> tuple[Any, Any, Any]:
        """t, p and q of a `Batch`; a single column becomes two classes."""
        x, dense = y_pred, len(y_true.shape) == len(y_pred.shape)
        if x.shape[-1] == 1:
            one, other = probability_and_complement(x, self.from_logits)
            p = ops.concatenate([other, one], axis=-1)
            q = ops.concatenate([one, other], axis=-1)
            if dense:
                t = like(y_true, p)
                return ops.concatenate([1.0 - t, t], axis=-1), p, q
        elif self.from_logits:
            p = ops.softmax(x, axis=-1)
            q = complements(p)
        else:
            p = shares(x)
            q = 1.0 - p
        if dense:
            return like(y_true, p), p, q
        ids, classes = ops.expand_dims(y_true, -1), p.shape[-1]
        t = ops.cast(ids == ops.arange(classes, dtype=ids.dtype), p.dtype)
        return ops.where(valid_ids(ids, classes), t, float("nan")), p, q


def probability_and_complement(x: Any, from_logits: bool) -> tuple[Any, Any]:
    """p and 1 - p of a binary label."""
    return (ops.sigmoid(x), ops.sigmoid(-x)) if from_logits else (x, 1.0 - x)


def complements(p: Any) -> Any:
    """1 - p of a softmax; for the most likely class it is the sum of the others."""
    classes = ops.arange(p.shape[-1])
    likeliest = ops.argmax(ops.stop_gradient(p), axis=-1, keepdims=True)
    most = classes == ops.cast(likeliest, classes.dtype)
    others = ops.sum(ops.where(most, 0.0, p), axis=-1, keepdims=True)
    return ops.where(most, others, 1.0 - p)


def shares(p: Any) -> Any:
    """Probabilities divided by their sum; a sum of 0 gives 0.

    The sum counts as a constant in the gradient. If y_pred is the output of a softmax
    this makes no difference, since that sums to 1 for all logits.
    """
    total = ops.stop_gradient(ops.sum(p, axis=-1, keepdims=True))
    return p / ops.where(total == 0, float("inf"), total)
