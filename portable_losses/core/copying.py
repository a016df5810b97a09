"""Objects that are shared in a model stay shared in a copy of the model.

Keras copies the loss, the metrics and the layers of a model in separate calls, and
keeps shared objects shared for `.keras` files only. All these calls run inside of one
outer call: `clone_model`, `load_model`, `from_config` and similar functions. The config
of a shared object contains an identity. Within one outer call, equal identities give
the same object. Two outer calls never share an object, nor do a copy and its original.
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
    """The object of an identity in this copy; the first call makes it."""
    call = call_that_copies()
    if identity is None or call is None:
        return make()
    made = _made(call)
    if identity not in made:
        known = _in_layers(call, identity)
        made[identity] = make() if known is None else known
    return made[identity]


def cloned(x: T) -> T:
    """A copy if Keras clones a model, since it passes on the objects of the layers."""
    call = call_that_copies()
    if call is None or call.f_code.co_name != CLONE:
        return x
    return copy.deepcopy(x, _made(call).setdefault("memo", {}))


def _made(call: FrameType) -> dict[str, Any]:
    """The objects made so far in an outer call; they are dropped when it returns."""
    made: dict[str, Any] = call.f_locals.setdefault(_NAME, {})
    return made


def _in_layers(call: FrameType, identity: str) -> Any | None:
    """The copy in a layer, where an already copied model is compiled now."""
    model = call.f_locals.get("self")
    if call.f_code.co_name != COMPILE or model is None:
        return None
    for layer in layers_of(model):
        for w in getattr(layer, "hyperparameters", ()):
            if getattr(w, "copy_of", None) == identity:
                return w
    return None
