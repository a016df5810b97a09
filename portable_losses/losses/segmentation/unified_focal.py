"""The unified focal loss."""

from typing import Any, NamedTuple, Unpack

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import Number
from portable_losses.losses.segmentation._overlap import OverlapLoss
from portable_losses.losses.segmentation._shared import RegionArguments, Regions
from portable_losses.losses.segmentation._sums import Sums, class_mean
from portable_losses.losses.segmentation._tversky import to_the_power, tversky
from portable_losses.ops.classes import Times, of_log_softmax, times
from portable_losses.ops.focusing import focus, focused


class _Part(NamedTuple):
    """A group of classes, and how they are scored.

    Args:
        classes: their indices on the class axis.
        delta: the weight of their cross-entropy.
        background: whether the group is the background.
    """

    classes: slice
    delta: Any
    background: bool


class UnifiedFocal(OverlapLoss):
    """Unified focal loss: focal cross-entropy and focal Tversky loss in one.

    It penalizes wrong pixels, and a small overlap of the predicted and the true region
    of each class. The asymmetric form gives less weight to the background, which is
    large and easy, and more to small regions.

    With t the target, p the prediction, class 0 the background, sums over space and
    delta_c = 1 - delta for class 0, delta for the others,

        focal = mean over pixels of sum_c -delta_c t (1 - p)^gamma log p
        TI_c = (TP + smooth) / max(TP + (1 - delta) FP + delta FN + smooth, epsilon)
        overlap = mean over classes of (1 - TI_c)^(1 - gamma)
        loss = (1 - weight) focal + weight overlap

    where TP, FP and FN are those of `SoftTversky`. If `asymmetric`, the power of 1 - p
    applies to class 0 only, and that of 1 - TI to the other classes only. A single
    channel is the probability p of an object, and 1 - p is that of the background.

    Shapes: `y_pred` is `(B, *space, C)`, with one to three spatial axes. `y_true` is
    of that shape, one-hot or soft, or a map of class indices `(B, *space)` or
    `(B, *space, 1)`; with C = 1 it is the mask of the object. Items are `(B,)`; with
    `per="batch"` the loss is a statistic.

    Args:
        weight: in [0, 1], weight of the overlap; the focal term has 1 - weight.
        delta: in [0, 1], the weight of false negatives, and in the focal term that of
            all classes except the background. False positives, and the background in
            the focal term, have 1 - delta.
        gamma: in [0, 1); the larger it is, the less predictions that are nearly right
            count in the focal term, and the more in the overlap. 0 is cross-entropy
            and Tversky loss.
        asymmetric: whether class 0 is the background, see above.
        activation: what is applied to y_pred first: "sigmoid" or "softmax" (over the
            classes), or None for probabilities.
        class_weights: one weight >= 0 per class, or `{class index: weight}` with 1 for
            the rest. The mean over classes is weighted by them; in the focal term they
            are divided by their mean.
        ignore_class: pixels of this class, such as 255 for "void", are masked. The
            class of one-hot or soft labels is their argmax, or for C = 1 their value.
            It may lie outside [0, C).
        include_background: False excludes class 0 from both terms, after `activation`.
        per: "sample", or "batch", which takes means and sums over the batch.
        smooth: >= 0, in pixels, added to numerator and denominator of TI.
        epsilon: >= 0, the smallest denominator, and without an `activation` the
            smallest p in the logarithm.
        empty: the TI of a class without a target pixel in the sample or batch.
            "complement": that of 1 - t and 1 - p. "skip": the class is excluded from
            the mean over classes. "formula": the plain quotient.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`, class indices
            `(B, *space)` or `(B, 1, *space)`), or None for Keras's own setting.

    Edge cases: with an activation the focal term is computed in log space, so it is
    exact and keeps its gradient for logits up to 1e4, where the gradient of the overlap
    is 0. A logit of -inf for the class of a pixel, or of inf for another class in a
    softmax, costs inf; an infinite logit that is right costs the same as 1e4. Without
    an activation, p = 0 for the class of a pixel costs 16.1 delta_c, with gradient 0.
    Masked and ignored pixels are excluded. A sample without any pixel is excluded from
    the mean, and with "skip" so is one without any class.

    Raises:
        ValueError: for weight or delta outside [0, 1], for gamma outside [0, 1); for
            `from_logits`, in place of `activation`; for shapes that do not fit, class
            indices that are not whole or out of range (in compiled code the item is
            NaN), class weights of another length or all 0, `include_background=False`
            with one class, and sample weights with `per="batch"`; and, see `Loss`, for
            logits in place of probabilities.

    Example:
        >>> loss = portable_losses.UnifiedFocal(gamma=0.0, delta=0.5, weight=0.0)
        >>> t = [[[1.0, 0.0], [0.0, 1.0]]]
        >>> round(float(loss(t, [[[0.5, 0.5], [0.5, 0.5]]])), 4)  # 0.5 log(2)
        0.3466

    Reference:
        Yeung, Sala, Schönlieb, Rundo, "Unified Focal loss: Generalising Dice and cross
        entropy-based losses to handle class imbalanced medical image segmentation",
        2022, arXiv:2102.04525, and the authors' code, which defines delta.

    Differs: from the authors' code, which is for two classes, and which clips p to
    [1e-7, 1 - 1e-7], so that a confident wrong logit has gradient 0 there.
    """

    def __init__(
        self,
        *,
        weight: Number = 0.5,
        delta: Number = 0.6,
        gamma: Number = 0.5,
        asymmetric: bool = True,
        **common: Unpack[RegionArguments],
    ) -> None:
        super().__init__(**common)
        self.weight = arguments.number(self, "weight", weight, at_least=0, at_most=1)
        self.delta = arguments.number(self, "delta", delta, at_least=0, at_most=1)
        self.gamma = arguments.number(self, "gamma", gamma, at_least=0, below=1)
        self.asymmetric = arguments.flag(self, "asymmetric", asymmetric)

    def score(self, regions: Regions) -> Any:
        if regions.p.shape[-1] == 1 and self.include_background:
            regions = self._with_background(regions)
        sums, counted = self.sums(regions)
        count = sums.count
        focal = self._focal(regions) / ops.where(count == 0, float("inf"), count)
        w = regions.weights
        if w is not None:
            focal = times(w * regions.p.shape[-1], focal)
        focal = ops.sum(focal, axis=-1)
        overlap, some = class_mean(self._overlap(sums), counted, w)
        loss = times(1.0 - self.weight, focal) + self.weight * overlap
        return loss if self.per == "batch" or some is None else (loss, some)

    def _with_background(self, regions: Regions) -> Regions:
        """The regions of one channel as those of two classes."""
        t, p, x = regions.t, regions.p, regions.x
        t = ops.concatenate([1.0 - t, t], axis=-1)
        if self.activation is None:
            p = ops.concatenate([1.0 - p, p], axis=-1)
            return regions._replace(labels=t, ids=None, p=p, x=p, weights=None)
        x = ops.concatenate([-x, x], axis=-1)
        return regions._replace(labels=t, ids=None, p=ops.sigmoid(x), x=x, weights=None)

    def _parts(self) -> tuple[_Part, ...]:
        if not self.include_background:
            return (_Part(slice(None), self.delta, False),)
        background = _Part(slice(0, 1), 1.0 - self.delta, True)
        return background, _Part(slice(1, None), self.delta, False)

    # --- the focal term ---------------------------------------------------------------

    def _focal(self, regions: Regions) -> Any:
        """The sums over space of the focal terms, for each class."""

        def terms(log_p: Any, times: Times) -> Any:
            if not self.include_background:
                log_p = log_p[..., 1:]
            return self._focal_sums(regions, log_p, times)

        x = regions.x
        if self.activation == "softmax":
            return of_log_softmax(x, terms)
        if self.activation == "sigmoid":
            return terms(ops.log_sigmoid(x), times)
        # A number above 1 would have a negative cost, and its weight would be NaN.
        p = ops.clip(x, self.epsilon, 1.0)
        return terms(ops.log(p), times)

    def _focal_sums(self, regions: Regions, log_p: Any, times: Times) -> Any:
        t = regions.t
        hard = t.dtype != log_p.dtype
        cost = ops.where(t, -log_p, 0.0) if hard else times(t, -log_p)
        found = []
        for classes, delta, background in self._parts():
            term = cost[..., classes]
            if background or not self.asymmetric:
                weight = focus(-ops.expm1(log_p[..., classes]), self.gamma)
                term = focused(weight, term)
            found.append(times(delta, term))
        return self.total(ops.concatenate(found, axis=-1), regions)

    # --- the overlap ------------------------------------------------------------------

    def _overlap(self, sums: Sums) -> Any:
        """The Tversky term of each class."""
        loss = tversky(sums, 1.0 - self.delta, self.delta, self.smooth, self.epsilon)
        found = []
        for classes, _, background in self._parts():
            term = loss[..., classes]
            if not (background and self.asymmetric):
                term = to_the_power(term, 1.0 - self.gamma)
            found.append(term)
        return ops.concatenate(found, axis=-1)
