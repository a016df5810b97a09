"""Vectors of numbers: arguments of one number per class, column or quantile."""

from typing import Any

import keras


def is_vector(x: Any) -> bool:
    """Whether an argument is a vector: a tuple, or a tensor of one axis."""
    return isinstance(x, tuple) or len(getattr(x, "shape", ())) == 1


def all_numbers(values: Any) -> bool:
    """Whether a vector holds Python numbers only, and no tensor of a Hyperparameter."""
    return isinstance(values, tuple) and not any(map(keras.ops.is_tensor, values))


def as_vector(values: Any, dtype: str) -> Any:
    """A vector of numbers and tensors as one tensor."""
    if all_numbers(values) or not isinstance(values, tuple):
        return keras.ops.convert_to_tensor(values, dtype)
    return keras.ops.stack([keras.ops.convert_to_tensor(x, dtype) for x in values])
