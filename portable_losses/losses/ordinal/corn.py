"""Conditional rank logits."""

from typing import Any

from portable_losses.losses.ordinal._levels import LevelLoss


class Corn(LevelLoss):
    """CORN loss (conditional ordinal regression, conditional rank logits).

    It penalizes a wrong rank by binary cross-entropy, summed over conditional
    questions: given that the rank is above level k - 1, is it above level k?

    With y the rank, z_k the logit of "y > k, given y > k - 1" and C = num_classes, the
    item is

        -sum_{k=0}^{min(y, C-2)} ([y > k] log sigmoid(z_k) + [y = k] log sigmoid(-z_k))

    It is the negative log-likelihood of the rank. The probability of "y > k" is the
    product of sigmoid(z_0) to sigmoid(z_k), so that ranks are consistent for all
    logits, and the last layer can be a `Dense(C - 1)`. The predicted ranks are
    `ordinal_ranks(logits, "corn")`.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, integer ranks in [0, C); `y_pred`
    is `(B, ..., C - 1)` logits; items are `(B, ...)`.

    Args:
        num_classes: C >= 2, the number of ranks.
        from_logits: must be True: the loss takes logits only.

    Edge cases: levels above the rank cost nothing, and have gradient 0. Exact, with a
    live gradient, for logits of 1e4 and beyond; an infinite one costs 0 on the right
    side and inf on the wrong one. With two ranks it is `Coral`. A rank out of range
    raises ValueError in eager mode, and makes the loss NaN in compiled code.

    Raises:
        ValueError: for ranks that are not whole or out of range, num_classes < 2, a
            y_pred whose last axis is not num_classes - 1, or from_logits=False.
        TypeError: if num_classes is not an int.

    Example:
        >>> loss = portable_losses.Corn(num_classes=3)
        >>> round(float(loss([0], [[0.0, 200.0]])), 4)  # the second level is not used
        0.6931

    Reference:
        Shi, Cao and Raschka, "Deep neural networks for rank-consistent ordinal
        regression based on conditional probabilities", 2021, arXiv:2111.08851, the loss
        of the conditional training subsets.

    Differs: from the paper and the authors' code (coral-pytorch), which divide by the
    number of pairs of a sample and a level. Here the mean divides by the number of
    samples, so that the gradient of a sample does not depend on the ranks of others.
    """

    def counted(self, rank: Any, level: Any) -> Any:
        return level <= rank
