"""The cross-entropy of tokens, computed from hidden states and the output kernel."""

from typing import Any

from portable_losses import ops
from portable_losses.core import checks
from portable_losses.core.axes import both, expand, leading, squeezed
from portable_losses.core.loss import Loss
from portable_losses.core.preparation import Inputs, prepare
from portable_losses.core.reduction import reduced, result
from portable_losses.ops.classes import take, valid_ids
from portable_losses.ops.linear_head import Head
from portable_losses.ops.linear_terms import linear_total
from portable_losses.ops.quotients import no_nan


class TokenLoss(Loss):
    """A loss of class indices whose predictions are hidden states.

    It uses the checks, masks, weights and reduction of `Loss`, but not `call`: `value`
    computes the sum and its gradient in one pass, without returning the items.

    Args:
        classes: V, the size of the vocabulary.
        ignore_class: tokens of this class are masked.
        label_smoothing: s in (1 - s) one_hot(y) + s / V.
        z_loss: the weight of the square of the log-sum-exp.
        class_weights: one number per class, or None.
        **common: arguments of every loss.
    """

    targets = "ids"

    def __init__(
        self,
        classes: int,
        ignore_class: int | None,
        label_smoothing: float,
        z_loss: float,
        class_weights: Any,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.classes = classes
        self.ignore_class = ignore_class
        self.label_smoothing = label_smoothing
        self.z_loss = z_loss
        self.class_weights = class_weights

    def class_count(self, y_pred: Any) -> int:
        return self.classes

    def value(
        self, y_true: Any, hidden: Any, weight: Any, mask: Any, head_for: Any
    ) -> Any:
        """The reduced loss; `head_for(x)` is the head for hidden states `(N, D)`."""
        inputs = prepare(self, y_true, hidden, weight, mask, ())
        if 0 in inputs.y_pred.shape:
            return result(self, ops.sum(inputs.y_pred))
        x = ops.reshape(inputs.y_pred, (-1, inputs.y_pred.shape[-1]))
        ids = inputs.y_true
        w, counted = self._weights(inputs)
        valid = valid_ids(ids, self.classes)
        wrong = ops.logical_not(valid)
        if counted is not None:
            wrong = ops.logical_and(wrong, counted)
        safe = ops.reshape(ops.cast(ops.where(valid, ids, 0), "int32"), (-1, 1))
        head = self._with_shares(head_for(x))
        flat = ops.reshape(w, (-1,))
        total = linear_total(x, head, safe, flat, self._weigh(x.dtype))
        total = ops.where(ops.any(wrong), float("nan"), total)
        return result(self, self._reduced(total, w, counted))

    def _weights(self, inputs: Inputs) -> tuple[Any, Any | None]:
        """The weight of each token, 0 where it is masked, and which are not masked."""
        owner, ids = type(self).__name__, inputs.y_true
        shape, counted = tuple(ids.shape), inputs.mask
        if counted is not None:
            counted = leading(owner, "mask", squeezed(counted, shape), shape, "items")
            counted = ops.broadcast_to(expand(counted, len(shape)), ops.shape(ids))
        w, used = inputs.weight, counted
        if w is None:
            w = ops.ones(ops.shape(ids), inputs.y_pred.dtype)
        else:
            w = leading(owner, "sample_weight", w, shape, "the items")
            w = ops.broadcast_to(expand(w, len(shape)), ops.shape(ids))
            if inputs.nonzero is not None:
                nonzero = expand(squeezed(inputs.nonzero, shape), len(shape))
                used = both(counted, nonzero)
        return (w if used is None else ops.where(used, w, 0.0)), counted

    def _reduced(self, total: Any, w: Any, counted: Any | None) -> Any:
        if self.reduction == "sum":
            return total
        if self.reduction == "mean_with_sample_weight":
            divisor = ops.sum(w)
        elif counted is None:
            divisor = ops.sum(ops.ones_like(w))
        else:
            divisor = ops.sum(ops.cast(counted, w.dtype))
        return reduced(self, ops.reshape(no_nan(total, divisor), (1,)))

    def _with_shares(self, head: Head) -> Head:
        if self.label_smoothing == 0:
            return head
        w, dtype = self._class_weights(head.kernel.dtype), head.kernel.dtype
        shares = ops.ones((self.classes,), dtype) if w is None else w
        return head._replace(shares=shares / self.classes)

    def _class_weights(self, dtype: Any) -> Any | None:
        found = checks.weights_of_classes(self, self.class_weights, self.classes)
        return None if found is None else ops.convert_to_tensor(found, dtype)

    def _weigh(self, dtype: Any) -> Any:
        """Items and derivatives: -(1 - s) w log p - s mean(w log p) + z s^2."""
        smoothing, z_loss = self.label_smoothing, self.z_loss
        weights = self._class_weights(dtype)
        whole = 1.0 if weights is None else ops.mean(weights)

        def weigh(terms: Any, chosen: Any) -> tuple[Any, Any]:
            log_p, log_total = terms[:, 0], terms[:, 1]
            share = ops.full_like(log_p, 1.0 - smoothing)
            if weights is not None:
                share = share * take(weights, chosen[:, 0])
            items, of_total = -share * log_p, ops.zeros_like(log_total)
            if z_loss != 0:
                items = items + z_loss * log_total * log_total
                of_total = 2.0 * z_loss * log_total
            if smoothing == 0:
                return items, ops.stack([-share, of_total], axis=-1)
            items = items - smoothing * (terms[:, 2] - whole * log_total)
            of_total = of_total + smoothing * whole
            of_mean = ops.full_like(log_p, -smoothing)
            return items, ops.stack([-share, of_total, of_mean], axis=-1)

        return weigh
