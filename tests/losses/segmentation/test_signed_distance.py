"""The signed distance map against SciPy's transform, eager and compiled."""

import keras
import numpy as np
import pytest
from scipy import ndimage

import portable_losses
from portable_losses import signed_distance

BACKEND = keras.config.backend()
RANDOM = np.random.default_rng(3)


def numpy_of(x):
    return keras.ops.convert_to_numpy(x)


def expected(mask):
    """Distance outside minus distance inside, channels last."""
    phi = np.zeros(mask.shape)
    for b, c in np.ndindex(mask.shape[0], mask.shape[-1]):
        inside = mask[b, ..., c]
        if inside.any() and not inside.all():
            outside = ndimage.distance_transform_edt(~inside)
            phi[b, ..., c] = outside - ndimage.distance_transform_edt(inside)
    return phi


def drawn(shape, share=0.1):
    """Blobs and single pixels, an empty class and a full one."""
    mask = RANDOM.uniform(size=shape) < share
    rank = len(shape) - 2
    grown = ndimage.binary_dilation(mask, np.ones((1, *(3,) * rank, 1)))
    mask = np.where(RANDOM.uniform(size=(shape[0], *(1,) * rank, 1)) < 0.5, grown, mask)
    mask[0, ..., 0], mask[1, ..., 0] = False, True
    return mask


def compile_of(function):
    if BACKEND == "jax":
        import jax

        return jax.jit(function)
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    return function


@pytest.mark.parametrize("shape", [(3, 33, 2), (3, 14, 19, 2), (2, 7, 6, 9, 3)])
def test_it_is_scipys(shape):
    mask = drawn(shape)
    phi = numpy_of(compile_of(signed_distance)(keras.ops.convert_to_tensor(mask)))
    assert phi.dtype == "float32"
    np.testing.assert_allclose(phi, expected(mask), rtol=1e-6)
    assert not phi[0, ..., 0].any()
    assert not phi[1, ..., 0].any()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float16", "float32"])
def test_masks_of_every_dtype_and_of_either_format(dtype):
    mask = drawn((2, 6, 5, 2))
    wanted = expected(mask)
    np.testing.assert_allclose(numpy_of(signed_distance(mask.astype(dtype))), wanted)
    first = np.moveaxis(mask, -1, 1).astype(dtype)
    phi = numpy_of(signed_distance(first, data_format="channels_first"))
    np.testing.assert_allclose(phi, np.moveaxis(wanted, -1, 1))


def test_soft_labels_are_inside_above_one_half():
    soft = [[[0.5], [0.51], [1.0], [0.0]]]
    phi = numpy_of(signed_distance(soft))
    np.testing.assert_allclose(phi.ravel(), [1, -1, -1, 1])


@pytest.mark.parametrize("known", [(None, 6, 5, 2), (None, None, None, 2)])
@pytest.mark.parametrize("compiled", [False, True])
def test_unknown_sizes(known, compiled):
    if BACKEND != "tensorflow":
        pytest.skip("only TensorFlow traces an unknown size")
    import tensorflow as tf

    mask = drawn((3, 6, 5, 2))
    function = tf.function(
        signed_distance,
        input_signature=[tf.TensorSpec(known, tf.bool)],
        jit_compile=compiled,
    )
    np.testing.assert_allclose(function(mask), expected(mask), rtol=1e-6)


REJECTED = [
    (
        lambda: signed_distance(np.zeros((2, 3), bool)),
        "signed_distance: `mask` must be of shape (B, *space, C); got mask=an array of "
        "shape (2, 3) (add the spatial or class axes).",
    ),
    (
        lambda: signed_distance(np.zeros((2, 3, 1), bool), data_format="last"),
        "signed_distance: `data_format` must be one of 'channels_first', "
        "'channels_last', None; got data_format='last' (choose one of these).",
    ),
]


@pytest.mark.parametrize(("make", "message"), REJECTED)
def test_bad_input_is_rejected(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == message


@pytest.mark.parametrize("mask", [None, keras.Input((4, 4, 1)), "mask"])
def test_what_is_no_tensor_is_rejected(mask):
    with pytest.raises((TypeError, ValueError), match="^signed_distance: `mask` must"):
        signed_distance(mask)


def test_it_is_what_boundary_takes():
    mask = drawn((3, 6, 5, 2))
    p = RANDOM.uniform(size=mask.shape).astype("float32")
    wanted = (p * expected(mask)).mean()
    computed = portable_losses.Boundary()(mask.astype("float32"), p)
    given = portable_losses.Boundary(distance_maps=True)(signed_distance(mask), p)
    np.testing.assert_allclose(float(computed), wanted, rtol=1e-5)
    np.testing.assert_allclose(float(given), wanted, rtol=1e-5)
