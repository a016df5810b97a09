"""The check of a loss from a test: one of the backends runs in the test's process."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from portable_losses.parity import autodiff, live
from portable_losses.parity.examine.channel import Ended
from portable_losses.parity.examine.errors import place_in, told
from portable_losses.parity.examine.lab import Lab
from portable_losses.parity.examine.sending import arrays, expected
from portable_losses.parity.examine.session import Facts, Options, Session
from portable_losses.parity.examine.worker import Voice
from portable_losses.parity.reference import expect

ROLES = {"numpy": "references"}
"""The name of the live worker of a backend; `checks` for all others."""


class _Quiet(Voice):
    """Reports nothing: the parent is this process."""

    def __init__(self) -> None:
        super().__init__(-1)

    def say(self, event: str, **facts: Any) -> None:
        pass


class Here(Session):
    """A session in which the backend of this process is measured in this process.

    Args:
        loss: the loss, in this process.
        place: where other processes find it; None if they cannot.
        options: the options of the check; the first backend is that of this process.
        reference: the items in NumPy, from y_true and y_pred.
        device: where to run in this process.
    """

    def __init__(
        self,
        loss: Any,
        place: live.Place | None,
        options: Options,
        reference: Callable[[Any, Any], Any] | None = None,
        device: str = "cpu",
    ) -> None:
        self.options = options
        self.note = lambda text: None
        self.here = keras.config.backend()
        self.has_reference = reference is not None
        self._reference, self._place = reference, place
        self._on, self._device = autodiff.load(self.here), device
        self._lab = Lab(_Quiet(), lambda _: loss, (Exception, SystemExit))
        self._gone: set[str] = set()
        others = [b for b in options.backends if b != self.here]
        if place is not None:
            others += ["numpy"] if live.has_numpy() else []
            for backend in others:  # here: a worker ends with the thread that made it
                live.start(ROLES.get(backend, "checks"), backend)
        self.lanes = (*(others if place is not None else ()), self.here)

    def close(self) -> None:
        """Does not end the workers: they are kept for the next test."""

    def revive(self) -> None:
        """Does nothing: ended workers were restarted with this session."""

    def twin(self, target: str, **facts: Any) -> Facts:
        """Nothing: a test has no second worker of one backend."""
        return {}

    def ask(self, backend: str, do: str, **facts: Any) -> Facts:
        """Send a command to a backend; `{"ended": ...}` if its worker ends."""
        if do == "reference" and self._reference is not None:
            return self._referred(self._reference, arrays(facts["inputs"]))
        if backend == self.here:
            with self._on.on(self._device):
                return self._lab.do({"do": do, **facts})
        if do == "load":
            facts["target"] = self._place
        if backend in self._gone:
            return _ended("the worker is gone")
        role = ROLES.get(backend, "checks")
        try:
            found: Facts = live.ask(role, backend, "lab", command={"do": do, **facts})
        except Ended as error:
            self._gone.add(backend)
            return _ended(str(error), *place_in(error.where))
        except RuntimeError as error:
            return _ended(str(error))
        return found

    @staticmethod
    def _referred(reference: Callable[[Any, Any], Any], inputs: Facts) -> Facts:
        found: Facts = {}
        for name, (t, p) in inputs.items():
            try:
                with np.errstate(all="ignore"):
                    found[name] = expected(expect(reference, t, p))
            except Exception as error:
                found[name] = {"error": told(error)}
        return found


def _ended(message: str, file: str = "", line: int = 0) -> Facts:
    place = {"file": file, "line": line, "text": ""}
    return {"ended": {"type": "Ended", "message": message, **place}}
