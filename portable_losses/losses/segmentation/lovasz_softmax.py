"""The Lovász-Softmax loss."""

from typing import Any, Literal, Unpack, get_args

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.losses.segmentation._lovasz import jaccard_extension
from portable_losses.losses.segmentation._shared import (
    RegionArguments,
    RegionLoss,
    Regions,
)

Classes = Literal["present", "all"]


class LovaszSoftmax(RegionLoss):
    """Lovász-Softmax loss (Lovász extension of the Jaccard index, or mean IoU).

    It penalizes a small intersection over union of the predicted and the true region of
    each class. It is a convex function of the errors of the pixels, and equals the
    Jaccard loss if all errors are 0 or 1. For a class, with t the target, p the
    prediction and the pixels in descending order of their errors |t - p|,

        m_k = |t_k - p_k|    G = sum t
        J_k = 1 - (G - t_1 - ... - t_k) / (G + (1 - t_1) + ... + (1 - t_k))
        loss = sum m_k (J_k - J_{k-1})    J_0 = 0

    and the item is the mean over the classes.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of that class. Items are `(B,)`, one per
    image; with `per="batch"` the loss is a statistic.

    Args:
        classes: "present", the mean over the classes with a target pixel in the sample
            or batch, or "all". The loss of a class without one is the largest p.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest; the mean over classes is weighted by them.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from the mean, after `activation`.
        per: "sample", or "batch", which treats the batch as one image.
        smooth, epsilon, empty: have no effect, and must be omitted.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: masked and ignored pixels count as t = p = 0 and have no influence. A
    sample without any pixel is excluded from the mean, and so is one without any class
    that is present. A pixel with p = t has gradient 0. Pixels with equal errors stay in
    their order in the image, which gives one of the subgradients; if the errors differ
    only by the rounding of an activation, it depends on the backend which one. If p = t
    for every pixel, the loss is 0. A sigmoid or softmax that is saturated in
    float32 (a logit of 20 or 100) has gradient 0; add a cross-entropy from logits where
    that can happen. The memory is proportional to the pixels times the classes, and the
    time is that of sorting them.

    Raises:
        ValueError: for `from_logits`, in place of `activation`; for `smooth`,
            `epsilon` and `empty` other than the default; shapes that do not fit, class
            indices that are not whole or out of range (in compiled code the item is
            NaN), class weights of another length or all 0, `include_background=False`
            with one class, and sample weights with `per="batch"`; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.LovaszSoftmax()
        >>> t = [[[1.0, 0.0], [0.0, 1.0]]]
        >>> round(float(loss(t, [[[0.5, 0.5], [0.0, 1.0]]])), 4)
        0.375

    Reference:
        Berman, Triki, Blaschko, "The Lovász-Softmax loss: A tractable surrogate for the
        optimization of the intersection-over-union measure in neural networks", CVPR
        2018, arXiv:1705.08790, equations 9 and 11, algorithm 1.

    Differs: from the authors' code, whose default treats the whole batch as one image
    (`per="batch"`), and which rejects soft targets.
    """

    def __init__(
        self, *, classes: Classes = "present", **common: Unpack[RegionArguments]
    ) -> None:
        super().__init__(**common)
        self.classes = arguments.choice(self, "classes", classes, get_args(Classes))

    def score(self, regions: Regions) -> Any:
        errors = ops.abs(ops.cast(regions.t, regions.p.dtype) - regions.p)
        losses, present, counted = jaccard_extension(
            errors, regions, self.per == "batch"
        )
        if self.classes == "present":
            counted = present
        return self.mean_over_classes(losses, counted, regions)
