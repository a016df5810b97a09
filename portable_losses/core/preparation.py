"""The inputs of one call: checked, aligned and converted for the loss's `call`."""

import functools
from typing import Any, NamedTuple

import keras

from portable_losses.core import checks
from portable_losses.core.alignment import align
from portable_losses.core.axes import both, expand, fitted, of_all_elements
from portable_losses.core.columns import Columns, for_groups, of_elements
from portable_losses.core.errors import name_of
from portable_losses.core.inputs import tensor
from portable_losses.core.mask import keras_mask
from portable_losses.ops.eager import cheap_to_read, known_values
from portable_losses.ops.selects import where


class Inputs(NamedTuple):
    """The inputs of `call`, and what the reduction needs after it.

    Args:
        y_true: targets aligned with y_pred, in the dtype that `call` takes.
        y_pred: predictions, with the feature axis last.
        context: the further tensors of the call.
        kept: True for inputs that are not masked and whose weight is not 0; None for
            all. Inputs that are not kept are replaced by safe values.
        mask: True for items that the mask and the targets keep, whatever their weight;
            None for all.
        weight: the sample weights, or None.
        nonzero: True where these are not 0; None for all.
        columns: the elements that count in means over columns; None for all of them.
        mask_of_elements: whether the mask has an entry for each element.
        weight_of_elements: whether the weights have an entry for each element.
    """

    y_true: Any
    y_pred: Any
    context: tuple[Any, ...]
    kept: Any = None
    mask: Any = None
    weight: Any = None
    nonzero: Any = None
    columns: Columns | None = None
    mask_of_elements: bool = False
    weight_of_elements: bool = False


def prepare(
    loss: Any,
    y_true: Any,
    y_pred: Any,
    sample_weight: Any,
    mask: Any,
    context: tuple[Any, ...],
) -> Inputs:
    """Align, convert and check the inputs, and replace those that are not kept."""
    cls, owner = type(loss), type(loss).__name__
    if context or loss._context:
        checks.context(owner, loss._context, context)
        context = tuple(_context(loss, x) for x in context)
    checks.one_tensor(owner, "y_pred", y_pred)
    attached = keras_mask(y_pred) if mask is None else None
    y_pred = tensor(owner, "y_pred", y_pred, loss._compute_dtype)
    kind, axis = loss._targets, cls.feature_axis(loss)
    if attached is not None:
        mask = of_all_elements(attached, y_pred, axis)
    if loss._class_axis and len(y_pred.shape) == 1 and y_true is not None:
        y_true = tensor(owner, "y_true", y_true)
        checks.require_class_axis(owner, tuple(y_true.shape), tuple(y_pred.shape))
    takes_ids = functools.partial(loss._takes_ids, context) if kind == "auto" else None
    whole = loss._whole_targets
    column = loss._single_column
    y_true, y_pred, positions = align(
        owner, kind, whole, axis, y_true, y_pred, takes_ids, column
    )
    dense = kind == "classes" and len(y_true.shape) == len(y_pred.shape)
    given, by_id = y_true, kind == "ids" or (kind == "classes" and not dense)
    if by_id and not _is_whole(y_true):
        y_true = keras.ops.cast(y_true, "int32")

    shape = tuple(y_pred.shape)
    if 0 in shape and loss.reduction not in (None, "none"):
        return Inputs(y_true, y_pred, context)
    elements = shape  # the axes of an element's term
    if loss._groups != 1 and shape[-1] is not None:
        elements = (*shape[:-1], shape[-1] // loss._groups)
    if mask is not None:
        mask = keras.ops.cast(tensor(owner, "mask", mask), "bool")
        mask = fitted(owner, "mask", mask, elements, axis)
    mask = both(mask, _wanted(loss, y_true, dense))
    of_mask, of_weight = of_elements(mask, elements), False
    weight, nonzero, kept = None, None, mask
    if sample_weight is not None:
        weight = tensor(owner, "sample_weight", sample_weight, loss._compute_dtype)
        shared = cls._shared_axes(loss, y_pred)
        if len(weight.shape) <= shared or shared == len(shape):
            weight = fitted(owner, "sample_weight", weight, elements, axis)
            of_weight = of_elements(weight, elements)
        nonzero = _where_not_zero(weight)
        if nonzero is not None:
            kept = both(mask, _any_after(nonzero, shared))
    if by_id:
        _check_ids(loss, given, y_true, y_pred, kept)
    if kept is not None:
        y_true, y_pred = _with_safe_values(loss, y_true, y_pred, kept)
        context = tuple(_replace_broken(x, kept) for x in context)
    columns = None
    if of_mask or of_weight or positions:
        parts = mask if of_mask else None, weight if of_weight else None
        columns = Columns(*parts, positions)
    if mask is not None and loss._takes_kept:
        # `call` has used the mask within items. Here an item counts if one of its
        # elements is kept.
        mask = _any_after(mask, cls._shared_axes(loss, y_pred))
    facts = (kept, mask, weight, nonzero, columns, of_mask, of_weight)
    return Inputs(y_true, y_pred, context, *facts)


def _context(loss: Any, x: Any) -> Any:
    """A context as a tensor; a floating one is cast to the dtype of the computation."""
    x = tensor(name_of(loss), "context", x)
    floating = keras.backend.is_float_dtype(x.dtype)
    return keras.ops.cast(x, loss._compute_dtype) if floating else x


def _wanted(loss: Any, y_true: Any, dense: bool) -> Any | None:
    """Which items the loss keeps; one-hot or soft labels count by their argmax."""
    if not dense:
        return type(loss).keep(loss, y_true)
    if getattr(loss, "ignore_class", None) is None:
        return None
    return type(loss).keep(loss, keras.ops.argmax(y_true, axis=-1))


def _check_ids(loss: Any, given: Any, ids: Any, y_pred: Any, kept: Any) -> None:
    """Reject class indices that are not whole or out of range, in eager mode."""
    count = type(loss).class_count(loss, y_pred)
    if keras.backend.is_float_dtype(given.dtype):
        checks.whole_ids(loss, given, kept)
    if count is not None:
        checks.ids_in_range(loss, ids, count, kept)


def _with_safe_values(
    loss: Any, y_true: Any, y_pred: Any, kept: Any
) -> tuple[Any, Any]:
    """Targets and predictions, with safe values in place of those that are not kept.

    y_pred gets 0.5 and y_true 1: logarithms, roots and quotients are finite there, and
    so are their gradients, and no loss has a non-differentiable point there.
    """
    wide = expand(kept, len(y_pred.shape))
    if len(kept.shape) == len(y_pred.shape) and kept.shape[-1] != 1:
        wide = for_groups(wide, loss._groups)
    y_pred = where(wide, y_pred, 0.5)
    floating = y_true is not None and keras.backend.is_float_dtype(y_true.dtype)
    if floating and loss._targets == "same":
        return where(wide, y_true, 1.0), y_pred
    return _replace_broken(y_true, kept), y_pred


def _replace_broken(x: Any, kept: Any) -> Any:
    """Replace non-finite values by 1, in samples that are not kept.

    Finite values stay as they are, because only the leading axes of `x` are known to
    be those of `kept`.
    """
    if x is None or not keras.backend.is_float_dtype(x.dtype):
        return x
    shape, kept_shape = tuple(x.shape), tuple(kept.shape)
    common = 0
    while common < min(len(shape), len(kept_shape)) and checks.same(
        shape[common : common + 1], kept_shape[common : common + 1]
    ):
        common += 1
    if common == 0:
        return x
    if common < len(kept_shape):
        kept = keras.ops.any(kept, axis=tuple(range(common, len(kept_shape))))
    fine = keras.ops.logical_or(expand(kept, len(shape)), keras.ops.isfinite(x))
    return where(fine, x, 1.0)


def _where_not_zero(weight: Any) -> Any | None:
    """Where weights are not 0; None for weights that are known not to be 0."""
    if cheap_to_read(weight):
        values = known_values(weight)
        if values is not None and values.all():
            return None
    return weight != 0


def _any_after(x: Any, axes: int) -> Any:
    """Reduce the axes after the first `axes` ones by a logical or."""
    rank = len(x.shape)
    return keras.ops.any(x, axis=tuple(range(axes, rank))) if rank > axes else x


def _is_whole(x: Any) -> bool:
    return keras.backend.standardize_dtype(x.dtype) in ("int32", "int64")
