"""A small model and data for what stands between a loss and a model."""

import keras
import numpy as np
import pytest

RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


@pytest.fixture(scope="session")
def data():
    return X, Y


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    """A model that is built when it is first called."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(1, kernel_initializer="zeros")

    def call(self, x):
        return self.dense(x)


def sequential():
    layers = [keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")]
    return keras.Sequential(layers)


def functional():
    x = keras.Input((3,))
    return keras.Model(x, keras.layers.Dense(1, kernel_initializer="zeros")(x))


KINDS = {
    "sequential": sequential,
    "functional": functional,
    "subclassed": Subclassed,
}


@pytest.fixture
def model():
    """Makes a model of a kind that predicts zeros."""

    def make(kind="sequential"):
        keras.utils.set_random_seed(0)
        return KINDS[kind]()

    return make


@pytest.fixture
def still():
    """An optimizer that changes nothing, so that the loss shows what was set."""
    return keras.optimizers.SGD(0.0)
