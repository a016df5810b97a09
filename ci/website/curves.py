"""Measure, on one backend, each loss's curve, and run the example of its docstring.

    KERAS_BACKEND=torch python ci/website/curves.py OUT.json [LOSS ...]

The inputs are those of the loss's first case. One number of its predictions moves; the
curve is the value of the loss and its gradient in that number. Keras's loss of that
name and arguments is measured beside it, where there is one. The report of the harness
has the same curves.
"""

from __future__ import annotations

import doctest
import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

import portable_losses
from portable_losses.parity import autodiff, case_curve
from portable_losses.parity.cases import families
from portable_losses.parity.lane import Lane
from portable_losses.parity.originals import find_original

BACKEND = keras.config.backend()


def example(name: str) -> int:
    """Run the example of a docstring; return how many of its lines are wrong."""
    names = {"portable_losses": portable_losses, "keras": keras, "np": np}
    names |= {"ops": portable_losses.ops, "keras_ops": keras.ops}
    finder = doctest.DocTestFinder(recurse=False)
    (test,) = finder.find(getattr(portable_losses, name), name, globs=names)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test)
    return int(runner.failures)


def measure(case: Any) -> dict[str, Any]:
    """What the page of a loss shows of a backend."""
    adapter = autodiff.load(BACKEND)
    make = getattr(portable_losses, case.loss)
    lane = Lane(case, make, adapter, original=find_original(case))
    return {
        "case": case.id,
        **case_curve.measure(lane),
        "failures": example(case.loss),
    }


def main() -> int:
    """Write the file; return 1 where an example of a docstring is wrong."""
    out, *names = sys.argv[1:]
    first: dict[str, Any] = {}
    for cases in families().values():
        for case in cases:
            first.setdefault(case.loss, case)
    chosen = {n: c for n, c in first.items() if not names or n in names}
    losses = {}
    for number, (name, case) in enumerate(chosen.items(), 1):
        losses[name] = measure(case)
        if number % 20 == 0:
            print(f"curves on {BACKEND}: {number} of {len(chosen)}", flush=True)
    content = {"backend": BACKEND, "keras": keras.__version__, "losses": losses}
    Path(out).write_text(json.dumps(content))
    wrong = [name for name, found in losses.items() if found["failures"]]
    print(f"curves on {BACKEND}: {len(losses)} losses; wrong examples: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
