"""What the overlap losses share: everything but the loss of one class."""

import functools
import math
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments, checks, errors
from portable_losses.core.loss import Loss
from portable_losses.core.moving import (
    all_numbers,
    as_vector,
    claim,
    moves,
    require_of_all,
)
from portable_losses.losses.segmentation._sums import (
    Sums,
    class_mean,
    complement_of_empty,
    region_sums,
    within,
)
from portable_losses.losses.segmentation._targets import both, fitted, read_target

ACTIVATIONS = {"sigmoid": ops.sigmoid, "softmax": ops.softmax}


class OverlapLoss(Loss):
    """Base of the losses that compare regions by the size of their overlap.

    A subclass writes `class_loss`, from the sums of a class over space to its loss;
    targets, activation, masks, empty classes and the class mean are here.
    """

    targets = "any"
    prediction_domain = "probabilities"
    target_domain = "probabilities"
    per_sample_form = 'per="sample"'
    squared: Any = False

    def __init__(
        self,
        *,
        activation: str | None,
        class_weights: Any,
        ignore_class: int | None,
        include_background: bool,
        per: str,
        smooth: Any,
        epsilon: Any,
        empty: str,
        data_format: str | None,
        **rest: Any,
    ) -> None:
        owner = type(self).__name__
        if "from_logits" in rest:
            remedy = 'for logits say activation="sigmoid" or "softmax"'
            value = rest["from_logits"]
            errors.fail(owner, "from_logits", "left to `activation`", value, remedy)
        super().__init__(**rest)
        known: tuple[str | None, ...] = (None, *ACTIVATIONS)
        self.activation = arguments.choice(self, "activation", activation, known)
        self.class_weights = arguments.class_weights(self, class_weights)
        self.ignore_class = arguments.ignore_class(self, ignore_class)
        self.include_background = arguments.flag(
            self, "include_background", include_background
        )
        self.per = arguments.choice(self, "per", per, ("sample", "batch"))
        self.smooth = arguments.number(self, "smooth", smooth, at_least=0)
        self.epsilon = arguments.number(self, "epsilon", epsilon, at_least=0)
        known = ("complement", "skip", "formula")
        self.empty = arguments.choice(self, "empty", empty, known)
        if moves(self.class_weights) and not isinstance(self.class_weights, dict):
            some = functools.partial(_require_some, owner, self._first())
            require_of_all(owner, "some", self.class_weights, some)
            claim(self, self.class_weights)
        known = (None, "channels_first", "channels_last")
        arguments.choice(self, "data_format", data_format, known)
        self.data_format = data_format or keras.config.image_data_format()

    def feature_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else -1

    def class_loss(self, sums: Sums) -> Any:
        """Return the loss of each class from its sums over space."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        owner, ignore_class = type(self).__name__, self.ignore_class
        target = read_target(owner, y_true, y_pred, kept, ignore_class)
        w = self._weights(y_pred.shape[-1], y_pred.dtype)
        pixels = fitted(kept if self.per == "batch" else within(kept), y_pred)
        if target.wanted is not None:
            wanted = ops.expand_dims(target.wanted, -1)
            pixels = both(pixels, wanted)
            # A NaN there must not reach the activation.
            y_pred = ops.where(wanted, y_pred, 0.0)
        p = y_pred if self.activation is None else ACTIVATIONS[self.activation](y_pred)
        t = target.rows
        if not self.include_background:
            t, p = t[..., 1:], p[..., 1:]
            if pixels is not None and pixels.shape[-1] != 1:
                pixels = pixels[..., 1:]
        sums = region_sums(t, p, pixels, self.squared)
        if target.broken is not None:
            sums = sums._replace(true=sums.true + target.broken)
        if self.per == "batch":
            sums = Sums(*(ops.sum(s, axis=0) for s in sums))
        counted = None
        if self.empty == "skip":
            counted = sums.true != 0  # which a NaN is
        elif pixels is not None or self.per == "batch":  # of no samples, perhaps
            counted = ops.logical_and(sums.count > 0, ops.ones_like(sums.true, "bool"))
        if self.empty == "complement":
            sums = complement_of_empty(sums, self.squared)
        mean, some = class_mean(self.class_loss(sums), counted, w)
        return mean if self.per == "batch" or some is None else (mean, some)

    def _weights(self, classes: int, dtype: Any) -> Any | None:
        """The weight of each class that is scored, summing to 1, or None."""
        owner, first = type(self).__name__, self._first()
        if classes == 1 and first:
            rule, remedy = "True for one class", "otherwise no class is left"
            errors.fail(owner, "include_background", rule, False, remedy)
        if classes == 1 and self.activation == "softmax":
            rule, remedy = '"sigmoid" for one class', "softmax would make it all 1"
            errors.fail(owner, "activation", rule, self.activation, remedy)
        weights = checks.weights_of_classes(owner, self.class_weights, classes)
        if weights is None:
            return None
        if not all_numbers(weights):  # but moving
            scored = as_vector(weights, dtype)[first:]
            return scored / ops.sum(scored)
        _require_some(owner, first, weights)
        total = math.fsum(weights[first:])
        share = [w / total for w in weights[first:]]
        return keras.ops.convert_to_tensor(share, dtype)

    def _first(self) -> int:
        """The first class that is scored."""
        return 0 if self.include_background else 1


def _require_some(owner: str, first: int, weights: tuple[float, ...]) -> None:
    if not math.fsum(weights[first:]) > 0:
        rule, remedy = "> 0 for a class that is scored", "raise one of them"
        errors.fail(owner, "class_weights", rule, weights, remedy)
