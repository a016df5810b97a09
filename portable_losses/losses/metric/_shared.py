"""What the losses of embeddings share: normalization, pairs of a batch, two views."""

from typing import Any

from portable_losses import ops
from portable_losses.core import errors


def embeddings(owner: str, y_pred: Any, normalize: bool) -> Any:
    """Return embeddings of shape `(B, D)`, of length 1 if `normalize`."""
    if len(y_pred.shape) != 2:
        rule, remedy = "embeddings of shape (B, D)", "flatten what a sample has"
        shown = errors.Described(f"an array of shape {tuple(y_pred.shape)}")
        errors.fail(owner, "y_pred", rule, shown, remedy)
    return ops.normalize(y_pred, axis=-1) if normalize else y_pred


def inner_products(x: Any) -> Any:
    """Every row times every row, `(B, B)`."""
    return ops.matmul(x, ops.transpose(x))


def pairs_by_label(
    labels: Any, kept: Any | None, diagonal: bool = False
) -> tuple[Any, Any]:
    """Where a pair of samples shares its label, and where it does not, `(B, B)`.

    A sample that is not kept has no pairs. A sample is a pair with itself only if
    `diagonal`.
    """
    column = ops.expand_dims(labels, 1)
    positive = column == ops.expand_dims(labels, 0)
    negative = ops.logical_not(positive)
    if not diagonal:
        positive = ops.logical_and(positive, off_diagonal(labels))
    if kept is not None:
        both = ops.logical_and(ops.expand_dims(kept, 1), ops.expand_dims(kept, 0))
        positive = ops.logical_and(positive, both)
        negative = ops.logical_and(negative, both)
    return positive, negative


def off_diagonal(x: Any) -> Any:
    """Where a pair is of two samples, `(B, B)`, for x with a batch axis."""
    position = ops.arange(ops.shape(x)[0])
    return ops.expand_dims(position, 1) != ops.expand_dims(position, 0)


def two_views(owner: str, y_pred: Any) -> tuple[Any, Any]:
    """Return the two views, each `(B, D)`, of y_pred `(B, 2, D)`."""
    if len(y_pred.shape) != 3 or y_pred.shape[1] != 2:
        rule, remedy = "two views of shape (B, 2, D)", "stack the views on axis 1"
        shown = errors.Described(f"an array of shape {tuple(y_pred.shape)}")
        errors.fail(owner, "y_pred", rule, shown, remedy)
    return y_pred[:, 0], y_pred[:, 1]


def whole_samples(kept: Any | None) -> Any | None:
    """Which samples are kept whole, `(B,)`: a part that is missing leaves none."""
    if kept is None or len(kept.shape) == 1:
        return kept
    return ops.all(kept, axis=tuple(range(1, len(kept.shape))))
