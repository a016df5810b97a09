import numpy as np
import pytest

import portable_losses as pl

T = np.array([[0.0, 1.0, 2.0], [3.0, -1.0, 0.5]], "float32")
P = np.array([[0.5, 1.0, -2.0], [2.0, 4.0, 0.5]], "float32")


def test_one_half_is_half_the_squared_error(gradient, compiled):
    half, half_slope = gradient(pl.Expectile(), T, P, compiled=compiled)
    whole, slope = gradient(pl.MeanSquaredError(), T, P, compiled=compiled)
    np.testing.assert_allclose(half, whole / 2, rtol=1e-6)
    np.testing.assert_allclose(half_slope, slope / 2, rtol=1e-6)


def test_a_prediction_that_is_too_low_counts_for_q():
    loss = pl.Expectile(expectile=0.9, reduction="none")
    got = np.asarray(loss([[2.0], [0.0]], [[0.0], [2.0]]))
    np.testing.assert_allclose(got, [3.6, 0.4], rtol=1e-6)


def test_the_best_constant_is_the_expectile(gradient):
    y = np.array([[0.0], [1.0], [5.0]], "float32")
    # 0.8 sum (y - e)+ == 0.2 sum (e - y)+ at e = 3.5
    _, slope = gradient(pl.Expectile(expectile=0.8), y, np.full_like(y, 3.5))
    assert slope.sum() == pytest.approx(0.2 * 2 * 6.0 / 3 - 0.8 * 2 * 1.5 / 3)
    assert slope.sum() == pytest.approx(0.0, abs=1e-6)


def test_a_hyperparameter_is_used():
    level = pl.Hyperparameter(0.1)
    loss = pl.Expectile(expectile=level)
    level.assign(0.9)
    assert float(loss([[2.0]], [[0.0]])) == pytest.approx(3.6)


@pytest.mark.parametrize("value", [0, 1, 1.5])
def test_an_expectile_outside_0_to_1_is_rejected(value):
    message = (
        "Expectile: `expectile` must be a finite number > 0 and < 1; got expectile="
    )
    with pytest.raises(ValueError, match=message):
        pl.Expectile(expectile=value)
