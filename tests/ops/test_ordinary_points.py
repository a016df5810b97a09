"""Away from the bad points: value and slope against NumPy and SciPy in float64."""

import keras
import numpy as np
import pytest
from scipy import special

from portable_losses import ops

pytestmark = pytest.mark.every_parameter

RANDOM = np.random.default_rng(7)
X = np.sort(RANDOM.uniform(-3, 3, 60)).astype("float32")
Y = RANDOM.uniform(-3, 3, 60).astype("float32")
P = (np.abs(X) + 0.01).astype("float32")
M = RANDOM.normal(size=(5, 4)).astype("float32")


def softplus(x):
    return np.logaddexp(0, x)


def log_softmax(x):
    return special.log_softmax(x, axis=-1)


def elu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(x / alpha))


def norm(x, order=None, axis=-1):
    return np.linalg.norm(x, order, axis)


# name: (function, NumPy's, inputs)
TABLE = {
    "abs": (ops.abs, np.abs, [X]),
    "relu": (ops.relu, lambda x: np.maximum(x, 0), [X]),
    "maximum": (ops.maximum, np.maximum, [X, Y]),
    "minimum": (ops.minimum, np.minimum, [X, Y]),
    "fmax": (ops.fmax, np.fmax, [X, Y]),
    "clip": (lambda x: ops.clip(x, -1, 2), lambda x: np.clip(x, -1, 2), [X]),
    "leaky_relu": (ops.leaky_relu, lambda x: np.where(x > 0, x, 0.2 * x), [X]),
    "celu": (lambda x: ops.celu(x, 0.5), lambda x: elu(x, 0.5), [X]),
    "sqrt": (ops.sqrt, np.sqrt, [P]),
    "rsqrt": (ops.rsqrt, lambda x: x**-0.5, [P]),
    "cbrt": (ops.cbrt, np.cbrt, [X]),
    "hypot": (ops.hypot, np.hypot, [X, Y]),
    "std": (lambda x: ops.std(x, axis=0), lambda x: np.std(x, axis=0), [M]),
    "nanstd": (ops.nanstd, np.nanstd, [M]),
    "norm": (lambda x: ops.norm(x, axis=-1), norm, [M]),
    "norm 1": (lambda x: ops.norm(x, 1, -1), lambda x: norm(x, 1), [M]),
    "norm 3": (lambda x: ops.norm(x, 3, -1), lambda x: norm(x, 3), [M]),
    "norm inf": (lambda x: ops.norm(x, np.inf, -1), lambda x: norm(x, np.inf), [M]),
    "matrix 1": (
        lambda x: ops.norm(x, 1, (0, 1)),
        lambda x: norm(x, 1, (0, 1)),
        [M],
    ),
    "matrix -inf": (
        lambda x: ops.norm(x, -np.inf, (0, 1)),
        lambda x: norm(x, -np.inf, (0, 1)),
        [M],
    ),
    "distance": (ops.distance, lambda x, y: norm(x - y), [M, M[::-1] + 1]),
    "cdist": (ops.cdist, lambda x, y: norm(x[:, None] - y), [M, M[1:4] + 1]),
    "normalize": (
        lambda x: ops.square(ops.normalize(x) + 1),
        lambda x: (x / norm(x)[:, None] + 1) ** 2,
        [M],
    ),
    "log": (ops.log, np.log, [P]),
    "log2": (ops.log2, np.log2, [P]),
    "log10": (ops.log10, np.log10, [P]),
    "xlogy": (ops.xlogy, special.xlogy, [X, P]),
    "divide": (ops.divide, np.divide, [X, P]),
    "reciprocal": (ops.reciprocal, np.reciprocal, [P]),
    "power 5": (lambda x: ops.power(x, 5), lambda x: x**5, [X]),
    "power -3": (lambda x: ops.power(x, -3), lambda x: x**-3, [P]),
    "power 0.7": (lambda x: ops.power(x, 0.7), lambda x: x**0.7, [P]),
    "power": (ops.power, np.power, [P + np.float32(0.5), X]),
    "logsumexp": (
        lambda x: ops.logsumexp(x, axis=0, keepdims=True),
        lambda x: special.logsumexp(x, axis=0, keepdims=True),
        [M],
    ),
    "log_softmax": (
        lambda x: ops.square(ops.log_softmax(x)),
        lambda x: log_softmax(x) ** 2,
        [M],
    ),
    "log_softmax, all": (
        lambda x: ops.square(ops.log_softmax(x, axis=None)),
        lambda x: special.log_softmax(x) ** 2,
        [M],
    ),
    "softmax": (
        lambda x: ops.square(ops.softmax(x)),
        lambda x: special.softmax(x, axis=-1) ** 2,
        [M],
    ),
    "softplus": (ops.softplus, softplus, [X * 20]),
    "log_sigmoid": (ops.log_sigmoid, lambda x: -softplus(-x), [X * 20]),
    "logaddexp": (ops.logaddexp, np.logaddexp, [X, Y]),
    "logaddexp2": (ops.logaddexp2, np.logaddexp2, [X, Y]),
    "arctan2": (ops.arctan2, np.arctan2, [X, P]),
    "arccos": (ops.arccos, np.arccos, [X / 3.1]),
    "arcsin": (ops.arcsin, np.arcsin, [X / 3.1]),
    "sinc": (ops.sinc, np.sinc, [X]),
}


@pytest.fixture(scope="module")
def results(differentiate, compiled):
    functions = [row[0] for row in TABLE.values()]
    inputs = [row[2] for row in TABLE.values()]

    answers = differentiate(functions, inputs, mode=compiled)
    return dict(zip(TABLE, answers, strict=True))


def slope(function, inputs, i):
    """d(sum of the value) / d(input i), by central differences."""
    step = 1e-5
    answer = np.empty(inputs[i].shape)
    for at in np.ndindex(answer.shape):
        moved = []
        for sign in (-1, 1):
            point = [x.copy() for x in inputs]
            point[i][at] += sign * step
            moved.append(np.sum(function(*point)))
        answer[at] = (moved[1] - moved[0]) / (2 * step)
    return answer


@pytest.mark.parametrize("name", TABLE)
def test_value_and_gradient(name, results, backend):
    value, gradients = results[name]
    _, reference, inputs = TABLE[name]
    inputs = [x.astype(float) for x in inputs]
    np.testing.assert_allclose(value, reference(*inputs), rtol=4e-6, atol=1e-6)
    for i, gradient in enumerate(gradients if backend != "numpy" else ()):
        want = slope(reference, inputs, i)
        np.testing.assert_allclose(gradient, want, rtol=1e-4, atol=1e-5)


def test_sparsemax_is_the_nearest_distribution():
    # Keras's own is no yardstick: its rows do not sum to 1.
    x = np.random.default_rng(5).normal(size=(16, 9))
    ordered = -np.sort(-x, axis=-1)
    total, place = np.cumsum(ordered, axis=-1), np.arange(1, 10)
    count = (1 + place * ordered > total).sum(axis=-1, keepdims=True)
    tau = (np.take_along_axis(total, count - 1, axis=-1) - 1) / count
    got = ops.sparsemax(keras.ops.convert_to_tensor(x.astype("float32")))
    got = keras.ops.convert_to_numpy(got)
    np.testing.assert_allclose(got, np.maximum(x - tau, 0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(got.sum(axis=-1), 1.0, rtol=1e-6)
