import numpy as np
import pytest

import portable_losses as pl

RNG = np.random.default_rng(0)
T, P = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 4))


def test_beta_0_is_the_gaussian_likelihood(gradient):
    got, wanted = (gradient(x, T, P) for x in (pl.BetaNLL(beta=0), pl.GaussianNLL()))
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_beta_1_gives_the_mean_the_gradient_of_half_the_squared_error(gradient):
    _, slope = gradient(pl.BetaNLL(beta=1.0), T, P)
    np.testing.assert_allclose(slope[:, :2], (P[:, :2] - T) / 8, rtol=1e-5)


def test_beta_may_move(gradient):
    beta = pl.Hyperparameter(1.0)
    moving = pl.BetaNLL(beta=beta)
    for new in (0.0, 0.5):
        beta.assign(new)
        wanted = gradient(pl.BetaNLL(beta=new), T, P)
        for a, b in zip(gradient(moving, T, P, compiled=False), wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)


def test_a_negative_beta_is_rejected():
    message = "BetaNLL: `beta` must be a finite number >= 0; got beta=-1 "
    with pytest.raises(ValueError, match=message):
        pl.BetaNLL(beta=-1)
