"""What `import portable_losses` adds to `import keras`, in fresh processes.

On the backend of KERAS_BACKEND. Keras takes seconds, most of them its backend's, and
what comes on top is timed in the same process, after it: of two processes the
difference would be lost in how long each took for Keras. `range` is the shortest and
the longest of the rounds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from rich.console import Console
from rich.table import Table

ROUNDS = 5
GOAL = 150.0  # milliseconds
PROGRAM = """
from time import perf_counter
start = perf_counter()
import keras
between = perf_counter()
import portable_losses
end = perf_counter()
print(1000 * (between - start), 1000 * (end - between), keras.config.backend())
"""


def main() -> None:
    """Print the table."""
    fresh_process()  # writes byte code, and fills the disk's cache
    rounds = [fresh_process() for _ in range(ROUNDS)]
    of_keras, of_ours, backends = zip(*rounds, strict=True)
    added = statistics.median(of_ours)
    table = Table(title=f"import time on {backends[0]}, {ROUNDS} rounds")
    for column in ("keras ms", "added by ours ms", "range ms", "goal ms"):
        table.add_column(column, justify="right")
    table.add_row(
        f"{statistics.median(of_keras):.0f}",
        f"[{'green' if added <= GOAL else 'red'}]{added:.1f}",
        f"{min(of_ours):.1f} to {max(of_ours):.1f}",
        f"{GOAL:.0f}",
    )
    Console().print(table)


def fresh_process() -> tuple[float, float, str]:
    """Return the milliseconds of both imports in a fresh process, and its backend."""
    # A person keeps byte code, and so does not compile the package at each import.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    *times, backend = done.stdout.split()[-3:]
    return float(times[0]), float(times[1]), backend


if __name__ == "__main__":
    main()
