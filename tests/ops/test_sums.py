"""Sums over neighboring axes, axis by axis where that is faster."""

import keras
import numpy as np
import pytest

from portable_losses.ops import sums


@pytest.mark.parametrize("by_axis", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int32", "bool"])
@pytest.mark.parametrize("axes", [(1,), (1, 2), (1, 2, 3)])
def test_the_sum_is_that_of_numpy(monkeypatch, by_axis, dtype, axes):
    monkeypatch.setattr(sums, "AXIS_BY_AXIS", by_axis)
    x = np.random.default_rng(0).integers(0, 2, (2, 3, 4, 5, 3))
    tensor = keras.ops.convert_to_tensor(x, dtype)
    for keepdims in (False, True):
        found = sums.sum_over(tensor, axes, keepdims)
        assert found.dtype == keras.ops.sum(tensor, axis=axes).dtype
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(keras.ops.cast(found, "float32")),
            np.sum(x, axes, keepdims=keepdims),
        )


def test_half_precision_is_rounded_once(monkeypatch):
    # 2048 + 1 is 2048 in float16: after rounding the rows, all ones would be lost.
    x = np.ones((1, 3, 4, 2), "float16")
    x[:, :, 0] = 2048
    tensor = keras.ops.convert_to_tensor(x)
    wanted = keras.ops.convert_to_numpy(keras.ops.sum(tensor, axis=(1, 2)))
    if keras.config.backend() != "tensorflow":  # which adds float16 in float16
        np.testing.assert_array_equal(wanted, np.full((1, 2), 6152, "float16"))
    monkeypatch.setattr(sums, "AXIS_BY_AXIS", True)
    found = keras.ops.convert_to_numpy(sums.sum_over(tensor, (1, 2)))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("by_axis", [False, True])
def test_the_mean_keeps_the_axes(monkeypatch, by_axis):
    monkeypatch.setattr(sums, "AXIS_BY_AXIS", by_axis)
    x = np.random.default_rng(1).normal(size=(2, 6, 5, 3)).astype("float32")
    found = sums.mean_over(keras.ops.convert_to_tensor(x), (1, 2))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(found),
        x.mean((1, 2), dtype="float64", keepdims=True),
        atol=1e-7,
    )
