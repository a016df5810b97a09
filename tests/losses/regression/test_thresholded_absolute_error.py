import numpy as np
import pytest

import portable_losses as pl

R = np.array([[0.0, 0.5, -0.25], [0.6, -2.0, 1e30]], "float32")


def test_a_factor_of_1_is_the_absolute_error(gradient, compiled):
    loss = pl.ThresholdedAbsoluteError(factor=1)
    value, slope = gradient(loss, 0 * R, R, compiled=compiled)
    plain, slopes = gradient(pl.MeanAbsoluteError(), 0 * R, R, compiled=compiled)
    np.testing.assert_allclose(value, plain, rtol=1e-6)
    np.testing.assert_allclose(slope, slopes, rtol=1e-6)


def test_errors_above_the_threshold_count_for_more(gradient):
    loss = pl.ThresholdedAbsoluteError(reduction="none")
    value, slope = gradient(loss, 0 * R[:, :2], R[:, :2])
    np.testing.assert_allclose(value, [0.25, 13.0], rtol=1e-6)
    np.testing.assert_allclose(slope, [[0, 0.5], [5, -5]], rtol=1e-6)


def test_hyperparameters_are_used():
    threshold, factor = pl.Hyperparameter(0.1), pl.Hyperparameter(2.0)
    loss = pl.ThresholdedAbsoluteError(threshold=threshold, factor=factor)
    assert float(loss([[0.0]], [[1.0]])) == 2
    threshold.assign(1.0)
    assert float(loss([[0.0]], [[1.0]])) == 1


@pytest.mark.parametrize("key", ["threshold", "factor"])
def test_negative_arguments_are_rejected(key):
    message = f"`{key}` must be a finite number >= 0; got {key}=-1"
    with pytest.raises(ValueError, match="ThresholdedAbsoluteError: " + message):
        pl.ThresholdedAbsoluteError(**{key: -1})
