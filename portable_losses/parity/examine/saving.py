"""Whether a loss can be restored from its config, with each of its arguments."""

import contextlib
import inspect
import json
import sys
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from portable_losses.parity import alone
from portable_losses.parity.examine.errors import told
from portable_losses.parity.examine.subject import Subject

_FROM_CONFIG = keras.losses.Loss.from_config.__func__
_COMMON = ("self", "name", "reduction", "dtype", "args", "kwargs")


def facts(subject: Subject, pair: Any) -> dict[str, Any]:
    """Save and restore the loss, with each argument that can be varied.

    Returns:
        `lost`: the arguments that are not restored; `broken`: the error of `get_config`
        or `from_config`; `needs_help`: why `load_model` needs `custom_objects`.
    """
    with _quick():
        if subject.is_function:
            return {"lost": [], "broken": None, "needs_help": _help(subject)}
        lost, broken = [], None
        for name, loss in _variants(subject):
            try:
                same = _comes_back(loss, pair)
            except Exception as error:
                broken = {**_at_root(told(error)), "argument": name}
                break
            if not same:
                lost.append(name)
        return {"lost": lost, "broken": broken, "needs_help": _help(subject)}


@contextlib.contextmanager
def _quick() -> Iterator[None]:
    """Hide TensorFlow: Keras imports it when it first serializes, in ten seconds."""
    before = list(sys.meta_path)
    if "tensorflow" not in sys.modules:
        alone.hide_other_backends(keras.config.backend())
    try:
        yield
    finally:
        sys.meta_path[:] = before


def _at_root(error: dict[str, Any]) -> dict[str, Any]:
    """The original error, which Keras wraps when it restores an object."""
    root = str(error["message"]).partition("Exception encountered: ")[2]
    return {**error, "message": root.strip()} if root else error


def _variants(subject: Subject) -> Iterator[tuple[str, Any]]:
    """The loss as it is, and with one argument changed at a time."""
    yield "", subject.loss
    owner = type(subject.loss)
    for name, parameter in inspect.signature(owner.__init__).parameters.items():
        if name in _COMMON or parameter.kind in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            continue
        current = getattr(subject.loss, name, parameter.default)
        for value in _others(current):
            with contextlib.suppress(Exception):
                yield name, owner(**{**_required(subject), name: value})
                break


def _required(subject: Subject) -> dict[str, Any]:
    """The arguments without a default, with their values in the instance."""
    parameters = inspect.signature(type(subject.loss).__init__).parameters
    return {
        name: getattr(subject.loss, name)
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
        and name not in _COMMON
        and hasattr(subject.loss, name)
    }


def _others(value: Any) -> list[Any]:
    """Other values of an argument, of the same type."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return [0.5 * value + 0.125, 2.0 * value + 0.5]
    if isinstance(value, list | tuple) and value:
        if all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
            return [type(value)(0.5 * v + 0.25 for v in value)]
    return []


def _comes_back(loss: Any, pair: Any) -> bool:
    try:
        before = _values(loss, pair)
    except Exception:
        return True  # the changed argument needs other inputs, such as another axis
    owner = type(loss)
    saved = keras.saving.serialize_keras_object(loss)
    taken = inspect.signature(owner.__init__).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in taken.values()):
        # Keras's base class adds these to the config. If __init__ does not take them,
        # that is reported as advice, and they are dropped here.
        for name in ("name", "reduction", "dtype"):
            if name not in taken and owner.from_config.__func__ is _FROM_CONFIG:
                saved["config"].pop(name, None)
    text = json.dumps(saved)
    with keras.saving.custom_object_scope({owner.__name__: owner}):
        back = keras.saving.deserialize_keras_object(
            json.loads(text), custom_objects={owner.__name__: owner}
        )
    return np.allclose(before, _values(back, pair), rtol=1e-6, equal_nan=True)


def _values(loss: Any, pair: Any) -> Any:
    t, p = pair
    with np.errstate(all="ignore"):
        near = np.asarray(loss(t, p), "float64").ravel()
        # At a second input too: an argument such as a threshold may have no effect at
        # the first.
        far = np.asarray(loss(t, p * 0.25), "float64").ravel()
    return np.concatenate([near, far])


def _help(subject: Subject) -> str:
    """Why a saved model that was compiled with the loss does not load by itself."""
    owner = subject.owner
    if not subject.is_function:
        taken = inspect.signature(type(subject.loss).__init__).parameters
        if not any(p.kind is p.VAR_KEYWORD for p in taken.values()):
            for name in ("name", "reduction"):
                if name not in taken and name in subject.loss.get_config():
                    return f"get_config has `{name}`, which __init__ does not take"
    name = getattr(owner, "__qualname__", "")
    if "<lambda>" in name:
        return "a lambda has no name to be found by"
    if "<locals>" in name:
        return f"{name} is made inside a function, where nothing finds it by name"
    if keras.saving.get_registered_name(owner) == getattr(owner, "__name__", ""):
        if not str(getattr(owner, "__module__", "")).startswith(
            ("keras.", "portable_losses.")
        ):
            return f"{owner.__name__} is not registered"
    return ""
