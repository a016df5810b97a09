"""What a call of a loss costs beside its arithmetic, against `keras.losses`.

Batches of (32, 10) on the backend of KERAS_BACKEND: the time is Python's and the
framework's, not the mathematics'. Ratios below 1 are faster than Keras; `A/A` is Keras
against Keras, and shows how far a ratio can be trusted.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import keras
import numpy as np
from _against_keras import BACKEND, Against, Call, gradients

import portable_losses

SHAPE = (32, 10)
LOSSES: dict[str, dict[str, Any]] = {
    "MeanSquaredError": {},
    "Huber": {},
    "BinaryCrossentropy": {"from_logits": True},
    "CategoricalCrossentropy": {"from_logits": True},
    "SparseCategoricalCrossentropy": {"from_logits": True},
}
# Elsewhere than on TensorFlow Keras's reduction scales nothing, so ours can be leaner.
EAGER_GOAL = 1.05 if BACKEND == "tensorflow" else 0.8
GOALS = {
    "eager": EAGER_GOAL,
    "eager, weights": 1.5,
    "eager, gradient": EAGER_GOAL,
    "compiled, gradient": 1.05,
}


def main() -> int:
    """Print the table, and return 1 where ours and Keras's numbers differ."""
    table = Against("call overhead", ("loss", "lane"))
    for name, config in LOSSES.items():
        contenders = {
            "keras": getattr(keras.losses, name)(**config),
            "keras again": getattr(keras.losses, name)(**config),
            "ours": getattr(portable_losses, name)(**config),
        }
        lanes = {who: lanes_of(loss, name) for who, loss in contenders.items()}
        for lane, goal in GOALS.items():
            calls = {who: found[lane] for who, found in lanes.items() if lane in found}
            if calls and not table.add((name, lane), calls, goal):
                return 1
    table.print()
    return 0


def lanes_of(loss: Any, name: str) -> dict[str, Call]:
    """Return what is timed of a loss: a function without arguments for each lane."""
    rng = np.random.default_rng(0)
    y_pred = keras.ops.convert_to_tensor(rng.normal(size=SHAPE), "float32")
    ids = rng.integers(0, SHAPE[1], SHAPE[0])
    rows = np.eye(SHAPE[1], dtype="float32")[ids]
    y_true = keras.ops.convert_to_tensor(ids if name.startswith("Sparse") else rows)
    weights = keras.ops.convert_to_tensor(rng.uniform(size=SHAPE[0]), "float32")

    lanes: dict[str, Call] = {
        "eager": partial(loss, y_true, y_pred),
        "eager, weights": partial(loss, y_true, y_pred, weights),
    }
    for lane, function in gradients(loss).items():
        lanes[lane] = partial(function, y_true, y_pred)
    return lanes


if __name__ == "__main__":
    sys.exit(main())
