"""The negative cosine of a prediction and a target that has no gradient."""

from typing import Any, Unpack

from portable_losses import ops
from portable_losses.core.loss import Loss
from portable_losses.core.signature import LossArguments
from portable_losses.losses.metric._shared import views
from portable_losses.losses.metric._views import cosines


class NegativeCosine(Loss):
    """Negative cosine similarity with a stopped gradient (SimSiam, BYOL).

    It penalizes the angle between the prediction of a predictor network for one view
    and the embedding of another view, its target. With p the predictions and z the
    targets, the item is

        -p z / (|p| |z|)

    from -1 for the same direction to 1 for opposite ones. No gradient flows to the
    target; without this, or without a predictor, embeddings collapse.

    Shapes: `y_pred` is `(B, 2, D)`, the prediction and the target of each sample, as
    `StackViews(normalize=False)` makes it; `y_true` is ignored and may be None; items
    are `(B,)`, one per sample.

    Args:
        reduction: see `Loss`, also for name and dtype. There are no other arguments.

    Edge cases: the cosine of a zero vector with any other is 0, with gradient 0.
    Samples are not compared with each other.

    Raises:
        ValueError: for a y_pred that is not `(B, 2, D)`.

    Example:
        >>> loss = portable_losses.NegativeCosine()
        >>> round(float(loss(None, [[[3.0, 4.0], [2.0, 0.0]]])), 4)
        -0.6

    Reference:
        Chen, He, "Exploring simple Siamese representation learning", CVPR 2021,
        arXiv:2011.10566, equations 1 and 3; Grill et al., "Bootstrap your own latent: A
        new approach to self-supervised learning", NeurIPS 2020, arXiv:2006.07733,
        equation 2, which is 2 + 2 times the item.

    Differs: from both papers, which take the mean or the sum of two directions, with
    the views exchanged: for this, use the loss on both outputs of the model.
    """

    targets = "any"

    # The constructor is written here so that the signature shows its arguments.
    def __init__(self, **common: Unpack[LossArguments]) -> None:
        super().__init__(**common)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        prediction, target = views(self, y_pred)
        return -cosines(prediction, ops.stop_gradient(target))
