"""Checks of what a loss stores, and of how a Hyperparameter is used."""

from typing import Any, NoReturn

import keras

from portable_losses.core.errors import Described, fail
from portable_losses.core.moving import Moving, moves


def reject_variables(owner: object, attribute: str, value: Any) -> None:
    """Reject a variable, or an object with variables, as an attribute of a loss.

    No backend trains it, and compiled code on JAX always uses its first value.
    """
    if isinstance(value, tuple | list):
        for inner in value:
            reject_variables(owner, attribute, inner)
    elif isinstance(value, dict):
        reject_variables(owner, attribute, list(value.values()))
    elif isinstance(value, keras.Variable):
        if value.trainable:
            rule = "no trainable variable, which a loss cannot train"
            remedy = (
                "hold it in a layer of the model and pass what it computes to the "
                "loss, as LossEndpoint does"
            )
        else:
            rule = "no variable, which is frozen in compiled code on JAX"
            remedy = "use a Hyperparameter, which the model tracks"
        _reject(owner, attribute, rule, value, remedy)
    elif isinstance(value, keras.random.SeedGenerator):
        rule = "no SeedGenerator, which repeats itself in compiled code on JAX"
        _reject(owner, attribute, rule, value, "draw in a layer of the model")
    elif isinstance(value, keras.layers.Layer) and value.trainable_variables:
        rule = "no layer with trainable variables, which a loss cannot train"
        remedy = "set its `trainable` to False if it should not be trained, or put it "
        _reject(owner, attribute, rule, value, remedy + "into the model")
    elif isinstance(value, keras.losses.Loss):
        reject_moving_inside(owner, attribute, value)
    elif getattr(value, "requires_grad", False) is True:
        rule = "no tensor that requires a gradient, which a loss cannot train"
        remedy = "hold it in a layer of the model, or detach it if it is a constant"
        _reject(owner, attribute, rule, value, remedy)


def _reject(owner: object, attribute: str, rule: str, value: Any, remedy: str) -> None:
    shown = Described(f"a {type(value).__name__}")
    fail(owner, attribute, rule, shown, remedy, TypeError)


def reject_moving_inside(owner: object, argument: str, loss: Any) -> None:
    """Reject a loss of Keras that holds a Hyperparameter, which would be constant."""
    if hasattr(loss, "hyperparameters") or not isinstance(loss, keras.losses.Loss):
        return  # a loss of ours
    for value in vars(loss).values():
        if moves(value):
            rule = "no loss of Keras that holds a Hyperparameter, which would not move"
            remedy = "take the loss of portable_losses, or write one with @loss"
            shown = Described(f"a {type(loss).__name__} of Keras")
            fail(owner, argument, rule, shown, remedy, TypeError)


def reject_constant(moving: Moving) -> NoReturn:
    """Reject the conversion of a Hyperparameter to a constant."""
    rule = "an argument of a loss of portable_losses, whose `call` gets its tensor"
    remedy = (
        "a constant would not move: take portable_losses.Huber(delta=w), say, in place "
        "of keras.losses.Huber(delta=w), or an argument of a @loss function"
    )
    fail(
        "Hyperparameter", getattr(moving, "name", "w"), rule, moving, remedy, TypeError
    )


def reject_vector(moving: Moving) -> NoReturn:
    """Reject `<`, `>` and `bool` of a Hyperparameter that is a vector."""
    rule, remedy = "one number, to be ordered or true", "compare its `value`"
    fail(
        "Hyperparameter", getattr(moving, "name", "w"), rule, moving, remedy, TypeError
    )


def reject_lengths(left: int, right: int) -> NoReturn:
    """Reject arithmetic of Hyperparameters that are vectors of different lengths."""
    rule, shown = "vectors of one length", Described(f"lengths {left} and {right}")
    fail("Hyperparameter", "operands", rule, shown, "give both as many entries")
