"""A batch that is diagnosed, and the values of a loss on it."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import keras

from portable_losses.core.axes import expand, squeezed
from portable_losses.training._numbers import (
    tensor,
)


@dataclasses.dataclass(frozen=True)
class Batch:
    """The inputs of a loss; the mask is that of Keras if no other was given."""

    y_true: Any
    y_pred: Any
    sample_weight: Any = None
    mask: Any = None
    context: tuple[Any, ...] = ()

    @property
    def size(self) -> int:
        """The number of samples; 0 if the predictions are empty, or not a tensor."""
        shape = tuple(getattr(tensor(self.y_pred), "shape", ()))
        return int(shape[0]) if shape and 0 not in shape else 0

    def of_samples(self, samples: Sequence[int]) -> "Batch":
        """A batch of these samples."""

        def picked(x: Any) -> Any:
            x = tensor(x)
            if x is None or not len(x.shape) or x.shape[0] != self.size:
                return x  # it has no batch axis
            return keras.ops.take(x, list(samples), axis=0)

        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        context = tuple(map(picked, given.pop("context")))
        return Batch(**{k: picked(x) for k, x in given.items()}, context=context)

    def counts(self, shape: tuple[int, ...]) -> Any:
        """True for the elements of this shape that are not masked or of weight 0."""
        counted = keras.ops.ones(shape, "bool")
        for x in map(tensor, (self.mask, self.sample_weight)):
            if x is not None and len(x.shape) and 0 not in tuple(x.shape):
                x = squeezed(keras.ops.cast(x, "bool"), shape)
                if len(x.shape) <= len(shape) and all(
                    n in (1, m) for n, m in zip(tuple(x.shape), shape, strict=False)
                ):
                    counted = counted & expand(x, len(shape))
        return counted


@dataclasses.dataclass
class Seen:
    """A loss, or a term of a sum, and its values on the batch.

    `y_true` and `y_pred` are the inputs of its `call`. `items` are the weighted items
    without a reduction. `gradient` is the gradient in y_pred of their sum, or of their
    mean for a statistic.
    """

    name: str
    loss: Any
    weight: float
    value: float = math.nan
    y_true: Any = None
    y_pred: Any = None
    items: Any = None
    statistic: bool = False
    gradient: Any = None
    error: Exception | None = None
