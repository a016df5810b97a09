"""Focal loss of a large batch of logits, against `keras.losses`.

Value and gradient of BinaryFocalCrossentropy for float32 logits of (8, 512, 512, 4), on
the backend of KERAS_BACKEND, compiled where it compiles. Float targets may be anything
in [0, 1], which costs more passes over memory than targets that can only be 0 or 1.
"""

from __future__ import annotations

import sys
from functools import partial

import keras
import numpy as np
from _against_keras import Against, best_gradient

import portable_losses

SHAPE = (8, 512, 512, 4)
GOAL = 0.5
ROUNDS = 15


def main() -> int:
    """Print the table, and return 1 where ours and Keras's numbers differ."""
    rng = np.random.default_rng(0)
    # Not so far out that Keras clips their probabilities.
    logits = keras.ops.convert_to_tensor(1.5 * rng.normal(size=SHAPE), "float32")
    targets = rng.uniform(size=SHAPE) < 0.3
    functions = {
        "keras": best_gradient(keras.losses.BinaryFocalCrossentropy(from_logits=True)),
        "keras again": best_gradient(
            keras.losses.BinaryFocalCrossentropy(from_logits=True)
        ),
        "ours": best_gradient(
            portable_losses.BinaryFocalCrossentropy(from_logits=True)
        ),
    }
    table = Against(f"focal loss of {SHAPE}", ("targets",), "ms")
    for dtype in ("float32", "int32"):
        y_true = keras.ops.convert_to_tensor(targets.astype(dtype))
        calls = {who: partial(f, y_true, logits) for who, f in functions.items()}
        if not table.add((dtype,), calls, GOAL, ROUNDS):
            return 1
    table.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
