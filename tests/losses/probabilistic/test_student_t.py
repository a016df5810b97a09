import numpy as np
from scipy import special, stats

import portable_losses as pl

DF = np.array([2.01, 2.1, 3, 5, 10, 30, 100, 1e3, 1e4, 1e5, 1e6])
Z = np.array([0, 1e-3, 0.3, 1, 3, 10, 100, 1e4])
GRID = np.meshgrid(Z, [-3.0, 0.0, 2.0], np.log(DF - 2))
P = np.stack([x.ravel() for x in GRID], axis=-1).astype("float32")


def test_it_is_the_log_density_of_scipy_at_all_degrees_of_freedom(gradient):
    loss = pl.StudentTNLL(reduction=None)
    value, slope = gradient(loss, np.zeros((len(P), 1)), P)
    m, s, c = P.astype(float).T
    n = 2 + np.exp(c)
    wanted = -stats.t.logpdf(0, n, m, np.exp(s))
    np.testing.assert_allclose(value, wanted, rtol=1e-6, atol=1e-6)
    z = m * np.exp(-s)
    in_s = 1 - (n + 1) * z**2 / (n + z**2)
    np.testing.assert_allclose(slope[:, 1], in_s, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        slope[:, 0], (n + 1) * z / (n + z**2) * np.exp(-s), rtol=1e-5
    )
    in_n = (1 / n - special.digamma((n + 1) / 2) + special.digamma(n / 2)) / 2
    in_n = in_n + np.log1p(z**2 / n) / 2 - (n + 1) / 2 * z**2 / (n * n + n * z**2)
    room = 1e-6 * np.maximum(1, np.abs(in_s))
    assert (np.abs(slope[:, 2] - in_n * (n - 2)) < room + 1e-5 * np.abs(in_n)).all()


def test_extremes_are_finite(gradient):
    rows = [[1e4, -1e4, 0], [0, -1e4, 0], [1e4, 1e4, 0], [1, 0, 1e4], [1, 0, -1e4]]
    loss = pl.StudentTNLL(reduction=None, full=False)
    p = np.array(rows, "float32")
    value, slope = gradient(loss, np.zeros((5, 1)), p)
    assert np.isfinite(value).all() and np.isfinite(slope).all()
    assert np.abs(slope).max(axis=1).min() > 0.5
    normal = float(pl.GaussianNLL()([[0.0]], [[1.0, 0.0]])) + np.log(2) / 2
    np.testing.assert_allclose(value[3], normal, rtol=1e-6)
