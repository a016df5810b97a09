"""What a call of a loss costs beside its arithmetic, against `keras.losses`.

Batches of (32, 10) on the backend of KERAS_BACKEND: the time is Python's and the
framework's, not the mathematics'. Ratios below 1 are faster than Keras; `A/A` is Keras
against Keras, and shows how far a ratio can be trusted.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from _interleaved import compare, ratio
from rich.console import Console
from rich.table import Table

import portable_losses

Call = Callable[[], Any]
SHAPE = (32, 10)
BACKEND = keras.config.backend()
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
    # Wide enough for every name where the output is a file.
    console = Console() if sys.stdout.isatty() else Console(width=110)
    table = Table(title=f"call overhead on {BACKEND}, keras {keras.__version__}")
    for column in ("loss", "lane"):
        table.add_column(column)
    for column in ("keras us", "ours us", "ours / keras", "goal", "A/A"):
        table.add_column(column, justify="right")
    for name, config in LOSSES.items():
        contenders = {
            "keras": getattr(keras.losses, name)(**config),
            "keras again": getattr(keras.losses, name)(**config),
            "ours": getattr(portable_losses, name)(**config),
        }
        lanes = {who: lanes_of(loss, name) for who, loss in contenders.items()}
        for lane, goal in GOALS.items():
            calls = {who: found[lane] for who, found in lanes.items() if lane in found}
            if not calls:
                continue
            if not agree(calls["ours"](), calls["keras"]()):
                print(f"{name}, {lane}: ours differs from Keras", file=sys.stderr)
                return 1
            times = compare(calls, finish)
            got = ratio(times, "ours", "keras")
            table.add_row(
                name,
                lane,
                *(
                    f"{1e6 * statistics.median(times[w]):.0f}"
                    for w in ("keras", "ours")
                ),
                f"[{'green' if got <= goal else 'red'}]{got:.2f}",
                f"{goal:.2f}",
                f"{ratio(times, 'keras again', 'keras'):.2f}",
            )
    console.print(table)
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


def gradients(loss: Any) -> dict[str, Callable[[Any, Any], Any]]:
    """Return functions of `(y_true, y_pred)` to the value and the gradient."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        def of_tape(y_true: Any, y_pred: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(y_pred)
                value = loss(y_true, y_pred)
            return value, tape.gradient(value, y_pred)

        return {"eager, gradient": of_tape, "compiled, gradient": tf.function(of_tape)}
    if BACKEND == "jax":
        import jax

        of_trace = jax.value_and_grad(loss, argnums=1)
        return {"eager, gradient": of_trace, "compiled, gradient": jax.jit(of_trace)}
    if BACKEND == "torch":
        import torch

        def of_graph(y_true: Any, y_pred: Any) -> Any:
            leaf = y_pred.detach().requires_grad_()
            value = loss(y_true, leaf)
            return value, torch.autograd.grad(value, leaf)[0]

        # torch.compile needs a C++ compiler and a minute a loss: not measured here.
        return {"eager, gradient": of_graph}
    raise ValueError(f"no gradients on {BACKEND}: set KERAS_BACKEND to another backend")


def agree(ours: Any, theirs: Any) -> bool:
    """Whether values, and gradients where there are any, are the same numbers."""
    pairs = zip(leaves(ours), leaves(theirs), strict=True)
    return all(np.allclose(a, b, rtol=1e-5, atol=1e-7) for a, b in pairs)


def leaves(result: Any) -> list[Any]:
    """Return a value, or a value and a gradient, as NumPy arrays."""
    found = result if isinstance(result, tuple) else (result,)
    return [keras.ops.convert_to_numpy(x) for x in found]


def finish(result: Any) -> None:
    """Wait until a result is computed."""
    for leaf in result if isinstance(result, tuple) else (result,):
        if hasattr(leaf, "block_until_ready"):
            leaf.block_until_ready()


if __name__ == "__main__":
    sys.exit(main())
