"""The number of training steps of a model, for `by="step"`."""

import weakref
from typing import Any

import keras

_MISSED: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
"""For each optimizer, the training steps that it did not count."""


class Clock:
    """Counts the batches that a model was trained on, from 0.

    A step is one batch, also if the optimizer skipped it. The optimizer counts its
    steps, also those of `train_on_batch`, in a variable that is saved with the model.
    It does not count the steps that it skips, as a `LossScaleOptimizer` does if a
    gradient overflows. The difference is stored here, and the Hyperparameters write it
    to files.

    Attributes:
        steps: the number of steps before the current epoch.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._begun: int | None = None
        self._ended = 0
        self._model: Any = None

    def start_epoch(self, model: Any, hyperparameters: list[Any]) -> None:
        """Read the number of steps again, since a callback may have restored it."""
        self._model = weakref.ref(model)
        for w in hyperparameters:
            if w.missed_steps is not None:
                (missed, counted), w.missed_steps = w.missed_steps, None
                if counted <= _counted(model):  # else the optimizer is another one
                    _MISSED[_key(model)] = missed
        self.steps = _counted(model) + _MISSED.get(_key(model), 0)
        self._begun, self._ended = 0, 0

    def begin(self, batch: int, known: int | None) -> int:
        """The step of a batch of this epoch; `known` is the epoch's number of batches.

        A step counts from its beginning, so a file that is written at the end of a
        batch includes it.
        """
        model = None if self._model is None else self._model()
        several = getattr(model, "steps_per_execution", 1) or 1
        self._begun = batch + several if known is None else min(batch + several, known)
        return self.steps + batch

    def end(self, batch: int, known: int | None) -> None:
        """Record that a batch was trained on, the last one of an execution."""
        self._ended = batch + 1 if known is None else min(batch + 1, known)

    def end_epoch(self) -> None:
        """Record the steps that the optimizer did not count."""
        # The data may end after `begin`, so only batches that ended are counted.
        model, ended = self._model(), self._ended
        several = model.steps_per_execution or 1
        missed = self.steps + ended - _counted(model)
        beyond = missed - _MISSED.get(_key(model), 0)
        self._begun = None
        if not 0 < beyond < several:  # else the last execution had fewer batches
            _MISSED[_key(model)] = missed

    @property
    def missed(self) -> tuple[int, int]:
        """The number of steps that the optimizer did not count, and that it counted."""
        model = None if self._model is None else self._model()
        if model is None:
            return 0, 0
        missed, counted = _MISSED.get(_key(model), 0), _counted(model)
        if self._begun is None:  # between two epochs
            return missed, counted
        return max(missed, self.steps + self._begun - counted), counted


def _key(model: Any) -> Any:
    return model if getattr(model, "optimizer", None) is None else model.optimizer


def _counted(model: Any) -> int:
    """The number that the optimizer counted, with each batch of an accumulation."""
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    for variable in getattr(optimizer, "variables", ()):
        if variable.name == "iteration":
            return int(keras.ops.convert_to_numpy(variable))
    return 0
