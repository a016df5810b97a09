"""Class weights by the effective number of samples."""

import math
from collections.abc import Sequence

from portable_losses.core import arguments, errors
from portable_losses.core.moving import moves


def class_balanced_weights(
    class_counts: Sequence[float], beta: float = 0.9999
) -> tuple[float, ...]:
    """Class-balanced weights (weights by the effective number of samples).

    They give rare classes more weight, but less than 1 / n_c does. The n samples of a
    class overlap, so that their effective number is (1 - beta^n) / (1 - beta). For n_c
    samples of class c the weight is proportional to

        (1 - beta) / (1 - beta^n_c)

    and the weights sum to the number of classes. Pass them as `class_weights` to a
    loss, or as `class_weight` to `fit`.

    Shapes: `class_counts` is a sequence or an array of C numbers; the result is a tuple
    of C floats.

    Args:
        class_counts: one number > 0 per class, how often it occurs in the training
            data.
        beta: in [0, 1): 0 gives all classes the same weight; near 1 the weights are
            proportional to 1 / n_c.

    Edge cases: equal counts give weights of 1. A count that is large compared with
    1 / (1 - beta), by default 10,000, gives the same weight as an infinite count.

    Raises:
        ValueError: for counts that are not > 0, and for a beta outside [0, 1).
        TypeError: for Hyperparameters, since the weights are computed once.

    Example:
        >>> weights = portable_losses.class_balanced_weights([1000, 10], beta=0.99)
        >>> [round(w, 4) for w in weights]
        [0.1746, 1.8254]
        >>> loss = portable_losses.LDAM([1000, 10], class_weights=weights)

    Reference:
        Cui, Jia, Lin, Song, Belongie, "Class-Balanced Loss Based on Effective Number of
        Samples", CVPR 2019, arXiv 1901.05555, the class-balanced term.
    """
    owner = "class_balanced_weights"
    for argument, value in (("class_counts", class_counts), ("beta", beta)):
        if moves(value):
            remedy = "pass numbers, since the weights are computed once"
            errors.fail(owner, argument, "constant", value, remedy, TypeError)
    counts = arguments.vector(owner, "class_counts", class_counts, above=0)
    beta = arguments.number(owner, "beta", beta, at_least=0, below=1)
    if beta == 0:
        return (1.0,) * len(counts)
    # 1 - beta^n, exact for a beta near 1
    effective = [-math.expm1(n * math.log(beta)) for n in counts]
    least = min(effective)
    relative = [least / e for e in effective]
    total = math.fsum(relative)
    return tuple(len(counts) * w / total for w in relative)
