"""A helper that calls the framework of the backend, and one that does not."""

import importlib

import keras
import numpy as np

_NAMES = {"jax": "jax.numpy", "tensorflow": "tensorflow", "torch": "torch"}
_NAME = _NAMES.get(keras.config.backend())
framework = importlib.import_module(_NAME) if _NAME else np
SIZE = np.float32(np.sqrt(4.0))


def by_framework(x):
    total = framework.square(x)  # the line that is told
    return (total[:, 0] + total[:, 1] * total[:, 2] + total[:, 3]) / SIZE


def by_operators(x):
    return (x[:, 0] + x[:, 1] * 2.0 + x[:, 2] ** 2 - x[:, 3]) / SIZE
