"""What a loss must not hold: variables, which no backend trains or follows there."""

from typing import Any

import keras

from portable_losses.core import checks


def refuse_variables(owner: str, attribute: str, value: Any) -> None:
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
        _fail(owner, attribute, rule, value, remedy)
    elif isinstance(value, keras.random.SeedGenerator):
        rule = "no SeedGenerator, which repeats itself in compiled code on JAX"
        _fail(owner, attribute, rule, value, "draw in a layer of the model")
    elif isinstance(value, keras.layers.Layer) and value.trainable_variables:
        rule = "no layer with trainable variables, which a loss cannot train"
        remedy = "set its `trainable` to False if it is to stay as it is, or put it "
        _fail(owner, attribute, rule, value, remedy + "into the model")
    elif getattr(value, "requires_grad", False) is True:
        rule = "no tensor that requires a gradient, which a loss cannot train"
        remedy = "hold it in a layer of the model, or detach it if it is a constant"
        _fail(owner, attribute, rule, value, remedy)


def _fail(owner: str, attribute: str, rule: str, value: Any, remedy: str) -> None:
    shown = checks.Described(f"a {type(value).__name__}")
    checks.fail(owner, attribute, rule, shown, remedy, TypeError)
