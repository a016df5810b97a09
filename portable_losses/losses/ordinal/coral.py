"""Consistent rank logits."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.classes import valid_ids
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments


class Coral(Loss):
    """CORAL loss (consistent rank logits, ordinal regression).

    The cross-entropy of yes/no questions: is the rank above level k?

    With y the rank, z_k the logit of "y > k" and C = num_classes, the item is

        -sum_{k=0}^{C-2} ([y > k] log sigmoid(z_k) + [y <= k] log sigmoid(-z_k))

    The predicted rank is the number of logits above 0. Ranks are consistent when the
    levels share their weights and differ in their biases: `Dense(1, use_bias=False)`
    and a bias per level.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, integer ranks in [0, C); `y_pred`
    is `(B, ..., C - 1)` logits; items are `(B, ...)`.

    Args:
        num_classes: C >= 2, the number of ranks.

    Edge cases: exact, with a live gradient, for logits of 1e4 and beyond; an infinite
    one costs 0 on the right side and inf on the wrong one. A rank out of range raises
    ValueError in eager mode, and makes the loss NaN in compiled code.

    Raises:
        ValueError: for ranks that are not whole or out of range, num_classes < 2, or a
            y_pred whose last axis is not num_classes - 1.
        TypeError: if num_classes is not an int.

    Example:
        >>> loss = portable_losses.Coral(num_classes=3)
        >>> round(float(loss([1], [[0.0, -200.0]])), 4)
        0.6931

    Reference:
        Cao, Mirjalili and Raschka, "Rank consistent ordinal regression for neural
        networks with application to age estimation", 2020, arXiv:1901.07884, the
        weighted cross-entropy of the levels, with all importance weights 1.
    """

    targets = "ids"
    prediction_domain = "logits"

    def __init__(
        self,
        num_classes: int,
        *,
        from_logits: bool = True,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.num_classes = arguments.integer(
            self, "num_classes", num_classes, at_least=2
        )
        self.from_logits = arguments.logits_alone(self, from_logits)

    def class_count(self, y_pred: Any) -> int:
        return self.num_classes

    def call(self, y_true: Any, y_pred: Any) -> Any:
        levels = self.num_classes - 1
        if y_pred.shape[-1] != levels:
            shape = tuple(y_pred.shape)
            rule = f"1 more than the last axis of y_pred, of shape {shape}"
            remedy = f"give y_pred {levels} logits, one per level"
            errors.fail(self, "num_classes", rule, self.num_classes, remedy)
        above = ops.expand_dims(y_true, -1) > ops.arange(levels, dtype=y_true.dtype)
        # -log sigmoid(z) == softplus(-z)
        items = ops.sum(ops.softplus(ops.where(above, -y_pred, y_pred)), axis=-1)
        valid = valid_ids(y_true, self.num_classes)
        return ops.where(valid, items, float("nan"))
