"""What is left of gamma functions and of counts, against mpmath."""

import mpmath
import numpy as np
import pytest
from scipy import special

from portable_losses import ops
from portable_losses.losses.probabilistic._deviance import deviance
from portable_losses.losses.probabilistic._factorials import log_factorial_excess
from portable_losses.losses.probabilistic._student import log_gamma_half_step

X = np.concatenate([1 + 10.0 ** np.arange(-6, 0, 0.5), 10 ** np.arange(0, 12, 0.25)])
X = X.astype("float32")
Z = np.concatenate([10.0 ** np.arange(-9, 7, 0.25), [0.999, 1.0, 1.001, 2.0]])
Z = Z.astype("float32")


def of(function):
    """A function of y_pred, as `gradient` takes it."""
    return lambda y_true, y_pred, sample_weight, mask: function(y_pred)


def test_a_half_step_keeps_its_digits(gradient):
    value, slope = gradient(of(log_gamma_half_step), None, X)
    with mpmath.workdps(50):
        exact = [mpmath.mpf(float(x)) for x in X]
        wanted = [
            mpmath.loggamma(x + 0.5) - mpmath.loggamma(x) - mpmath.log(x) / 2
            for x in exact
        ]
        slopes = [mpmath.digamma(x + 0.5) - mpmath.digamma(x) - 0.5 / x for x in exact]
    np.testing.assert_allclose(value, np.array(wanted, float), rtol=1e-6)
    np.testing.assert_allclose(slope, np.array(slopes, float), rtol=1e-6)


def test_what_is_left_of_a_factorial(gradient):
    value, slope = gradient(of(log_factorial_excess), None, Z)
    z = Z.astype(float)
    with mpmath.workdps(50):
        wanted = [
            mpmath.loggamma(x + 1) - x * mpmath.log(x) + x for x in map(mpmath.mpf, z)
        ]
    np.testing.assert_allclose(value, np.array(wanted, float), rtol=1e-6, atol=1e-7)
    times_z = z * (special.digamma(z + 1) - np.log(z))
    np.testing.assert_allclose(slope * z, times_z, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("x", [0.3, 1.0, 1e6])
def test_a_deviance_keeps_its_digits(gradient, x):
    near = np.sort(np.concatenate([s * 10.0 ** np.arange(-6, 0, 0.5) for s in (-1, 1)]))
    m = np.float32(x * (1 + np.append(near, [0.0, 0.6, 5.0])))

    def function(m):
        return deviance(x, m, x - m, ops.log(x / m))

    x = np.float32(x)
    value, slope = gradient(of(function), None, m)
    with mpmath.workdps(50):
        a = mpmath.mpf(float(x))
        exact = [mpmath.mpf(float(v)) for v in m]
        wanted = [a * mpmath.log(a / v) - a + v for v in exact]
        slopes = [1 - a / v for v in exact]
    np.testing.assert_allclose(value, np.array(wanted, float), rtol=2e-6, atol=1e-30)
    np.testing.assert_allclose(slope, np.array(slopes, float), rtol=2e-6, atol=1e-7)
