"""The variable of a Hyperparameter."""

from collections.abc import Callable
from typing import Any

import keras

from portable_losses.core.keras_seams import own_value
from portable_losses.ops.known import found

ARRAYS_MAY_REPEAT = found(
    "a training step may get the same array twice",
    "variables are not arguments of the step, or their arrays are not replaced",
    tensorflow="2.21.0",
    torch="2.13.0",
    numpy="2.4.6",
)


class ToldVariable(keras.Variable):
    """A variable that calls a function each time it is set.

    Attributes:
        changed: whether it was set to a tensor whose value was not read yet.
    """

    def __init__(self, shape: tuple[int, ...], tell: Callable[[Any], None]) -> None:
        self.changed = False
        self._tell: Callable[[Any], None] | None = None
        super().__init__(
            initializer="zeros",
            shape=shape,
            dtype="float32",
            trainable=False,
            autocast=False,  # else a layer in half precision would round it
            # Every replica has the same value: their sum would be another value.
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
        """The array of the variable."""
        return super().value

    @property
    def lent(self) -> bool:
        """Whether a keras.StatelessScope has another value for it."""
        return super().value is not own_value(self)

    @property
    def value(self) -> Any:
        """The value; on JAX, and on backends that were not tested, a copy.

        On JAX a training step must not get the same array twice. It would for a weight
        that is also a metric, or for a metric of two outputs. So each access returns a
        new array.
        """
        x = super().value
        if ARRAYS_MAY_REPEAT or x is not own_value(self):
            return x
        return keras.ops.copy(x)
