"""The base of the overlap losses: the sums of each class, and empty classes."""

from typing import Any

from portable_losses import ops
from portable_losses.losses.segmentation._shared import RegionLoss, Regions
from portable_losses.losses.segmentation._sums import (
    Sums,
    complement_of_empty,
    region_sums,
)
from portable_losses.ops.sums import sum_over


class OverlapLoss(RegionLoss):
    """Base of the losses that compare regions by the size of their overlap.

    A subclass writes `class_loss`, which maps the sums over space to the loss of each
    class. The base class handles empty classes.
    """

    squared: Any = False
    _of_overlap = True

    def class_loss(self, sums: Sums) -> Any:
        """Return the loss of each class from its sums over space."""
        raise NotImplementedError

    def score(self, regions: Regions) -> Any:
        sums, counted = self.sums(regions)
        return self.mean_over_classes(self.class_loss(sums), counted, regions)

    def sums(self, regions: Regions) -> tuple[Sums, Any | None]:
        """The sums of each class, changed as `empty` says, and which classes count."""
        sums = region_sums(regions, self.squared)
        if regions.broken is not None:
            sums = sums._replace(true=sums.true + regions.broken)
        sums = Sums(*map(self.over_batch, sums))
        counted = self.counted(sums.true, sums.count, regions)
        if self.empty == "complement":
            sums = complement_of_empty(sums, self.squared)
        return sums, counted

    def counted(self, true: Any, count: Any, regions: Regions) -> Any | None:
        """Which classes count, from their sums of t and of pixels; None for all."""
        if self.empty == "skip":
            return true != 0  # True for NaN
        if regions.pixels is None and self.per == "sample":
            return None
        # The batch may be empty.
        return ops.logical_and(count > 0, ops.ones_like(true, "bool"))

    def total(self, x: Any, regions: Regions) -> Any:
        """The sum of `x` over the pixels that count, for each class."""
        if regions.pixels is not None:
            x = ops.where(regions.pixels, x, 0.0)
        return self.over_batch(sum_over(x, regions.space))

    def over_batch(self, sums: Any) -> Any:
        """The sums `(B, C)`, or for `per="batch"` their sums over the batch."""
        return ops.sum(sums, axis=0) if self.per == "batch" else sums


def dice(sums: Sums, smooth: Any, epsilon: Any) -> Any:
    """The Dice score of each class, (2 I + smooth) / max(S + smooth, epsilon)."""
    size = ops.maximum(sums.true + sums.pred + smooth, epsilon)
    return ops.divide(2.0 * sums.overlap + smooth, size)
