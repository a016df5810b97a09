"""Named inputs, and the form in which they are sent to a worker."""

from typing import Any

import numpy as np


def arrays(inputs: dict[str, Any]) -> dict[str, Any]:
    """Named inputs as arrays, as they were before they were sent."""
    return {
        name: tuple(np.asarray(x, dtype).reshape(shape) for x, dtype, shape in pair)
        for name, pair in inputs.items()
    }


def sent(inputs: dict[str, Any]) -> dict[str, Any]:
    """Named inputs in the form in which they are sent."""
    return {
        name: [[x.ravel().tolist(), x.dtype.name, list(x.shape)] for x in pair]
        for name, pair in inputs.items()
    }
