"""Shared by the segmentation losses: all steps except the score of the regions."""

import functools
import math
from typing import Any, Literal, NamedTuple, Unpack

import keras

from portable_losses import ops
from portable_losses.core import arguments, checks, errors
from portable_losses.core.axes import both
from portable_losses.core.loss import Loss
from portable_losses.core.moving import claim, moves, require_of_all
from portable_losses.core.signature import ClassWeights, LossArguments, Number
from portable_losses.core.vectors import all_numbers, as_vector
from portable_losses.losses.segmentation._sums import class_mean, within
from portable_losses.losses.segmentation._targets import fitted, one_hot, read_target
from portable_losses.ops.classes import softmax

Activation = Literal["sigmoid", "softmax"]
Per = Literal["sample", "batch"]
Empty = Literal["complement", "skip", "formula"]
DataFormat = Literal["channels_first", "channels_last"]

ACTIVATIONS = {"sigmoid": ops.sigmoid, "softmax": softmax}
_OF_OVERLAP = {"smooth": 0.0, "epsilon": 1e-7, "empty": "complement"}


class UnsmoothedArguments(LossArguments, total=False):
    """The arguments that have the same default in every segmentation loss."""

    activation: Activation | None
    class_weights: ClassWeights
    ignore_class: int | None
    include_background: bool
    per: Per
    epsilon: Number
    empty: Empty
    data_format: DataFormat | None


class RegionArguments(UnsmoothedArguments, total=False):
    """The arguments that the constructor of almost every segmentation loss takes."""

    smooth: Number


class Regions(NamedTuple):
    """The regions that are compared, with the scored classes on the last axis.

    Args:
        labels: one-hot or soft labels, `(B, *space, C)`; None for a map of indices.
        ids: the map of class indices, counted from the first scored class,
            `(B, *space)`; None for one-hot or soft labels.
        p: the prediction of each pixel and class, `(B, *space, C)`.
        x: y_pred before the activation, of all classes.
        pixels: which pixels count; an axis has size 1 if the mask is the same along
            it. None if all pixels count.
        weights: the weights of the classes, which sum to 1; None weights all equally.
        broken: NaN for a sample with a class index out of range, else 0, `(B, 1)`;
            None if there are no class indices.
    """

    labels: Any | None
    ids: Any | None
    p: Any
    x: Any
    pixels: Any | None
    weights: Any | None
    broken: Any | None

    @property
    def t(self) -> Any:
        """The target of each pixel and class; booleans for a map of class indices."""
        return self.labels if self.ids is None else one_hot(self.ids, self.p.shape[-1])

    @property
    def space(self) -> tuple[int, ...]:
        """The spatial axes."""
        return tuple(range(1, len(self.p.shape) - 1))


class RegionLoss(Loss):
    """Base of the losses that compare regions.

    A subclass writes `score`, which maps the regions to the items. The base class
    handles targets, activation, masks and class weights.
    """

    targets = "any"
    prediction_domain = "probabilities"
    target_domain = "probabilities"
    per_sample_form = 'per="sample"'
    _of_overlap = False  # whether `smooth`, `epsilon` and `empty` have an effect

    def __init__(
        self,
        *,
        activation: Activation | None = None,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
        include_background: bool = True,
        per: Per = "sample",
        smooth: Number = 0.0,
        epsilon: Number = 1e-7,
        empty: Empty = "complement",
        data_format: DataFormat | None = None,
        **common: Unpack[LossArguments],
    ) -> None:
        given: dict[str, Any] = {**common}
        if "from_logits" in given:
            remedy = 'for logits pass activation="sigmoid" or "softmax"'
            rule = "omitted"
            errors.fail(self, "from_logits", rule, given["from_logits"], remedy)
        super().__init__(**common)
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
        if not self._of_overlap:
            self._reject_overlap()
        if moves(self.class_weights) and not isinstance(self.class_weights, dict):
            owner = type(self).__name__
            some = functools.partial(_require_some, owner, self._first())
            require_of_all(owner, "some", self.class_weights, some)
            claim(self, self.class_weights)
        known = (None, "channels_first", "channels_last")
        arguments.choice(self, "data_format", data_format, known)
        self.data_format = data_format or keras.config.image_data_format()

    def _reject_overlap(self) -> None:
        for name, default in _OF_OVERLAP.items():
            value = getattr(self, name)
            if moves(value) or value != default:
                rule = f"{default!r}, since this loss has no quotient that it acts on"
                errors.fail(self, name, rule, value, "omit it")

    def feature_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else -1

    def _samples_apart(self) -> bool:
        return self._ours and self.per == "sample"

    def score(self, regions: Regions) -> Any:
        """Return what `call` returns, from the regions."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        return self.score(self._regions(y_true, y_pred, kept))

    def _regions(self, y_true: Any, y_pred: Any, kept: Any) -> Regions:
        owner, ignore_class = type(self).__name__, self.ignore_class
        target = read_target(owner, y_true, y_pred, kept, ignore_class)
        weights = self._weights(y_pred.shape[-1], y_pred.dtype)
        pixels = fitted(kept if self.per == "batch" else within(kept), y_pred)
        if target.wanted is not None:
            wanted = ops.expand_dims(target.wanted, -1)
            pixels = both(pixels, wanted)
            # A NaN in an ignored pixel must not reach the activation.
            y_pred = ops.where(wanted, y_pred, 0.0)
        p = y_pred if self.activation is None else ACTIVATIONS[self.activation](y_pred)
        labels, ids = target.dense, target.ids
        if not self.include_background:
            p = p[..., 1:]
            labels = None if labels is None else labels[..., 1:]
            ids = None if ids is None else ids - 1
            if pixels is not None and pixels.shape[-1] != 1:
                pixels = pixels[..., 1:]
        return Regions(labels, ids, p, y_pred, pixels, weights, target.broken)

    def mean_over_classes(self, losses: Any, counted: Any, regions: Regions) -> Any:
        """The items: the mean of the losses of the classes.

        Args:
            losses: the losses of the classes, `(B, C)`, or `(C,)` for `per="batch"`.
            counted: which of them count; None for all.
            regions: the regions of the losses.
        """
        mean, some = class_mean(losses, counted, regions.weights)
        return mean if self.per == "batch" or some is None else (mean, some)

    def _weights(self, classes: int, dtype: Any) -> Any | None:
        """The weight of each class that is scored, summing to 1, or None."""
        owner, first = type(self).__name__, self._first()
        if classes == 1 and first:
            rule, remedy = "True for one class", "otherwise no class is scored"
            errors.fail(owner, "include_background", rule, False, remedy)
        if classes == 1 and self.activation == "softmax":
            rule, remedy = '"sigmoid" for one class', "softmax would make it all 1"
            errors.fail(owner, "activation", rule, self.activation, remedy)
        weights = checks.weights_of_classes(owner, self.class_weights, classes)
        if weights is None:
            return None
        if not all_numbers(weights):  # a Hyperparameter, which is a tensor here
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
