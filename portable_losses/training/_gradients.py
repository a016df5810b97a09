"""The gradient of a loss with respect to its predictions, on any backend."""

from collections.abc import Callable
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.loss import Loss
from portable_losses.core.moving import as_numbers
from portable_losses.ops.known import faster_form
from portable_losses.training._batch import Batch, Seen
from portable_losses.training._numbers import (
    float_of,
    tensor,
)

COMPILED_IS_QUICKER = faster_form(
    "the gradient of a term",
    "in eager mode JAX compiles every operation separately",
    jax="0.10.2",
)


def still(loss: Any) -> Any:
    """A copy of a loss with numbers in place of its Hyperparameters.

    In training on JAX the variables have no arrays, since the training step holds them;
    but a Hyperparameter also has its value as a Python number.
    """
    copy = object.__new__(type(loss))
    copy.__dict__.update(vars(loss))
    if isinstance(loss, Loss):
        # The check of the first predictions is not done by this copy.
        copy.__dict__.update(as_numbers(vars(loss)), _moving=False, _first_look=None)
        return copy

    def call(*given: Any, **also: Any) -> Any:
        items = type(copy).call(copy, *given, **also)
        checks.returned(type(loss).__name__, items)
        return items

    copy.__dict__["call"] = call
    return copy


def unreduced(loss: Any) -> Any:
    """As `still`, and the copy returns its items."""
    copy = still(loss)
    copy.__dict__["reduction"] = None
    return copy


def take_gradients(found: list[Seen], batch: Batch) -> None:
    """Record the gradient of each term, or its error."""
    try:
        gradients = _gradients(found, batch)
    except Exception as error:
        if len(found) == 1:
            found[0].error = error
        else:
            for seen in found:
                take_gradients([seen], batch)
    else:
        for seen, gradient in zip(found, gradients, strict=True):
            seen.gradient = gradient


def _gradients(found: list[Seen], batch: Batch) -> list[Any]:
    """The gradient of each term with respect to y_pred.

    Keras has no function that returns gradients. So each term gets a trainable weight
    that is 0 and is added to the predictions. After one step of gradient descent with a
    learning rate of 1, the weight is minus the gradient.
    """
    if not found:
        return []
    model = _Shifted(
        [_total(seen, batch) for seen in found],
        tuple(tensor(batch.y_pred).shape),
        [float_of(seen.y_pred) for seen in found],
    )
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=not COMPILED_IS_QUICKER)
    model.train_on_batch(keras.ops.ones((1, 1)))
    return [keras.ops.stop_gradient(-z) for z in model.shifts]


def _total(seen: Seen, batch: Batch) -> Callable[[Any], Any]:
    probe = unreduced(seen.loss)
    together = keras.ops.mean if seen.statistic else keras.ops.sum
    y_pred = keras.ops.stop_gradient(tensor(batch.y_pred))

    def total(z: Any) -> Any:
        shifted = keras.ops.cast(y_pred, z.dtype) + z
        items = called(probe, batch, shifted)
        # The term 0 * z is for a loss that does not depend on z: without it torch and
        # TensorFlow would raise an error.
        return together(keras.ops.cast(items, z.dtype)) + 0.0 * keras.ops.sum(z)

    return total


class _Masked(keras.layers.Layer):
    """Attaches a mask to a prediction, as a layer of a model does."""

    def __init__(self, mask: Any) -> None:
        super().__init__(autocast=False, dtype="float32", name="masked")
        self._of_output = mask
        self.supports_masking = True

    def call(self, x: Any) -> Any:
        return keras.ops.copy(x)  # a new tensor: Keras attaches the mask to it

    def compute_mask(self, x: Any, previous: Any) -> Any:
        return self._of_output


class _Shifted(keras.Model):
    """A model whose loss is the sum of `totals`, each with a trainable shift."""

    def __init__(
        self, totals: list[Any], shape: tuple[int, ...], dtypes: list[str]
    ) -> None:
        # float32: with a policy of half precision the optimizer would scale the loss.
        super().__init__(name="diagnose", dtype="float32")
        self.totals = totals
        self.shifts = [
            self.add_weight(shape=shape, initializer="zeros", dtype=dtype)
            for dtype in dtypes
        ]

    def call(self, x: Any) -> Any:
        return x

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        return sum(
            keras.ops.cast(total(keras.ops.convert_to_tensor(z)), "float32")
            for total, z in zip(self.totals, self.shifts, strict=True)
        )


def called(loss: Any, batch: Batch, y_pred: Any) -> Any:
    given = batch.y_true, y_pred, batch.sample_weight
    if isinstance(loss, Loss):
        return loss(*given, batch.mask, *batch.context)
    if batch.mask is not None:  # Keras's losses read the mask from the prediction
        y_pred = _Masked(batch.mask)(y_pred)
    return loss(batch.y_true, y_pred, batch.sample_weight)
