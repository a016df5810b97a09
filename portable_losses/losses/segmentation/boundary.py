"""The boundary loss."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core import arguments, checks, errors
from portable_losses.losses.segmentation._distance import (
    mean_over_pixels,
    signed,
)
from portable_losses.losses.segmentation._shared import (
    RegionArguments,
    RegionLoss,
    Regions,
)


class Boundary(RegionLoss):
    """Boundary loss (surface loss, distance-weighted sum of probabilities).

    It penalizes probability outside of the true region, and rewards it inside, in
    proportion to the distance of the pixel to the border of the region.

    With p the prediction of a class and phi the signed distance map of its target, see
    `signed_distance`,

        loss = mean over pixels of p phi

    and the item is the mean over the classes. Its smallest value, at p = 1 inside and 0
    outside, is negative. The gradient in p is phi divided by the number of pixels, for
    every p. Use it together with an overlap loss, as in
    `SoftDice() + 0.01 * Boundary()`, with a weight that may grow during training.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        distance_maps: True if y_true is phi, of y_pred's shape: then the maps are
            computed once, by `signed_distance`, and not at every step.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C). For distance maps use a mask instead.
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch" for the mean over all pixels of the batch.
        smooth, epsilon, empty: have no effect, and must be omitted.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: a class that is empty or full in a sample has phi = 0: it costs 0 and
    has gradient 0, so false positives in an empty mask need another loss. Soft labels
    above 0.5 belong to the region, and a label of NaN gives NaN. Masked and
    ignored pixels count as outside for the distances of the others, and are excluded
    from the mean; a sample without any pixel is excluded too.

    Raises:
        ValueError: for `from_logits`, in place of `activation`; for `smooth`,
            `epsilon` and `empty` other than the default; for `ignore_class` with
            `distance_maps`; shapes that do not fit, class indices that are not whole or
            out of range (in compiled code the item is NaN), class weights of another
            length or all 0, `include_background=False` with one class, and sample
            weights with `per="batch"`; and, see `Loss`, for logits in place of
            probabilities.

    Example:
        >>> loss = portable_losses.Boundary()
        >>> t = [[[0.0], [1.0], [0.0], [0.0]]]  # phi = 1, -1, 1, 2
        >>> float(loss(t, [[[0.0], [1.0], [0.0], [0.5]]]))
        0.0

    Reference:
        Kervadec, Bouchtiba, Desrosiers, Granger, Dolz, Ben Ayed, "Boundary loss for
        highly unbalanced segmentation", MIDL 2019, arXiv:1812.07032, equation 5.

    Differs: from the authors' code, where the distances inside are smaller by 1.
    """

    prediction_domain = "probabilities"
    target_domain = "any"  # distance maps, too

    def __init__(
        self, *, distance_maps: bool = False, **common: Unpack[RegionArguments]
    ) -> None:
        super().__init__(**common)
        self.distance_maps = arguments.flag(self, "distance_maps", distance_maps)
        if distance_maps and self.ignore_class is not None:
            rule = "None for distance maps, which have no class indices"
            remedy = "pass mask=, which is False for these pixels"
            errors.fail(self, "ignore_class", rule, self.ignore_class, remedy)

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        t, p = tuple(y_true.shape), tuple(y_pred.shape)
        one_class = p[-1] == 1 and checks.same(t, p[:-1])
        if self.distance_maps and not (one_class or checks.same(t, p)):
            rule = "be distance maps of y_pred's shape"
            remedy = "signed_distance makes them of one-hot labels"
            checks.reject_shapes(type(self).__name__, t, p, rule, remedy)
        return super().call(y_true, y_pred, kept)

    def score(self, regions: Regions) -> Any:
        phi = regions.t
        if not self.distance_maps:
            phi = signed(regions.t, regions.space, regions.pixels)
            phi = ops.cast(phi, regions.p.dtype)
        losses, counted = mean_over_pixels(
            regions.p * phi, regions, self.per == "batch"
        )
        return self.mean_over_classes(losses, counted, regions)
