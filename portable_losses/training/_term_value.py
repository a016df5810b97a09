"""The value of one term of a sum, for the sum and as a metric."""

from collections.abc import Mapping
from typing import Any

import keras

from portable_losses.core.config import restored
from portable_losses.core.loss import Loss
from portable_losses.core.mask import keras_mask, remembered
from portable_losses.ops.quotients import no_nan
from portable_losses.training._keras_term import value_of as of_keras


@keras.saving.register_keras_serializable("portable_losses")
class TermValue(keras.metrics.Metric):
    """The value of a term of a `Sum`: the mean over the samples of an epoch so far.

    Args:
        loss: the term.
        name: its name in logs.
    """

    def __init__(self, loss: Any, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.loss = loss
        self._total = self.add_variable((), "zeros", name="total")
        self._samples = self.add_variable((), "zeros", name="samples")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the loss of a batch, counted once for each of its samples."""
        mask = mask_of(y_pred)
        if mask is None:
            mask = remembered(y_true)
        value = _value(self.loss, y_true, y_pred, sample_weight, mask)
        value = keras.ops.cast(value, "float32")
        samples = keras.ops.cast(keras.ops.shape(y_pred)[0], "float32")
        self._total.assign_add(value * samples)
        self._samples.assign_add(samples)

    def result(self) -> Any:
        """The mean over the samples since the last reset."""
        total, samples = map(keras.ops.convert_to_tensor, (self._total, self._samples))
        return no_nan(total, samples)

    def get_config(self) -> dict[str, Any]:
        """Return the name and the term, which Keras restores as that of the sum."""
        return {"loss": self.loss, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TermValue":
        """Make it from `get_config()`, also after it was read from a file."""
        return cls(**restored(config))


def value_of(
    name: str,
    loss: Any,
    y_true: Any,
    y_pred: Any,
    weight: Any,
    mask: Any,
    context: tuple[Any, ...],
) -> Any:
    """The value of a term; the name of the term is added to an error message."""
    try:
        return _value(loss, y_true, y_pred, weight, mask, context)
    except (TypeError, ValueError) as error:
        if type(error) in (TypeError, ValueError):
            raise type(error)(f"Sum: term {name!r}: {error}") from error
        raise


def _value(
    loss: Any,
    y_true: Any,
    y_pred: Any,
    weight: Any = None,
    mask: Any = None,
    context: tuple[Any, ...] = (),
) -> Any:
    if isinstance(loss, Loss):
        return loss(y_true, y_pred, weight, mask, *context)
    return of_keras(loss, y_true, y_pred, weight, mask, context)


def mask_of(y_pred: Any) -> Any:
    nested = isinstance(y_pred, Mapping | list | tuple)
    return None if nested else keras_mask(y_pred)
