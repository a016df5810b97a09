import numpy as np

import portable_losses


def test_an_exact_match_has_no_gradient(gradient, compiled):
    t = np.array([[0.0, 1.0], [2.0, 3.0]], "float32")
    p = np.array([[0.0, 2.0], [2.0, 1.0]], "float32")
    _, slope = gradient(portable_losses.MeanAbsoluteError(), t, p, compiled=compiled)
    np.testing.assert_array_equal(slope, [[0.0, 0.25], [0.0, -0.25]])
