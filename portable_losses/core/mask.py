"""How the mask that Keras attached to a prediction reaches a loss."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("portable_losses")
class _MaskReader(keras.layers.Layer):
    """Returns the mask of its input, which Keras hands to `call`."""

    def __init__(self) -> None:
        super().__init__(autocast=False, dtype="float32", name="mask_reader")
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any | None = None) -> Any | None:
        return mask

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None


_ON_JAX = keras.config.backend() == "jax"
_reader: _MaskReader | None = None


def keras_mask(x: Any) -> Any | None:
    """Return the mask that Keras attached to `x`, or None.

    A JAX tracer takes no attributes, so Keras keeps its mask in a table of its own
    that only a layer's `call` can see. Elsewhere it is an attribute of the tensor.
    """
    if not _ON_JAX:
        return getattr(x, "_keras_mask", None)
    if not keras.ops.is_tensor(x):
        return None
    global _reader
    if _reader is None:
        _reader = _MaskReader()
    return _reader(x)
