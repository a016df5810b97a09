import json

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Quantile

RNG = np.random.default_rng(0)
THREE = (0.1, 0.5, 0.9)

# y_true, y_pred, items
SHAPES = [
    ((5,), (5, 3), (5,)),
    ((5, 1), (5, 3), (5,)),
    ((5, 2), (5, 2, 3), (5, 2)),
    ((5, 2, 1), (5, 2, 3), (5, 2)),
    ((5, 1), (5, 1, 3), (5, 1)),
]


@pytest.mark.parametrize(("true", "pred", "items"), SHAPES)
def test_a_sequence_takes_a_column_per_quantile(true, pred, items):
    t, p = RNG.normal(size=true), RNG.normal(size=pred)
    got = np.asarray(Quantile(quantiles=THREE, reduction="none")(t, p))
    assert got.shape == items
    error = t.reshape((*pred[:-1], 1)) - p
    q = np.array(THREE)
    expected = np.maximum(q * error, (q - 1) * error).mean(axis=-1)
    np.testing.assert_allclose(got, expected, rtol=1e-5)


MISFITS = [
    ((5, 3), (5, 3), "without the last axis"),  # a target per quantile
    ((5,), (5, 2), r"\(\.\.\.\) or \(\.\.\., 1\), and y_pred \(\.\.\., 3\)"),
    ((5, 1), (5, 2), r"\(\.\.\.\) or \(\.\.\., 1\), and y_pred \(\.\.\., 3\)"),
    ((5,), (5,), "without the last axis"),
    ((5, 2), (5, 1, 3), "without the last axis"),
    ((5, 2, 2), (5, 2, 3), "without the last axis"),
]


@pytest.mark.parametrize(("true", "pred", "rule"), MISFITS)
def test_shapes_that_do_not_fit_are_rejected(true, pred, rule):
    message = f"Quantile: `y_true` must have .*{rule}.*; got y_true of shape .* and "
    message += "y_pred of shape"
    with pytest.raises(ValueError, match=message):
        Quantile(quantiles=THREE)(np.zeros(true), np.zeros(pred))


def test_one_number_wants_one_shape():
    with pytest.raises(ValueError, match="`y_true` must have y_pred's shape"):
        Quantile()(np.zeros((5, 1)), np.zeros((5, 3)))


def test_targets_are_wanted():
    with pytest.raises(TypeError, match="Quantile: `y_true` must be one tensor"):
        Quantile(quantiles=THREE)(None, np.zeros((5, 3)))


def test_one_half_is_half_the_absolute_error(gradient, compiled):
    t, p = RNG.normal(size=(2, 5, 3)).astype("float32")
    p[0, 0] = t[0, 0]
    half, half_slope = gradient(Quantile(), t, p, compiled=compiled)
    whole, whole_slope = gradient(
        portable_losses.MeanAbsoluteError(), t, p, compiled=compiled
    )
    np.testing.assert_allclose(half, whole / 2, rtol=1e-6)
    np.testing.assert_allclose(half_slope, whole_slope / 2, rtol=1e-6)


def test_columns_in_the_wrong_order_are_penalized(gradient, compiled):
    t, p = np.zeros(1, "float32"), np.array([[3.0, 1.0, 2.0]], "float32")
    plain, plain_slope = gradient(Quantile(quantiles=THREE), t, p, compiled=compiled)
    fined, fined_slope = gradient(
        Quantile(quantiles=THREE, crossing_penalty=4.0), t, p, compiled=compiled
    )
    np.testing.assert_allclose(fined - plain, 4.0 * 2.0 / 2, rtol=1e-6)
    np.testing.assert_allclose(
        fined_slope - plain_slope, [[2.0, -2.0, 0.0]], rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize(
    "quantiles", [[0.1, 0.9], np.array([0.1, 0.9]), keras.ops.array([0.1, 0.9])]
)
def test_quantiles_may_be_a_list_or_an_array(quantiles):
    got = Quantile(quantiles=quantiles).quantiles
    assert isinstance(got, tuple)
    np.testing.assert_allclose(got, (0.1, 0.9), rtol=1e-6)


@pytest.mark.parametrize("quantiles", [0.25, np.float64(0.25), np.array(0.25)])
def test_one_quantile_may_be_any_number(quantiles):
    assert Quantile(quantiles=quantiles).quantiles == 0.25


@pytest.mark.parametrize("quantiles", [0.3, (0.3,), (0.3, 0.7)])
def test_one_number_and_a_sequence_of_one_survive_json(quantiles):
    loss = Quantile(quantiles=quantiles)
    text = json.dumps(keras.saving.serialize_keras_object(loss))
    back = keras.saving.deserialize_keras_object(json.loads(text))
    assert back.quantiles == loss.quantiles
    assert back.targets == loss.targets


VALUES = [
    (0.0, r"`quantiles` must be a finite number > 0 and < 1; got quantiles=0.0"),
    (1, r"`quantiles` must be a finite number > 0 and < 1; got quantiles=1"),
    ((0.5, 1.0), r"`quantiles\[1\]` must be .* > 0 and < 1"),
    ((0.9, 0.1), r"`quantiles` must be ascending; got quantiles=\(0.9, 0.1\)"),
    ((0.5, 0.5), r"`quantiles` must be ascending"),
    ((), r"`quantiles` must be a sequence of numbers; got quantiles=\(\)"),
]


@pytest.mark.parametrize(("quantiles", "message"), VALUES)
def test_quantiles_that_make_no_sense_are_rejected(quantiles, message):
    with pytest.raises(ValueError, match="Quantile: " + message):
        Quantile(quantiles=quantiles)


@pytest.mark.parametrize("quantiles", [None, "median", True])
def test_quantiles_that_are_no_numbers_are_rejected(quantiles):
    with pytest.raises(TypeError, match="Quantile: `quantiles` must be a finite"):
        Quantile(quantiles=quantiles)


def test_a_penalty_needs_a_sequence():
    message = "`crossing_penalty` must be 0 for one quantile, which crosses nothing"
    with pytest.raises(ValueError, match=message):
        Quantile(quantiles=0.5, crossing_penalty=1.0)


def test_a_negative_penalty_is_rejected():
    message = "`crossing_penalty` must be a finite number >= 0"
    with pytest.raises(ValueError, match=message):
        Quantile(quantiles=THREE, crossing_penalty=-1.0)


def test_weights_and_masks_align_with_items_of_another_shape_than_y_pred():
    t, p = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2, 3))
    items = np.asarray(Quantile(quantiles=THREE, reduction="none")(t, p))
    loss = Quantile(quantiles=THREE)
    weight = np.array([1.0, 0.0, 2.0, 0.5])
    expected = (items * weight[:, None]).mean()
    np.testing.assert_allclose(float(loss(t, p, weight)), expected, rtol=1e-5)
    mask = np.array([[True, False]] * 4)
    got = float(loss(t, p, mask=mask))
    np.testing.assert_allclose(got, items[:, 0].mean(), rtol=1e-5)


def test_quantiles_come_first_without_their_name():
    assert Quantile([0.1, 0.9]).quantiles == (0.1, 0.9)
    assert Quantile(0.3).quantiles == 0.3
