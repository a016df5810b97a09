"""Every error message, as a user reads it: owner, argument, rule, value, remedy."""

import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Loss, ops
from portable_losses.core import arguments


class Squared(Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_pred - y_true), axis=-1)


class Ids(Loss):
    targets = "ids"

    def call(self, y_true, y_pred):
        return ops.mean(y_pred, axis=-1)


class Classes(Ids):
    targets = "classes"


class Anything(Squared):
    targets = "any"


class Spread(Loss):
    def call(self, y_true, y_pred):
        return ops.sum(y_pred)


class SpreadWithRemedy(Spread):
    per_sample_form = "Squared"


class Forgetful(Loss):
    def __init__(self, margin=1.0, **kwargs):
        super().__init__(**kwargs)

    def call(self, y_true, y_pred):
        return ops.mean(y_pred, axis=-1)


class Axis(Squared):
    def feature_axis(self):
        return 5


def declare(targets):
    return type("Declared", (Loss,), {"targets": targets})


def zeros(*shape):
    return np.zeros(shape, "float32")


huber = portable_losses.Huber
mean_squared_error = portable_losses.MeanSquaredError
binary_crossentropy = portable_losses.BinaryCrossentropy

# what a user does, the kind of error, all of its text
MESSAGES = {
    "negative number": (
        lambda: huber(-1.0),
        ValueError,
        "Huber: `delta` must be a finite number > 0; got delta=-1.0 (choose a value in "
        "that range).",
    ),
    "a loss of Keras that holds a Hyperparameter": (
        lambda: portable_losses.Sum(
            [keras.losses.Huber(delta=portable_losses.Hyperparameter(1.0, name="w"))]
        ),
        TypeError,
        "Sum: `terms['huber_loss']` must be no loss of Keras that holds a "
        "Hyperparameter, which would not move; got terms['huber_loss']=a Huber of "
        "Keras (take the loss of portable_losses, or write one with @loss).",
    ),
    "a Hyperparameter as a constant": (
        lambda: ops.ones((2,)) * portable_losses.Hyperparameter(1.0, name="w"),
        TypeError,
        "Hyperparameter: `w` must be an argument of a loss of portable_losses, whose "
        "`call` gets its tensor; got w=Hyperparameter(1.0, name='w') (a constant would "
        "not move: take portable_losses.Huber(delta=w), say, in place of "
        "keras.losses.Huber(delta=w), or an argument of a @loss function).",
    ),
    "a Hyperparameter named as the loss": (
        lambda: portable_losses.Hyperparameter(1.0, name="loss"),
        ValueError,
        "Hyperparameter: `name` must be a name that logs do not have already; got "
        "name='loss' (choose another).",
    ),
    "quantiles out of order": (
        lambda: portable_losses.Quantile(quantiles=[0.9, 0.1]),
        ValueError,
        "Quantile: `quantiles` must be ascending; got quantiles=(0.9, 0.1) (sort them, "
        "and the columns of y_pred alike).",
    ),
    "NaN": (
        lambda: huber(float("nan")),
        ValueError,
        "Huber: `delta` must be a finite number > 0; got delta=nan (choose a value in "
        "that range).",
    ),
    "string for a number": (
        lambda: huber("1.0"),
        TypeError,
        "Huber: `delta` must be a finite number > 0; got delta='1.0' (pass an int or a "
        "float).",
    ),
    "bool for a number": (
        lambda: huber(True),
        TypeError,
        "Huber: `delta` must be a finite number > 0; got delta=True (pass an int or a "
        "float).",
    ),
    "None for a number": (
        lambda: huber(None),
        TypeError,
        "Huber: `delta` must be a finite number > 0; got delta=None (pass an int or a "
        "float).",
    ),
    "vector for a number": (
        lambda: huber([1.0, 2.0]),
        TypeError,
        "Huber: `delta` must be a finite number > 0; got delta=[1.0, 2.0] (pass an int "
        "or a float).",
    ),
    "number outside an interval": (
        lambda: binary_crossentropy(label_smoothing=1.5),
        ValueError,
        "BinaryCrossentropy: `label_smoothing` must be a finite number >= 0 and <= 1; "
        "got label_smoothing=1.5 (choose a value in that range).",
    ),
    "number for a flag": (
        lambda: binary_crossentropy(1),
        TypeError,
        "BinaryCrossentropy: `from_logits` must be True or False; got from_logits=1 "
        "(pass a bool).",
    ),
    "fraction for a whole number": (
        lambda: binary_crossentropy(axis=1.0),
        TypeError,
        "BinaryCrossentropy: `axis` must be a whole number; got axis=1.0 (pass an "
        "int).",
    ),
    "whole number out of range": (
        lambda: arguments.integer("Mine", "bins", 0, at_least=1),
        ValueError,
        "Mine: `bins` must be a whole number >= 1; got bins=0 (choose a value in that "
        "range).",
    ),
    "string for a vector": (
        lambda: mean_squared_error(class_weights="123"),
        TypeError,
        "MeanSquaredError: `class_weights` must be a sequence of numbers; got "
        "class_weights='123' (pass a list or an array).",
    ),
    "number for a vector": (
        lambda: mean_squared_error(class_weights=2.0),
        TypeError,
        "MeanSquaredError: `class_weights` must be a sequence of numbers; got "
        "class_weights=2.0 (pass a list or an array).",
    ),
    "empty vector": (
        lambda: mean_squared_error(class_weights=[]),
        ValueError,
        "MeanSquaredError: `class_weights` must be a sequence of numbers; got "
        "class_weights=[] (pass at least one number).",
    ),
    "negative entry": (
        lambda: mean_squared_error(class_weights=[1.0, -2.0]),
        ValueError,
        "MeanSquaredError: `class_weights[1]` must be a finite number >= 0; got "
        "class_weights[1]=-2.0 (choose a value in that range).",
    ),
    "matrix for a vector": (
        lambda: mean_squared_error(class_weights=np.ones((1, 2))),
        TypeError,
        "MeanSquaredError: `class_weights[0]` must be a finite number >= 0; got "
        "class_weights[0]=[1.0, 1.0] (pass an int or a float).",
    ),
    "negative key": (
        lambda: mean_squared_error(class_weights={-1: 2.0}),
        ValueError,
        "MeanSquaredError: `class_weights` must be a {class index: weight} dict with "
        "whole, non-negative class indices; got class_weights={-1: 2.0} (fix the key "
        "-1).",
    ),
    "word as a key": (
        lambda: mean_squared_error(class_weights={"cat": 2.0}),
        ValueError,
        "MeanSquaredError: `class_weights` must be a {class index: weight} dict with "
        "whole, non-negative class indices; got class_weights={'cat': 2.0} (fix the "
        "key 'cat').",
    ),
    "negative weight in a dict": (
        lambda: mean_squared_error(class_weights={0: -2.0}),
        ValueError,
        "MeanSquaredError: `class_weights[0]` must be a finite number >= 0; got "
        "class_weights[0]=-2.0 (choose a value in that range).",
    ),
    "class beyond the class axis": (
        lambda: mean_squared_error(class_weights={0: 1.0, 7: 2.0})(
            zeros(2, 3), zeros(2, 3)
        ),
        ValueError,
        "MeanSquaredError: `class_weights` must be for class indices below 3, the size "
        "of y_pred's class axis; got class_weights={0: 1.0, 7: 2.0} (drop 7).",
    ),
    "vector of the wrong length": (
        lambda: mean_squared_error(class_weights=[1.0, 2.0])(zeros(2, 3), zeros(2, 3)),
        ValueError,
        "MeanSquaredError: `class_weights` must be of length 3, the size of y_pred's "
        "class axis; got class_weights=(1.0, 2.0) (it has length 2, pass one number "
        "per "
        "class).",
    ),
    "unknown reduction": (
        lambda: Squared(reduction="average"),
        ValueError,
        "Squared: `reduction` must be one of 'mean', 'mean_with_sample_weight', "
        "'none', "
        "'sum', 'sum_over_batch_size', None; got reduction='average' (choose one of "
        "these).",
    ),
    "unknown dtype": (
        lambda: Squared(dtype="int32"),
        ValueError,
        "Squared: `dtype` must be one of 'bfloat16', 'float16', 'float32', 'float64'; "
        "got dtype='int32' (choose one of these).",
    ),
    "unknown targets": (
        lambda: declare("labels"),
        ValueError,
        "Declared: `targets` must be one of 'any', 'auto', 'classes', 'ids', "
        "'reduced', 'same'; got targets='labels' (choose one of these).",
    ),
    "y_true None": (
        lambda: Squared()(None, zeros(2, 3)),
        TypeError,
        "Squared: `y_true` must be one tensor; got y_true=None (pass targets: fit(x, "
        "y) "
        "or a dataset of (x, y)).",
    ),
    "y_pred None": (
        lambda: Squared()(zeros(2, 3), None),
        TypeError,
        "Squared: `y_pred` must be one tensor; got y_pred=None (pass the prediction of "
        "one output).",
    ),
    "dict of outputs": (
        lambda: Squared()(zeros(2, 3), {"a": 1.0}),
        TypeError,
        "Squared: `y_pred` must be one tensor; got y_pred={'a': 1.0} (give each output "
        "its own loss: compile(loss={'name': loss, ...})).",
    ),
    "dict of targets": (
        lambda: Squared()({"a": 1.0}, zeros(2, 3)),
        TypeError,
        "Squared: `y_true` must be one tensor; got y_true={'a': 1.0} (give each output "
        "its own loss: compile(loss={'name': loss, ...})).",
    ),
    "scalar y_pred": (
        lambda: Squared()(1.0, 1.0),
        ValueError,
        "Squared: `y_pred` must be a tensor with a batch axis; got y_pred=a scalar "
        "(pass an array of shape (1,)).",
    ),
    "shapes that broadcast": (
        lambda: Squared()(zeros(4, 1), zeros(4, 3)),
        ValueError,
        "Squared: `y_true` must have y_pred's shape; got y_true of shape (4, 1) and "
        "y_pred of shape (4, 3) (reshape one of them: nothing is broadcast).",
    ),
    "batches that differ": (
        lambda: Anything()(zeros(3, 3), zeros(4, 3)),
        ValueError,
        "Anything: `y_true` must have y_pred's batch axis; got y_true of shape (3, 3) "
        "and y_pred of shape (4, 3) (pass one target per sample).",
    ),
    "axis that y_pred lacks": (
        lambda: Axis()(zeros(2, 3), zeros(2, 3)),
        ValueError,
        "Axis: `axis` must be an axis of y_pred, whose shape is (2, 3); got axis=5 "
        "(choose an existing axis).",
    ),
    "ids of another shape": (
        lambda: Ids()(np.zeros(3, int), zeros(4, 3)),
        ValueError,
        "Ids: `y_true` must be class indices of shape y_pred.shape[:-1], or with a "
        "trailing 1; got y_true of shape (3,) and y_pred of shape (4, 3) (pass one "
        "class index per item).",
    ),
    "one-hot labels for ids": (
        lambda: Ids()(np.eye(3), zeros(3, 3)),
        ValueError,
        "Ids: `y_true` must be class indices of shape y_pred.shape[:-1], or with a "
        "trailing 1; got y_true of shape (3, 3) and y_pred of shape (3, 3) (use the "
        "dense form of this loss for one-hot labels, or pass the argmax).",
    ),
    "indices that are not whole": (
        lambda: Ids()([0.0, 1.5], zeros(2, 3)),
        ValueError,
        "Ids: `y_true` must be whole class indices; got y_true that holds 1.5 (pass "
        "integer class indices; for probabilities or one-hot labels use the dense form "
        "of this loss).",
    ),
    "id out of range": (
        lambda: Ids()([0, 3], zeros(2, 3)),
        ValueError,
        "Ids: `y_true` must be class indices in [0, 3); got y_true that holds 3 (fix "
        "the labels, widen the class axis of y_pred, or set ignore_class where the "
        "loss has it).",
    ),
    "negative id where others are masked": (
        lambda: Ids()([-5, -1], zeros(2, 3), mask=[False, True]),
        ValueError,
        "Ids: `y_true` must be class indices in [0, 3); got y_true that holds -1 (fix "
        "the labels, widen the class axis of y_pred, or set ignore_class where the "
        "loss has it).",
    ),
    "rows of another length": (
        lambda: Classes()(zeros(2, 4), zeros(2, 3)),
        ValueError,
        "Classes: `y_true` must have y_pred's shape; got y_true of shape (2, 4) and "
        "y_pred of shape (2, 3) (reshape one of them: nothing is broadcast).",
    ),
    "weights of another batch": (
        lambda: Squared()(zeros(4, 3), zeros(4, 3), zeros(3)),
        ValueError,
        "Squared: `sample_weight` must have the leading axes of y_pred; got "
        "sample_weight of shape (3,) and y_pred of shape (4, 3) (pass one value per "
        "sample or one per item).",
    ),
    "weights of each element": (
        lambda: Squared()(zeros(4, 3), zeros(4, 3), zeros(4, 3)),
        ValueError,
        "Squared: `sample_weight` must have the leading axes of the items; got "
        "sample_weight of shape (4, 3) and items of shape (4,) (pass one value per "
        "sample or one per item; one per element needs a Loss whose `call` returns "
        "self.mean_over_columns(terms)).",
    ),
    "mask of another batch": (
        lambda: Squared()(zeros(4, 3), zeros(4, 3), mask=zeros(3)),
        ValueError,
        "Squared: `mask` must have the leading axes of y_pred; got mask of shape (3,) "
        "and y_pred of shape (4, 3) (pass one value per sample or one per item).",
    ),
    "weights of a statistic": (
        lambda: Spread()(zeros(4, 3), zeros(4, 3), zeros(4)),
        ValueError,
        "Spread: `sample_weight` must be None for a statistic, one number for the "
        "whole "
        "batch; got sample_weight=weights of shape (4,) (reduce with axis=-1 to "
        "get one value per sample).",
    ),
    "weights of a statistic that has a form per sample": (
        lambda: SpreadWithRemedy()(zeros(4, 3), zeros(4, 3), zeros(4)),
        ValueError,
        "SpreadWithRemedy: `sample_weight` must be None for a statistic, one number "
        "for "
        "the whole batch; got sample_weight=weights of shape (4,) (use Squared, which "
        "has one value per sample).",
    ),
    "mask of a statistic": (
        lambda: Spread()(zeros(4, 3), zeros(4, 3), mask=zeros(4)),
        ValueError,
        "Spread: `mask` must be None for this statistic, which cannot exclude samples; "
        "got mask=a mask of shape (4,) (reduce with axis=-1 to get one value per "
        "sample, or give `call` a `kept` argument).",
    ),
    "logits where the argument is from_logits": (
        lambda: portable_losses.BinaryCrossentropy()([[1.0]], [[-2.5]]),
        ValueError,
        "BinaryCrossentropy: `y_pred` must be probabilities in [0, 1]; got y_pred that "
        "holds -2.5 (pass from_logits=True if these are logits, or end the model with "
        "a sigmoid or softmax).",
    ),
    "logits where the argument is activation": (
        lambda: portable_losses.SoftDice()(zeros(1, 1, 2, 2), zeros(1, 1, 2, 2) + 9),
        ValueError,
        "SoftDice: `y_pred` must be probabilities in [0, 1]; got y_pred that holds 9 "
        '(pass activation="sigmoid" or "softmax" if these are logits, or end the model '
        "with a sigmoid or softmax).",
    ),
    "logits of classes": (
        lambda: portable_losses.SparseCategoricalCrossentropy()([1], [[0.5, -2.0]]),
        ValueError,
        "SparseCategoricalCrossentropy: `y_pred` must be class probabilities, which "
        "are >= 0; got y_pred that holds -2 (pass from_logits=True if these are "
        "logits, or end the model with a softmax).",
    ),
    "rates below 0": (
        lambda: portable_losses.Poisson()([[1.0]], [[-1.0]]),
        ValueError,
        "Poisson: `y_pred` must be rates >= 0; got y_pred that holds -1 (end the model "
        "with a softplus or an exponential).",
    ),
    "unknown domain": (
        lambda: type("Declared", (Loss,), {"prediction_domain": "odds"}),
        ValueError,
        "Declared: `prediction_domain` must be one of 'any', 'class probabilities', "
        "'cosines', 'logits', 'probabilities', 'rates'; got prediction_domain='odds' "
        "(choose one of these).",
    ),
    "argument that the constructor forgot": (
        lambda: Forgetful().get_config(),
        AttributeError,
        "Forgetful: `margin` must be stored as an attribute of that name by the "
        "constructor; got margin=nothing (write self.margin = margin).",
    ),
}


@pytest.mark.parametrize("row", MESSAGES)
def test_message(row):
    mistake, kind, text = MESSAGES[row]
    with pytest.raises(kind, match=f"^{re.escape(text)}$"):
        mistake()


@pytest.mark.skipif(keras.config.backend() != "jax", reason="one backend is enough")
def test_keras_adds_no_error_of_its_own_in_fit():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile(loss=Ids())
    with pytest.raises(ValueError, match=r"Ids: `y_true` must be class indices of"):
        model.fit(zeros(4, 2), zeros(4, 3), verbose=0)
