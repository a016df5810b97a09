"""Calls a loss at inputs of many kinds, some of which it may not take; in a worker."""

from typing import Any

import numpy as np

from portable_losses.parity.examine.errors import told
from portable_losses.parity.examine.subject import Subject

B, C = 6, 4


class Trial:
    """A loss, and the errors it raised at inputs that it does not take.

    Args:
        subject: the loss.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.rng = np.random.default_rng(11)
        self.errors: list[dict[str, Any]] = []

    def items(self, t: Any, p: Any) -> Any:
        """What `call` returns; None if it raises."""
        t, p = np.asarray(t), np.asarray(p, "float32")
        t = t.astype("int32" if t.dtype.kind in "iu" else "float32")
        try:
            return np.asarray(self.subject.items(t, p), "float64")
        except BaseException as error:
            self.errors.append(told(error))
            return None

    def runs(self, t: Any, p: Any) -> bool:
        """Whether `call` returns items of a valid shape."""
        found = self.items(t, p)
        shapes = [(), *(np.shape(p)[:n] for n in range(1, np.ndim(p) + 1))]
        return found is not None and found.shape in shapes

    def total(self, t: Any, p: Any) -> float:
        """The mean of the items; NaN if the call raises."""
        found = self.items(t, p)
        return float("nan") if found is None or not found.size else float(found.mean())

    def one_hot(self, shape: tuple[int, ...] = (B, C)) -> Any:
        """Class indices 0, 1, 2, ... in turn."""
        return np.eye(shape[-1])[np.resize(np.arange(shape[-1]), shape[:-1])]
