"""Values and gradients in compiled code, unless a test says how.

Eager code is what the cases of the harness run. JAX compiles each operation of it for
each shape, of which the tests of densities have many.
"""

import functools

import keras
import pytest

MODE = {"jax": "jit", "tensorflow": "graph"}.get(keras.config.backend(), False)


@pytest.fixture(scope="session", name="gradient")
def _gradient(gradient):
    return functools.partial(gradient, compiled=MODE)
