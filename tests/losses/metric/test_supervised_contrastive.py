import keras
import numpy as np
import pytest

import portable_losses

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

rng = np.random.default_rng(0)
LABELS = np.array([0, 1, 0, 2, 1, 0, 2, 3], "int32")
X = rng.normal(size=(8, 5)).astype("float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_equal_embeddings_cost_the_logarithm_of_the_others():
    loss = portable_losses.SupervisedContrastive()
    got = value(loss, LABELS, np.ones((8, 5), "float32"))
    np.testing.assert_allclose(got, np.log(7), rtol=1e-6)


def test_only_directions_count_unless_they_are_all_there_is():
    loss = portable_losses.SupervisedContrastive()
    length = np.linspace(0.1, 30, 8)[:, None].astype("float32")
    np.testing.assert_allclose(
        value(loss, LABELS, length * X), value(loss, LABELS, X), 1e-5
    )
    unit = X / np.linalg.norm(X, axis=-1, keepdims=True)
    plain = portable_losses.SupervisedContrastive(normalize=False)
    np.testing.assert_allclose(value(plain, LABELS, unit), value(loss, LABELS, X), 1e-5)
    assert abs(value(plain, LABELS, X) - value(loss, LABELS, X)) > 0.1


def test_an_anchor_alone_in_its_class_leaves_the_mean():
    items = value(portable_losses.SupervisedContrastive(reduction=None), LABELS, X)
    assert items[7] == 0
    got = value(portable_losses.SupervisedContrastive(), LABELS, X)
    np.testing.assert_allclose(got, items[:7].mean(), rtol=1e-6)


def test_no_positives_cost_0(gradient):
    loss = portable_losses.SupervisedContrastive()
    got, slope = gradient(loss, np.arange(8, dtype="int32"), X, compiled=MODE)
    assert got == 0
    assert not slope.any()


def test_what_leaves_the_batch_is_no_ones_pair():
    loss = portable_losses.SupervisedContrastive()
    keep = np.arange(8) != 2
    wanted = value(loss, LABELS[keep], X[keep])
    broken = X.copy()
    broken[2] = np.inf
    np.testing.assert_allclose(value(loss, LABELS, broken, mask=keep), wanted, 1e-6)
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
        loss = portable_losses.SupervisedContrastive(reduction=reduction)
        wanted = value(loss, LABELS[keep], X[keep], np.ones(7, "float32"))
        got = value(loss, LABELS, broken, keep.astype("float32"))
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_labels_are_exact():
    loss = portable_losses.SupervisedContrastive(dtype="float16")
    wanted = value(loss, [0, 0, 1, 1], X[:4])
    labels = np.array([2**24, 2**24, 2**24 + 1, 2**24 + 1], "int32")
    assert value(loss, labels, X[:4]) == wanted
    assert value(loss, labels[:, None], X[:4]) == wanted
    assert value(loss, [-5.0, -5.0, 3.0, 3.0], X[:4]) == wanted


def test_a_low_temperature_is_exact(gradient):
    # The positive is opposite, the negative equal: 2 / temperature and no overflow.
    x = np.array([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]], "float32")
    loss = portable_losses.SupervisedContrastive(temperature=1e-3)
    got, slope = gradient(loss, np.array([0, 0, 1], "int32"), x, compiled=MODE)
    np.testing.assert_allclose(got, (2000.0 + np.log(2.0)) / 2, rtol=1e-6)
    assert np.isfinite(slope).all()


def test_no_samples_have_no_items():
    items = portable_losses.SupervisedContrastive(reduction=None)(LABELS[:0], X[:0])
    assert tuple(items.shape) == (0,)


ERRORS = [
    (
        {"temperature": 0},
        LABELS,
        X,
        ValueError,
        "`temperature` must be a finite number",
    ),
    ({"normalize": "yes"}, LABELS, X, TypeError, "`normalize` must be True or False"),
    ({}, LABELS + 0.5, X, ValueError, "must be whole class indices"),
    ({}, np.eye(8, 5), X, ValueError, "must be class indices of shape"),
    ({}, np.zeros((8, 2), "int32"), np.zeros((8, 2, 5)), ValueError, r"shape \(B, D\)"),
]


@pytest.mark.parametrize(("config", "labels", "x", "kind", "message"), ERRORS)
def test_bad_input_is_rejected(config, labels, x, kind, message):
    with pytest.raises(kind, match=message):
        portable_losses.SupervisedContrastive(**config)(labels, x)
