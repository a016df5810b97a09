"""keras.losses.X replaced by ours: the same numbers, positional arguments too."""

import keras
import numpy as np
import pytest

import portable_losses

RNG = np.random.default_rng(7)
REAL = RNG.normal(size=(2, 6, 4)).astype("float32")
POSITIVE = RNG.gamma(2.0, size=(2, 6, 4)).astype("float32")
SPACE = RNG.normal(size=(2, 6, 5, 4)).astype("float32")

# loss, its own positional arguments, targets and predictions
TABLE = [
    ("MeanSquaredError", (), REAL),
    ("MeanAbsoluteError", (), REAL),
    ("MeanAbsoluteError", (), SPACE),
    ("MeanAbsolutePercentageError", (), REAL),
    ("MeanSquaredLogarithmicError", (), POSITIVE),
    ("MeanSquaredLogarithmicError", (), REAL),
    ("Huber", (0.4,), REAL),
    ("LogCosh", (), REAL),
    ("LogCosh", (), 50.0 * REAL),
    ("Poisson", (), POSITIVE),
    ("CosineSimilarity", (-1,), REAL),
    ("CosineSimilarity", (1,), SPACE),
    ("CosineSimilarity", (-2,), SPACE),
]


VECTORS = [row for row in TABLE if row[2] is not SPACE]


@pytest.mark.parametrize(("name", "arguments", "pair"), VECTORS)
def test_the_weighted_numbers_are_those_of_keras(name, arguments, pair):
    weight = np.linspace(0.5, 2.0, 6).astype("float32")
    ours = getattr(portable_losses, name)(*arguments)(*pair, weight)
    theirs = getattr(keras.losses, name)(*arguments)(*pair, weight)
    np.testing.assert_allclose(float(ours), float(theirs), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("name", "arguments", "pair"), TABLE)
def test_every_argument_is_where_keras_has_it(name, arguments, pair):
    rest = ("none", "mine", "float32")
    ours = getattr(portable_losses, name)(*arguments, *rest)
    theirs = getattr(keras.losses, name)(*arguments, *rest)
    assert (ours.reduction, ours.name, ours.dtype) == rest
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(ours(*pair)),
        keras.ops.convert_to_numpy(theirs(*pair)),
        rtol=2e-6,
        atol=1e-6,
    )
    assert getattr(portable_losses, name)().name == getattr(keras.losses, name)().name


COLUMNS = [
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SmoothL1",
    "SymmetricMeanAbsolutePercentageError",
]


@pytest.mark.parametrize("name", COLUMNS)
def test_class_weights_multiply_their_column_and_the_divisor_stays(name):
    make = getattr(portable_losses, name)
    t, p = POSITIVE
    columns = [float(make()(t[:, i], p[:, i])) for i in range(4)]
    weights = (0.5, 2.0, 0.0, 3.0)
    expected = sum(w * c for w, c in zip(weights, columns, strict=True)) / 4
    got = float(make(class_weights=weights)(t, p))
    np.testing.assert_allclose(got, expected, rtol=2e-6)
    by_column = make(class_weights={0: 0.5, 1: 2.0, 2: 0.0, 3: 3.0})
    np.testing.assert_allclose(float(by_column(t, p)), expected, rtol=2e-6)


@pytest.mark.parametrize("name", COLUMNS)
def test_class_weights_of_the_wrong_length_are_rejected(name):
    loss = getattr(portable_losses, name)(class_weights=(1.0, 2.0))
    message = rf"{name}: `class_weights` must be of length 4, .*it has length 2"
    with pytest.raises(ValueError, match=message):
        loss(*POSITIVE)


@pytest.mark.parametrize("name", [*COLUMNS, "CosineSimilarity"])
def test_integer_targets_are_cast_where_they_meet_numbers(name):
    loss = getattr(portable_losses, name)()
    t = np.array([[1, 2], [3, 4]])
    p = np.array([[1.5, 2.5], [2.0, 4.5]], "float32")
    assert float(loss(t, p)) == float(loss(t.astype("float32"), p))
