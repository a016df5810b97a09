import keras
import numpy as np
import pytest

import portable_losses as pl
from portable_losses.ops.residuals import root_of_squares

R = np.array([0.0, 1e-10, 1e-4, -0.5, 3.0, 1e9, -1e20, 1e30], "float32")


def each(gradient, loss, compiled=False):
    return gradient(loss, np.zeros((len(R), 1)), R[:, None], compiled=compiled)


@pytest.mark.parametrize("delta", [1e-3, 0.7, 1e3])
def test_pseudo_huber_neither_cancels_nor_overflows(gradient, compiled, delta):
    loss = pl.PseudoHuber(delta=delta, reduction="none")
    value, slope = each(gradient, loss, compiled)
    r = R.astype("float64")
    root = np.hypot(delta, r)
    wanted = delta * r * (r / (root + delta))
    np.testing.assert_allclose(value, wanted, rtol=2e-6)
    np.testing.assert_allclose(slope[:, 0], delta * r / root, rtol=1e-5)


@pytest.mark.parametrize("epsilon", [1e-3, 2.0, 1e8, 1e12, 1e-20])
def test_charbonnier_does_not_overflow(gradient, compiled, epsilon):
    loss = pl.Charbonnier(epsilon=epsilon, reduction="none")
    value, slope = each(gradient, loss, compiled)
    r = R.astype("float64")
    root = np.hypot(r, epsilon)
    np.testing.assert_allclose(value, root, rtol=2e-6)
    np.testing.assert_allclose(slope[:, 0], r / root, rtol=1e-5)


def test_charbonnier_of_an_infinite_residual_and_of_none(gradient, compiled):
    r = np.array([[np.inf], [-np.inf], [np.nan]], "float32")
    value, slope = gradient(
        pl.Charbonnier(reduction="none"), 0 * R[:3, None], r, compiled=compiled
    )
    np.testing.assert_array_equal(value, [np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(slope[:, 0], [1.0, -1.0, np.nan])


def test_charbonnier_has_its_second_derivative():
    r = np.array([0.0, 1e-4, 0.3, -2.0, 1e20], "float32")
    got = keras.ops.convert_to_numpy(curvatures(lambda x: root_of_squares(x, 0.5), r))
    np.testing.assert_allclose(
        got, 0.25 / np.hypot(r.astype("f8"), 0.5) ** 3, 1e-5, 1e-30
    )


def curvatures(function, x):
    """The second derivative of a function of each element."""
    backend = keras.config.backend()
    if backend == "jax":
        import jax

        return jax.vmap(jax.grad(jax.grad(function)))(x)
    if backend == "tensorflow":
        import tensorflow as tf

        x = tf.constant(x)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = function(x)
            slope = inner.gradient(y, x)
        return outer.gradient(slope, x)
    import torch

    x = torch.tensor(x, requires_grad=True)
    (slope,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
    return torch.autograd.grad(slope.sum(), x)[0]


def test_pseudo_huber_in_its_own_units_is_the_general_robust_loss(gradient):
    general = pl.GeneralRobust(alpha=1.0, scale=0.3)
    r = np.array([[0.0, 1e-3, 0.2], [1.0, -5.0, 1e3]], "float32")
    value, slope = gradient(pl.PseudoHuber(delta=0.3), 0 * r, r)
    wanted, slopes = gradient(general, 0 * r, r)
    np.testing.assert_allclose(value / 0.09, wanted, rtol=1e-5)
    np.testing.assert_allclose(slope / 0.09, slopes, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "key"), [("PseudoHuber", "delta"), ("Charbonnier", "epsilon")]
)
def test_a_hyperparameter_is_used(gradient, name, key):
    moving = getattr(pl, name)(**{key: pl.Hyperparameter(0.3)}, reduction="none")
    fixed = getattr(pl, name)(**{key: 0.3}, reduction="none")
    for got, wanted in zip(each(gradient, moving), each(gradient, fixed), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_a_mask_of_elements():
    loss = pl.Charbonnier(epsilon=1.0)
    t, p = [[0.0, np.nan], [0.0, 0.0]], [[0.0, 1.0], [np.sqrt(3), np.sqrt(8)]]
    value = float(loss(t, p, mask=[[True, False], [True, True]]))
    assert value == pytest.approx((1 + 2.5) / 2)


@pytest.mark.parametrize(
    ("name", "key"), [("PseudoHuber", "delta"), ("Charbonnier", "epsilon")]
)
@pytest.mark.parametrize("value", [0, -1.0, float("nan")])
def test_a_width_that_is_not_positive_is_rejected(name, key, value):
    message = f"{name}: `{key}` must be a finite number > 0; got {key}="
    with pytest.raises(ValueError, match=message):
        getattr(pl, name)(**{key: value})
