"""Shared by the box losses: formats, areas, and overlaps of aligned pairs of boxes."""

from typing import Any, Literal, NamedTuple, Unpack, get_args

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments, Number
from portable_losses.ops.classes import like

BoxFormat = Literal["center_xywh", "xywh", "xyxy", "yxyx"]
FORMATS = get_args(BoxFormat)


class BoxArguments(LossArguments, total=False):
    """The arguments that the constructor of every box loss takes."""

    bounding_box_format: BoxFormat
    epsilon: Number


class Boxes(NamedTuple):
    """Corners and sides of boxes, each `(..., 2)` for x and y (y and x for yxyx)."""

    low: Any
    high: Any
    size: Any


class Overlaps(NamedTuple):
    """A pair of boxes, and the areas of its intersection and union, `(...)`."""

    true: Boxes
    pred: Boxes
    intersection: Any
    union: Any
    enclosing: Any
    """The sides of the smallest box around both, `(..., 2)`."""


class BoxLoss(Loss):
    """Base of the losses that compare a predicted box with its target.

    A subclass writes `box_loss`, which maps the overlap of a pair to its loss.
    """

    def __init__(
        self,
        *,
        bounding_box_format: BoxFormat = "xyxy",
        epsilon: Number = 1e-7,
        **common: Unpack[LossArguments],
    ) -> None:
        super().__init__(**common)
        self.bounding_box_format = arguments.choice(
            self, "bounding_box_format", bounding_box_format, FORMATS
        )
        self.epsilon = arguments.number(self, "epsilon", epsilon, above=0)

    def box_loss(self, pair: Overlaps) -> Any:
        """Return the loss of each pair, `(...)`."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if y_pred.shape[-1] != 4:
            rule, remedy = "boxes of shape (..., 4)", "pass the four numbers of a box"
            shown = errors.Described(f"an array of shape {tuple(y_pred.shape)}")
            errors.fail(self, "y_pred", rule, shown, remedy)
        y_true = like(y_true, y_pred)
        origin, form = y_true[..., :2], self.bounding_box_format
        true = read_boxes(y_true, form, origin)
        return self.box_loss(overlaps(true, read_boxes(y_pred, form, origin)))

    def share(self, part: Any, whole: Any) -> Any:
        """part / max(whole, epsilon)."""
        return part / ops.maximum(whole, self.epsilon)

    def iou(self, pair: Overlaps) -> Any:
        """The intersection over the union."""
        return self.share(pair.intersection, pair.union)

    def distance(self, pair: Overlaps) -> Any:
        """The squared distance of the centers over that of the enclosing corners."""
        true, pred = pair.true, pair.pred
        # Twice the vector from center to center. Differences are computed first, since
        # sums of large coordinates would be rounded.
        twice = (pred.low - true.low) + (pred.high - true.high)
        vectors = (0.5 * twice, pair.enclosing)
        squares = (ops.sum(ops.square(x), axis=-1) for x in vectors)
        return self.share(*squares)


def read_boxes(boxes: Any, bounding_box_format: str, origin: Any) -> Boxes:
    """Return the corners and sides of boxes of any format.

    For formats with width and height, corners are relative to `origin`, a point near
    the boxes: for large coordinates the sum of a corner and a side would be rounded.
    """
    first, second = boxes[..., :2], boxes[..., 2:]
    if bounding_box_format in ("xyxy", "yxyx"):
        return Boxes(first, second, second - first)
    first = first - origin
    low = first - 0.5 * second if bounding_box_format == "center_xywh" else first
    return Boxes(low, low + second, second)


def overlaps(true: Boxes, pred: Boxes) -> Overlaps:
    """Return intersection, union and enclosing box of aligned pairs."""
    low, high = ops.maximum(true.low, pred.low), ops.minimum(true.high, pred.high)
    intersection = area(high - low)
    union = area(true.size) + area(pred.size) - intersection
    low, high = ops.minimum(true.low, pred.low), ops.maximum(true.high, pred.high)
    return Overlaps(true, pred, intersection, union, high - low)


def area(size: Any) -> Any:
    """Width times height; a side below 0 counts as 0.

    A side of exactly 0 keeps its gradient, so that a box without area can grow.
    """
    size = ops.clip(size, 0.0, None)
    return size[..., 0] * size[..., 1]
