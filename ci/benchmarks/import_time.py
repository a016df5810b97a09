"""What `import portable_losses` adds to `import keras`, in fresh processes.

On the backend of KERAS_BACKEND. `A/A` is `import keras` against itself: a difference
below it means nothing.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys

import keras
from rich.console import Console
from rich.table import Table

ROUNDS = 15
GOAL = 150.0  # milliseconds
PROGRAM = """
import time
start = time.perf_counter()
import {module}
print(1000 * (time.perf_counter() - start))
"""
MODULES = {"keras": "keras", "keras again": "keras", "ours": "portable_losses"}


def milliseconds(module: str) -> float:
    """Return how long a fresh process takes to import a module."""
    command = [sys.executable, "-c", PROGRAM.format(module=module)]
    # A person keeps byte code, and so does not compile the package at each import.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print the table."""
    for module in MODULES.values():
        milliseconds(module)  # writes byte code, and fills the disk's cache
    shuffled = random.Random(0)
    times: dict[str, list[float]] = {name: [] for name in MODULES}
    for _ in range(ROUNDS):
        for name in shuffled.sample(list(MODULES), len(MODULES)):
            times[name].append(milliseconds(MODULES[name]))

    def over_keras(name: str) -> float:
        pairs = zip(times[name], times["keras"], strict=True)
        return statistics.median(a - b for a, b in pairs)

    table = Table(title=f"import time on {keras.config.backend()}, {ROUNDS} rounds")
    for column in ("keras ms", "added by ours ms", "goal ms", "A/A ms"):
        table.add_column(column, justify="right")
    added = over_keras("ours")
    table.add_row(
        f"{statistics.median(times['keras']):.0f}",
        f"[{'green' if added <= GOAL else 'red'}]{added:.0f}",
        f"{GOAL:.0f}",
        f"{over_keras('keras again'):.0f}",
    )
    Console().print(table)


if __name__ == "__main__":
    main()
