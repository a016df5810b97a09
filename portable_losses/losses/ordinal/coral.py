"""Consistent rank logits."""

from portable_losses.losses.ordinal._levels import LevelLoss


class Coral(LevelLoss):
    """CORAL loss (consistent rank logits, ordinal regression).

    It penalizes a wrong rank by binary cross-entropy, summed over the levels k:
    is the rank above k?

    With y the rank, z_k the logit of "y > k" and C = num_classes, the item is

        -sum_{k=0}^{C-2} ([y > k] log sigmoid(z_k) + [y <= k] log sigmoid(-z_k))

    The predicted rank is the number of logits above 0, which `ordinal_ranks(logits)`
    returns. Ranks are consistent if the levels share their weights and have different
    biases: `Dense(1, use_bias=False)` and a bias per level.

    Shapes: `y_true` is `(B, ...)` or `(B, ..., 1)`, integer ranks in [0, C); `y_pred`
    is `(B, ..., C - 1)` logits; items are `(B, ...)`.

    Args:
        num_classes: C >= 2, the number of ranks.
        from_logits: must be True: the loss takes logits only.

    Edge cases: value and gradient are exact for logits of 1e4 and beyond. An infinite
    logit costs 0 if it is right, and inf if it is wrong. A rank out of range
    raises ValueError in eager mode, and makes the loss NaN in compiled code.

    Raises:
        ValueError: for ranks that are not whole or out of range, num_classes < 2, a
            y_pred whose last axis is not num_classes - 1, or from_logits=False.
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
