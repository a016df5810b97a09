"""How a loss reads the mask that Keras attached to a prediction."""

import weakref
from typing import Any

import keras

from portable_losses.core.keras_seams import mask_on
from portable_losses.ops.known import found

MASK_STAYS = found(
    "every tensor can have the attribute by which Keras attaches a mask",
    "tests/core/test_keras_seams.py; a metric gets the tensor that the loss got",
    tensorflow="2.21.0",
    torch="2.13.0",
    numpy="2.4.6",
)


@keras.saving.register_keras_serializable("portable_losses")
class _MaskReader(keras.layers.Layer):
    """Returns the mask of its input, which Keras passes to `call`."""

    def __init__(self) -> None:
        super().__init__(autocast=False, dtype="float32", name="mask_reader")
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any | None = None) -> Any | None:
        return mask

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None


_reader: _MaskReader | None = None


def keras_mask(x: Any) -> Any | None:
    """Return the mask that Keras attached to `x`, or None.

    A JAX tracer cannot have attributes, so Keras keeps the mask in a table that only
    passes it to a layer's `call`. On TensorFlow and torch it is an attribute of the
    tensor.
    """
    if MASK_STAYS:
        return mask_on(x)
    if not keras.ops.is_tensor(x):
        return None
    global _reader
    if _reader is None:
        _reader = _MaskReader()
    return _reader(x)


_masks_of_targets: dict[int, Any] = {}


def remember(y_true: Any, mask: Any) -> None:
    """Store the mask of a prediction with its targets, for the metrics of a step.

    On JAX the metrics get the predictions as new tensors, without a mask; but they get
    the same targets as the loss.
    """
    if MASK_STAYS or mask is None:
        return
    try:
        weakref.finalize(y_true, _masks_of_targets.pop, id(y_true), None)
    except TypeError:  # a list, for example, which a metric never gets
        return
    _masks_of_targets[id(y_true)] = mask


def remembered(y_true: Any) -> Any | None:
    """The mask that was stored with these targets, if it can be read here."""
    mask = _masks_of_targets.get(id(y_true))
    if mask is None:
        return None
    try:
        return keras.ops.logical_and(mask, True)
    except Exception:  # the mask is a tracer of another trace, and cannot be used here
        return None
