"""What a Hyperparameter that is set at each step costs a step of `fit`.

On the backend of KERAS_BACKEND, with a model of three Dense layers of 64. `stays` has a
schedule whose value does not change, `moves` one whose value changes at each step, and
`decays` is a Keras schedule; each is timed against the same model without a schedule,
in interleaved rounds. `A/A` is that model against itself, and shows the noise.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.table import Table

import portable_losses

ROUNDS = 15
STEPS = 200
GOAL = 0.7  # milliseconds a step, for one that moves

SCHEDULES: dict[str, Any] = {
    "stays": lambda step: 0.5,
    "moves": lambda step: 0.5 + 1e-4 * (step % 1000),
    "decays": keras.optimizers.schedules.ExponentialDecay(1.0, 1000, 0.9),
}


def main() -> int:
    """Print the table."""
    runs = {name: run_of(SCHEDULES.get(name)) for name in ("none", "A/A", *SCHEDULES)}
    shuffled = random.Random(0)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name in shuffled.sample(list(runs), len(runs)):
            times[name].append(milliseconds(runs[name]))

    table = Table(title=f"a Hyperparameter by step, on {keras.config.backend()}")
    table.add_column("schedule")
    for column in ("ms a step", "added ms", "goal ms"):
        table.add_column(column, justify="right")
    for name, found in times.items():
        pairs = zip(found, times["none"], strict=True)
        added = statistics.median(a - b for a, b in pairs)
        table.add_row(
            name,
            f"{statistics.median(found):.2f}",
            "" if name == "none" else f"{added:+.3f}",
            f"{GOAL:.1f}" if name in ("moves", "decays") else "",
        )
    Console().print(table)
    return 0


def run_of(schedule: Any) -> Any:
    """Return a function that trains for an epoch of STEPS steps."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32 * STEPS, 16)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    hidden = [keras.layers.Dense(64, activation="relu") for _ in range(3)]
    model = keras.Sequential([keras.Input((16,)), *hidden, keras.layers.Dense(1)])
    w = portable_losses.Hyperparameter(0.5, name="w")
    loss = w * portable_losses.MeanSquaredError()
    model.compile("sgd", loss=loss, metrics=[w])
    callbacks = []
    if schedule is not None:
        callbacks = [portable_losses.HyperparameterScheduler(w, schedule, by="step")]

    def run() -> None:
        model.fit(x, y, batch_size=32, verbose=0, shuffle=False, callbacks=callbacks)

    run()  # compiles
    return run


def milliseconds(run: Any) -> float:
    """Return what a step of a run takes."""
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start) / STEPS


if __name__ == "__main__":
    sys.exit(main())
