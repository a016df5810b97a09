"""Values and gradients of one loss on the current backend."""

import keras
import pytest

from portable_losses.parity import autodiff
from portable_losses.parity.lane import as_function

BACKEND = autodiff.load(keras.config.backend())


@pytest.fixture(params=BACKEND.MODES)
def differentiate(request):
    """`differentiate(loss, t, p, weight, mask)`: value and gradient, in every mode."""

    def run(loss, t, p, weight=None, mask=None):
        fn = as_function(loss)
        return BACKEND.evaluate(fn, request.param, t, p, weight, mask)

    return run
