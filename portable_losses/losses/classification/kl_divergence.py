"""Kullback-Leibler divergence."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments
from portable_losses.core.signature import ClassWeights, DType, Reduction
from portable_losses.losses.classification._shared import ClassLoss
from portable_losses.ops.classes import Times, like, of_log_softmax


class KLDivergence(ClassLoss):
    """Kullback-Leibler divergence (KL divergence, relative entropy).

    It penalizes the information that is lost if the predicted distribution is used in
    place of the target distribution.

    With t the target and p the predicted distribution, the item is

        sum_c w_c t_c log(t_c / p_c)

    Shapes: `y_true` and `y_pred` are `(B, ..., C)`; items are `(B, ...)`.

    Args:
        from_logits: whether y_pred holds logits, any real number, of which p is the
            softmax, or probabilities in [0, 1], which are not normalized. Logits are
            exact, and so are their gradients, up to 1e4 and beyond.
        class_weights: one weight w per class, or `{class index: weight}` with 1 for the
            rest. They multiply the class's term.
        ignore_class: labels whose argmax is this class are excluded from the mean.

    Edge cases: with probabilities, t and p are clipped to [1e-7, 1] (Keras's epsilon):
    p = 0 with t = 1 costs 16.118 and has gradient 0, and t = 0 adds between -1.7e-6
    (at p = 1) and 0. With logits nothing is clipped: t = 0 adds 0, and logits may be
    infinite, as in CategoricalCrossentropy.

    Raises:
        ValueError: for a negative weight, weights of the wrong length, or shapes that
            differ; and, see `Loss`, for logits in place of probabilities.

    Example:
        >>> loss = portable_losses.KLDivergence()
        >>> round(float(loss([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.6931

    Reference:
        Kullback, Leibler, "On information and sufficiency", Annals of Mathematical
        Statistics 22, 1951, equation 2.4.

    Differs: from Keras in the gradient at p = 1e-7 and p = 1, which is -t / p here on
    every backend, and half of that in Keras on JAX; and for shapes that Keras
    broadcasts, which raise ValueError here.
    """

    prediction_domain = "probabilities"
    target_domain = "probabilities"
    _class_axis = True

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: DType = None,
        *,
        from_logits: bool = False,
        class_weights: ClassWeights = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        arguments.store(
            self,
            from_logits=from_logits,
            class_weights=class_weights,
            ignore_class=ignore_class,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        t = like(y_true, y_pred)
        if self.from_logits:
            t = ops.clip(t, 0.0, 1.0)
            entropy = ops.xlogy(t, t)
            entropy, t = self.weighted(entropy), self.weighted(t)

            def items_of(log_p: Any, times: Times) -> Any:
                return ops.sum(entropy - times(t, log_p), axis=-1)

            return of_log_softmax(y_pred, items_of)
        epsilon = keras.config.epsilon()
        t = ops.clip(t, epsilon, 1.0)
        # The logarithm of Keras, which is fast: after the clips no argument is 0.
        terms = t * keras.ops.log(t / ops.clip(y_pred, epsilon, 1.0))
        return ops.sum(self.weighted(terms), axis=-1)
