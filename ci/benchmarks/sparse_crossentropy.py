"""Sparse cross-entropy over a large vocabulary, against `keras.losses`.

Value and gradient for float32 logits of 32000 classes on the backend of KERAS_BACKEND,
compiled where it compiles. A process takes about 5 GB of memory.
"""

from __future__ import annotations

import sys
from functools import partial

import keras
import numpy as np
from _against_keras import Against, best_gradient

import portable_losses

CLASSES = 32000
VOID = -1
WORKLOADS = [  # shape of the ids, arguments, goal
    ((4096,), {}, 1.0),
    ((8, 512), {"ignore_class": VOID}, 0.5),
]
ROUNDS = 7


def main() -> int:
    """Print the table, and return 1 where ours and Keras's numbers differ."""
    table = Against(f"{CLASSES} classes", ("ids", "arguments"), "ms")
    rng = np.random.default_rng(0)
    for shape, arguments, goal in WORKLOADS:
        logits = rng.normal(size=(*shape, CLASSES)).astype("float32")
        y_pred = keras.ops.convert_to_tensor(logits)
        ids = rng.integers(0, CLASSES, shape)
        if "ignore_class" in arguments:
            ids[rng.uniform(size=shape) < 0.1] = VOID
        y_true = keras.ops.convert_to_tensor(ids)
        config = {"from_logits": True, **arguments}
        losses = {
            "keras": keras.losses.SparseCategoricalCrossentropy(**config),
            "keras again": keras.losses.SparseCategoricalCrossentropy(**config),
            "ours": portable_losses.SparseCategoricalCrossentropy(**config),
        }
        calls = {
            who: partial(best_gradient(loss), y_true, y_pred)
            for who, loss in losses.items()
        }
        labels = (str(shape), ", ".join(f"{k}={v}" for k, v in arguments.items()))
        if not table.add(labels, calls, goal, ROUNDS):
            return 1
    table.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
