import keras
import numpy as np
import pytest

import portable_losses as pl

INF = np.inf


def test_indices_are_one_hot_labels(gradient):
    ids, x = np.array([1, 0]), np.array([[0.2, 1.0, -1.0], [0.3, 0.2, 2.0]])
    for config in ({}, {"class_weights": [0.5, 2.0, 1.0]}):
        loss = pl.Brier(from_logits=True, **config)
        got = gradient(loss, ids, x)
        for a, b in zip(got, gradient(loss, np.eye(3)[ids], x), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)


def test_one_column_is_half_the_score_of_two_classes():
    p, t = np.array([[0.2], [0.9]]), np.array([[0.0], [1.0]])
    one = float(pl.Brier()(t, p))
    both = [np.concatenate([1 - x, x], axis=-1) for x in (t, p)]
    np.testing.assert_allclose(2 * one, float(pl.Brier()(*both)), rtol=1e-6)
    logits = np.log(p / (1 - p))
    np.testing.assert_allclose(pl.Brier(from_logits=True)(t, logits), one, rtol=1e-6)


def test_infinite_logits_cost_what_1e4_costs(gradient):
    x = np.array([[INF, 0, 1], [-INF, 0.5, 1], [INF, 0, -INF], [-INF] * 3])
    loss, ids = pl.Brier(from_logits=True, reduction=None), np.array([0, 1, 1, 2])
    value, slope = gradient(loss, ids, x)
    wanted, _ = gradient(loss, ids, np.clip(x, -1e4, 1e4))
    np.testing.assert_allclose(value[:3], wanted[:3], rtol=1e-6, atol=1e-12)
    assert value[3] == 1
    assert np.isfinite(slope).all() and not slope[np.isinf(x)].any()


def test_an_ignored_index_does_no_harm(gradient):
    p = np.array([[0.2, 0.8], [0.5, 0.5]])
    loss = pl.Brier(ignore_class=-1)
    value, slope = gradient(loss, np.array([1, -1]), p)
    np.testing.assert_allclose(value, 0.08, rtol=1e-6)
    np.testing.assert_allclose(slope, [[0.4, -0.4], [0, 0]], rtol=1e-6)


def test_indices_out_of_range_are_rejected_or_nan(gradient):
    loss, p = pl.Brier(), np.full((2, 2), 0.5)
    with pytest.raises(ValueError, match=r"Brier: `y_true` must be class indices in"):
        loss(np.array([0, 2]), p)
    mode = {"jax": "jit", "tensorflow": "graph"}.get(keras.config.backend())
    if mode is not None:
        assert np.isnan(gradient(loss, np.array([0, 2]), p, compiled=mode)[0])


def test_logits_in_place_of_probabilities_are_rejected():
    with pytest.raises(ValueError, match="pass from_logits=True if these are logits"):
        pl.Brier()(np.array([0, 1]), np.array([[3.0, -2.0], [-1.0, 4.0]]))
