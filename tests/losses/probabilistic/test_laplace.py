import numpy as np
import pytest

import portable_losses as pl


def test_without_the_constant_and_with_a_scale_of_1_it_is_the_absolute_error():
    t, r = np.zeros((3, 2)), np.array([[1.0, -2.0], [0.0, 5.0], [0.3, 0.1]])
    got = float(pl.LaplaceNLL(full=False)(t, np.concatenate([r, 0 * r], axis=-1)))
    assert got == pytest.approx(float(pl.MeanAbsoluteError()(t, r)))


def test_an_exact_match_at_any_scale_is_finite(gradient):
    p = np.array([[1.0, -1e4], [1.0, -85.0], [1.0, 1e4]])
    loss = pl.LaplaceNLL(full=False, reduction=None)
    value, slope = gradient(loss, np.ones((3, 1)), p)
    np.testing.assert_allclose(value, p[:, 1])
    np.testing.assert_allclose(slope, [[0, 1]] * 3)


def test_full_is_a_flag():
    with pytest.raises(TypeError, match="LaplaceNLL: `full` must be True or False"):
        pl.LaplaceNLL(full=1)
