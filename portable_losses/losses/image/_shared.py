"""Shared by the image losses: shapes of images, and the channel axis."""

import math
from typing import Any, Literal, Unpack

import keras

from portable_losses import ops
from portable_losses.core import arguments, checks, errors
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.ops.classes import like

DataFormat = Literal["channels_first", "channels_last"]


class ImageArguments(LossArguments, total=False):
    """The arguments that the constructor of every image loss takes."""

    data_format: DataFormat | None


class ImageLoss(Loss):
    """Base of the image losses, with one item per sample.

    A subclass writes `image_loss`, which maps the images to the items. The base class
    handles shapes, dtypes and `data_format`.
    """

    targets = "any"
    _volumes = False  # whether there may be three spatial axes

    def __init__(
        self,
        *,
        data_format: DataFormat | None = None,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        known = (None, "channels_first", "channels_last")
        arguments.choice(self, "data_format", data_format, known)
        self.data_format = data_format or keras.config.image_data_format()

    def feature_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else -1

    def image_loss(self, t: Any, p: Any) -> Any:
        """Return the items of targets and predictions with the channels last."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any) -> Any:
        shape = tuple(y_pred.shape)
        if len(shape) != 4 and not (self._volumes and len(shape) == 5):
            first = self.data_format == "channels_first"
            rule = "images of shape " + ("(B, C, H, W)" if first else "(B, H, W, C)")
            if self._volumes:
                rule += " or volumes of shape "
                rule += "(B, C, D, H, W)" if first else "(B, D, H, W, C)"
            remedy = "an image without channels gets an axis of size 1 for them"
            self.reject(rule, shape, remedy)
        return self.image_loss(self._target(y_true, y_pred), y_pred)

    def _target(self, y_true: Any, y_pred: Any) -> Any:
        """The target in y_pred's shape and dtype; reject one that does not fit."""
        checks.one_tensor(self, "y_true", y_true)
        t, p = tuple(y_true.shape), tuple(y_pred.shape)
        if p[-1] == 1 and checks.same(t, p[:-1]):
            y_true, t = ops.expand_dims(y_true, -1), p
        if not checks.same(t, p):
            rule, remedy = "have y_pred's shape", "nothing is broadcast; the channels "
            remedy += "are the last axis here, which data_format puts first or last"
            checks.reject_shapes(self, t, p, rule, remedy)
        return like(y_true, y_pred)

    def reject(self, rule: str, shape: tuple[Any, ...], remedy: str) -> None:
        """Raise ValueError for a y_pred of this shape, given with the channels last."""
        if self.data_format == "channels_first":
            shape = (shape[0], shape[-1], *shape[1:-1])
        shown = errors.Described(f"an array of shape {shape}")
        errors.fail(self, "y_pred", rule, shown, remedy)


def space(x: Any) -> tuple[int, ...]:
    """The spatial axes of images with the channels last."""
    return tuple(range(1, len(x.shape) - 1))


def sides(x: Any) -> tuple[int | float, ...]:
    """The sizes along the spatial axes; inf for those that are unknown."""
    return tuple(math.inf if n is None else n for n in x.shape[1:-1])


def mean_of_sample(x: Any) -> Any:
    """The mean over all axes except the first."""
    return ops.mean(x, axis=tuple(range(1, len(x.shape))))


def shifted(x: Any, axis: int, start: int, stop: int | None) -> Any:
    """Part of the positions of `x` along an axis."""
    return x[(*(slice(None),) * axis, slice(start, stop))]
