"""The callback that sets a Hyperparameter by epoch or by step."""

import inspect
from collections.abc import Callable
from typing import Any

import keras

from portable_losses.core import arguments, errors, held
from portable_losses.core.keras_seams import (
    layers_of,
    metrics_of_compile,
    synchronize,
    unlocked,
)
from portable_losses.core.loss import Loss
from portable_losses.core.moving import leaves_in
from portable_losses.training._values import as_value
from portable_losses.training.clock import Clock
from portable_losses.training.endpoint import LossEndpoint
from portable_losses.training.hyperparameter import Hyperparameter

_CLOCKS = ("epoch", "step")


class HyperparameterScheduler(keras.callbacks.Callback):
    """Sets a `Hyperparameter` at the start of each epoch or training step.

    On every backend the loss uses the value that was set. The callback makes the model
    track the Hyperparameter, so that its value is in the logs.

    Args:
        hyperparameter: the `Hyperparameter`, or its name, which is looked up in the
            model's losses and metrics, for example after `load_model`.
        schedule: a function of the epoch or step, counted from 0, that returns the
            value. A function of two arguments also gets the current value. Or a
            `keras.optimizers.schedules` object.
        by: `"epoch"` or `"step"`. A step is a batch that the model was trained on, by
            `fit` or `train_on_batch`, also with gradient accumulation, or if a
            `LossScaleOptimizer` skipped the step. A second `fit` continues the
            count, also after `load_model`, `load_weights` or `BackupAndRestore`;
            `initial_epoch` does not change it, and with another optimizer it starts at
            0. Steps skipped outside of a `fit` with a scheduler are not counted. With
            `steps_per_execution=k` a value holds for k steps.
        verbose: whether to print each value that is set.

    A value that does not change costs no time. A value that changes at each step costs
    0.1 to 0.3 ms per step on two CPU cores.

    Raises:
        TypeError: for a schedule that is not callable, or does not return a number;
            and a loss of Keras that holds a Hyperparameter.
        ValueError: for an unknown `by`; a name that no Hyperparameter of the model has,
            or several; and a Hyperparameter with the name of something else in the
            logs.

    Example:
        >>> w = portable_losses.Hyperparameter(0.0, name="w")
        >>> ramp = portable_losses.HyperparameterScheduler(w, lambda epoch: 0.1 * epoch)
        >>> # model.compile("adam", loss=MeanSquaredError() + w * MeanAbsoluteError())
        >>> # model.fit(x, y, epochs=10, callbacks=[ramp])
    """

    def __init__(
        self,
        hyperparameter: Hyperparameter | str,
        schedule: Callable[..., Any],
        by: str = "epoch",
        verbose: bool = False,
    ) -> None:
        super().__init__()
        owner = type(self).__name__
        if not isinstance(hyperparameter, Hyperparameter | str):
            rule, remedy = "a Hyperparameter or its name", "w = Hyperparameter(0.0)"
            errors.fail(
                owner, "hyperparameter", rule, hyperparameter, remedy, TypeError
            )
        count = _arguments_of(schedule) if callable(schedule) else 0
        if count not in (1, 2):
            rule = "a function of the epoch or step, or of it and the present value"
            remedy = "pass lambda epoch: 0.1 * epoch, say"
            errors.fail(owner, "schedule", rule, schedule, remedy, TypeError)
        self.hyperparameter = hyperparameter
        self.schedule = schedule
        self.by = arguments.choice(owner, "by", by, _CLOCKS)
        self.verbose = arguments.flag(owner, "verbose", verbose)
        self._takes_value = count == 2
        self._found: Hyperparameter | None = None
        self._clock = Clock()

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        for loss in losses_of(model):
            held.reject_moving_inside(type(self).__name__, "loss", loss)
        self._found = self._find(model)
        self._check_name(model, self._found)
        self._track(model, self._found)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        assert self._found is not None, "fit calls set_model first"
        known = hyperparameters_of(self.model)
        self._clock.start_epoch(self.model, [*known, self._found])
        self._found.clock = self._clock
        _ = self._found.value  # reads a value that was set in the variable directly
        if self.by == "epoch":
            self._set(epoch)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        step = self._clock.begin(batch, (self.params or {}).get("steps"))
        if self.by == "step":
            self._set(step)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._clock.end(batch, (self.params or {}).get("steps"))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._clock.end_epoch()
        w = self._found
        if logs is not None and w is not None and not isinstance(w.value, tuple):
            logs.setdefault(w.name, w.value)  # Keras does not log values of layers

    def _set(self, clock: int) -> None:
        w = self._found
        assert w is not None, "fit calls set_model first"
        new = self.schedule(*((clock, w.value) if self._takes_value else (clock,)))
        new = as_value(type(self).__name__, f"schedule({clock})", new)
        if w.is_now(new):
            return
        # Within an epoch on JAX and MLX the training step holds the values of the
        # variables. Writing them back takes time, so this is done only if the value
        # changes.
        synchronize(self.model)
        w.assign(new)
        if self.verbose:
            print(f"\n{self.by} {clock}: {w.name} = {new}")

    # --- the model --------------------------------------------------------------------

    def _find(self, model: Any) -> Hyperparameter:
        if isinstance(self.hyperparameter, Hyperparameter):
            return self.hyperparameter
        known = hyperparameters_of(model)
        named = [w for w in known if w.name == self.hyperparameter]
        if len(named) != 1:
            names = ", ".join(sorted(w.name for w in known)) or "none"
            rule = "the name of one Hyperparameter of the model"
            remedy = f"it has {names}"
            owner = type(self).__name__
            errors.fail(owner, "hyperparameter", rule, self.hyperparameter, remedy)
        return named[0]

    def _check_name(self, model: Any, w: Hyperparameter) -> None:
        """Reject a name under which the logs have something else."""
        size = len(w.value) if isinstance(w.value, tuple) else None
        names = {w.name} if size is None else {f"{w.name}_{i}" for i in range(size)}
        others = [m for m in metrics_of(model) if m is not w]
        taken = {f"{name}_loss" for name in getattr(model, "output_names", ())}
        if len(others) == len(metrics_of(model)):  # else Keras numbers the names
            taken |= {str(_name_of(m)) for m in others}
        for name in sorted(names & taken):
            rule = f"a Hyperparameter whose name, {name}, is its own in the logs"
            remedy = f"give it another: Hyperparameter(..., name='weight_{w.name}')"
            errors.fail(type(self).__name__, "hyperparameter", rule, w, remedy)

    def _track(self, model: Any, w: Hyperparameter) -> None:
        as_metric = any(x is w for x in metrics_of(model))
        as_weight = any(x is w.variable for x in model.non_trainable_variables)
        if as_metric or as_weight:
            return
        with unlocked(model):
            # The attribute is its path in files of weights, unless a loss holds it.
            setattr(model, f"_hyperparameter_{w.name}", w)
        # The functions that were compiled before do not have its variable.
        model.train_function = model.test_function = None


def hyperparameters_of(model: Any) -> list[Hyperparameter]:
    """The Hyperparameters in a model's losses, layers and metrics, each once."""
    parts = (*losses_of(model), *layers_of(model))
    owners = [x for x in parts if isinstance(x, Loss | LossEndpoint)]
    metrics = [m for m in metrics_of(model) if isinstance(m, Hyperparameter)]
    return leaves_in([*owners, *metrics])


def losses_of(model: Any) -> list[Any]:
    """The losses given to `compile`, and those of the endpoints of a model."""
    # `layers_of` includes the model itself, with the losses of `compile` as `loss`.
    losses = [getattr(layer, "loss", None) for layer in layers_of(model)]
    return keras.tree.flatten(losses)


def _name_of(metric: Any) -> Any:
    return getattr(metric, "name", getattr(metric, "__name__", metric))


def metrics_of(model: Any) -> list[Any]:
    """The metrics of a model, also those of `compile` before they are built."""
    return [*model.metrics, *metrics_of_compile(model)]


def _arguments_of(schedule: Callable[..., Any]) -> int:
    """The number of arguments to pass to a schedule; at least one if it takes any."""
    try:
        parameters = inspect.signature(schedule).parameters.values()
    except ValueError:  # some builtins have none
        return 1
    by_position = [
        p for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)
    ]
    needed = [
        p for p in by_position if p.default is p.empty and p.kind != p.VAR_POSITIONAL
    ]
    return max(len(needed), min(len(by_position), 1))
