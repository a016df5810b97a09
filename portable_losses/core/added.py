"""The losses that a layer adds to its model."""

import weakref
from typing import Any

import keras

from portable_losses.core.keras_seams import stateless_scope
from portable_losses.core.reduction import KERAS_NEVER_SCALES


class Added:
    """Adds the losses of one layer to its model, also if the layer is called twice.

    In a stateless call of a model, on JAX, Keras drops the losses that a layer added in
    its first call when the layer is called again. This class adds them again.
    """

    def __init__(self) -> None:
        self._in_scope: weakref.WeakKeyDictionary[Any, list[Any]]
        self._in_scope = weakref.WeakKeyDictionary()

    def add(self, layer: Any, value: Any) -> None:
        """Add the reduced value of a loss to the losses of `layer`."""
        # Keras adds up the losses of a model in this dtype.
        total = "float64" if keras.config.floatx() == "float64" else "float32"
        value = keras.ops.cast(_unscaled(value), total)
        layer.add_loss(self._with_earlier(value))

    def _with_earlier(self, value: Any) -> list[Any]:
        """The value, and the earlier ones that Keras has dropped."""
        scope = stateless_scope()
        if scope is None or not scope.collect_losses:
            return [value]
        known = {id(x) for x in scope.losses}
        added = self._in_scope.setdefault(scope, [])
        forgotten = [x for x in added if id(x) not in known]
        added.append(value)
        return [*forgotten, value]

    def __deepcopy__(self, memo: Any) -> "Added":
        return Added()  # a copy must not contain tensors of a step


def _unscaled(value: Any) -> Any:
    """Undo the scaling for tf.distribute, since Keras scales an added loss again.

    The factor is read from Keras: it is the mean of a single item of value 1.
    """
    if KERAS_NEVER_SCALES:
        return value
    one = keras.ops.ones((1, 1))  # an item, since Keras scales items and not scalars
    scale = keras.losses.MeanAbsoluteError()(one, 0.0 * one)
    dtype = keras.backend.standardize_dtype(value.dtype)
    return value / keras.ops.cast(scale, dtype)
