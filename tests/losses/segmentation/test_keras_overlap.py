import json

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.parity.cases import within

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

rng = np.random.default_rng(0)
T = np.eye(3, dtype="float32")[rng.integers(0, 3, (4, 3, 2))]
P = rng.dirichlet(np.ones(3), (4, 3, 2)).astype("float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


AXES = [None, (1, 2, 3), (1, 2), (3, 1, 2), (-3, -2, -1), 1, (0, 1, 2), (0, 1, 2, 3)]
LOSSES = [
    ("Dice", ("sum_over_batch_size", "dice")),
    ("Tversky", (0.3, 0.7, "sum_over_batch_size", "tversky")),
    ("Tversky", (0.0, 2.0, "sum", "tversky")),
]


def of_keras(name, arguments):
    """Keras 3.15 weighs false negatives by alpha, and false positives by beta."""
    if name == "Tversky" and within(keras.__version__, "<3.16"):
        alpha, beta, *rest = arguments
        return [beta, alpha, *rest]
    return arguments


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize(("name", "arguments"), LOSSES)
def test_the_number_of_keras(name, arguments, axis):
    ours = getattr(portable_losses, name)(*arguments, axis, "float32")
    theirs = getattr(keras.losses, name)(*of_keras(name, arguments), axis, "float32")
    np.testing.assert_allclose(value(ours, T, P), value(theirs, T, P), rtol=2e-6)
    assert ours.name == theirs.name


@pytest.mark.parametrize("axis", [(1, 2, 3), (1, 2), (0, 1, 2)])
def test_the_items_of_keras(axis):
    ours = portable_losses.Dice(reduction=None, axis=axis)
    theirs = keras.losses.Dice(reduction=None, axis=axis)
    np.testing.assert_allclose(value(ours, T, P), value(theirs, T, P), rtol=2e-6)


def test_the_gradient_of_keras(gradient):
    _, ours = gradient(
        portable_losses.Tversky(0.3, 0.7, axis=(1, 2)), T, P, compiled=MODE
    )
    keras_loss = keras.losses.Tversky(*of_keras("Tversky", (0.3, 0.7)), axis=(1, 2))
    _, theirs = gradient(lambda t, p, w, mask: keras_loss(t, p, w), T, P, compiled=MODE)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7)


def test_integer_and_boolean_targets():
    wanted = value(portable_losses.Dice(), T, P)
    for dtype in ("int32", "bool", "uint8"):
        got = value(portable_losses.Dice(), T.astype(dtype), P)
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.parametrize("name", ["Dice", "Tversky"])
def test_empty_against_empty_costs_0(gradient, name):
    for axis, mean in ((None, 0.0), ((1, 2, 3), 0.5), ((0, 1, 2), 2 / 3)):
        t, p = np.zeros((2, 3, 2, 3), "float32"), np.zeros((2, 3, 2, 3), "float32")
        if axis is not None:
            p[1, :, :, 0] = 1.0
            t[1, 0, 0, 1] = 1.0
        loss = getattr(portable_losses, name)(axis=axis)
        got, slope = gradient(loss, t, p, compiled=MODE)
        np.testing.assert_allclose(got, mean, rtol=1e-6)
        assert np.isfinite(slope).all()


def test_alpha_weighs_what_is_invented():
    t = np.array([[1.0, 1.0]], "float32")
    p = np.array([[1.0, 0.0]], "float32")
    missed = value(portable_losses.Tversky(alpha=0.1, beta=0.9, axis=1), t, p)
    invented = value(portable_losses.Tversky(alpha=0.1, beta=0.9, axis=1), p, t)
    np.testing.assert_allclose([missed, invented], [0.9 / 1.9, 0.1 / 1.1], rtol=2e-6)


def test_tversky_by_hand():
    # TP = 1.5, FP = 0.9, FN = 1.5: 1 - 1.5 / (1.5 + 0.3 * 0.9 + 0.7 * 1.5)
    t, p = [[1.0, 1.0, 1.0, 0.0]], [[0.5, 0.5, 0.5, 0.9]]
    got = value(portable_losses.Tversky(alpha=0.3, beta=0.7), t, p)
    np.testing.assert_allclose(got, 0.46809, atol=5e-6)


@pytest.mark.parametrize("name", ["Dice", "Tversky"])
@pytest.mark.parametrize("axis", [None, (0, 1, 2), (-4, 1)])
def test_weights_of_a_statistic_are_rejected(name, axis):
    loss = getattr(portable_losses, name)(axis=axis)
    with pytest.raises(ValueError, match=f"use Soft{name}, which has one value per"):
        loss(T, P, np.ones(4, "float32"))


def test_weights_of_samples():
    loss = portable_losses.Dice(axis=(1, 2, 3))
    items = value(portable_losses.Dice(axis=(1, 2, 3), reduction=None), T, P)
    weight = np.array([2.0, 0.0, 1.0, 0.5], "float32")
    wanted = np.sum(items * weight) / 4
    np.testing.assert_allclose(value(loss, T, P, weight), wanted, rtol=1e-6)
    items = value(portable_losses.Dice(axis=(1, 2), reduction=None), T, P)
    got = value(portable_losses.Dice(axis=(1, 2)), T, P, weight)
    wanted = np.sum(items * weight[:, None]) / 12
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.parametrize("classes", [3, 2])
def test_weights_of_classes_leave_the_pixels_alone(classes):
    # Items are (B, C): their second axis is not the second axis of y_pred.
    t, p = T[..., :classes], P[..., :classes]
    weight = rng.uniform(0.5, 1.5, (4, classes)).astype("float32")
    weight[1, 1], weight[2] = 0.0, 0.0
    for loss in (portable_losses.Dice, portable_losses.Tversky):
        items = value(loss(axis=(1, 2), reduction=None), t, p)
        got = value(loss(axis=(1, 2), reduction=None), t, p, weight)
        np.testing.assert_allclose(got, items * weight, rtol=1e-6)
        broken = p.copy()
        broken[2] = np.nan  # all of the sample's items weigh 0
        got = value(loss(axis=(1, 2), reduction="sum"), t, broken, weight)
        np.testing.assert_allclose(got, np.sum(items * weight), rtol=1e-6)


@pytest.mark.parametrize("axis", [None, (1, 2, 3), (1, 2), (0, 1, 2)], ids=str)
def test_masked_pixels_leave_the_sums(axis):
    keep = rng.uniform(size=(4, 3, 2)) < 0.7
    keep[2] = False
    loss = portable_losses.Dice(axis=axis)
    t, p = T.copy(), P.copy()
    t[~keep] = p[~keep] = 0.0
    if axis in ((1, 2, 3), (1, 2)):
        t, p = t[[0, 1, 3]], p[[0, 1, 3]]
    broken = P.copy()
    broken[~keep] = np.nan
    np.testing.assert_allclose(
        value(loss, T, broken, mask=keep), value(loss, t, p), rtol=1e-6
    )


def test_the_axis_survives_json():
    for axis in (None, 1, (1, 2, 3)):
        loss = portable_losses.Dice(axis=axis)
        text = json.dumps(keras.saving.serialize_keras_object(loss))
        back = keras.saving.deserialize_keras_object(json.loads(text))
        assert back.axis == axis


ERRORS = [
    ("Dice", {"axis": ()}, ValueError, "`axis` must be None or some axes"),
    ("Dice", {"axis": "all"}, TypeError, "`axis` must be a whole number"),
    ("Dice", {"axis": (1, 2.0)}, TypeError, "`axis` must be a whole number"),
    ("Dice", {"axis": 4}, ValueError, r"axes of y_pred, whose shape is \(4, 3, 2, 3\)"),
    ("Tversky", {"alpha": -1}, ValueError, "`alpha` must be a finite number >= 0"),
    ("Tversky", {"beta": float("inf")}, ValueError, "`beta` must be a finite number"),
]


@pytest.mark.parametrize(("name", "config", "kind", "message"), ERRORS)
def test_bad_input_is_rejected(name, config, kind, message):
    with pytest.raises(kind, match=message):
        getattr(portable_losses, name)(**config)(T, P)


def test_shapes_that_differ_are_rejected():
    with pytest.raises(ValueError, match="nothing is broadcast"):
        portable_losses.Dice()(T[..., :1], P)


def test_a_mask_of_the_axis_that_is_summed():
    rng = np.random.default_rng(0)
    t, p = rng.uniform(size=(2, 3, 4, 5)).astype("float32")
    mask = np.array([[True, False, True, True], [True] * 4, [False] * 4])
    loss = portable_losses.Dice(axis=1)
    items = portable_losses.Dice(axis=1, reduction="none")
    wanted = np.asarray(items(t[:1, [0, 2, 3]], p[:1, [0, 2, 3]]))
    wanted = np.concatenate([wanted, np.asarray(items(t[1:2], p[1:2]))]).mean()
    np.testing.assert_allclose(float(loss(t, p, mask=mask)), wanted, rtol=1e-5)
