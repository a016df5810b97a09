"""Named inputs and references in the form in which they go through a pipe."""

from typing import Any

import numpy as np

from portable_losses.parity.reference import Expected


def arrays(inputs: dict[str, Any]) -> dict[str, Any]:
    """Named inputs as arrays again."""
    return {
        name: tuple(np.asarray(x, dtype).reshape(shape) for x, dtype, shape in pair)
        for name, pair in inputs.items()
    }


def sent(inputs: dict[str, Any]) -> dict[str, Any]:
    """Named inputs in the form in which they go through a pipe."""
    return {
        name: [[x.ravel().tolist(), x.dtype.name, list(x.shape)] for x in pair]
        for name, pair in inputs.items()
    }


def expected(found: Expected) -> dict[str, Any]:
    """The float64 reference of a loss at an input."""
    return {
        "value": found.value,
        "largest": found.largest,
        "gradient": found.gradient.tolist(),
        "low": found.low.tolist(),
        "high": found.high.tolist(),
        "items": found.items.tolist(),
    }
