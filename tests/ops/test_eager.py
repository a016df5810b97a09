"""Values are read where that needs neither a trace nor a wait, and only there."""

import keras
import numpy as np
import pytest

from portable_losses.ops.eager import cheap_to_read, known_constant, known_values

BACKEND = keras.config.backend()
X = np.ones((2, 3), "float32")


def test_a_tensor_in_eager_mode_is_read():
    x = keras.ops.convert_to_tensor(X)
    assert cheap_to_read(x)
    np.testing.assert_array_equal(known_values(x), X)


def test_an_array_of_numpy_is_read():
    assert cheap_to_read(X)  # as Keras's NumPy backend has it


def in_compiled_code(function):
    """What the function returns for a tensor that is being traced."""
    seen = []
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.device("CPU:0"):  # so that the symbolic tensor has a device, too
            tf.function(lambda x: seen.append(function(x)) or x)(tf.constant(X))
    elif BACKEND == "jax":
        import jax

        jax.jit(lambda x: seen.append(function(x)) or x)(X)
    else:
        pytest.skip("a trace of torch breaks where Python code has side effects")
    return seen[0]


def test_a_tensor_in_compiled_code_is_not():
    assert not in_compiled_code(cheap_to_read)
    assert in_compiled_code(known_values) is None


def test_a_tensor_whose_gradient_may_be_wanted_is_no_constant():
    x = keras.ops.convert_to_tensor(X)
    if BACKEND == "tensorflow":  # which has no mark of a GradientTape
        assert not known_constant(x)
        return
    assert known_constant(x)
    if BACKEND == "torch":
        assert not known_constant(x.clone().requires_grad_())
    else:
        import jax

        seen = []
        jax.grad(lambda x: seen.append(known_constant(x)) or x.sum())(x)
        assert seen == [False]
