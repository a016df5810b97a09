"""A model that was compiled and saved on PyTorch can train on another backend.

On torch, Keras replaces nine of its optimizer classes by internal ones, and saves them
under the internal names, which no other backend can import. Keras's loader looks up
custom objects first, so the public classes are registered under these names.
"""

import keras

from portable_losses.ops.known import found

SAVES_INTERNAL_NAMES = found(
    "optimizers are saved under internal names, which torch can import",
    "tests/parity/test_travel.py",
    torch="2.13.0",
)

SAVED_ON_TORCH = (
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "RMSprop",
    "SGD",
)
"""Optimizers that Keras saves on torch under a backend-internal name."""


def find_optimizers_saved_on_torch() -> None:
    """Register the public classes, unless the user has registered others."""
    if SAVES_INTERNAL_NAMES:
        return
    known = keras.saving.get_custom_objects()
    for name in SAVED_ON_TORCH:
        known.setdefault(name, getattr(keras.optimizers, name))


find_optimizers_saved_on_torch()
