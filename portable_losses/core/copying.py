"""One object in a copy for what was one object before.

Keras copies the loss, the metrics and the layers of a model by separate calls, and
only for `.keras` files it looks after what they share. What they have in common is the
call that they are parts of: `clone_model`, `load_model`, `from_config` and the like.
Within one such call an identity, which a config carries, stands for one object; two
calls never share, nor does a copy with its original.
"""

import copy
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

import keras

T = TypeVar("T")

_FILE = "load_model"
_CLONE = "clone_model"
_COMPILE = "compile_from_config"
_METHODS = {_COMPILE, "from_config"}
_FUNCTIONS = {
    _CLONE,
    _FILE,
    "deserialize",
    "deserialize_keras_object",
    "get",
    "model_from_config",
    "model_from_json",
}
_NAME = "portable_losses: the objects of this copy"


def one_of(identity: str | None, make: Callable[[], Any]) -> Any:
    """The object that stands for an identity in this copy, made if it is the first."""
    call = _call()
    if identity is None or call is None:
        return make()
    made = _made(call)
    if identity not in made:
        known = _in_layers(call, identity)
        made[identity] = make() if known is None else known
    return made[identity]


def cloned(x: T) -> T:
    """A copy of it if Keras clones a model, which hands over what the layers hold."""
    call = _call()
    if call is None or call.f_code.co_name != _CLONE:
        return x
    return copy.deepcopy(x, _made(call).setdefault("memo", {}))


def is_saved() -> bool:
    """Whether Keras copies the configs of layers, which are to be written into a file.

    What they hold is not copied then: its identity is what the file needs.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "get_config" and _is_of_keras(frame):
            return True
        frame = frame.f_back
    return False


def _made(call: FrameType) -> dict[str, Any]:
    """What was made in a call so far; it is gone when the call returns."""
    made: dict[str, Any] = call.f_locals.setdefault(_NAME, {})
    return made


def _call() -> FrameType | None:
    """The outermost call that copies; a file that is loaded is a copy of its own."""
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
    """Whether a method is one of what Keras saves; users write such methods, too."""
    known = frame.f_locals
    cls = known.get("cls", type(known.get("self")))
    bases = keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric
    return isinstance(cls, type) and issubclass(cls, bases)


def _in_layers(call: FrameType, identity: str) -> Any | None:
    """The copy in a layer, where a model that was copied before is now compiled."""
    model = call.f_locals.get("self")
    if call.f_code.co_name != _COMPILE or model is None:
        return None
    for layer in model._flatten_layers():
        for w in getattr(layer, "hyperparameters", ()):
            if getattr(w, "copy_of", None) == identity:
                return w
    return None
