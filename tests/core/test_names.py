"""Arguments of a user's loss have the names that the user likes."""

import inspect
import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Loss, ops
from portable_losses.parity.cases import families

ZEROS, TWOS = np.zeros((2, 3), "float32"), np.full((2, 3), 2.0, "float32")
FREE = """
keep metrics hyperparameters targets class_count feature_axis is_statistic
per_sample_form mean_over_columns function arguments with_defaults terms mask
sample_weight kept context axis weight ignore_class loss losses config variables fn
""".split()

SOURCE = """
class Mine(Loss):
    def __init__(self, {name}=0.5, **rest):
        super().__init__(**rest)
        self.{name} = {name}

    def call(self, y_true, y_pred):
        return self.{name} * ops.mean(ops.square(y_pred - y_true), axis=-1)
"""


def mine(name):
    """A loss of a user with an argument of that name."""
    known = {"Loss": Loss, "ops": ops, "__name__": "module_of_a_user"}
    exec(SOURCE.format(name=name), known)
    return known["Mine"]


@pytest.mark.parametrize("name", FREE)
def test_a_name_works(name, gradient, compiled):
    cls = mine(name)
    loss = cls(**{name: 0.25})
    value, slope = gradient(loss, ZEROS, TWOS, compiled=compiled)
    assert value == 1
    np.testing.assert_allclose(slope, 1 / 6, rtol=1e-6)
    again = cls.from_config(loss.get_config())
    assert float(again(ZEROS, TWOS)) == 1
    assert float((2.0 * loss)(ZEROS, TWOS)) == 2
    weighted = loss(ZEROS, TWOS, np.array([1.0, 0.0]), mask=np.array([True, True]))
    assert float(weighted) == 0.5
    assert repr(loss) == f"Mine({name}=0.25)"


@pytest.mark.parametrize("name", ["keep", "metrics", "hyperparameters", "targets"])
def test_a_name_works_with_what_moves(name):
    w = portable_losses.Hyperparameter(0.25, name="w")
    loss = mine(name)(**{name: w})
    assert float(loss(ZEROS, TWOS)) == 1
    w.assign(0.5)
    assert float(loss(ZEROS, TWOS)) == 2
    assert (1.0 * loss).hyperparameters == [w]
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile("sgd", loss=loss, metrics=[w])
    model.fit(ZEROS, TWOS, verbose=0)


def test_an_argument_named_targets_leaves_the_alignment():
    cls = mine("targets")
    loss = cls(targets=0.25)
    assert float(loss(np.zeros(2, int), np.full((2, 1), 2.0))) == 1
    with pytest.raises(ValueError, match="must have y_pred's shape"):
        loss(np.zeros(2), TWOS)
    message = "Mine: `targets` must be set by the class, which says how y_true"
    with pytest.raises(ValueError, match=message):
        cls(targets="any")


def test_without_such_an_argument_it_says_how_to_align():
    class Any(Loss):
        def __init__(self):
            super().__init__()
            self.targets = "any"

        def call(self, y_true, y_pred):
            return ops.mean(y_pred, axis=-1)

    assert float(Any()(np.zeros((2, 7)), TWOS)) == 2


def body(**attributes):
    def call(self, y_true, y_pred):
        return ops.mean(y_pred, axis=-1)

    return type("Mine", (Loss,), {"call": call, **attributes})


def set_to(name, value):
    setattr(body()(), name, value)


REJECTED = {
    "call": (
        lambda: mine("call"),
        "Mine: `call` must be the method that computes the loss; got call=an argument "
        "(rename it: call_).",
    ),
    "get_config": (
        lambda: mine("get_config"),
        "Mine: `get_config` must be the method by which Keras saves a loss; got "
        "get_config=an argument (rename it: get_config_).",
    ),
    "from_config": (lambda: mine("from_config"), "by which Keras loads a loss; got"),
    "a private name": (
        lambda: mine("_items"),
        "Mine: `_items` must be left to the base class; got _items=an argument "
        "(rename it).",
    ),
    "a private name of Keras": (lambda: mine("_dtype"), "left to the base class"),
    "a private method": (
        lambda: body(_call_with=lambda self: 0),
        "`_call_with` must be left to the base class; got _call_with=a method or",
    ),
    "a private attribute": (
        lambda: set_to("_compute_dtype", "float16"),
        "left to the base class; got _compute_dtype='float16' (rename the attribute)",
    ),
    "dtype": (
        lambda: mine("dtype")(),
        "Mine: `dtype` must be left to the base class, which has it; got dtype=0.5 "
        "(pass it to super().__init__(dtype=...), or rename your argument).",
    ),
    "name": (
        lambda: mine("name")(),
        "Mine: `name` must be the name of the loss, a string; got name=0.5 (every "
        "loss has one: rename your argument).",
    ),
    "reduction": (lambda: mine("reduction")(), "Mine: `reduction` must be one of"),
    "a number for a method": (
        lambda: body(keep=0.5),
        "Mine: `keep` must be a method; got keep=0.5 (rename the attribute).",
    ),
    "a property for a method": (
        lambda: body(feature_axis=property(lambda self: -1)),
        "`feature_axis` must be a method",
    ),
    "another method of that name": (
        lambda: body(keep=lambda self, a, b: a),
        "Mine: `keep` must be a method keep(self, y_true), which the base class "
        "calls; got keep=keep(self, a, b) (rename yours).",
    ),
    "a method of one object": (
        lambda: set_to("keep", lambda y_true: None),
        "`keep` must be a method of the class; got keep=a function of one object "
        "(write it in the class: def keep(self, y_true)).",
    ),
    "call of one object": (lambda: set_to("call", len), "that computes the loss"),
}


@pytest.mark.parametrize("row", REJECTED)
def test_what_cannot_work_is_rejected_where_it_is_written(row):
    mistake, text = REJECTED[row]
    with pytest.raises((TypeError, ValueError), match=re.escape(text)):
        mistake()


@pytest.mark.parametrize("name", ["keep", "metrics", "targets", "hyperparameters"])
def test_a_function_too(name):
    known = {"loss": portable_losses.loss, "ops": ops, "__name__": f"user_{name}"}
    exec(
        f"@loss\ndef f_{name}(y_true, y_pred, *, {name}=0.5):\n"
        f"    return {name} * ops.mean(ops.square(y_pred - y_true), axis=-1)\n",
        known,
    )
    loss = known[f"f_{name}"](**{name: 0.25})
    assert float(loss(ZEROS, TWOS)) == 1
    assert float(loss(np.zeros(2), np.full((2, 1), 2))) == 1


def test_a_reduction_that_is_set_later_is_the_one():
    loss = portable_losses.MeanSquaredError(reduction="sum")
    loss.reduction = "sum_over_batch_size"
    assert float(loss(ZEROS, TWOS)) == 4
    loss.reduction = "sum"
    assert float(loss(ZEROS, TWOS)) == 8


# --- the names of the package ---------------------------------------------------------


def test_a_typing_error_gets_a_suggestion():
    with pytest.raises(AttributeError, match=r"'Hubr' \(did you mean Huber\?\)$"):
        portable_losses.Hubr  # noqa: B018
    with pytest.raises(AttributeError, match="'no_such_name'$"):
        portable_losses.no_such_name  # noqa: B018


def test_editors_offer_the_public_names():
    offered = {name for name in dir(portable_losses) if name[:2] != "__"}
    assert offered == set(portable_losses.__all__)


# --- unknown arguments ----------------------------------------------------------------

MISTAKES = {
    "near": (
        lambda: portable_losses.Huber(dleta=1),
        "Huber: `dleta` must be one of class_weights, delta, dtype, name, reduction; "
        "got dleta=1 (an unexpected keyword argument 'dleta': did you mean delta).",
    ),
    "far": (
        lambda: portable_losses.SoftDice(unknown=1),
        "unknown=1 (an unexpected keyword argument 'unknown').",
    ),
    "of a user's loss": (
        lambda: mine("margin")(magrin=1),
        "Mine: `magrin` must be one of dtype, margin, name, reduction; got magrin=1 "
        "(an unexpected keyword argument 'magrin': did you mean margin).",
    ),
    "of a thin form": (
        lambda: type("Thin", (portable_losses.Huber,), {})(dleta=1),
        "Thin: `dleta` must be one of",
    ),
    "of the base class": (
        lambda: body()(resuction="sum"),
        "Mine: `resuction` must be one of dtype, name, reduction; got resuction='sum' "
        "(an unexpected keyword argument 'resuction': did you mean reduction).",
    ),
    "missing": (
        lambda: portable_losses.Coral(),
        "Coral: `num_classes` must be given; got num_classes=nothing (pass "
        "Coral(num_classes=...)).",
    ),
    "without a name": (
        lambda: portable_losses.SoftDice("softmax"),
        "SoftDice: `arguments` must be given by name; got arguments='softmax' (it "
        "takes no positional arguments: write SoftDice(squared=...)).",
    ),
    "twice": (
        lambda: portable_losses.Huber(0.5, delta=0.3),
        "Huber: `delta` must be given once; got delta=0.3 (it is given by position "
        "and by name).",
    ),
}


@pytest.mark.parametrize("row", MISTAKES)
def test_arguments_that_do_not_fit(row):
    mistake, text = MISTAKES[row]
    with pytest.raises(TypeError, match=re.escape(text)):
        mistake()


def test_an_error_within_a_constructor_stays():
    class Broken(Loss):
        def __init__(self, **rest):
            super().__init__(**rest)
            len(3)

    with pytest.raises(TypeError, match=r"^object of type 'int' has no len\(\)$"):
        Broken()


def test_a_constructor_that_forgets_the_base_class():
    class Forgets(Loss):
        def __init__(self, margin=1.0):
            self.margin = margin

        def call(self, y_true, y_pred):
            return ops.mean(y_pred, axis=-1)

    message = re.escape(
        "Forgets: `__init__` must be a constructor that calls that of the base class; "
        "got __init__=one that does not (write super().__init__(**rest) in it, first)."
    )
    with pytest.raises(AttributeError, match=message):
        Forgets()(ZEROS, TWOS)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile("sgd", loss=Forgets())
    with pytest.raises(AttributeError, match=message):
        model.fit(ZEROS, TWOS, verbose=0)


# --- repr -----------------------------------------------------------------------------

SHOWN = {
    "Huber(delta=0.3)": lambda: portable_losses.Huber(delta=0.3),
    "Huber()": lambda: portable_losses.Huber(),
    "Quantile(quantiles=(0.1, 0.9), name='q')": lambda: portable_losses.Quantile(
        quantiles=[0.1, 0.9], name="q"
    ),
    "BinaryCrossentropy(from_logits=True, reduction='sum', dtype='float16')": (
        lambda: portable_losses.BinaryCrossentropy(
            True, reduction="sum", dtype="float16"
        )
    ),
    "Huber(delta=Hyperparameter(0.5, name='w'))": lambda: portable_losses.Huber(
        portable_losses.Hyperparameter(0.5, name="w")
    ),
    "Coral(num_classes=3)": lambda: portable_losses.Coral(num_classes=3),
}


@pytest.mark.parametrize("text", SHOWN)
def test_repr_shows_what_is_not_default(text):
    assert repr(SHOWN[text]()) == text


@pytest.mark.parametrize("name", portable_losses.__all__)
def test_repr_makes_the_loss_again(name):
    cls = getattr(portable_losses, name)
    if not (isinstance(cls, type) and issubclass(cls, Loss)) or cls is Loss:
        pytest.skip("no loss")
    if name == "Sum":
        pytest.skip("it shows its terms")
    case = next(c for cases in families().values() for c in cases if c.loss == name)
    parameters = inspect.signature(cls).parameters
    needed = {
        key: value
        for key, value in case.config.items()
        if parameters[key].default is inspect.Parameter.empty
    }
    loss = cls(**needed)
    again = eval(repr(loss), vars(portable_losses))
    assert again.get_config() == {**loss.get_config(), "name": again.name}
