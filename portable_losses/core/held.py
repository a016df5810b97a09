"""What a loss must not hold, and what must not be made of a number that moves."""

from typing import Any, NoReturn

import keras

from portable_losses.core.errors import Described, fail
from portable_losses.core.moving import Moving, moves


def refuse_variables(owner: object, attribute: str, value: Any) -> None:
    """Refuse a variable, or what draws on one, as an attribute of a loss.

    Compiled code of JAX takes its value once and for all, and no backend trains it.
    """
    if isinstance(value, tuple | list):
        for inner in value:
            refuse_variables(owner, attribute, inner)
    elif isinstance(value, dict):
        refuse_variables(owner, attribute, list(value.values()))
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
        _refuse(owner, attribute, rule, value, remedy)
    elif isinstance(value, keras.random.SeedGenerator):
        rule = "no SeedGenerator, which repeats itself in compiled code on JAX"
        _refuse(owner, attribute, rule, value, "draw in a layer of the model")
    elif isinstance(value, keras.layers.Layer) and value.trainable_variables:
        rule = "no layer with trainable variables, which a loss cannot train"
        remedy = "set its `trainable` to False if it is to stay as it is, or put it "
        _refuse(owner, attribute, rule, value, remedy + "into the model")
    elif isinstance(value, keras.losses.Loss):
        no_moving_inside(owner, attribute, value)
    elif getattr(value, "requires_grad", False) is True:
        rule = "no tensor that requires a gradient, which a loss cannot train"
        remedy = "hold it in a layer of the model, or detach it if it is a constant"
        _refuse(owner, attribute, rule, value, remedy)


def _refuse(owner: object, attribute: str, rule: str, value: Any, remedy: str) -> None:
    shown = Described(f"a {type(value).__name__}")
    fail(owner, attribute, rule, shown, remedy, TypeError)


def no_moving_inside(owner: object, argument: str, loss: Any) -> None:
    """Refuse a loss of Keras that holds a Hyperparameter: it would stay as it is."""
    if hasattr(loss, "hyperparameters") or not isinstance(loss, keras.losses.Loss):
        return  # a loss of ours
    for value in vars(loss).values():
        if moves(value):
            rule = "no loss of Keras that holds a Hyperparameter, which would not move"
            remedy = "take the loss of portable_losses, or write one with @loss"
            shown = Described(f"a {type(loss).__name__} of Keras")
            fail(owner, argument, rule, shown, remedy, TypeError)


def no_constant(moving: Moving) -> NoReturn:
    """Refuse to make a constant of what moves, for Keras or in arithmetic."""
    rule = "an argument of a loss of portable_losses, whose `call` gets its tensor"
    remedy = (
        "a constant would not move: take portable_losses.Huber(delta=w), say, in place "
        "of keras.losses.Huber(delta=w), or an argument of a @loss function"
    )
    fail(
        "Hyperparameter", getattr(moving, "name", "w"), rule, moving, remedy, TypeError
    )


def one_number_moves(moving: Moving) -> NoReturn:
    """Refuse to order a vector that moves, or to take it for true or false."""
    rule, remedy = "one number, to be ordered or true", "compare its `value`"
    fail(
        "Hyperparameter", getattr(moving, "name", "w"), rule, moving, remedy, TypeError
    )


def one_length(left: int, right: int) -> NoReturn:
    """Refuse arithmetic of vectors that move and do not fit."""
    rule, shown = "vectors of one length", Described(f"lengths {left} and {right}")
    fail("Hyperparameter", "operands", rule, shown, "give both as many entries")
