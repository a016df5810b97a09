"""Values and gradients of many small functions at once, on the current backend."""

import keras
import numpy as np
import pytest

BACKEND = keras.config.backend()
MODES = {
    "jax": ["eager", "jit"],
    "tensorflow": ["eager", "graph", "xla"],
    "torch": ["eager"],
    "numpy": ["eager"],
}[BACKEND]


def _jax(rows, inputs, mode):
    import jax

    def one(function, arguments):
        value, pull = jax.vjp(function, *arguments)
        return value, list(pull(jax.numpy.ones_like(value)))

    def every(inputs):
        return [one(f, x) for f, x in zip(rows, inputs, strict=True)]

    return (jax.jit(every) if mode == "jit" else every)(inputs)


def _tensorflow(rows, inputs, mode):
    import tensorflow as tf

    def one(function, arguments):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            value = function(*arguments)
        return value, tape.gradient(value, arguments)

    def every(inputs):
        return [one(f, x) for f, x in zip(rows, inputs, strict=True)]

    if mode != "eager":
        every = tf.function(every, jit_compile=mode == "xla", autograph=False)
    return every(inputs)


def _torch(rows, inputs, mode):
    import torch

    def one(function, arguments):
        arguments = [x.clone().requires_grad_() for x in arguments]
        value = function(*arguments)
        if value.requires_grad:
            value.backward(torch.ones_like(value))
        return value.detach(), [x.grad for x in arguments]

    return [one(f, x) for f, x in zip(rows, inputs, strict=True)]


def _numpy(rows, inputs, mode):
    return [(f(*x), [None] * len(x)) for f, x in zip(rows, inputs, strict=True)]


def differentiate(rows, inputs, dtype="float32", mode="eager"):
    """[(value, [gradient of its sum in each input])], one for each function."""
    run = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch, "numpy": _numpy}
    tensors = [
        [keras.ops.cast(np.asarray(x, "float32"), dtype) for x in arguments]
        for arguments in inputs
    ]
    results = run[BACKEND](rows, tensors, mode)
    answer = []
    for (value, gradients), arguments in zip(results, tensors, strict=True):
        assert keras.backend.standardize_dtype(value.dtype) == dtype
        # A backend's None, not connected, is a zero.
        gradients = [
            np.zeros(x.shape) if g is None else _to_numpy(g)
            for g, x in zip(gradients, arguments, strict=True)
        ]
        answer.append((_to_numpy(value), gradients))
    return answer


def _to_numpy(x):
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")), float)


@pytest.fixture(scope="session")
def backend():
    return BACKEND


@pytest.fixture(scope="session", params=MODES)
def mode(request):
    return request.param


@pytest.fixture(scope="session")
def compiled():
    return MODES[-1]


@pytest.fixture(scope="session", name="differentiate")
def _differentiate():
    return differentiate
