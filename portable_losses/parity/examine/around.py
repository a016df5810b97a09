"""How the base class of a loss treats batches, shapes and dtypes; in a worker."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from portable_losses.parity.examine.kinds import DECLARED
from portable_losses.parity.examine.subject import Subject

Facts = dict[str, Any]


class Around:
    """The calls that show which conventions a base class follows.

    Args:
        subject: the loss.
        autodiff: of the backend.
        fn: its value.
        t: targets.
        p: predictions.
    """

    def __init__(self, subject: Subject, autodiff: Any, fn: Any, t: Any, p: Any):
        self.subject, self.autodiff, self.fn = subject, autodiff, fn
        self.t, self.p = t, p
        self.by_class = False

    def steps(self, kind: str) -> dict[str, Callable[[], Facts]]:
        """The steps by name.

        Args:
            kind: of the inputs. Targets that have the shape of predictions are wrong
                in another; class indices are not rounded.
        """
        # A column beside classes may be class indices.
        self.by_class = kind.startswith(("categorical", "cosines")) or (
            kind == DECLARED and np.allclose(self.t.sum(axis=-1), 1.0)
        )
        found: dict[str, Callable[[], Facts]] = {
            "zero samples": lambda: self._value(self.t[:0], self.p[:0]),
            "NaN of weight 0": self._nan,
            "weights of 0": lambda: self._value(self.t, self.p, self._ones() * 0),
            "masked": self._masked,
            "result dtype": self._dtype,
            "dtype in the config": self._config,
        }
        if self.t.shape == self.p.shape and self.t.ndim > 1:
            found["broadcasting"] = self._broadcasting
        if kind in ("binary_logits", "categorical_logits", "sparse_logits"):
            found["infinite logits"] = lambda: self._infinite(kind)
        if kind in ("sparse", "sparse_logits"):
            found["class 257"] = lambda: self._class_257(kind)
        return found

    def _value(self, *given: Any) -> Facts:
        return {"value": float(self.autodiff.value(self.fn, *given).value)}

    def _ones(self) -> Any:
        return np.ones(len(self.p), "float32")

    def _nan(self) -> Facts:
        broken, w = self.p.copy(), self._ones()
        broken[1], w[1] = np.nan, 0.0
        return self._value(self.t, broken, w)

    def _masked(self) -> Facts:
        t, p = (keras.ops.convert_to_tensor(x) for x in (self.t, self.p))
        nothing = keras.ops.zeros((len(self.p),), dtype="bool")
        p._keras_mask = nothing
        return {"value": float(self.subject.value(t, p))}

    def _infinite(self, kind: str) -> Facts:
        """Right logits of infinity."""
        t = self.t
        if kind == "sparse_logits":
            t = np.eye(self.p.shape[-1])[t]
        up = 0.0 if kind != "binary_logits" else np.inf  # of inf - inf none is right
        return self._value(self.t, np.where(t > 0.5, up, -np.inf).astype("float32"))

    def _class_257(self, kind: str) -> Facts:
        """bfloat16 cannot represent 257: a label cast to it becomes another class."""
        if self.subject.is_function:
            return {}
        p = np.zeros((3, 260), "float32")
        p[:, 257] = 6.0
        if kind == "sparse":
            p = np.exp(p) / np.exp(p).sum(axis=-1, keepdims=True)
        t = np.full(3, 257, "int32")
        loss = self.subject.loss
        again = type(loss).from_config({**loss.get_config(), "dtype": "bfloat16"})
        before, after = (float(x(t, p)) for x in (loss, again))
        return {"same": bool(np.isclose(before, after, rtol=0.1, atol=0.05))}

    def _broadcasting(self) -> Facts:
        passed = []
        one = self.by_class or self.t.shape[-1] == 1
        column = [] if one else [self.t[..., :1]]
        for t in (self.t[:1], *column):
            wide = np.ascontiguousarray(np.broadcast_to(t, self.t.shape))
            try:
                value = self.autodiff.value(self.fn, t, self.p).value
            except (ValueError, TypeError):
                continue
            # A column may be class indices, which are another target.
            if np.isclose(value, self.autodiff.value(self.fn, wide, self.p).value):
                passed.append(list(t.shape))
        return {"passed": passed}

    def _dtype(self) -> Facts:
        """float16 losses return float32, so that a sum of large items stays finite."""
        if self.subject.is_function:
            return {}
        loss = self.subject.loss
        again = type(loss).from_config({**loss.get_config(), "dtype": "float16"})
        found = again(self.t, self.p)
        dtype = keras.backend.standardize_dtype(found.dtype)
        return {"asked": "float16", "dtype": dtype, "wanted": "float32"}

    def _config(self) -> Facts:
        if self.subject.is_function:
            return {}
        return {"has": "dtype" in self.subject.loss.get_config()}
