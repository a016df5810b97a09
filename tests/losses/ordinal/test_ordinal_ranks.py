import keras
import numpy as np
import pytest

from portable_losses import ordinal_ranks

BACKEND = keras.config.backend()
INF = float("inf")


def ranks(*args, **kwargs):
    return keras.ops.convert_to_numpy(ordinal_ranks(*args, **kwargs))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_they_count_the_levels_that_are_more_probable_than_not():
    z = 2 * np.random.default_rng(0).normal(size=(50, 2, 4))
    p = sigmoid(z)
    np.testing.assert_array_equal(ranks(z), (p > 0.5).sum(-1))
    corn = ranks(z, method="corn")
    np.testing.assert_array_equal(corn, (np.cumprod(p, -1) > 0.5).sum(-1))
    assert corn.shape == (50, 2) and corn.dtype == "int32"
    assert (corn < ranks(z)).any()


@pytest.mark.parametrize("dtype", ["float16", "float32", "int32"])
def test_every_dtype(dtype):
    z = np.array([[3, 2, -1], [-1, 3, 3]], dtype)
    np.testing.assert_array_equal(ranks(z), [2, 2])
    np.testing.assert_array_equal(ranks(z, "corn"), [2, 0])
    np.testing.assert_array_equal(ranks(z.tolist()), [2, 2])


def test_zeros_infinities_and_small_logits():
    z = [[0.0, 0.0], [INF, INF], [-INF, INF], [1e4, -1e4], [1e-12, -1e4]]
    np.testing.assert_array_equal(ranks(z), [0, 2, 1, 1, 1])
    np.testing.assert_array_equal(ranks(z, "corn"), [0, 2, 0, 1, 1])


def test_they_can_be_compiled():
    z = keras.ops.convert_to_tensor(np.array([[1.0, 2.0, -1.0]], "float32"))
    if BACKEND == "jax":
        import jax

        got = jax.jit(lambda z: ordinal_ranks(z, "corn"))(z)
    elif BACKEND == "tensorflow":
        import tensorflow as tf

        spec = [tf.TensorSpec((None, 3))]
        got = tf.function(lambda z: ordinal_ranks(z, "corn"), input_signature=spec)(z)
    else:
        got = ordinal_ranks(z, "corn")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(got), [2])


REJECTED = [
    (
        lambda: ordinal_ranks(np.zeros((2, 3)), method="cumulative"),
        "ordinal_ranks: `method` must be one of 'coral', 'corn'; got "
        "method='cumulative' (choose one of these).",
    ),
    (
        lambda: ordinal_ranks(np.zeros((2, 0))),
        "ordinal_ranks: `logits` must be of shape (..., C - 1); got logits=an array of "
        "shape (2, 0) (pass one logit per level).",
    ),
]


@pytest.mark.parametrize(("make", "message"), REJECTED)
def test_bad_input_is_rejected(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message
