"""What `import portable_losses` adds to `import keras`, in fresh processes.

Keras takes seconds, most of them its backend's, and what comes on top is timed in the
same process, after it: of two processes the difference would be lost in how long each
took for Keras.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result
from benchmarks.timing import interval
from benchmarks.workload import Study

ROUNDS = 5  # a process takes seconds
GOAL = 150.0
ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
from time import perf_counter
start = perf_counter()
import keras
between = perf_counter()
import portable_losses
end = perf_counter()
print(1000 * (between - start), 1000 * (end - between))
"""


def run(rounds: int) -> Iterator[Result]:
    """Time the two imports."""
    fresh_process()  # writes byte code, and fills the disk's cache
    times = [fresh_process() for _ in range(min(rounds, ROUNDS))]
    of_keras, of_ours = (interval(column) for column in zip(*times, strict=True))
    yield Result(
        workload="import_time/portable_losses",
        peer="keras",
        goal=GOAL,
        unit="ms",
        ours=of_ours.median,
        theirs=of_keras.median,
        figure=of_ours,
    )


def fresh_process() -> tuple[float, float]:
    """Return the milliseconds of both imports in a fresh process."""
    # A person keeps byte code, and so does not compile the package at each import.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    of_keras, of_ours = done.stdout.split()[-2:]
    return float(of_keras), float(of_ours)


WORKLOADS = (
    Study(
        group="import_time",
        name="portable_losses",
        size=f"{ROUNDS} processes",
        peer="keras",
        goal=GOAL,
        unit="ms",
        run=run,
    ),
)
