import keras
import numpy as np
import pytest

import portable_losses as pl

VIEWS = np.random.default_rng(0).normal(size=(5, 2, 4)).astype("float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_a_pair_is_a_binary_crossentropy():
    z = VIEWS / np.linalg.norm(VIEWS, axis=-1, keepdims=True)
    logits = 10.0 * z[:, 0] @ z[:, 1].T - 10.0
    crossentropy = pl.BinaryCrossentropy(from_logits=True, reduction=None)
    wanted = 5 * value(crossentropy, np.eye(5), logits)  # a mean, and a sum here
    got = value(pl.SigLIP(reduction=None), None, VIEWS)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_one_pair():
    pair = np.array([[[1.0, 0.0], [0.0, 1.0]]], "float32")
    got = value(pl.SigLIP(bias=2.0), None, pair)
    assert got == pytest.approx(np.log1p(np.exp(-2.0)), rel=1e-6)
