"""One object in a copy for what was one object before.

Keras copies the loss, the metrics and the layers of a model by separate calls, and
only for `.keras` files it looks after what they share. What they have in common is the
call that they are parts of: `clone_model`, `load_model`, `from_config` and the like.
Within one such call an identity, which a config carries, stands for one object; two
calls never share, nor does a copy with its original.
"""

import copy
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from portable_losses.core.keras_seams import (
    CLONE,
    COMPILE,
    call_that_copies,
    layers_of,
)

T = TypeVar("T")

_NAME = "portable_losses: the objects of this copy"


def one_of(identity: str | None, make: Callable[[], Any]) -> Any:
    """The object that stands for an identity in this copy, made if it is the first."""
    call = call_that_copies()
    if identity is None or call is None:
        return make()
    made = _made(call)
    if identity not in made:
        known = _in_layers(call, identity)
        made[identity] = make() if known is None else known
    return made[identity]


def cloned(x: T) -> T:
    """A copy of it if Keras clones a model, which hands over what the layers hold."""
    call = call_that_copies()
    if call is None or call.f_code.co_name != CLONE:
        return x
    return copy.deepcopy(x, _made(call).setdefault("memo", {}))


def _made(call: FrameType) -> dict[str, Any]:
    """What was made in a call so far; it is gone when the call returns."""
    made: dict[str, Any] = call.f_locals.setdefault(_NAME, {})
    return made


def _in_layers(call: FrameType, identity: str) -> Any | None:
    """The copy in a layer, where a model that was copied before is now compiled."""
    model = call.f_locals.get("self")
    if call.f_code.co_name != COMPILE or model is None:
        return None
    for layer in layers_of(model):
        for w in getattr(layer, "hyperparameters", ()):
            if getattr(w, "copy_of", None) == identity:
                return w
    return None
