"""A user's own loss is mended by changing one import line."""

import functools

import keras
import numpy as np
import pytest

from portable_losses import ops

TRUE = [[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]
PREDICTED = [[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]  # perfect twice
STATED = [[0.0, 0.0], [0.0, 0.0], [-1.6, -1.8]]


def naive_loss(ops, y_true, y_pred):
    """What a user writes; `ops` is the module they imported."""
    error = ops.abs(y_true - y_pred)
    return ops.sum(error) + ops.sum(ops.linalg.norm(y_true - y_pred, axis=-1))


def gradient(module, differentiate, mode):
    loss = functools.partial(naive_loss, module, keras.ops.convert_to_tensor(TRUE))
    ((_, (answer,)),) = differentiate([loss], [[PREDICTED]], mode=mode)
    return answer


def test_with_the_import_changed_it_has_one_gradient(differentiate, mode, backend):
    if backend == "numpy":
        pytest.skip("Keras's numpy backend has no gradient")
    np.testing.assert_allclose(gradient(ops, differentiate, mode), STATED, atol=1e-6)


def test_before_that_it_does_not(differentiate, backend):
    if backend in ("torch", "numpy"):
        pytest.skip("torch has the convention for these two; numpy no gradient")
    raw = gradient(keras.ops, differentiate, "eager")
    assert not np.allclose(raw, STATED)
