"""A window that slides along an axis, by either of the two ways."""

import keras
import numpy as np
import pytest

from portable_losses.ops import filters

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
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
    known = filters.PRODUCTS_ARE_EXACT or filters.PRODUCTS_ARE_EXACT_BY_TENSOR
    on_cpu = "cpu" in str(getattr(x, "device", "cpu")).lower()
    assert filters._products_are_exact(x) is (known and on_cpu)


@pytest.mark.parametrize("mode", ["eager", "compiled", "shifted"])
def test_an_image_is_filtered_along_both_axes(monkeypatch, gradient, mode):
    if mode == "shifted":
        monkeypatch.setattr(filters, "_products_are_exact", lambda x: False)
    x = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")
    factors = np.random.default_rng(1).normal(size=(2, 3, 4, 3)).astype("float32")

    def total(y_true, y_pred, sample_weight=None, mask=None):
        window = keras.ops.convert_to_tensor(WINDOW)
        return keras.ops.sum(filters.filtered(y_pred, window) * y_true)

    compiled = MODE if mode == "compiled" else False
    got, slope = gradient(total, factors, x, compiled=compiled)
    image = wanted(wanted(x, 1), 2)
    np.testing.assert_allclose(got, np.sum(image * factors), rtol=1e-5)
    # The gradient is the filter's transpose: a convolution of the padded factors.
    padded = np.pad(factors, ((0, 0), (2, 2), (2, 2), (0, 0)))
    back = np.apply_along_axis(np.convolve, 1, padded, WINDOW, "valid")
    back = np.apply_along_axis(np.convolve, 2, back, WINDOW, "valid")
    np.testing.assert_allclose(slope, back, rtol=1e-4, atol=1e-5)
