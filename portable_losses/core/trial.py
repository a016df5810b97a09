"""Whether a loss takes whole-number targets for class indices: it is tried, once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

_SIZES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41)


class _Call(keras.Operation):
    """A function that Keras traces on shapes alone."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(name="trial")
        self._function = function

    def call(self, *tensors: Any) -> Any:
        return self._function(*tensors)


def broadcasts(t: Sequence[int | None], p: Sequence[int | None]) -> bool:
    """Whether two shapes would broadcast, of unknown sizes at their worst."""
    ends = zip(reversed(t), reversed(p), strict=False)
    return all(m in (None, 1) or n in (None, 1) or m == n for m, n in ends)


def works_apart(
    function: Callable[..., Any], y_true: Any, y_pred: Any, context: Sequence[Any] = ()
) -> bool:
    """Whether a function works on targets that cannot broadcast against y_pred.

    A difference of class indices `(B,)` and predictions `(B, C)` is computed, and
    wrong, only where B happens to be C. So the function is traced with other sizes of
    the leading axes: one that looks the indices up works there, too.
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
    except Exception:  # of whatever kind: it does not work there
        return False
    return True


def _resized(
    shape: tuple[int | None, ...],
    whole: tuple[int | None, ...],
    leading: Sequence[int],
    free: Iterator[int],
) -> tuple[int, ...]:
    """A shape with other sizes for the leading axes that it shares with `whole`."""
    found = list(shape)
    for i, (size, new) in enumerate(zip(shape, leading, strict=False)):
        if None not in (size, whole[i]) and size != whole[i]:
            break
        found[i] = new
    return tuple(next(free) if size is None else size for size in found)
