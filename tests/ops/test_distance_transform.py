"""distance_transform against SciPy's, eagerly and compiled, batch size unknown."""

import keras
import numpy as np
import pytest
from scipy import ndimage

from portable_losses import ops

RANDOM = np.random.default_rng(5)


def expected(mask, batch):
    """SciPy's transform of each slice, infinite where a slice has no zero."""
    answer = np.full(mask.shape, np.inf)
    for at in np.ndindex(*(mask.shape[axis] for axis in batch)):
        index = [slice(None)] * mask.ndim
        for axis, i in zip(batch, at, strict=True):
            index[axis] = i
        part = mask[tuple(index)]
        if not part.all():
            answer[tuple(index)] = ndimage.distance_transform_edt(part)
    return answer


# (shape, spatial axes, batch axes)
CASES = [
    ((37,), None, ()),
    ((23, 31), None, ()),
    ((3, 17, 19), (1, 2), (0,)),
    ((2, 7, 8, 9, 2), (1, 2, 3), (0, 4)),
    ((5, 6), -1, (0,)),
]


@pytest.mark.parametrize(("shape", "axis", "batch"), CASES)
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_against_scipy(shape, axis, batch, share):
    mask = RANDOM.uniform(size=shape) < share
    result = keras.ops.convert_to_numpy(ops.distance_transform(mask, axis=axis))
    assert result.dtype == "float32"
    np.testing.assert_allclose(result, expected(mask, batch), rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_zero_and_no_zero(value):
    mask = np.full((2, 3, 4), value, "float32")
    result = keras.ops.convert_to_numpy(ops.distance_transform(mask, axis=(1, 2)))
    np.testing.assert_array_equal(result, np.where(mask, np.inf, 0))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_a_floating_mask_keeps_its_dtype_and_gets_no_gradient(
    differentiate, mode, dtype
):
    mask = np.float32([[0, 1, 1, 1], [1, 1, 1, 2.5]])
    ((value, (gradient,)),) = differentiate(
        [ops.distance_transform], [[mask]], dtype, mode
    )
    want = ndimage.distance_transform_edt(mask)
    np.testing.assert_allclose(value, want, rtol=1e-2 if "16" in dtype else 1e-6)
    assert gradient is None or not gradient.any()


@pytest.mark.parametrize("known", [(None, 6, 5), (None, None, None), (3, None, 5)])
def test_unknown_sizes(backend, known):
    if backend != "tensorflow":
        pytest.skip("only TensorFlow traces an unknown size")
    import tensorflow as tf

    mask = RANDOM.uniform(size=(3, 6, 5)) < 0.8
    for compiled in (False, True):
        function = tf.function(
            lambda m: ops.distance_transform(m, axis=(1, 2)),
            input_signature=[tf.TensorSpec(known, tf.bool)],
            jit_compile=compiled,
        )
        np.testing.assert_allclose(function(mask), expected(mask, (0,)), rtol=1e-6)


def test_a_long_line_and_a_far_corner_are_exact():
    line = np.ones(5000, bool)
    line[[7, 4000]] = False
    result = keras.ops.convert_to_numpy(ops.distance_transform(line))
    np.testing.assert_array_equal(result, ndimage.distance_transform_edt(line))
    corner = np.ones((3, 700, 5), bool)
    corner[2, 699, 4] = False
    result = keras.ops.convert_to_numpy(ops.distance_transform(corner))
    np.testing.assert_allclose(result, ndimage.distance_transform_edt(corner), 1e-7)


def test_axes_of_size_1_and_0():
    mask = np.array([[[1, 1, 0, 1]]])
    result = keras.ops.convert_to_numpy(ops.distance_transform(mask))
    np.testing.assert_array_equal(result, [[[2, 1, 0, 1]]])
    nothing = keras.ops.convert_to_numpy(ops.distance_transform(mask[0], axis=()))
    np.testing.assert_array_equal(nothing, [[np.inf, np.inf, 0, np.inf]])
    for shape in ((0, 3), (2, 0)):
        empty = ops.distance_transform(np.zeros(shape, bool), axis=-1)
        assert tuple(empty.shape) == shape
