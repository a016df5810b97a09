"""How a pinned function treats symbolic tensors, integers and half precision."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import keras
from keras import ops as raw

HALVES = ("float16", "bfloat16")
FLOATS = (*HALVES, "float32", "float64")

# The smallest normal numbers. Some backends replace smaller numbers by 0.
TINY = {"float32": 2.0**-126, "float64": 2.0**-1022}

Function = TypeVar("Function", bound=Callable[..., Any])
_FUNCTIONS: dict[str, Callable[..., Any]] = {}


@keras.saving.register_keras_serializable(package="portable_losses")
class Pinned(keras.Operation):
    """One call of a pinned function in a functional model, saved by its name."""

    def __init__(self, function: str, name: str | None = None) -> None:
        super().__init__(name=name)
        self.function = function

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The function of that name, on tensors."""
        return _FUNCTIONS[self.function](*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The name of the function, from which it is found again."""
        return {"function": self.function, "name": self.name}


def pinned(function: Function) -> Function:
    """Make `function` take part in functional models, as `keras.ops` does."""
    _FUNCTIONS[function.__name__] = function

    @functools.wraps(function)
    def public(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if isinstance(value, keras.KerasTensor):
                return Pinned(function.__name__)(*args, **kwargs)
        return function(*args, **kwargs)

    return public  # type: ignore[return-value]  # same signature, by `wraps`


def pinned_float(inputs: int) -> Callable[[Function], Function]:
    """`pinned`, for a body that is pure mathematics on floating-point tensors.

    The first `inputs` arguments reach the body as tensors of one floating dtype by
    Keras's own promotion; half precision is computed in float32 and rounded once, at
    the end. Python numbers pass as they are, unless no argument is a tensor. Complex
    tensors go to the function of that name in `keras.ops`.
    """

    def decorate(function: Function) -> Function:
        names = list(inspect.signature(function).parameters)[:inputs]

        @functools.wraps(function)
        def body(*args: Any, **kwargs: Any) -> Any:
            given = len(args)
            args += tuple(kwargs.pop(name) for name in names[given:] if name in kwargs)
            values = [value if is_number(value) else tensor(value) for value in args]
            values, rest = values[:inputs], args[inputs:]
            dtype = result_type(*values, float)
            if dtype not in FLOATS:
                return getattr(raw, function.__name__)(*args, **kwargs)
            inside = "float32" if dtype in HALVES else dtype
            lonely = all(is_number(value) for value in values)
            values = [
                value if is_number(value) and not lonely else as_dtype(value, inside)
                for value in values
            ]
            result = function(*values, *rest, **kwargs)
            return result if inside == dtype else raw.cast(result, dtype)

        return pinned(body)  # type: ignore[return-value]  # by `wraps`

    return decorate


def tensor(value: Any) -> Any:
    """`value` as a tensor of the backend, a Variable by its current value."""
    return raw.convert_to_tensor(value)


def as_dtype(value: Any, dtype: str) -> Any:
    """`value` as a tensor of `dtype`; a Python number stays exact in float64."""
    if is_number(value):
        return raw.convert_to_tensor(value, dtype=dtype)
    return value if value.dtype == dtype else raw.cast(value, dtype)


def dtype_of(x: Any) -> str:
    """The dtype of a tensor by its Keras name."""
    return keras.backend.standardize_dtype(x.dtype)


def result_type(*values: Any) -> str:
    """Keras's promotion of tensors, Python numbers and types, float64 kept."""
    kinds = [
        value if isinstance(value, type) else getattr(value, "dtype", type(value))
        for value in values
    ]
    # Results are stored, because every call of a pinned function needs one. They are
    # in a dict, since dynamo of torch warns about `functools.cache`.
    known = keras.config.floatx(), *kinds
    if known not in _promotions:
        _promotions[known] = _promoted(kinds)
    return _promotions[known]


_promotions: dict[tuple[Any, ...], str] = {}


def _promoted(kinds: list[Any]) -> str:
    if any("float64" in str(kind) for kind in kinds):
        return "float64"  # on backends other than TensorFlow, Keras returns float32
    promoted: str = keras.backend.result_type(*kinds)
    return promoted


def is_number(value: Any) -> bool:
    """Whether `value` is a Python number, which takes the dtype of the other inputs."""
    return isinstance(value, (bool, int, float))


def is_float(x: Any) -> bool:
    """Whether a tensor is of a real floating dtype."""
    return dtype_of(x) in FLOATS


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """`axis`, an integer, several, or None for all, counted from 0."""
    rank = len(x.shape)
    axes = range(rank) if axis is None else (axis,) if isinstance(axis, int) else axis
    if any(not -rank <= axis < rank for axis in axes):
        raise ValueError(f"`axis` must be within the {rank} axes of x; got axis={axis}")
    return tuple(axis % rank for axis in axes)
