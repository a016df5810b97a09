"""The values of a Hyperparameter: Python numbers, exact in float32."""

import struct
from typing import Any

import keras

from portable_losses.core import arguments
from portable_losses.core.rules import Value


def as_value(owner: str, argument: str, value: Any) -> Value:
    """A number, an array or a tensor as Python floats."""
    if isinstance(value, keras.Variable):  # such as a learning rate: its current value
        value = keras.ops.convert_to_numpy(value)
    numbers = arguments.number_or_vector(owner, argument, value)
    return plain(numbers)


def plain(numbers: Any) -> Value:
    """A number, or a sequence of them, as Python floats."""
    if isinstance(numbers, tuple | list):
        return tuple(map(float, numbers))
    return float(numbers)


def entries(value: Value) -> tuple[float, ...]:
    """The numbers of a value: one, or those of a vector."""
    return value if isinstance(value, tuple) else (value,)


def shape(value: Value) -> tuple[int, ...]:
    """The shape of a value as a tensor."""
    return (len(value),) if isinstance(value, tuple) else ()


def in_float32(value: Value) -> Value:
    """A value rounded to float32, as in the variable."""
    if isinstance(value, tuple):
        return tuple(map(in_float32, value))  # type: ignore[arg-type]
    try:
        (rounded,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    return float(rounded)


def shortest(seen: Any) -> Value:
    """A float32 value, written with the fewest digits that give the same float32."""
    if isinstance(seen, tuple | list):
        return tuple(map(shortest, seen))  # type: ignore[arg-type]
    for digits in (6, 7, 8):
        short = float(f"{seen:.{digits}g}")
        if in_float32(short) == seen:
            return short
    return float(seen)
