import numpy as np
import pytest

import portable_losses


def test_an_exact_match_has_no_gradient(gradient, compiled):
    loss = portable_losses.MeanAbsolutePercentageError()
    t = np.array([[0.0, 2.0]], "float32")
    _, slope = gradient(loss, t, np.array([[0.0, 3.0]], "float32"), compiled=compiled)
    np.testing.assert_allclose(slope, [[0.0, 25.0]], rtol=1e-6)


def test_a_target_of_0_counts_as_epsilon():
    loss = portable_losses.MeanAbsolutePercentageError()
    np.testing.assert_allclose(float(loss([[0.0]], [[1.0]])), 1e9, rtol=1e-6)


SYMMETRIC = [
    (1.0, 3.0, 100.0),
    (3.0, 1.0, 100.0),
    (0.0, 0.0, 0.0),
    (0.0, 5.0, 200.0),
    (1.0, -1e-3, 200.0),
    (1e8, 1e8, 0.0),
    (4e-8, 0.0, 40.0),  # below epsilon: 100 * 4e-8 / 1e-7
]


@pytest.mark.parametrize(("t", "p", "expected"), SYMMETRIC)
def test_symmetric_error_is_in_percent_of_the_mean_size(t, p, expected):
    loss = portable_losses.SymmetricMeanAbsolutePercentageError()
    np.testing.assert_allclose(float(loss([[t]], [[p]])), expected, rtol=2e-6)


def test_symmetric_error_has_the_gradient_its_docstring_says(gradient, compiled):
    loss = portable_losses.SymmetricMeanAbsolutePercentageError()
    t = np.array([[2.0], [2.0], [0.0]], "float32")
    p = np.array([[2.0], [-1.0], [0.0]], "float32")  # a match, a wrong sign, zeros
    np.testing.assert_allclose(
        gradient(loss, t, p, compiled=compiled)[1], 0.0, atol=1e-5
    )
