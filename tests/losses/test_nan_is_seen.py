"""A NaN label is in its own item, and in no other; a large scale is no NaN."""

import keras
import numpy as np
import pytest

import portable_losses


@pytest.mark.parametrize("name", ["Hinge", "SquaredHinge"])
def test_a_nan_label_does_not_change_how_others_are_read(name):
    loss = getattr(portable_losses, name)(reduction=None)
    p = np.array([[0.5], [0.5]], "float32")
    items = keras.ops.convert_to_numpy(loss(np.array([[np.nan], [0.0]]), p))
    alone = keras.ops.convert_to_numpy(loss(np.array([[0.0]]), p[1:]))
    assert np.isnan(items[0]) and items[1] == alone[0] and items[1] > 1


def test_a_nan_label_does_not_vanish_in_a_distance_map():
    t = np.array([[[0.0], [1.0], [0.0]], [[np.nan], [1.0], [0.0]]], "float32")
    p = np.full(t.shape, 0.5, "float32")
    items = portable_losses.Boundary(reduction=None)(t, p)
    assert np.isnan(keras.ops.convert_to_numpy(items)).tolist() == [False, True]
    phi = keras.ops.convert_to_numpy(portable_losses.signed_distance(t))
    assert np.isnan(phi).sum() == 1 and np.isnan(phi[1, 0, 0])


def test_a_scale_beyond_float32_costs_infinity():
    loss = portable_losses.GaussianCRPS()
    assert float(loss([[0.5]], [[0.25, 1e4]])) == np.inf


def test_an_integer_that_no_float_holds_is_no_number():
    with pytest.raises(ValueError, match="Huber: `delta` must be a finite number > 0"):
        portable_losses.Huber(delta=10**400)
