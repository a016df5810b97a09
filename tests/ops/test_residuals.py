"""Functions of a residual, compiled too, against NumPy in float64."""

import keras
import numpy as np

from portable_losses.ops.residuals import log1p_of_positive


def test_log1p_is_exact_near_0_and_far():
    x = np.concatenate([10.0 ** np.linspace(-30, 37, 5000), np.linspace(0, 3, 5000)])
    x = x.astype("float32")
    function = log1p_of_positive
    if keras.config.backend() == "jax":
        import jax

        function = jax.jit(function)  # where XLA may undo what looks superfluous
    got = keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(x)))
    np.testing.assert_allclose(got, np.log1p(x.astype("float64")), rtol=3e-7)
    ends = np.array([np.inf, np.nan], "float32")
    ends = function(keras.ops.convert_to_tensor(ends))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(ends), [np.inf, np.nan])
