"""What a Hyperparameter that is set at each step costs a step of `fit`.

A model of three Dense layers of 64. `stays` has a schedule whose value does not change,
`moves` one whose value changes at each step, and `decays` is a Keras schedule; each is
timed against the same model without a schedule, in interleaved rounds.
"""

from __future__ import annotations

import functools
import importlib
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.agreement import Agreement
from benchmarks.result import Result
from benchmarks.timing import interval
from benchmarks.workload import Study

ROUNDS = 15  # an epoch takes a second
STEPS = 200
GOAL = 0.7  # milliseconds a step, for one that moves
NONE, AGAIN = "none", "none again"
STAYS, MOVES, DECAYS = "stays", "moves", "decays"


def schedules() -> dict[str, Any]:
    """The values by step."""
    keras = importlib.import_module("keras")
    return {
        STAYS: lambda step: 0.5,
        MOVES: lambda step: 0.5 + 1e-4 * (step % 1000),
        DECAYS: keras.optimizers.schedules.ExponentialDecay(1.0, 1000, 0.9),
    }


def run(rounds: int) -> Iterator[Result]:
    """Train with each schedule, an epoch a round."""
    moving = schedules()
    epochs, weights = {}, {}
    for name in (NONE, AGAIN, *moving):
        epochs[name], weights[name] = epoch_of(moving.get(name))
    # Only the one that stays is to train the same model; the others have another loss.
    agree = Agreement(rtol=1e-4, of_largest=1e-4, why="200 steps of rounding")
    difference = agree.difference(weights[STAYS], weights[NONE])
    shuffled = random.Random(0)
    times: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(min(rounds, ROUNDS)):
        for name in shuffled.sample(list(epochs), len(epochs)):
            times[name].append(milliseconds(epochs[name]))

    def added(name: str) -> list[float]:
        return [a - b for a, b in zip(times[name], times[NONE], strict=True)]

    for name in moving:
        result = functools.partial(
            Result, workload=f"moving_hyperparameter/{name}", peer=NONE, unit="ms"
        )
        if name == STAYS and difference:
            yield result(disagreement=difference)
            continue
        yield result(
            goal=None if name == STAYS else GOAL,
            ours=statistics.median(times[name]),
            theirs=statistics.median(times[NONE]),
            figure=interval(added(name)),
            again=interval(added(AGAIN)),
        )


def epoch_of(schedule: Any) -> tuple[Callable[[], None], list[Any]]:
    """Return a function that trains for an epoch, and the weights after the first."""
    keras = importlib.import_module("keras")
    portable_losses = importlib.import_module("portable_losses")
    keras.utils.set_random_seed(0)
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

    def epoch() -> None:
        model.fit(x, y, batch_size=32, verbose=0, shuffle=False, callbacks=callbacks)

    epoch()  # compiles
    return epoch, model.get_weights()


def milliseconds(epoch: Callable[[], None]) -> float:
    """Return what a step of an epoch takes."""
    start = time.perf_counter()
    epoch()
    return 1000 * (time.perf_counter() - start) / STEPS


WORKLOADS = (
    Study(
        group="moving_hyperparameter",
        name="schedules",
        size=f"{STEPS} steps",
        peer=NONE,
        goal=GOAL,
        unit="ms",
        run=run,
    ),
)
