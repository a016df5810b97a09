"""The predicted ranks of rank logits."""

from typing import Any, Literal

import keras

from portable_losses import ops
from portable_losses.core import arguments, errors

Method = Literal["coral", "corn"]


def ordinal_ranks(logits: Any, method: Method = "coral") -> Any:
    """Predicted ranks of a model that was trained with `Coral` or `Corn`.

    The rank is the number of levels k for which "y > k" has a probability above 1/2.

    With z_k the logits of C - 1 levels, that probability is sigmoid(z_k) for Coral, and
    the product of sigmoid(z_0) to sigmoid(z_k) for Corn, whose logits are conditional.

    Shapes: `logits` are `(..., C - 1)`, and the ranks `(...)`, int32 in [0, C).

    Args:
        logits: the outputs of the model, one per level.
        method: "coral" or "corn", the loss that the model was trained with.

    Edge cases: a probability of exactly 1/2 does not count: logits of 0 give rank 0.
    Infinite logits are allowed. With one level the two methods are the same. No
    gradient flows to `logits`.

    Raises:
        ValueError: for an unknown `method`, and logits without an axis of levels.

    Example:
        >>> logits = np.array([[3.0, 0.5, 0.4], [-1.0, 2.0, 2.0]])
        >>> keras_ops.convert_to_numpy(portable_losses.ordinal_ranks(logits)).tolist()
        [3, 2]
        >>> ranks = portable_losses.ordinal_ranks(logits, method="corn")
        >>> keras_ops.convert_to_numpy(ranks).tolist()  # .95, then .59, then .36
        [2, 0]

    Reference:
        Shi, Cao and Raschka, "Deep neural networks for rank-consistent ordinal
        regression based on conditional probabilities", 2021, arXiv:2111.08851.
    """
    owner = "ordinal_ranks"
    arguments.choice(owner, "method", method, ("coral", "corn"))
    z = ops.stop_gradient(ops.convert_to_tensor(logits))
    if len(z.shape) == 0 or z.shape[-1] == 0:
        rule, remedy = "of shape (..., C - 1)", "pass one logit per level"
        shown = errors.Described(f"an array of shape {tuple(z.shape)}")
        errors.fail(owner, "logits", rule, shown, remedy)
    if keras.backend.standardize_dtype(z.dtype) != "float64":
        z = ops.cast(z, "float32")
    above = z > 0
    if method == "corn":
        # The first level is compared by its logit, which is exact near 0. The product
        # of probabilities is used for the other levels only.
        first, rest = above[..., :1], ops.cumprod(ops.sigmoid(z), axis=-1) > 0.5
        above = ops.concatenate([first, rest[..., 1:]], axis=-1)
    return ops.sum(ops.cast(above, "int32"), axis=-1)
