"""Runs one backend's part of the chart, in a separate process.

The worker reads its job as a line of JSON, and reports each row when it is measured, as
`portable_losses.parity.worker` does.
"""

import importlib
import json
import sys
import traceback
from typing import Any

import keras
import numpy as np

from portable_losses.parity import autodiff
from portable_losses.parity.chart.measure import measure
from portable_losses.parity.chart.op import Op, named
from portable_losses.parity.chart.rows import chosen, public, unknown
from portable_losses.parity.environment import MissingDevice, environment, modes
from portable_losses.parity.events import emit

NAMESPACES = {"keras": "keras.ops", "ours": "portable_losses.ops"}
"""The namespaces that are measured: Keras's operations, and those of this package."""


def main() -> None:
    """Do the job that arrives on standard input."""
    job = json.loads(sys.stdin.readline())["job"]
    try:
        _work(job)
    except Exception as error:
        message = str(error)
        if not isinstance(error, MissingDevice | ValueError):
            message = f"{type(error).__name__}: {message}"
        emit("error", message=message, traceback=traceback.format_exc())
    emit("done", do="chart")


def _work(job: dict[str, Any]) -> None:
    on = autodiff.load(keras.config.backend())
    on.strict_matmul(True)
    rows = chosen(tuple(job["ops"]))
    mode = modes(on, job["mode"])[0]
    spaces = {k: importlib.import_module(v) for k, v in NAMESPACES.items()}
    emit(
        "ready",
        planned=len(rows),
        mode=mode,
        gradients=has_gradients(on, mode),
        unknown=unknown(public(spaces["keras"])),
        **environment(on, job),
    )
    with on.on(job["device"]):
        for row in rows:
            emit("at", what=row.title)
            asked = {
                kind: space
                for kind, space in spaces.items()
                if kind == "keras" or is_pinned(row, spaces)
            }
            answers = measure(row, asked, on, mode)
            emit("row", title=row.title, answers=answers)


def has_gradients(on: autodiff.Autodiff, mode: str) -> bool:
    """Whether a backend has gradients, tested with the square of a number."""

    def square(_: Any, x: Any, *rest: Any) -> Any:
        return keras.ops.sum(keras.ops.square(x))

    answer = on.evaluate(square, mode, None, np.ones(1, "float32"))
    return answer.gradient is not None


def is_pinned(row: Op, spaces: dict[str, Any]) -> bool:
    """Whether this package has a different version of an operation than Keras."""
    ours, theirs = (_found(row.name, spaces[kind]) for kind in ("ours", "keras"))
    return ours is not theirs


def _found(name: str, space: Any) -> Any:
    try:
        return named(name, space)
    except AttributeError:
        return None


if __name__ == "__main__":
    main()
