"""A table of ours against `keras.losses`, on the backend of KERAS_BACKEND."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from _interleaved import compare, ratio
from rich.console import Console
from rich.table import Table

Call = Callable[[], Any]
BACKEND = keras.config.backend()
UNITS = {"us": 1e6, "ms": 1e3}


class Against:
    """Rows of times and ratios, each of numbers that agree."""

    def __init__(self, title: str, labels: tuple[str, ...], unit: str = "us") -> None:
        self.scale = UNITS[unit]
        self.table = Table(title=f"{title} on {BACKEND}, keras {keras.__version__}")
        for column in labels:
            self.table.add_column(column)
        for column in (f"keras {unit}", f"ours {unit}", "ours / keras", "goal", "A/A"):
            self.table.add_column(column, justify="right")

    def add(
        self,
        labels: tuple[str, ...],
        calls: Mapping[str, Call],
        goal: float,
        rounds: int = 21,
    ) -> bool:
        """Time "keras", "keras again" and "ours"; return False where they disagree."""
        if not agree(calls["ours"](), calls["keras"]()):
            print(f"{', '.join(labels)}: ours differs from Keras", file=sys.stderr)
            return False
        times = compare(calls, finish, rounds=rounds)
        got = ratio(times, "ours", "keras")
        of_keras, of_ours = (
            f"{self.scale * statistics.median(times[who]):.0f}"
            for who in ("keras", "ours")
        )
        self.table.add_row(
            *labels,
            of_keras,
            of_ours,
            f"[{'green' if got <= goal else 'red'}]{got:.2f}",
            f"{goal:.2f}",
            f"{ratio(times, 'keras again', 'keras'):.2f}",
        )
        return True

    def print(self) -> None:
        """Print the table."""
        # Wide enough for every name where the output is a file.
        console = Console() if sys.stdout.isatty() else Console(width=110)
        console.print(self.table)


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


def best_gradient(loss: Any) -> Callable[[Any, Any], Any]:
    """Return value and gradient of `loss`, compiled where the backend compiles."""
    functions = gradients(loss)
    return functions.get("compiled, gradient", functions["eager, gradient"])


def agree(ours: Any, theirs: Any) -> bool:
    """Whether values, and gradients where there are any, are the same numbers."""
    pairs = zip(leaves(ours), leaves(theirs), strict=True)
    # Of the largest element, too: under the gradient of a mean over millions, 1e-7
    # alone would let anything pass.
    return all(
        np.allclose(a, b, rtol=1e-5, atol=min(1e-7, 1e-5 * np.abs(b).max()))
        for a, b in pairs
    )


def leaves(result: Any) -> list[Any]:
    """Return a value, or a value and a gradient, as NumPy arrays."""
    found = result if isinstance(result, tuple) else (result,)
    return [keras.ops.convert_to_numpy(x) for x in found]


def finish(result: Any) -> None:
    """Wait until a result is computed."""
    for leaf in result if isinstance(result, tuple) else (result,):
        if hasattr(leaf, "block_until_ready"):
            leaf.block_until_ready()
