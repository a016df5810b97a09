"""A window that slides along an axis, by either of the two ways."""

import keras
import numpy as np
import pytest

from portable_losses.ops import filters

WINDOW = np.array([0.5, 0.3, -0.2], "float32")


def wanted(x, axis):
    def one(row):
        return np.convolve(row, WINDOW[::-1], mode="valid")

    return np.apply_along_axis(one, axis, x)


@pytest.mark.parametrize("products", [True, False])
@pytest.mark.parametrize("axis", [-1, -2, -3])
@pytest.mark.parametrize("size", [3, 8, 11])
def test_it_is_the_valid_part_of_a_correlation(monkeypatch, products, axis, size):
    monkeypatch.setattr(filters, "_products_are_exact", lambda x: products)
    monkeypatch.setattr(filters, "TILE", 4)  # one tile, a whole and half of one, ...
    shape = [2, 3, 4, 5]
    shape[axis] = size
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    window = keras.ops.convert_to_tensor(WINDOW)
    got = filters.slide(keras.ops.convert_to_tensor(x), window, axis)
    got = keras.ops.convert_to_numpy(got)
    np.testing.assert_allclose(got, wanted(x, axis), rtol=1e-5, atol=1e-6)


def test_products_are_used_where_they_keep_all_bits():
    x = keras.ops.ones((4, 4))
    known = keras.config.backend() in ("jax", "tensorflow", "torch")
    on_cpu = "cpu" in str(getattr(x, "device", "cpu")).lower()
    assert filters._products_are_exact(x) is (known and on_cpu)
