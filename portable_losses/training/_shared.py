"""The check of a loss that `Sum` and `LossEndpoint` share."""

from typing import Any

import keras

from portable_losses.core import errors, held


def one_number(owner: str, argument: str, loss: Any) -> Any:
    """Return a loss that gives one number; a `@loss` function gets its defaults.

    Raises:
        TypeError: for an object that is not a loss, and a loss of Keras that holds a
            Hyperparameter.
        ValueError: for a loss with `reduction=None`.
    """
    loss = getattr(type(loss), "with_defaults", lambda loss: loss)(loss)
    if not isinstance(loss, keras.losses.Loss):
        rule, remedy = "a loss", "pass an instance, such as MeanSquaredError()"
        errors.fail(owner, argument, rule, loss, remedy, TypeError)
    held.reject_moving_inside(owner, argument, loss)
    if loss.reduction in (None, "none"):
        rule = "a loss that gives one number"
        shown = errors.Described(f"a {loss.name} with reduction={loss.reduction!r}")
        remedy = 'give it reduction="sum_over_batch_size" or "sum"'
        errors.fail(owner, argument, rule, shown, remedy)
    return loss
