"""A layer that adds a loss, and passes further tensors of the model to it."""

import dataclasses
from typing import Any

import keras

from portable_losses.core import arguments
from portable_losses.core.added import Added
from portable_losses.core.config import restored
from portable_losses.core.copying import cloned
from portable_losses.core.loss import Loss
from portable_losses.core.moving import claim, leaves_in, now
from portable_losses.training._shared import one_number


@keras.saving.register_keras_serializable("portable_losses")
class LossEndpoint(keras.layers.Layer):
    """A layer that adds a loss to the model and returns y_pred unchanged.

    It passes tensors to a loss that `compile` cannot pass: inputs of the model, outputs
    of other layers, sample weights. A loss gets them as further arguments of its
    `call`, or of its `@loss` function: `call(self, y_true, y_pred, x)`.

    Call it as `endpoint(y_pred, y_true=None, *context, sample_weight=None)`, with the
    target as an input of the model. Without a target it returns y_pred and adds no
    loss. The model for prediction is `keras.Model(x, y_pred)`. For a loss that ignores
    its targets, pass any tensor as y_true. An endpoint that is called several times in
    a model adds a loss each time.

    Args:
        loss: a loss that returns one number.
        weight: the factor of the loss: a finite number, or a Hyperparameter.
        name: name of the layer.

    Raises:
        ValueError: for a loss with `reduction=None`, a weight that is not finite, and
            all inputs that the loss rejects.
        TypeError: for an object that is not a loss, and a context that the loss does
            not take.

    Example:
        >>> x, y = keras.Input((3,)), keras.Input((1,))
        >>> y_pred = keras.layers.Dense(1)(x)
        >>> end = portable_losses.LossEndpoint(portable_losses.Huber())(y_pred, y)
        >>> trained, predicts = keras.Model([x, y], end), keras.Model(x, y_pred)
        >>> trained.compile("sgd")  # and trained.fit([x, y])
    """

    def __init__(
        self, loss: Any, weight: Any = 1.0, name: str | None = None, **rest: Any
    ) -> None:
        # Autocast to half precision would change labels and weights.
        super().__init__(name=name, **{"autocast": False, **rest})
        owner = type(self).__name__
        self._held = _Held(
            one_number(owner, "loss", loss), arguments.number(owner, "weight", weight)
        )
        claim(self, weight)
        # A stateless call of a model replaces the weights of layers, but not metrics.
        # So the variables are also weights of this layer.
        self.moving = [w.variable for w in self.hyperparameters]
        self.supports_masking = True
        self._added = Added()

    @property
    def loss(self) -> Any:
        """The loss."""
        return self._held.loss

    @property
    def weight(self) -> Any:
        """The factor of the loss."""
        return self._held.weight

    @property
    def hyperparameters(self) -> list[Any]:
        """The Hyperparameters of the loss and its weight, each once."""
        return leaves_in([self.weight, self.loss])

    def call(
        self, y_pred: Any, y_true: Any = None, *context: Any, sample_weight: Any = None
    ) -> Any:
        if y_true is not None:
            also = (None, *context) if isinstance(self.loss, Loss) else context
            value = self.loss(y_true, y_pred, sample_weight, *also)
            value = value * now(self.weight, _dtype_of(value))
            self._added.add(self, value)
        return y_pred

    def compute_mask(self, y_pred: Any, mask: Any = None) -> Any:
        return mask[0] if isinstance(mask, tuple | list) else mask

    def get_config(self) -> dict[str, Any]:
        """Return the loss, its weight, and the config of every layer."""
        return {**super().get_config(), "loss": self.loss, "weight": self.weight}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LossEndpoint":
        """Make it from `get_config()`, also after it was read from a file."""
        config = restored(config)
        if leaves_in([config.get("weight"), config["loss"]]):
            loss, weight = cloned((config["loss"], config.get("weight", 1.0)))
            config = {**config, "loss": loss, "weight": weight}
        return cls(**config)


@dataclasses.dataclass
class _Held:
    """Hides an object from Keras, which would track a Hyperparameter as a metric."""

    loss: Any
    weight: Any


def _dtype_of(value: Any) -> str:
    return str(keras.backend.standardize_dtype(value.dtype))
