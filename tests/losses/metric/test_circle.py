import keras
import numpy as np
import pytest

import portable_losses

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

rng = np.random.default_rng(0)
LABELS = rng.integers(0, 3, 8).astype("int32")
X = rng.normal(size=(8, 5))
X = (X / np.linalg.norm(X, axis=-1, keepdims=True)).astype("float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


ARGUMENTS = [
    (),
    (80.0, 0.4, True, "sum", "circle", "float32"),
    (2.0, 0.25, False, None),
    (256.0, 0.0),
    (10.0, -0.2),
    (1.0, 1.5),
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_the_number_of_keras(arguments):
    ours = portable_losses.Circle(*arguments)
    theirs = keras.losses.Circle(*arguments)
    np.testing.assert_allclose(value(ours, LABELS, X), value(theirs, LABELS, X), 2e-5)
    weight = np.linspace(0.5, 2, 8).astype("float32")
    got, wanted = value(ours, LABELS, X, weight), value(theirs, LABELS, X, weight)
    np.testing.assert_allclose(got, wanted, rtol=2e-5)


def test_the_gradient_of_keras(gradient):
    _, ours = gradient(portable_losses.Circle(), LABELS, X, compiled=MODE)
    keras_loss = keras.losses.Circle()
    _, theirs = gradient(
        lambda t, p, w, mask: keras_loss(t, p, w), LABELS, X, compiled=MODE
    )
    np.testing.assert_allclose(ours, theirs, 1e-4, 1e-5 * np.abs(theirs).max())


def test_anchors_without_a_pair_leave_the_mean():
    labels = np.array([0, 0, 1, 2], "int32")
    items = value(portable_losses.Circle(reduction=None), labels, X[:4])
    assert (items[:2] > 0).all()
    assert (items[2:] == 0).all()
    got = value(portable_losses.Circle(), labels, X[:4])
    np.testing.assert_allclose(got, items[:2].mean(), rtol=1e-6)
    for labels in (np.zeros(4, "int32"), np.arange(4, dtype="int32")):
        assert value(portable_losses.Circle(), labels, X[:4]) == 0


def test_equal_embeddings_of_two_classes_are_pushed_apart(gradient):
    # 1 - x x is 0 but for rounding: the slope may not depend on its sign.
    x = np.full((4, 3), 3**-0.5, "float32")
    labels = np.array([0, 0, 1, 1], "int32")
    _, slope = gradient(portable_losses.Circle(), labels, x, compiled=MODE)
    assert (np.abs(slope).max(axis=-1) > 1).all()


def test_what_leaves_the_batch_is_no_ones_negative():
    keep = np.arange(8) != 3
    wanted = value(portable_losses.Circle(), LABELS[keep], X[keep])
    broken = X.copy()
    broken[3] = np.nan
    got = value(portable_losses.Circle(), LABELS, broken, mask=keep)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    got = value(portable_losses.Circle(), LABELS, broken, keep.astype("float32"))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_labels_are_exact():
    labels = np.array([2**24, 2**24, 2**24 + 1, 2**24 + 1], "int32")
    wanted = value(portable_losses.Circle(), labels - 2**24, X[:4])
    for dtype in ("float32", "float16"):
        got = value(portable_losses.Circle(dtype=dtype), labels[:, None], X[:4])
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
    assert value(portable_losses.Circle(), [-1, -1, 7, 7], X[:4]) == wanted


def test_no_samples_have_no_items():
    items = portable_losses.Circle(reduction=None)(LABELS[:0], X[:0])
    assert tuple(items.shape) == (0,)


ERRORS = [
    ({"gamma": 0}, LABELS, X, ValueError, "`gamma` must be a finite number > 0"),
    ({"margin": "a"}, LABELS, X, TypeError, "`margin` must be a finite number"),
    ({"remove_diagonal": 0}, LABELS, X, TypeError, "`remove_diagonal` must be True or"),
    ({}, LABELS + 0.5, X, ValueError, "must be whole class indices"),
    (
        {},
        LABELS[:4],
        X,
        ValueError,
        r"y_true of shape \(4,\) and y_pred of shape \(8, 5",
    ),
    ({}, np.zeros((8, 2), "int32"), np.zeros((8, 2, 5)), ValueError, r"shape \(B, D\)"),
]


@pytest.mark.parametrize(("config", "labels", "x", "kind", "message"), ERRORS)
def test_bad_input_is_rejected(config, labels, x, kind, message):
    with pytest.raises(kind, match=message):
        portable_losses.Circle(**config)(labels, x)
