import keras
import numpy as np
import pytest

import portable_losses

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

VIEWS = np.random.default_rng(0).normal(size=(6, 2, 4)).astype("float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_the_targets_are_ignored():
    loss = portable_losses.VICReg()
    wanted = value(loss, None, VIEWS)
    for t in (np.zeros(6), np.full((6, 3), np.nan), np.arange(6)):
        assert value(loss, t, VIEWS) == wanted


def test_each_term_by_itself():
    off = {"invariance": 0.0, "variance": 0.0, "covariance": 0.0}
    # Columns of variance 4/3 and 0; views that differ by 1 in the second.
    a = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
    b = a + np.array([0.0, 1.0])
    c = a[:, :1] * np.ones(2)
    table = [
        ({"invariance": 2.0}, a, b, 2 * 0.5),
        ({"variance": 2.0}, a, a, 2 * 0.5 * (1 - 0.01)),
        ({"variance": 2.0, "epsilon": 0.25}, a, a, 2 * 0.5 * 0.5),
        ({"covariance": 3.0}, a, a, 0.0),
        ({"covariance": 3.0}, c, a, 3 * (4 / 3) ** 2),
    ]
    for config, first, second, wanted in table:
        loss = portable_losses.VICReg(**{**off, **config})
        got = value(loss, None, np.stack([first, second], axis=1).astype("float32"))
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)


def test_few_samples_are_finite(gradient):
    for samples, wanted in (
        (1, 25 * np.mean((VIEWS[0, 0] - VIEWS[0, 1]) ** 2)),
        (0, 0),
    ):
        loss = portable_losses.VICReg()
        got, slope = gradient(loss, None, VIEWS[:samples], compiled=MODE)
        np.testing.assert_allclose(got, wanted, rtol=1e-5)
        assert np.isfinite(slope).all()


def test_a_sample_of_which_a_view_is_masked_leaves_the_batch():
    keep = np.ones((6, 2), "bool")
    keep[1, 0] = keep[4, 1] = False
    broken = VIEWS.copy()
    broken[~keep] = np.nan
    loss = portable_losses.VICReg()
    got = value(loss, None, broken, mask=keep)
    np.testing.assert_allclose(got, value(loss, None, VIEWS[keep.all(1)]), rtol=1e-5)


def test_a_batch_without_items_is_one_number():
    items = value(portable_losses.VICReg(reduction=None), None, VIEWS)
    np.testing.assert_allclose(
        items, np.full(6, value(portable_losses.VICReg(), None, VIEWS))
    )


ERRORS = [
    ({"variance": -1}, VIEWS, None, "`variance` must be a finite number >= 0"),
    ({"epsilon": float("nan")}, VIEWS, None, "`epsilon` must be a finite number >= 0"),
    ({}, VIEWS[:, 0], None, r"two views of shape \(B, 2, D\); got y_pred=an array of"),
    ({}, np.zeros((6, 3, 4)), None, r"two views of shape \(B, 2, D\)"),
    ({}, VIEWS, np.ones(6), "`sample_weight` must be None for a statistic"),
]


@pytest.mark.parametrize(("config", "views", "weight", "message"), ERRORS)
def test_bad_input_is_rejected(config, views, weight, message):
    with pytest.raises(ValueError, match=message):
        portable_losses.VICReg(**config)(None, views, weight)
