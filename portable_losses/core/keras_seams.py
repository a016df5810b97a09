"""All uses of private names of Keras, for what has no public name.

Each function says on which behavior of Keras it relies ("Keras promises"), and
`tests/core/test_keras_seams.py` tests that the installed Keras has this behavior.
"""

import contextlib
import functools
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import keras

_FILE = "load_model"
CLONE = "clone_model"
COMPILE = "compile_from_config"
_METHODS = {COMPILE, "from_config"}
_FUNCTIONS = {
    CLONE,
    _FILE,
    "deserialize",
    "deserialize_keras_object",
    "get",
    "model_from_config",
    "model_from_json",
}
_KINDS_OF_METRICS = ("metrics", "weighted_metrics")


def mask_on(x: Any) -> Any | None:
    """The mask that a layer attached to its output, on backends other than JAX.

    Keras promises: a tensor has its mask as the attribute `_keras_mask`, if a tensor of
    the backend can have attributes.
    """
    return getattr(x, "_keras_mask", None)


def layers_of(model: Any) -> list[Any]:
    """A model and all layers in it, those of layers included.

    Keras promises: `Layer._flatten_layers` yields the layer itself and all layers in
    it; `Model.layers` has the direct ones only.
    """
    return list(model._flatten_layers())


def metrics_of_compile(model: Any) -> list[Any]:
    """The metrics that `compile` was given, before they are built.

    Keras promises: the object `_compile_metrics` keeps them as `_user_metrics` and
    `_user_weighted_metrics`; `Model.metrics` has them after the first batch only.
    """
    compiled = getattr(model, "_compile_metrics", None)
    given = [getattr(compiled, f"_user_{kind}", None) for kind in _KINDS_OF_METRICS]
    return list(keras.tree.flatten(given))


def is_symbolic() -> bool:
    """Whether Keras computes shapes only, as it does when it builds a model.

    Keras promises: a scope knows the scope around it as `original_scope`.
    """
    with keras.SymbolicScope() as scope:
        return scope.original_scope is not None


def stateless_scope() -> Any | None:
    """The scope in which Keras calls a stateless model, on JAX; or None.

    Keras promises: as above; and such a scope collects the losses that layers add in
    `losses`, if `collect_losses` is True.
    """
    with keras.StatelessScope() as inner:
        return inner.original_scope


def values_of_scope() -> list[Any]:
    """The values that the surrounding scope holds in place of those of variables.

    Keras promises: a `StatelessScope` keeps them in `state_mapping`.
    """
    return list(getattr(stateless_scope(), "state_mapping", {}).values())


def synchronize(model: Any) -> None:
    """Assign the current values of the training state to the variables of a model.

    Keras promises: a model whose training step holds the state outside of the variables
    has a method for this, whose name ends in `state_sync`: `jax_state_sync`, in Keras
    3.16 `state_sync`. `Callback.model` calls it, but not under another name that a
    separate backend package may use, such as `mlx_state_sync` of keras-mlx 0.0.1.
    """
    kind: Any = type(model)
    for name in _methods_of_sync(kind):
        getattr(model, name)()


@functools.cache
def _methods_of_sync(kind: Any) -> tuple[str, ...]:
    names = (n for n in dir(kind) if n.endswith("state_sync") and n[0] != "_")
    return tuple(n for n in names if callable(getattr(kind, n)))


@contextlib.contextmanager
def unlocked(model: Any) -> Iterator[None]:
    """Allow a built model to get one more variable.

    Keras promises: `_tracker` records what is set as an attribute, and is locked after
    the model is built.
    """
    tracker: Any = getattr(model, "_tracker", None)
    locked = tracker is not None and getattr(tracker, "locked", False)
    if locked:
        tracker.unlock()
    try:
        yield
    finally:
        if locked:
            tracker.lock()


def own_value(variable: Any) -> Any:
    """The array of a variable, even inside of a scope that replaces its value.

    Keras promises: a built variable has its array in `_value`.
    """
    return variable._value


# --- calls that copy ------------------------------------------------------------------


def call_that_copies() -> FrameType | None:
    """The outermost call that makes a copy; loading a file counts as the outermost.

    Keras promises: the functions that copy a model or a loss have the names above.
    """
    frame, found = sys._getframe(1), None
    while frame is not None:
        name = frame.f_code.co_name
        if name in _METHODS:
            found = frame if _is_of_keras(frame) else found
        elif name in _FUNCTIONS and _module(frame).partition(".")[0] == "keras":
            found = frame
            if name == _FILE:
                break
        frame = frame.f_back  # type: ignore[assignment]
    return found


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_of_keras(frame: FrameType) -> bool:
    """Whether a method is of a class of Keras; users write such methods, too."""
    known = frame.f_locals
    cls = known.get("cls", type(known.get("self")))
    bases = keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric
    return isinstance(cls, type) and issubclass(cls, bases)


def saves_configs() -> bool:
    """Whether Keras is making the configs of layers, to write them into a file.

    Then the objects in a config must not be copied: the file stores which objects are
    shared.

    Keras promises: configs are made in methods with the name `get_config`.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "get_config" and _is_of_keras(frame):
            return True
        frame = frame.f_back
    return False
