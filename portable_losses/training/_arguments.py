"""Arguments of a `@loss` function: which are allowed, and how they are passed."""

import types
from typing import Any

import keras

from portable_losses.core import arguments, errors, held
from portable_losses.core.config import rebuilt
from portable_losses.core.moving import Moving
from portable_losses.core.vectors import as_vector
from portable_losses.ops import eager


def checked(owner: str, argument: str, value: Any, default: Any = None) -> Any:
    """Return an argument, or raise an error for one that cannot be saved or used.

    Where the default is a number, neither text nor a function is meant; where it is
    text or a flag, no function is. A changed file may have one.
    """
    if isinstance(value, types.LambdaType) and value.__name__ == "<lambda>":
        rule, remedy = "a value that can be saved", "define the function by name"
        errors.fail(owner, argument, rule, value, remedy)
    number = isinstance(default, int | float) and not isinstance(default, bool)
    called = callable(value) and not isinstance(value, Moving)
    if called and isinstance(default, int | float | str):
        rule = "a number" if number else f"of the kind of its default {default!r}"
        errors.fail(owner, argument, rule, value, "call it, or pass a value", TypeError)
    huge = isinstance(value, int) and value.bit_length() > 1023  # for a float
    if number and (huge or isinstance(value, str | dict)):
        rule, remedy = "a number, or a sequence of them", "pass an int or a float"
        errors.fail(owner, argument, rule, value, remedy, TypeError)
    if argument == "class_weights":
        return arguments.class_weights(owner, value)
    held.reject_variables(owner, argument, value)
    if keras.ops.is_tensor(value):
        array = eager.known_values(value)
        if array is None:
            rule = "a value that is known when the loss is made"
            shown = errors.Described("a tensor of compiled code")
            errors.fail(owner, argument, rule, shown, "make the loss outside of it")
        return array
    return value


def as_tensor(value: Any, dtype: str) -> Any:
    """A number, an array or a sequence of numbers as a tensor; others unchanged."""
    if isinstance(value, bool | str) or value is None:
        return value
    if hasattr(value, "_make"):  # a namedtuple, which must keep its field names
        return rebuilt(value, (as_tensor(x, dtype) for x in value))
    if isinstance(value, tuple | list):
        if not _are_numbers(value):
            return value
        return as_vector(tuple(value), dtype)
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        return keras.ops.convert_to_tensor(value, dtype)
    return value


def _are_numbers(values: Any) -> bool:
    """Whether a nested sequence holds only numbers, or tensors of Hyperparameters."""
    if isinstance(values, tuple | list):
        return bool(values) and all(map(_are_numbers, values))
    number = isinstance(values, int | float) or hasattr(values, "dtype")
    return number and not isinstance(values, bool)
