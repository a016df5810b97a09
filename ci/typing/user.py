"""What a user writes, right and wrong: `ci/check_types.py` runs type checkers over it.

A line that ends in `# error` must be an error to each checker, and no other may be.
"""

import keras

import portable_losses
from portable_losses import (
    GeneralizedIoU,
    Huber,
    Hyperparameter,
    Loss,
    Quantile,
    SoftDice,
    Sum,
    ops,
)

weight = Hyperparameter(1.0, name="weight")

# Numbers, and what moves in place of a number.
Huber(delta=0.5)
Huber(0.5)
Huber(delta=weight)
SoftDice(smooth=weight, class_weights=[1.0, 2.0], per="batch", activation="softmax")
SoftDice(class_weights={1: 2.0}, reduction=None, name="dice", dtype="float32")
Quantile([0.1, 0.9])
Quantile([0.5, weight], crossing_penalty=1.0)
GeneralizedIoU(bounding_box_format="xywh", reduction="sum")
portable_losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)

Huber(delta="large")  # error
Huber(dleta=0.5)  # error
SoftDice(per="image")  # error
SoftDice(smoth=1)  # error
SoftDice("softmax")  # error
SoftDice(reduction="average")  # error
GeneralizedIoU(bounding_box_format="corners")  # error
portable_losses.Hubr()  # error

# Sums are losses, and so is what arithmetic makes of them.
total: Sum = 0.7 * SoftDice() + weight * Huber()
half: Sum = Huber() / 2.0
loss: Loss = total - Huber()
number: float = 0.5 * Huber()  # error


class Cubic(Loss):
    """A loss of one's own."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(reduction="sum")
        self.scale = scale

    def call(self, y_true: object, y_pred: object) -> object:
        """Cubed errors."""
        error = ops.abs(ops.subtract(y_pred, y_true))
        return self.mean_over_columns(self.scale * error * error * error)


@portable_losses.loss
def mean_error(y_true: object, y_pred: object, *, weight: float = 1.0) -> object:
    """Mean errors."""
    return weight * ops.mean(ops.abs(ops.subtract(y_pred, y_true)), axis=-1)


model = keras.Sequential([keras.layers.Dense(1)])
model.compile("adam", loss=Cubic(scale=2.0), metrics=total.metrics)
mean_error(weight=2.0)
Cubic(scale="large")  # error
