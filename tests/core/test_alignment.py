"""Targets and predictions that differ by a trailing 1 give the number of Keras."""

import inspect

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Loss, ops

DROP_INS = """
MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError
MeanSquaredLogarithmicError Huber LogCosh CosineSimilarity Poisson KLDivergence Hinge
SquaredHinge CategoricalHinge BinaryCrossentropy BinaryFocalCrossentropy
CategoricalCrossentropy CategoricalFocalCrossentropy
""".split()
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None]
# One has a trailing 1 that the other does not have.
PAIRS = [
    ((3, 3), (3, 3, 1)),
    ((3, 3, 1), (3, 3)),
    ((4, 3), (4, 3, 1)),
    ((4, 1), (4, 1, 1)),
    ((4, 1, 1), (4, 1)),
    ((2, 3, 4), (2, 3, 4, 1)),
    ((2, 3, 4, 1), (2, 3, 4)),
]
MISFITS = [
    ((4,), (4, 1, 1)),
    ((4, 1, 1), (4,)),
    ((4,), (4, 3)),
    ((3,), (3, 3)),
    ((4, 1), (4, 3)),
    ((4, 3), (4, 1)),
    ((4, 3), (4, 3, 1, 1)),
]
CLASS_AXIS = [
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "KLDivergence",
]


class Squared(Loss):
    """A loss of a user, with a mean of its own."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_pred - y_true), axis=-1)


def draw(true_shape, pred_shape):
    rng = np.random.default_rng(0)
    t = rng.integers(0, 2, true_shape).astype("float32")
    return t, rng.uniform(0.1, 0.9, pred_shape).astype("float32")


def number(x):
    return np.asarray(keras.ops.convert_to_numpy(x))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", DROP_INS)
def test_the_number_of_keras(name, reduction):
    for pair in PAIRS:
        y_true, y_pred = draw(*pair)
        want = number(getattr(keras.losses, name)(reduction=reduction)(y_true, y_pred))
        got = getattr(portable_losses, name)(reduction=reduction)(y_true, y_pred)
        assert number(got).shape == want.shape, pair
        np.testing.assert_allclose(number(got), want, 1e-5, 1e-6, err_msg=str(pair))


@pytest.mark.parametrize("name", [*DROP_INS, "Dice", "Tversky"])
def test_nothing_else_is_broadcast(name):
    for pair in MISFITS:
        with pytest.raises(ValueError, match=r"must have y_pred's shape; got y_true"):
            getattr(portable_losses, name)()(*draw(*pair))


@pytest.mark.parametrize("axis", [1, -2])
@pytest.mark.parametrize("pair", [((4, 3, 2), (4, 3, 2, 1)), ((4, 3, 1), (4, 3))])
@pytest.mark.parametrize(
    "name",
    [
        n
        for n in DROP_INS
        if "axis" in inspect.signature(getattr(keras.losses, n)).parameters
    ],
)
def test_an_axis_is_one_of_what_is_left(name, pair, axis):
    if axis == -2 and pair[1] == (4, 3):
        pytest.skip("the items would have no batch axis")
    y_true, y_pred = draw(*pair)
    want = getattr(keras.losses, name)(axis=axis)(y_true, y_pred)
    got = getattr(portable_losses, name)(axis=axis)(y_true, y_pred)
    np.testing.assert_allclose(number(got), number(want), 1e-5, 1e-6)


def test_dense_labels_of_the_issue():
    y_true, y_pred = np.eye(3), np.full((3, 3, 1), 1 / 3)
    got = portable_losses.CategoricalCrossentropy()(y_true, y_pred)
    np.testing.assert_allclose(float(got), np.log(3), rtol=1e-6)
    error = np.ones((4, 3, 1))
    got = portable_losses.MeanSquaredError(reduction="sum")(np.zeros((4, 3)), error)
    assert float(got) == 4


@pytest.mark.parametrize("pair", [((4, 3), (4, 3, 1)), ((4, 3, 1), (4, 3))])
def test_gradient_in_the_shape_of_the_prediction(pair, gradient, compiled):
    y_true, y_pred = draw(*pair)
    loss = portable_losses.CategoricalCrossentropy(from_logits=True)
    got = gradient(loss, y_true, y_pred, compiled=compiled)
    want = gradient(loss, y_true.reshape(4, 3), y_pred.reshape(4, 3))
    np.testing.assert_allclose(got[0], want[0], rtol=1e-6)
    np.testing.assert_allclose(got[1].reshape(4, 3), want[1], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", CLASS_AXIS)
def test_a_vector_has_no_class_axis(name):
    loss = getattr(portable_losses, name)()
    with pytest.raises(ValueError, match=rf"{name}: `y_pred` must be of shape \(B, "):
        loss(np.array([0.0, 1.0, 0.0]), np.array([0.2, 0.3, 0.5]))
    if loss.targets == "same":  # three samples of one class
        loss([[0.0], [1.0], [0.0]], np.array([0.2, 0.3, 0.5]))


@pytest.mark.parametrize("labels", ["one-hot", "soft"])
def test_labels_without_a_class_axis_are_rejected(labels, gradient, compiled):
    y_true = np.eye(3) if labels == "one-hot" else np.full((3, 3), 1 / 3)
    loss = portable_losses.CategoricalGeneralizedCrossEntropy()
    with pytest.raises(ValueError, match="must have as many axes as y_pred"):
        gradient(loss, y_true, np.full((3, 3, 1), 1 / 3), compiled=compiled)
    got = loss(np.eye(3)[..., None], np.full((3, 3), 1 / 3))
    np.testing.assert_allclose(float(got), 2 * (1 - 3**-0.5), rtol=1e-6)


# --- maps: what worked on positions goes on working ----------------------------------

MAPS = [((2, 3, 4), (2, 3, 4, 1)), ((2, 3, 4, 1), (2, 3, 4))]
OF_POSITIONS = {
    "weights": ("sample_weight", (2, 3, 4)),
    "weights with a 1": ("sample_weight", (2, 3, 4, 1)),
    "mask": ("mask", (2, 3, 4)),
    "mask with a 1": ("mask", (2, 3, 4, 1)),
}


@portable_losses.loss
def squared(y_true, y_pred):
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


LOSSES = {
    "ours": portable_losses.MeanSquaredError,
    "binary": portable_losses.BinaryCrossentropy,
    "hinge": portable_losses.Hinge,
    "of a user": Squared,
    "a function": squared,
}


@pytest.mark.parametrize("pair", MAPS)
@pytest.mark.parametrize("row", OF_POSITIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_maps_with_weights_and_masks_of_positions(name, row, pair, gradient, compiled):
    y_true, y_pred = draw(*pair)
    argument, shape = OF_POSITIONS[row]
    rng = np.random.default_rng(1)
    given = rng.uniform(0.0, 2.0, shape).astype("float32")
    if argument == "mask":
        given = given > 0.7
    given.reshape(2, 3, 4)[1, 2, 3] = 0
    given.reshape(2, 3, 4)[0, 1] = 0
    y_pred.reshape(2, 3, 4)[1, 2, 3] = np.nan
    y_true.reshape(2, 3, 4)[0, 1, 2] = np.inf
    also = {argument: given}
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
        loss = LOSSES[name](reduction=reduction)
        value, slope = gradient(loss, y_true, y_pred, **also, compiled=compiled)
        # Every position as an item of its own.
        t, p = y_true.reshape(24, 1), y_pred.reshape(24, 1)
        flat = {argument: given.reshape(24)}
        want, slopes = gradient(loss, t, p, **flat)
        np.testing.assert_allclose(value, want, rtol=1e-5)
        np.testing.assert_allclose(slope.reshape(24, 1), slopes, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("argument", ["sample_weight", "mask"])
@pytest.mark.parametrize("name", LOSSES)
def test_ones_for_the_positions_change_nothing(name, argument, reduction):
    for pair in MAPS:
        y_true, y_pred = draw(*pair)
        loss = LOSSES[name](reduction=reduction)
        got = loss(y_true, y_pred, **{argument: np.ones((2, 3, 4))})
        np.testing.assert_allclose(number(got), number(loss(y_true, y_pred)), rtol=1e-5)


def test_ignored_positions_of_a_map():
    y_true, y_pred = draw(*MAPS[0])
    y_true[0, 1:] = y_true[1, 0, 0] = 255
    loss = portable_losses.BinaryCrossentropy(ignore_class=255)
    fine = y_true != 255
    want = portable_losses.BinaryCrossentropy()(y_true[fine], y_pred[..., 0][fine])
    np.testing.assert_allclose(float(loss(y_true, y_pred)), float(want), rtol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_the_mask_that_keras_attached_to_a_sequence(name):
    y_true, y_pred = draw((4, 5), (4, 5, 1))
    y_pred[0, 2:] = y_pred[3] = 0.0
    masked = keras.layers.Masking()(y_pred)
    fine = y_pred[..., 0] != 0
    loss = LOSSES[name]()
    want = loss(y_true[fine], y_pred[..., 0][fine])
    np.testing.assert_allclose(float(loss(y_true, masked)), float(want), rtol=1e-6)


def test_a_class_axis_takes_no_weights_of_its_entries():
    y_true, y_pred = draw((4, 3), (4, 3, 1))
    loss = portable_losses.CategoricalCrossentropy()
    with pytest.raises(ValueError, match="must have the leading axes of the items"):
        loss(y_true, y_pred, np.ones((4, 3)))


@pytest.mark.parametrize("name", ["Dice", "Tversky"])
@pytest.mark.parametrize("pair", MAPS)
def test_an_overlap_over_the_axis_that_was_squeezed(name, pair):
    y_true, y_pred = draw(*pair)
    loss = getattr(portable_losses, name)
    want = loss(axis=(1, 2))(y_true.reshape(2, 3, 4), y_pred.reshape(2, 3, 4))
    for axis in ((1, 2), (1, 2, 3)):
        got = loss(axis=axis)(y_true, y_pred)
        np.testing.assert_allclose(float(got), float(want), rtol=1e-6)


# --- whole targets -------------------------------------------------------------------


class Shifted(Loss):
    """Arithmetic that whole numbers, and booleans, do not have."""

    def call(self, y_true, y_pred):
        return ops.mean(0.5 * (y_true - 5) + (1 - y_true) * y_pred, axis=-1)


class Rows(Shifted):
    targets = "classes"


WHOLE = ["bool", "uint8", "int8", "int32", "int64", "float16", "float32"]


@pytest.mark.parametrize("cls", [Shifted, Rows])
@pytest.mark.parametrize("dtype", WHOLE)
def test_whole_targets_are_numbers(cls, dtype, gradient, compiled):
    y_true, y_pred = draw((4, 3), (4, 3))
    want = gradient(cls(), y_true, y_pred)
    got = gradient(cls(), y_true.astype(dtype), y_pred, compiled=compiled)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_keras_gives_the_same():
    class OfKeras(keras.losses.Loss):
        call = Shifted.call

    y_true, y_pred = draw((4, 3), (4, 3))
    y_true = y_true.astype("uint8")
    want = OfKeras()(y_true, y_pred)
    np.testing.assert_allclose(float(Shifted()(y_true, y_pred)), float(want), rtol=1e-6)


def test_binary_losses_still_know_hard_targets(monkeypatch):
    seen = []
    call = portable_losses.BinaryCrossentropy.call

    def noted(self, y_true, y_pred):
        seen.append(keras.backend.standardize_dtype(y_true.dtype))
        return call(self, y_true, y_pred)

    monkeypatch.setattr(portable_losses.BinaryCrossentropy, "call", noted)
    portable_losses.BinaryCrossentropy()(np.ones((2, 3), "int32"), np.ones((2, 3)))
    assert seen == ["int32"]
