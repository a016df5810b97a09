import numpy as np
import pytest

import portable_losses as pl

RNG = np.random.default_rng(0)


def test_one_component_is_the_gaussian_likelihood_of_all_columns():
    t, m, s = RNG.normal(size=(3, 4, 2))
    logit = RNG.normal(size=(4, 1))
    got = float(pl.MixtureDensity(1)(t, np.concatenate([logit, m, s], axis=-1)))
    gaussian = pl.GaussianNLL(full=True)(t, np.concatenate([m, 2 * s], axis=-1))
    np.testing.assert_allclose(got, 2 * float(gaussian), rtol=1e-6)


def test_means_and_scales_are_component_by_component():
    # The target is the mean of the second component, whose scales are e and 1 / e^2.
    p = [[0.0, 0.0, 9.0, 9.0, 1.0, 2.0, -3.0, -3.0, 1.0, -2.0]]
    got = float(pl.MixtureDensity(2)([[1.0, 2.0]], p))
    assert got == pytest.approx(np.log(2) + 1 - 2 + np.log(2 * np.pi), rel=1e-6)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1)])
def test_items_have_the_shape_of_the_targets_without_columns(shape):
    t, p = RNG.normal(size=shape), RNG.normal(size=(4, 3, 6))
    items = np.asarray(pl.MixtureDensity(2, reduction=None)(t, p))
    assert items.shape == (4, 3)
    mask = np.arange(12).reshape(4, 3) % 2 == 0
    got = float(pl.MixtureDensity(2)(t, p, mask=mask))
    np.testing.assert_allclose(got, items[mask].mean(), rtol=1e-6)


def test_far_and_infinite_are_alive_and_free_of_nan(gradient):
    p = np.float32(
        [
            [0, 0, 1e15, -2e15, 0, 0],
            [np.inf, 0, 1, 2, 0, 1],
            [-np.inf, 0, 1, 2, 0, 1],
            [0, 0, 1, 2, -1e4, 1],
            [0, 0, 3e18, 5e18, 0, 0],
        ]
    )
    loss = pl.MixtureDensity(2, reduction=None)
    value, slope = gradient(loss, np.zeros((5, 1)), p)
    assert np.isfinite(value).all() and np.isfinite(slope).all()
    assert np.abs(slope).max(axis=1).min() > 0.4
    half = np.log(2 * np.pi) / 2
    np.testing.assert_allclose(value[1], 0.5 + half, rtol=1e-6)
    np.testing.assert_allclose(value[2], 2 * np.exp(-2) + 1 + half, rtol=1e-6)
    assert not slope[1:3, 0].any()


def test_groups_that_do_not_fit_are_rejected():
    message = (
        r"MixtureDensity: `y_true` must have shape \(\.\.\., d\), and y_pred "
        r"\(\.\.\., 3 \+ 6 d\); got y_true of shape \(4, 2\) and y_pred of shape "
        r"\(4, 9\) \(give y_pred logits, means, log_scales side by side on the last"
    )
    with pytest.raises(ValueError, match=message):
        pl.MixtureDensity(3)(np.zeros((4, 2)), np.zeros((4, 9)))


def test_components_are_a_whole_number():
    message = (
        "MixtureDensity: `components` must be a whole number >= 1; got components="
    )
    with pytest.raises(ValueError, match=message + "0"):
        pl.MixtureDensity(0)
    with pytest.raises(TypeError, match=message + "2.5"):
        pl.MixtureDensity(2.5)
