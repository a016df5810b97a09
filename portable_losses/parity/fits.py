"""Small models, and how the runs train them with `fit`.

The data, the models' sizes and the optimizer are those of a task in `training`.
"""

from collections.abc import Sequence
from typing import Any

import keras

from portable_losses.parity.training import BATCH, HIDDEN, initialize

History = dict[str, list[float]]
"""The values of each entry of a history, one per epoch."""

EPOCHS = 4
TRAINED, HELD_OUT = slice(0, 320), slice(320, 416)
"""Full batches only: each other shape would compile another step."""


def hidden(x: Any) -> Any:
    """The hidden layer of a small model."""
    return keras.layers.Dense(HIDDEN, activation="relu", name="hidden")(x)


def small_model(columns: int, outputs: int) -> Any:
    """A hidden layer and an output layer."""
    x = keras.Input((columns,))
    return keras.Model(x, keras.layers.Dense(outputs)(hidden(x)))


def compiled(model: Any, rate: float = 0.02, **arguments: Any) -> Any:
    """The model, with the same weights on every backend, ready to be trained."""
    initialize(model)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), **arguments)
    return model


def fitted(
    model: Any,
    x: Any,
    y: Any = None,
    callbacks: Sequence[Any] = (),
    first: int = 0,
    last: int = EPOCHS,
) -> History:
    """Train from one epoch to another, with validation, and return the history."""

    def part(data: Any, which: slice) -> Any:
        if data is None:
            return None
        return keras.tree.map_structure(lambda column: column[which], data)

    found = model.fit(
        part(x, TRAINED),
        part(y, TRAINED),
        batch_size=BATCH,
        initial_epoch=first,
        epochs=last,
        shuffle=False,
        validation_data=(part(x, HELD_OUT), part(y, HELD_OUT)),
        validation_batch_size=BATCH,
        callbacks=list(callbacks),
        verbose=0,
    )
    return {name: [float(v) for v in values] for name, values in found.history.items()}


def ramp(epoch: int) -> float:
    """A weight that grows by epoch: 0.25, 0.5, 0.75 and 1."""
    return 0.25 * (epoch + 1)


def two_heads() -> tuple[Any, dict[str, Any]]:
    """A model with an input of ten columns and two outputs of one column each."""
    x = keras.Input((10,))
    shared = hidden(x)
    heads = ("level", "spread")
    return x, {name: keras.layers.Dense(1, name=name)(shared) for name in heads}
