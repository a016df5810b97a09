"""The variable of a Hyperparameter."""

from collections.abc import Callable
from typing import Any

import keras

from portable_losses.core.keras_seams import own_value

_ON_JAX = keras.config.backend() == "jax"


class ToldVariable(keras.Variable):
    """A variable that tells when it is set, whoever does it.

    Attributes:
        changed: whether a tensor was put there, at which nobody has looked yet.
    """

    def __init__(self, shape: tuple[int, ...], tell: Callable[[Any], None]) -> None:
        self.changed = False
        self._tell: Callable[[Any], None] | None = None
        super().__init__(
            initializer="zeros",
            shape=shape,
            dtype="float32",
            trainable=False,
            autocast=False,  # a layer in half precision would round it
            # Every replica holds the value: a sum of them would be another.
            aggregation="only_first_replica",
            synchronization="on_read",
            name="value",
        )
        self._tell = tell

    def assign(self, value: Any) -> Any:
        done = super().assign(value)
        if isinstance(value, keras.Variable) or keras.ops.is_tensor(value):
            self.changed = True
        elif self._tell is not None:
            self._tell(value)
        return done

    @property
    def held(self) -> Any:
        """The value itself."""
        return super().value

    @property
    def lent(self) -> bool:
        """Whether a keras.StatelessScope has another value for it."""
        return super().value is not own_value(self)

    @property
    def value(self) -> Any:
        """The value; on JAX a copy.

        A training step may not get an array twice, of a weight that is also shown as a
        metric, say, or as a metric of two outputs: each time that Keras asks it gets
        another array.
        """
        x = super().value
        return keras.ops.copy(x) if _ON_JAX and x is own_value(self) else x
