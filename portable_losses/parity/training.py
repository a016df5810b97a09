"""Training parity on real data: every backend follows the same loss curve.

The same small model starts from the same weights, made with NumPy, and is trained on
the same batches in the same order, of data sets that scikit-learn ships. Only rounding
can differ, and what training makes of it.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from portable_losses.parity.case import Array
from portable_losses.parity.report.model import Training

EPOCHS = 3
BATCH = 32
HIDDEN = 32

TOLERANCES = {"cpu": 3e-6}
"""Largest difference of the curves by device, over the value they start from.

Rounding differs in the seventh digit of a sum, and training amplifies it: over 12 seeds
of weights and order the three backends differed by at most 7e-7 within these steps on a
CPU. Four times that leaves room for other processors. Twice the steps gave 2.9e-6, so
that longer training would measure amplified rounding and not the losses.
"""

ELSEWHERE = 1.5e-5
"""The same on other devices, whose tolerances are five times those of a CPU."""


@dataclasses.dataclass(frozen=True)
class Task:
    """A data set, and how a model is trained on it.

    Args:
        data: name of the data set, `sklearn.datasets.load_<data>`.
        loss: public name of the loss, and its arguments.
        config: arguments of the loss.
        outputs: how many outputs the model has.
        optimizer: makes the optimizer.
    """

    data: str
    loss: str
    config: Mapping[str, Any]
    outputs: int
    optimizer: Callable[[], Any]


TASKS = (
    Task(
        data="digits",
        loss="SparseCategoricalCrossentropy",
        config={"from_logits": True},
        outputs=10,
        optimizer=lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    ),
    Task(
        data="breast_cancer",
        loss="BinaryFocalCrossentropy",
        config={"from_logits": True, "apply_class_balancing": True},
        outputs=1,
        optimizer=lambda: keras.optimizers.Adam(0.01),
    ),
    Task(
        data="diabetes",
        loss="Huber",
        config={},
        outputs=1,
        optimizer=lambda: keras.optimizers.SGD(0.02, momentum=0.9),
    ),
)


def curve(task: Task, losses: Mapping[str, Any]) -> list[float]:
    """Train on one data set and return the loss of each step."""
    x, y = standardized(task.data)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            keras.layers.Dense(HIDDEN, activation="relu"),
            keras.layers.Dense(task.outputs),
        ]
    )
    initialize(model)
    model.compile(task.optimizer(), loss=losses[task.loss](**task.config))
    found = []
    for _ in range(EPOCHS):
        # Full batches only: each other shape would compile another step.
        for start in range(0, len(x) - BATCH + 1, BATCH):
            model.reset_metrics()  # else the loss is the mean of all steps so far
            batch = slice(start, start + BATCH)
            found.append(float(model.train_on_batch(x[batch], y[batch])))
    return found


def initialize(model: Any) -> None:
    """Draw the kernels of a model with NumPy; other weights stay as they are."""
    rng = np.random.default_rng(0)
    for weight in model.trainable_variables:
        if len(weight.shape) == 2:
            deviation = np.sqrt(2.0 / weight.shape[0])
            weight.assign(rng.normal(size=weight.shape, scale=deviation))


def standardized(name: str) -> tuple[Array, Array]:
    """A data set in shuffled order: float32 columns of mean 0 and deviation 1.

    Class indices stay integers; other targets become a column.
    """
    from sklearn import datasets

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = _centered(x)[order], y[order]
    if y.dtype.kind == "f":
        y = _centered(y[:, None])
    return x.astype("float32"), (y if y.ndim == 2 else y.astype("int32"))


def compare(
    found: Mapping[str, Mapping[str, list[float]]], device: str = "cpu"
) -> dict[str, Training]:
    """Compare the curves of the backends, by data set."""
    allowed = TOLERANCES.get(device, ELSEWHERE)
    return {
        name: {
            "curves": dict(by_backend),
            "largest_difference": (apart := largest_difference(by_backend)),
            "tolerance": allowed,
            "ok": apart <= allowed,
        }
        for name, by_backend in found.items()
    }


def largest_difference(by_backend: Mapping[str, list[float]]) -> float:
    """The largest spread of the curves at any step, relative to their first value.

    The spread is infinite if a curve is not finite or has another number of steps: a
    backend that stopped does not agree. It is infinite too for curves that start at 0,
    which have no scale.
    """
    found = list(by_backend.values())
    if len({len(c) for c in found}) != 1 or not found[0]:
        return float("inf")
    together = np.asarray(found)
    if not np.isfinite(together).all() or not together[:, 0].any():
        return float("inf")
    return float(np.ptp(together, axis=0).max() / np.abs(together[:, 0]).max())


def _centered(x: Array) -> Array:
    deviation = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
