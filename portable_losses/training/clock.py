"""How many training steps a model has made: the clock of `by="step"`."""

import weakref
from typing import Any

import keras

_MISSED: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
"""By optimizer, the training steps that it did not count."""


class Clock:
    """Counts the batches that a model was trained on, from 0.

    The optimizer counts them, in a variable that is saved with the model and that
    `train_on_batch` moves, too; not those it skips, as a `LossScaleOptimizer` does
    where a gradient overflows. The difference is kept here, and in files by the
    Hyperparameters: a step is one batch, whatever became of it.

    Attributes:
        steps: the steps before the present epoch.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._begun: int | None = None
        self._ended = 0
        self._model: Any = None

    def start_epoch(self, model: Any, hyperparameters: list[Any]) -> None:
        """Look up how many steps were made; a callback may have restored them."""
        self._model = weakref.ref(model)
        for w in hyperparameters:
            if w.missed_steps is not None:
                (missed, counted), w.missed_steps = w.missed_steps, None
                if counted <= _counted(model):  # else the optimizer is another
                    _MISSED[_key(model)] = missed
        self.steps = _counted(model) + _MISSED.get(_key(model), 0)
        self._begun, self._ended = 0, 0

    def begin(self, batch: int, known: int | None) -> int:
        """The step of a batch of this epoch; `known` is the epoch's number of batches.

        Steps that were begun count: a file that is written between a batch and the
        next has both.
        """
        model = None if self._model is None else self._model()
        several = getattr(model, "steps_per_execution", 1) or 1
        self._begun = batch + several if known is None else min(batch + several, known)
        return self.steps + batch

    def end(self, batch: int, known: int | None) -> None:
        """Note that a batch of this epoch was trained on, the last of an execution."""
        self._ended = batch + 1 if known is None else min(batch + 1, known)

    def end_epoch(self) -> None:
        """Note the steps that the optimizer did not count."""
        model, ended = self._model(), self._ended  # data may end after a begin
        several = model.steps_per_execution or 1
        missed = self.steps + ended - _counted(model)
        beyond = missed - _MISSED.get(_key(model), 0)
        self._begun = None
        if not 0 < beyond < several:  # else the last execution was shorter
            _MISSED[_key(model)] = missed

    @property
    def missed(self) -> tuple[int, int]:
        """The steps that the optimizer did not count, and those that it did."""
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
    """What the optimizer counted, each batch of an accumulated gradient too."""
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    for variable in getattr(optimizer, "variables", ()):
        if variable.name == "iteration":
            return int(keras.ops.convert_to_numpy(variable))
    return 0
