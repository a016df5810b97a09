"""What a loss takes, found out by trying: its name has no part in it.

Runs on the NumPy backend. Each question is one call or two, at inputs that tell two
kinds apart.
"""

from typing import Any

import numpy as np

from portable_losses.parity.examine.errors import told
from portable_losses.parity.examine.subject import Subject

B, C = 6, 4


def guess(subject: Subject) -> dict[str, Any]:
    """The kind, why it was taken for that, and whether it is one number a batch.

    Returns:
        `kind`: None if nothing fits; `shape`: of the predictions, where it is not the
        usual one; `why`; `error`: what the most likely inputs raised.
    """
    return _Guess(subject).kind()


class _Guess:
    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.rng = np.random.default_rng(11)
        self.error: dict[str, Any] | None = None

    # --- calls ------------------------------------------------------------------------

    def items(self, t: Any, p: Any) -> Any:
        """What `call` returns; None where it raises."""
        t, p = np.asarray(t), np.asarray(p, "float32")
        t = t.astype("int32" if t.dtype.kind in "iu" else "float32")
        try:
            return np.asarray(self.subject.items(t, p), "float64")
        except BaseException as error:
            if self.error is None:
                self.error = told(error)
            return None

    def runs(self, t: Any, p: Any) -> bool:
        """Whether there are items of a shape that a loss has."""
        found = self.items(t, p)
        shapes = [(), *(np.shape(p)[:n] for n in range(1, np.ndim(p) + 1))]
        return found is not None and found.shape in shapes

    def total(self, t: Any, p: Any) -> float:
        """The mean of the items; NaN where the call raises."""
        found = self.items(t, p)
        return float("nan") if found is None or not found.size else float(found.mean())

    # --- questions --------------------------------------------------------------------

    def kind(self) -> dict[str, Any]:
        onehot, p = self._one_hot(), self.rng.uniform(0.1, 0.9, (B, C))
        ids = onehot.argmax(axis=1)
        same = self.runs(onehot, p)
        first = self.error if not same else None
        if self.runs(ids, p) and (not same or not self._broadcasts(ids, p)):
            return self._of_ids(ids, p)
        if not same:
            return self._of_other_shapes(first)
        return self._of_one_shape(onehot, p)

    def _broadcasts(self, ids: Any, p: Any) -> bool:
        """Whether class indices were taken for real numbers."""
        found = self.items(ids, p)
        return found is not None and found.shape not in ((), (B,))

    def _of_ids(self, ids: Any, p: Any) -> dict[str, Any]:
        renamed = (ids + 1) % C
        if np.isclose(self.total(ids, p), self.total(renamed, p), rtol=1e-9):
            # Which samples are alike counts, and not what their label is.
            if self.runs(ids + 10, p):
                return _found("embeddings", "labels may be renamed")
        if self._takes_logits(ids):
            return _found("sparse_logits", "class indices, and any shift of y_pred")
        return _found("sparse", "class indices")

    def _takes_logits(self, t: Any) -> bool:
        """Whether adding a number to all logits of a sample changes nothing."""
        p = self.rng.normal(size=(B, C))
        a, b = self.total(t, p), self.total(t, p + 3.0)
        return bool(np.isclose(a, b, rtol=1e-4) and abs(a) > 1e-9)

    def _of_other_shapes(self, error: Any) -> dict[str, Any]:
        maps = self.rng.uniform(0.1, 0.9, (B, 3, 5, 2))
        labels = np.eye(2)[self.rng.integers(0, 2, (B, 3, 5))]
        if self.runs(labels, maps):
            return _found("segmentation", "maps of two classes")
        one = self.rng.uniform(0.1, 0.9, (B, 3, 5, 1))
        if self.runs(labels[..., :1], one):
            return _found("segmentation", "maps of one class", (B, 3, 5, 1))
        column = self.rng.uniform(0.1, 0.9, (B, 1))
        t = (column > 0.5).astype("float64")
        if self.runs(t, column):
            return {**self._of_one_shape(t, column), "shape": [B, 1]}
        for columns in range(2, 12):
            q = self.rng.normal(size=(B, columns))
            if self.runs(q[:, :1], q):
                return _found("quantiles", f"{columns} quantiles", (B, columns))
            if self.runs(q, q):
                found = self._of_one_shape((q > 0).astype("float64"), np.abs(q) / 4)
                return {**found, "shape": [B, columns]}
        return {"kind": None, "why": "no inputs fit", "error": error}

    def _of_one_shape(self, t: Any, p: Any) -> dict[str, Any]:
        shape = p.shape
        real = self.rng.normal(size=shape)
        if shape == (B, C):
            if self._needs_four() and self._is_of_boxes():
                return _found("boxes", "four columns, and no other number")
            if self._couples():
                return _found("two_views", "samples are compared with each other")
        values = [self.total(t, q) for q in (real, 3.0 * real, -np.abs(real))]
        if not np.isfinite(values).all():
            return self._of_positive(t, shape)
        if self._clips(t, shape):
            return self._of_probabilities(
                t, shape, "values beyond 0 and 1 change nothing"
            )
        if shape[-1] > 1 and self._takes_logits(t) and self._is_monotone(t):
            return _found("categorical_logits", "any shift of y_pred changes nothing")
        if self._is_monotone(t):
            sure = self.total(t, 30.0 * (2.0 * t - 1.0))
            if sure < -1e-3:
                return self._of_probabilities(t, shape, "a cost below 0 beyond 1")
            return _found("binary_logits", "surer is cheaper, without an end")
        return _found("regression", "real numbers")

    def _of_positive(self, t: Any, shape: tuple[int, ...]) -> dict[str, Any]:
        """Of a loss that is not finite where y_pred is below 0."""
        large = [self.total(t, np.full(shape, v)) for v in (1.5, 4.0)]
        if not np.isfinite(large).all():
            return self._of_probabilities(t, shape, "not finite beyond 0 and 1")
        three = np.full(shape, 3.0)
        at = self.total(three, three)
        if at < self.total(three, 2.0 * three) and at < self.total(three, three / 2):
            zero = self.total(0.0 * three, three)
            if np.isfinite(zero):
                return _found(
                    "counts", "least where y_pred is y_true, and 0 is a count"
                )
            return _found("positive", "least where y_pred is y_true, both above 0")
        return self._of_probabilities(t, shape, "not finite below 0")

    def _of_probabilities(
        self, t: Any, shape: tuple[int, ...], why: str
    ) -> dict[str, Any]:
        if shape[-1] == 1:
            return _found("binary", why)
        t = self._one_hot(shape)
        p = np.full(shape, 0.2)
        other = p + 0.15 * np.roll(t, 1, axis=-1)  # another column than the target's
        before, after = self.total(t, p), self.total(t, other)
        scaled = self.total(t, 0.5 * p)
        unmoved = np.isclose(before, after, rtol=1e-6)
        if unmoved or np.isclose(before, scaled, rtol=1e-4):
            return _found("categorical", why)
        return _found("binary", why)

    # --- tests ------------------------------------------------------------------------

    def _one_hot(self, shape: tuple[int, ...] = (B, C)) -> Any:
        return np.eye(shape[-1])[np.resize(np.arange(shape[-1]), shape[:-1])]

    def _needs_four(self) -> bool:
        found = []
        for columns in (3, 5):
            a = np.sort(self.rng.uniform(0, 1, (2, B, columns)), axis=-1)
            found.append(self.runs(*a))
        return not any(found)

    def _is_of_boxes(self) -> bool:
        t = np.array([[0.0, 0.0, 1.0, 1.0]] * B)
        near, far = t + 0.1, t + 0.5
        return self.total(t, t) < self.total(t, near) < self.total(t, far)

    def _couples(self) -> bool:
        """Whether pairs of vectors of different samples are compared.

        An item that only depends on the errors of the others, or on their predictions,
        is no such thing.
        """
        t, p = self.rng.normal(size=(2, B, C))
        first = self._first(t, p)
        if first is None:
            return False
        s = t.copy()
        s[2:] = self.rng.normal(size=(B - 2, C))
        moved = self._first(s, p)
        step = np.zeros((B, C))
        step[2:] = self.rng.normal(size=(B - 2, C))
        together = self._first(t + step, p + step)
        turn = np.linalg.qr(self.rng.normal(size=(C, C)))[0]
        turned = self._first(t @ turn, p @ turn)
        if moved is None or together is None or turned is None:
            return False
        changes = abs(moved - first) > 1e-5 and abs(together - first) > 1e-5
        return bool(changes and abs(turned - first) < 1e-4)

    def _first(self, t: Any, p: Any) -> float | None:
        """The item of the first sample, or the whole if there are no items."""
        found = self.items(t, p)
        if found is None:
            return None
        if found.ndim and found.shape[0] >= B:
            return float(found[0].mean())
        return None  # a statistic: it always depends on all of them

    def _clips(self, t: Any, shape: tuple[int, ...]) -> bool:
        pairs = [(2.0, 5.0), (-1.0, -3.0)]
        return all(
            np.isclose(
                self.total(t, np.full(shape, a)), self.total(t, np.full(shape, b))
            )
            for a, b in pairs
        )

    def _is_monotone(self, t: Any) -> bool:
        """Whether a prediction that goes on towards the target never costs more."""
        towards = 2.0 * t - 1.0
        costs = [
            self.total(t, s * towards) for s in (-20.0, -3.0, 0.0, 0.5, 1.0, 3.0, 20.0)
        ]
        return bool(np.all(np.diff(costs) <= 1e-6) and costs[0] > costs[-1] + 1e-3)


def _found(kind: str, why: str, shape: tuple[int, ...] | None = None) -> dict[str, Any]:
    return {"kind": kind, "why": why, "shape": list(shape) if shape else None}
