"""A user's own loss, found by `file.py:name` or `package.module:name`."""

import dataclasses
import importlib
import importlib.util
import inspect
import pathlib
import sys
from typing import Any

import keras

from portable_losses.parity.case import Case
from portable_losses.parity.kinds import KINDS


@dataclasses.dataclass(frozen=True)
class Target:
    """A loss to check that is not of the catalogue."""

    case: Case
    loss: Any

    def make(self, **overrides: Any) -> Any:
        """Make the loss with another reduction or dtype."""
        return remade(self.loss, overrides)

    @property
    def custom_objects(self) -> dict[str, Any]:
        """The `custom_objects` with which `load_model` finds an unregistered loss."""
        if inspect.isclass(self.loss) or inspect.isfunction(self.loss):
            return {self.loss.__name__: self.loss, "FunctionLoss": FunctionLoss}
        return {type(self.loss).__name__: type(self.loss)}


class FunctionLoss(keras.losses.Loss):
    """A plain function of targets and predictions as a loss."""

    def __init__(self, function: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.function(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "dtype": self.dtype,
            "function": keras.saving.serialize_keras_object(self.function),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FunctionLoss":
        function = keras.saving.deserialize_keras_object(config.pop("function"))
        return cls(function, **config)


def remade(loss: Any, overrides: dict[str, Any]) -> Any:
    """A loss class, instance or function, with some arguments changed."""
    overrides = {
        k: v for k, v in overrides.items() if v is not None or k == "reduction"
    }
    if inspect.isclass(loss):
        return loss(**overrides)
    if isinstance(loss, keras.losses.Loss):
        return type(loss).from_config({**loss.get_config(), **overrides})
    return FunctionLoss(loss, **overrides)


def load_target(name: str, kind: str, reference: str | None = None) -> Target:
    """Find a loss by name and make its case.

    Args:
        name: `file.py:name` or `module:name` of a loss class, instance or function.
        kind: what it takes; see `kinds.KINDS`.
        reference: likewise, a NumPy function of the items, if there is one.
    """
    loss = _find(name)
    label = getattr(loss, "__name__", type(loss).__name__)
    stand_in = None if reference is None else _find(reference)
    case = dataclasses.replace(KINDS[kind], loss=label, reference=stand_in)
    return Target(case, loss)


def _find(name: str) -> Any:
    place, _, attribute = name.rpartition(":")
    if not place or not attribute:
        raise ValueError(
            f"parity: `target` must be file.py:name or module:name; got "
            f"target={name!r} (write for instance my_losses.py:MyLoss)."
        )
    if place.endswith(".py"):
        path = pathlib.Path(place)
        if not path.exists():
            raise ValueError(
                f"parity: `target` must name a file that exists; got "
                f"target={name!r} (there is no {place})."
            )
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(place)
    if not hasattr(module, attribute):
        known = ", ".join(sorted(n for n in vars(module) if not n.startswith("_")))
        raise ValueError(
            f"parity: `target` must name something in {place}; got "
            f"target={name!r} (it has {known})."
        )
    return getattr(module, attribute)
