"""A model trained with a loss on one backend goes on training on another."""

import json
import pathlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from portable_losses.parity.case import Case, Pair
from portable_losses.parity.inputs import single

TOLERANCE = 1e-4
"""Relative difference of the losses after three steps of gradient descent."""


def train_and_save(case: Case, make: Callable[..., Any], folder: pathlib.Path) -> None:
    """Fit two steps, save the model, fit a third and note its loss."""
    t, p = _data(case)
    keras.utils.set_random_seed(0)
    inputs = keras.Input(p.shape[1:])
    # The layer starts as the identity, so that predictions stay in the loss's domain.
    outputs = keras.layers.Dense(p.shape[-1], kernel_initializer="identity")(inputs)
    model = keras.Model(inputs, outputs)
    optimizer = keras.optimizers.SGD(1e-3, momentum=0.9, name="sgd")
    loss = make(**case.config)
    # Variables of the loss must be tracked by the model; otherwise compiled code on
    # JAX raises an error.
    model.compile(optimizer, loss=loss, metrics=getattr(loss, "hyperparameters", []))
    _fit(model, t, p, epochs=2)
    model.save(_path(case, folder, "keras"))
    losses = _fit(model, t, p, epochs=2)
    _path(case, folder, "json").write_text(json.dumps(losses))


class Arrivals:
    """The models of one case, as they arrive from other backends.

    Compiling a training step takes most of the time. So if a model differs from an
    earlier one only in its numbers, these are assigned to the earlier one, which is
    already compiled and continues the training.
    """

    def __init__(self, case: Case, custom_objects: dict[str, Any] | None) -> None:
        self.case = case
        self.custom_objects = custom_objects
        self.compiled: Any = None

    def go_on(self, folder: pathlib.Path) -> None:
        """Load the model in safe mode, continue `fit`, and compare the losses."""
        wanted = json.loads(_path(self.case, folder, "json").read_text())
        model = keras.saving.load_model(
            _path(self.case, folder, "keras"),
            custom_objects=self.custom_objects,
            safe_mode=True,
        )
        if self.compiled is not None and _are_alike(model, self.compiled):
            for mine, its in zip(_numbers(self.compiled), _numbers(model), strict=True):
                mine.assign(its)
            model = self.compiled
        elif keras.config.backend() == "torch":
            # The other backends save jit_compile="auto" as True, and torch.compile
            # would take half a minute for a step.
            model.jit_compile = False
        self.compiled = model
        t, p = _data(self.case)
        got = _fit(model, t, p, epochs=2)
        size = max(map(abs, wanted)) or 1.0
        worst = max(abs(a - b) for a, b in zip(got, wanted, strict=True)) / size
        if not worst <= TOLERANCE * self.case.scale:
            raise AssertionError(f"goes on with the losses {got}, not {wanted}")


def _are_alike(one: Any, other: Any) -> bool:
    """Whether two models have the same compile config, and variables of equal shapes.

    `jit_compile` is ignored: each backend resolves "auto" to another value.
    """
    shapes = [[(v.shape, v.dtype) for v in _numbers(m)] for m in (one, other)]
    compiled = [{**m.get_compile_config(), "jit_compile": 0} for m in (one, other)]
    return shapes[0] == shapes[1] and compiled[0] == compiled[1]


def _numbers(model: Any) -> list[Any]:
    """All variables that training changes: those of model, metrics and optimizer."""
    return [*model.variables, *model.optimizer.variables]


def _fit(model: Any, t: Any, p: Any, epochs: int) -> list[float]:
    history = model.fit(
        p, t, batch_size=len(p), epochs=epochs, shuffle=False, verbose=0
    )
    return [float(x) for x in history.history["loss"]]


def _data(case: Case) -> Pair:
    t, p = single(case.inputs())
    return (np.zeros(len(p), "float32") if t is None else t), p


def _path(case: Case, folder: pathlib.Path, ending: str) -> pathlib.Path:
    return folder / f"{case.id}.{ending}"
