"""A trial call that tells whether a loss uses integer targets as class indices."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

_SIZES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41)


class _Call(keras.Operation):
    """A function that Keras traces with shapes only."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(name="trial")
        self._function = function

    def call(self, *tensors: Any) -> Any:
        return self._function(*tensors)


def broadcasts(t: Sequence[int | None], p: Sequence[int | None]) -> bool:
    """Whether two shapes would broadcast, for some value of unknown sizes."""
    ends = zip(reversed(t), reversed(p), strict=False)
    return all(m in (None, 1) or n in (None, 1) or m == n for m, n in ends)


def works_apart(
    function: Callable[..., Any], y_true: Any, y_pred: Any, context: Sequence[Any] = ()
) -> bool:
    """Whether a function works on targets that cannot broadcast against y_pred.

    A difference of class indices `(B,)` and predictions `(B, C)` raises no error if B
    happens to equal C, and is wrong. So the function is traced with other sizes of the
    leading axes. If it uses the targets as class indices, it works with these, too.
    """
    whole = tuple(y_pred.shape)
    known = {size for x in (y_true, y_pred, *context) for size in tuple(x.shape)}
    free = (size for size in _SIZES if size not in known)
    leading = [next(free) for _ in whole[:-1]]
    shapes = [
        _resized(tuple(x.shape), whole, leading, free)
        for x in (y_true, y_pred, *context)
    ]
    if broadcasts(*shapes[:2]):
        return False
    specs = [
        keras.KerasTensor(shape, keras.backend.standardize_dtype(x.dtype))
        for shape, x in zip(shapes, (y_true, y_pred, *context), strict=True)
    ]
    try:
        _Call(function).compute_output_spec(*specs)
    except Exception:  # any error says that it does not work with these sizes
        return False
    return True


def _resized(
    shape: tuple[int | None, ...],
    whole: tuple[int | None, ...],
    leading: Sequence[int],
    free: Iterator[int],
) -> tuple[int, ...]:
    """A shape with new sizes for the leading axes that it shares with `whole`."""
    found = list(shape)
    for i, (size, new) in enumerate(zip(shape, leading, strict=False)):
        if None not in (size, whole[i]) and size != whole[i]:
            break
        found[i] = new
    return tuple(next(free) if size is None else size for size in found)
