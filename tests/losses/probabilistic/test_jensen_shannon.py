import mpmath
import numpy as np
import pytest
from scipy.spatial import distance

import portable_losses as pl

RNG = np.random.default_rng(0)
T, P = RNG.dirichlet(np.ones(4), (2, 5))


def test_it_is_the_square_of_the_distance_of_scipy():
    got = np.asarray(pl.JensenShannon(reduction=None)(T, P))
    wanted = distance.jensenshannon(T, P, axis=-1) ** 2
    np.testing.assert_allclose(got, wanted, rtol=2e-6)


def test_it_is_symmetric_and_at_other_betas_mirrored():
    pairs = [(0.5, 0.5), (0.2, 0.8)]
    for a, b in pairs:
        got = float(pl.JensenShannon(beta=a)(T, P))
        wanted = float(pl.JensenShannon(beta=b)(P, T))
        assert got == pytest.approx(wanted, rel=2e-6)


def scaled(b, ids):
    items = np.asarray(pl.JensenShannon(beta=b, reduction=None)(ids, P))
    return items / (-(1 - b) * np.log1p(-b))


def test_scaled_it_lies_between_crossentropy_and_half_the_absolute_error():
    ids = np.array([0, 1, 2, 3, 0])
    likelihood = -np.log(P[np.arange(5), ids])
    np.testing.assert_allclose(scaled(1e-4, ids), likelihood, rtol=0.01)
    # The other limit is approached as 1 / log(1 - b).
    error = np.abs(np.eye(4)[ids] - P).sum(axis=-1) / 2
    far, near = (np.abs(scaled(1 - b, ids) - error).max() for b in (1e-2, 1e-4))
    assert near < 0.6 * far and near < 0.1


def test_close_to_a_match_it_keeps_its_digits(gradient):
    t = np.full((3, 3), [0.5, 0.25, 0.25], "float32")
    step = np.float32([2.0**-6, 2.0**-12, 2.0**-18])
    p = t + np.stack([step, -step, 0 * step], axis=-1)
    value, _ = gradient(pl.JensenShannon(reduction=None), t, p)
    with mpmath.workdps(40):
        for got, *pair in zip(value, t.tolist(), p.tolist(), strict=True):
            wanted = sum(
                (a * mpmath.log(2 * a / (a + b)) + b * mpmath.log(2 * b / (a + b))) / 2
                for a, b in zip(*(map(mpmath.mpf, x) for x in pair), strict=True)
            )
            assert got == pytest.approx(float(wanted), rel=1e-6)
    value, slope = gradient(pl.JensenShannon(), T, T)
    assert value == 0 and not slope.any()


def test_corners_are_bounded_and_alive(gradient):
    t = np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0]])
    p = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    loss = pl.JensenShannon(reduction=None)
    value, slope = gradient(loss, t, p)
    np.testing.assert_allclose(value[0], np.log(2), rtol=1e-6)
    np.testing.assert_allclose(slope[2], [0, np.log(2) / 2], rtol=1e-6)
    assert (slope[:2, 0] < -40).all() and value[2] == 0
    ids = gradient(loss, np.array([0, 0, 0]), p)
    np.testing.assert_allclose(ids[0][::2], value[::2])
    np.testing.assert_allclose(ids[1][::2], slope[::2])


def test_logits_of_1e4_and_inf(gradient):
    x = np.array([[1e4, -1e4, 0], [np.inf, 0, 1], [-np.inf, 0, 1], [1, -np.inf, 1]])
    loss, ids = (
        pl.JensenShannon(from_logits=True, reduction=None),
        np.array([1, 0, 0, 0]),
    )
    value, slope = gradient(loss, ids, x)
    half = distance.jensenshannon([1, 0], [0.5, 0.5]) ** 2
    np.testing.assert_allclose(value, [np.log(2), 0, np.log(2), half], rtol=1e-6)
    assert np.isfinite(slope).all() and not slope[np.isinf(x)].any() and slope[3].any()


@pytest.mark.parametrize("beta", [0, 1, -0.5])
def test_betas_outside_0_to_1_are_rejected(beta):
    message = "JensenShannon: `beta` must be a finite number > 0 and < 1; got beta="
    with pytest.raises(ValueError, match=message):
        pl.JensenShannon(beta=beta)


def test_the_least_probabilities_have_a_gradient(gradient):
    x = np.float32([[0, -60, -80], [0, -70, 0], [0, -30, -87]])
    t = np.array([[1, 0, 0], [1 - 1e-30, 1e-30, 0], [0.5, 1e-20, 1e-30]], "float32")
    value, slope = gradient(pl.JensenShannon(beta=0.3, from_logits=True), t, x)
    assert np.isfinite(value) and np.isfinite(slope).all()
