"""Measure, on one backend, each loss's curve, and run the example of its docstring.

    KERAS_BACKEND=torch python ci/website/curves.py OUT.json [LOSS ...]

The inputs are those of the loss's first case. One number of the first sample's
prediction moves; the curve is the value of the loss and its gradient in that number.
Keras's loss of that name and arguments is measured beside it, where there is one.
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
from portable_losses.core.domain import DOMAINS, of_predictions
from portable_losses.parity import autodiff
from portable_losses.parity.as_function import as_function
from portable_losses.parity.cases import DROP_INS, families
from portable_losses.parity.inputs import single

POINTS = 41
BACKEND = keras.config.backend()


def span(loss: Any, start: float) -> Any:
    """Where the number moves: the range of the loss, or around what was drawn."""
    domain = DOMAINS.get(of_predictions(loss))
    if domain is None:
        logits = of_predictions(loss) == "logits"
        return np.linspace(-30, 30, POINTS) if logits else start + STEPS
    low = 0.0 if domain.low is None else domain.low
    high = low + 5.0 if domain.high is None else domain.high
    return np.linspace(low, high, POINTS)


STEPS = np.linspace(-4.0, 4.0, POINTS)


def curve(loss: Any, t: Any, p: Any, points: Any) -> dict[str, list[float | None]]:
    """Value and gradient, None where they are not finite."""
    adapter = autodiff.load(BACKEND)
    fn, at = as_function(loss), (0,) * p.ndim
    values, slopes = [], []
    for x in points:
        q = p.copy()
        q[at] = x
        result = adapter.evaluate(fn, adapter.MODES[0], t, q)
        values.append(shown(result.value))
        slopes.append(shown(np.asarray(result.gradient)[at]))
    return {"value": values, "gradient": slopes}


def shown(x: Any) -> float | None:
    """A number of JSON."""
    number = float(np.asarray(x))
    return float(f"{number:.6g}") if np.isfinite(number) else None


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
    t, p = single(case.inputs())
    loss = getattr(portable_losses, case.loss)(**case.config)
    points = span(loss, float(p[(0,) * p.ndim]))
    found: dict[str, Any] = {
        "case": case.id,
        "points": [float(f"{x:.6g}") for x in points],
        "ours": curve(loss, t, p, points),
        "failures": example(case.loss),
    }
    theirs = getattr(keras.losses, case.loss, None)
    if case.loss in DROP_INS and theirs is not None:
        try:
            found["keras"] = curve(theirs(**case.config), t, p, points)
        except (TypeError, ValueError) as error:
            found["keras_rejects"] = str(error).partition("\n")[0]
    return found


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
