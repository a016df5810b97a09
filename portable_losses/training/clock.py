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
        self._begun = 0
        self._model: Any = None

    def start_epoch(self, model: Any, hyperparameters: list[Any]) -> None:
        """Look up how many steps were made; a callback may have restored them."""
        self._model = weakref.ref(model)
        restored = [w for w in hyperparameters if w.missed_steps is not None]
        if restored:
            _MISSED[_key(model)] = restored[0].missed_steps
        for w in restored:
            w.missed_steps = None
        self.steps = _counted(model) + _MISSED.get(_key(model), 0)
        self._begun = 0

    def begin(self, batch: int, known: int | None) -> int:
        """The step of a batch of this epoch; `known` is the epoch's number of batches.

        Steps that were begun count: a file that is written between a batch and the
        next has both.
        """
        several = self._model().steps_per_execution or 1
        self._begun = batch + several if known is None else min(batch + several, known)
        return self.steps + batch

    def end_epoch(self) -> None:
        """Note the steps that the optimizer did not count."""
        model = self._model()
        several = model.steps_per_execution or 1
        beyond = self.missed - _MISSED.get(_key(model), 0)
        if 0 < beyond < several:  # the last execution was shorter: the data were over
            return
        _MISSED[_key(model)] = self.missed

    @property
    def missed(self) -> int:
        """The steps that the optimizer did not count."""
        model = None if self._model is None else self._model()
        if model is None:
            return 0
        return self.steps + self._begun - _counted(model)


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
