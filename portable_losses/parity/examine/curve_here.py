"""The curve of a loss that is checked, on the backend of this worker."""

from typing import Any

import numpy as np

from portable_losses.parity import curve
from portable_losses.parity.examine.finding import find
from portable_losses.parity.examine.subject import Subject

Facts = dict[str, Any]


class Moves:
    """One number of the prediction that varies.

    Args:
        lab: the backend, and the loss.
        command: `at`, `points`, and what is drawn `beside` the loss.
        pair: targets and predictions.
    """

    def __init__(self, lab: Any, command: Facts, pair: Any) -> None:
        self._lab = lab
        self._command = command
        self._t, self._p = pair
        self._at = tuple(command["at"])
        self._points = np.asarray(command["points"])

    def where(self) -> Facts:
        """The values that the number takes, and its value in the input."""
        found: Facts = {"points": curve.shown(self._points)}
        if np.isfinite(self._p[self._at]):
            found["here"] = float(self._p[self._at])
        return found

    def ours(self) -> Facts:
        """Value and gradient of the loss; on NumPy in float64."""
        if self._lab.backend != "numpy":
            return self._of(self._lab.loss)
        from portable_losses.parity.examine import float64

        name = self._command.get("reference")
        moving = (self._t, self._p, self._at, self._points)
        values, gradients = float64.line(self._lab.loss, name, *moving)
        return {"value": curve.shown(values), "gradient": curve.shown(gradients)}

    def beside(self) -> Facts:
        """Value and gradient of the loss drawn for comparison; empty if none."""
        target = self._command.get("beside")
        if not target or self._lab.backend == "numpy":
            return {}
        return self._of(Subject(target, find(target)))

    def _of(self, loss: Subject) -> Facts:
        # A new function object, so that no earlier compilation is reused.
        def fn(t: Any, p: Any, w: Any = None, m: Any = None) -> Any:
            return loss.value(t, p, w, m)

        on = self._lab.autodiff

        def evaluate(q: Any) -> tuple[Any, Any]:
            with np.errstate(all="ignore"):
                found = on.evaluate(fn, on.MODES[0], self._t, q)
            return found.value, found.gradient

        return {**curve.line(evaluate, self._p, self._at, self._points)}
