"""The centerline Dice loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.segmentation._overlap import OverlapLoss, dice
from portable_losses.losses.segmentation._shared import Regions, UnsmoothedArguments
from portable_losses.losses.segmentation._skeleton import soft_skeleton
from portable_losses.ops.classes import like


class CenterlineDice(OverlapLoss):
    """Centerline Dice loss (soft clDice), together with the soft Dice loss.

    It penalizes breaks in thin structures, such as vessels and roads: the skeleton of
    the prediction must lie within the target, and that of the target within the
    prediction. The thickness of the structures has no influence.

    For a class, with t the target, p the prediction, s(x) the soft skeleton of x and
    sums over space,

        P = (sum s(p) t + smooth) / (sum s(p) + smooth)
        R = (sum s(t) p + smooth) / (sum s(t) + smooth)
        loss = (1 - weight) SoftDice + weight (1 - 2 P R / (P + R))

    and the item is the mean over the classes. The soft skeleton s is what openings
    remove from x and its erosions, with d_j = relu(x_j - opening of x_j) and x_0 = x:

        s_0 = d_0    s_j = s_{j-1} + relu(d_j - s_{j-1} d_j)

    where x_{j+1} is the minimum of x_j over each pixel and its neighbors along the axes
    of space, and the opening of x_j the maximum of x_{j+1} over 3 x 3 (x 3) pixels.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        iterations: erosions after the first opening, >= 0: at least half the width of
            the thickest structure, in pixels.
        weight: in [0, 1], weight of the centerline term; `SoftDice` has 1 - weight.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch", which first takes each sum over the batch.
        smooth: >= 0, in pixels, added to numerator and denominator of P, of R and of
            the score of SoftDice.
        epsilon: >= 0, the smallest denominator of SoftDice.
        empty: the SoftDice of a class without a target pixel in the sample or batch.
            "complement": that of 1 - t and 1 - p. "formula": the plain quotient.
            "skip": the class is excluded from the mean, with its centerline term.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: p = t costs 0 if t is 0 or 1 everywhere, also for an empty target. With
    smooth = 0, P or R of an empty skeleton is 1, and P = R = 0 costs 1. Masked and
    ignored pixels count as t = p = 0 in the skeletons and are excluded from the sums. A
    sample without any pixel is excluded from the mean, and with "skip" so is one
    without any class. Pixels that are equal in an erosion or opening share the
    gradient. A
    sigmoid or softmax that is saturated in float32 (a logit of 20 or 100) has no
    gradient; add a cross-entropy from logits where that can happen.

    Raises:
        ValueError: for negative iterations, for a weight outside [0, 1]; for
            `from_logits`, in place of `activation`; for shapes that do not fit, class
            indices that are not whole or out of range (in compiled code the item is
            NaN), class weights of another length or all 0, `include_background=False`
            with one class, and sample weights with `per="batch"`; and, see `Loss`, for
            logits in place of probabilities.
        TypeError: for iterations that are not a whole number.

    Example:
        >>> loss = portable_losses.CenterlineDice(weight=1.0)
        >>> t = [[[1.0], [1.0], [1.0], [0.0], [1.0]]]
        >>> p = [[[1.0], [1.0], [1.0], [0.0], [0.0]]]
        >>> round(float(loss(t, p)), 4)  # P = 1, R = (1 + 1) / (2 + 1)
        0.2

    Reference:
        Shit, Paetzold, Sekuboyina, Ezhov, Unger, Zhylka, Pluim, Bauer, Menze, "clDice:
        a novel topology-preserving loss function for tubular structure segmentation",
        CVPR 2021, arXiv:2003.07311, algorithms 1 and 2.

    Differs: from the authors' code, where each sum is over the batch and all classes,
    and where the Dice of soft targets uses t p in place of min(t, p).
    """

    def __init__(
        self,
        *,
        iterations: int = 3,
        weight: Number = 0.5,
        smooth: Number = 1.0,
        **common: Unpack[UnsmoothedArguments],
    ) -> None:
        super().__init__(smooth=smooth, **common)
        self.iterations = arguments.integer(self, "iterations", iterations, at_least=0)
        self.weight = arguments.number(self, "weight", weight, at_least=0, at_most=1)

    def score(self, regions: Regions) -> Any:
        sums, counted = self.sums(regions)
        regional = 1.0 - dice(sums, self.smooth, self.epsilon)
        centerlines = self._centerline_loss(regions)
        losses = (1.0 - self.weight) * regional + self.weight * centerlines
        return self.mean_over_classes(losses, counted, regions)

    def _centerline_loss(self, regions: Regions) -> Any:
        t, p = like(regions.t, regions.p), regions.p
        if regions.pixels is not None:
            t, p = (ops.where(regions.pixels, x, 0.0) for x in (t, p))
        of_t, of_p = (soft_skeleton(x, self.iterations) for x in (t, p))
        precision = self._share(of_p, t, regions)
        recall = self._share(of_t, p, regions)
        return 1.0 - 2.0 * ops.divide(precision * recall, precision + recall)

    def _share(self, skeleton: Any, region: Any, regions: Regions) -> Any:
        """The fraction of a skeleton that lies within a region, for each class."""
        size = self.total(skeleton, regions) + self.smooth
        hit = self.total(skeleton * region, regions) + self.smooth
        return ops.where(size == 0, 1.0, ops.divide(hit, size))
