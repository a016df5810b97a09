"""Inputs of a loss are converted to tensors of numbers, or rejected."""

import itertools
from collections.abc import Iterator
from typing import Any, NoReturn

import keras

from portable_losses.core import errors
from portable_losses.ops.known import found

NEVER_RAGGED = found(
    "the backend has no ragged tensors, whose samples have different lengths",
    "tests/core/test_inputs.py",
    jax="0.10.2",
    numpy="2.4.6",
    torch="2.13.0",
)
NEVER_NESTED = found(
    "the backend has no nested tensors, whose samples have different lengths",
    "tests/core/test_inputs.py",
    jax="0.10.2",
    numpy="2.4.6",
    tensorflow="2.21.0",
)
NEVER_SPARSE = found(
    "convert_to_tensor(sparse=False) makes sparse tensors dense",
    "tests/core/test_inputs.py",
    jax="0.10.2",
    numpy="2.4.6",
    tensorflow="2.21.0",
)
RANKS_ARE_KNOWN = found(
    "every tensor has a known rank, in compiled code too",
    "tests/core/test_inputs.py",
    jax="0.10.2",
    numpy="2.4.6",
    torch="2.13.0",
)
# The kinds of NumPy dtypes that are not real numbers.
_KINDS = {
    "O": "objects",
    "S": "strings",
    "U": "strings",
    "T": "strings",
    "M": "dates",
    "m": "durations",
    "c": "complex numbers",
}
_REMEDIES = {
    "strings": "encode labels as class indices, as keras.layers.StringLookup does",
    "dates": "count the days or seconds since a date of your own",
    "durations": "divide them by a unit: x / np.timedelta64(1, 's')",
    "complex numbers": "pass the real and the imaginary part as two columns",
    "missing entries (None)": "put any number there, and mask it",
    "objects": "convert them: np.asarray(x, 'float32')",
}


def tensor(owner: str, argument: str, value: Any, dtype: str | None = None) -> Any:
    """Return `value` as a dense tensor of real numbers of a known rank."""
    if isinstance(value, keras.KerasTensor):
        rule = "a tensor with values"
        remedy = "LossEndpoint(loss)(y_pred, y_true) adds a loss inside of a model"
        shown = errors.Described("a symbolic KerasTensor")
        errors.fail(owner, argument, rule, shown, remedy, TypeError)
    kind = _kind(value)
    if kind == "objects":  # these may be numbers: a column of a table, for example
        found = value.tolist()
        if _first_kind(found) is not None or _is_ragged(found):
            _reject(owner, argument, found)
        value = found
    elif kind is not None:
        _reject_kind(owner, argument, kind)
    if not NEVER_RAGGED and type(value).__name__ == "RaggedTensor":
        _reject_ragged(owner, argument)
    if not NEVER_NESTED and getattr(value, "is_nested", False):
        _reject_ragged(owner, argument)
    try:
        # Dense, since `where` does not take sparse tensors.
        x = keras.ops.convert_to_tensor(value, dtype, sparse=False)
    except Exception as error:  # each backend has its own type
        _reject(owner, argument, value, error)
    if dtype is None and isinstance(value, list | tuple):
        kind = _kind(x)  # TensorFlow makes tensors of strings, JAX complex ones
        if kind is not None:
            _reject_kind(owner, argument, kind)
    if not NEVER_SPARSE and getattr(x, "is_sparse", False):
        x = x.to_dense()
    if not RANKS_ARE_KNOWN and getattr(x.shape, "rank", 0) is None:
        rule = "of a known rank"
        shown = errors.Described("a tensor of unknown rank")
        remedy = f"{argument}.set_shape(...) where the data set makes it"
        errors.fail(owner, argument, rule, shown, remedy)
    return x


def _kind(value: Any) -> str | None:
    """The kind of values that are not real numbers; None if real, or unknown."""
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return None
    if dtype not in _kinds_seen:  # a dict, since dynamo warns of cached functions
        _kinds_seen[dtype] = _kind_of(dtype)
    return _kinds_seen[dtype]


_kinds_seen: dict[Any, str | None] = {}


def _kind_of(dtype: Any) -> str | None:
    kind = getattr(dtype, "kind", None)
    if kind is not None:
        return _KINDS.get(kind)
    if getattr(dtype, "is_complex", False):
        return "complex numbers"
    return "strings" if getattr(dtype, "name", None) == "string" else None


def _reject(
    owner: str, argument: str, value: Any, error: Exception | None = None
) -> NoReturn:
    """Raise an error for a value that is not a tensor of numbers.

    `error` is that of the backend; the message quotes it if no better rule is known.
    """
    kind = _first_kind(value)
    if kind is None and _is_ragged(value):
        _reject_ragged(owner, argument)
    if kind is not None or error is None:
        _reject_kind(owner, argument, kind or "objects")
    shown = errors.Described(f"a {type(value).__name__}")
    remedy = f"it cannot be converted: {error}".rstrip(".")
    kinds = ValueError if isinstance(error, ValueError) else TypeError
    errors.fail(owner, argument, "a tensor of numbers", shown, remedy, kinds)


def _reject_kind(owner: str, argument: str, kind: str) -> NoReturn:
    shown, remedy = errors.Described(kind), _REMEDIES[kind]
    errors.fail(owner, argument, "a tensor of numbers", shown, remedy, TypeError)


def _reject_ragged(owner: str, argument: str) -> NoReturn:
    rule = "a tensor, in which all samples have one shape"
    shown = errors.Described("samples of different lengths")
    remedy = "pad them, as keras.utils.pad_sequences does, and exclude the padding "
    remedy += "by a mask or, for class indices, by ignore_class"
    errors.fail(owner, argument, rule, shown, remedy)


def _first_kind(value: Any) -> str | None:
    """The kind of the first entry that is not a real number; None if all are."""
    for x in itertools.islice(_entries(value), 100_000):
        if x is None:
            return "missing entries (None)"
        if isinstance(x, str | bytes):
            return "strings"
        if isinstance(x, complex):
            return "complex numbers"
        kind = _kind(x)
        if kind is not None:
            return kind
        if not hasattr(x, "dtype") and not hasattr(x, "__float__"):
            return "objects"
    return None


def _entries(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _entries(inner)
    elif getattr(value, "dtype", None) == "object":
        yield from _entries(value.tolist())
    else:
        yield value


def _is_ragged(value: Any) -> bool:
    """Whether nested sequences, or arrays in a sequence, differ in length."""
    if not isinstance(value, list | tuple):
        return False
    shapes = {_length(x) for x in value}
    return len(shapes) > 1 or any(map(_is_ragged, value))


def _length(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return len(x)
    return tuple(getattr(x, "shape", ())) or None
