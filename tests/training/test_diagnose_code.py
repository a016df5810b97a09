"""The advice about a NaN in somebody's own loss is read off its code."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import diagnose, ops
from portable_losses.training._code import Code, code_of

GUARD = "guard the input and not the result"
raw = keras.ops


@portable_losses.loss
def where_of_ours(y_true, y_pred):
    return ops.mean(ops.where(y_pred < 80.0, ops.exp(y_pred), 1.0) - y_true, axis=-1)


@portable_losses.loss
def where_and_log(y_true, y_pred):
    hidden = raw.where(y_pred > 0, raw.log(y_pred), 0.0)
    return raw.mean(hidden - y_true, axis=-1)


@portable_losses.loss
def raw_root(y_true, y_pred):
    return raw.mean(raw.sqrt(raw.square(y_pred - y_true)), axis=-1)


@portable_losses.loss
def by_operator(y_true, y_pred):
    return ops.mean(ops.where(y_pred == 0, 0.0, y_true / y_pred), axis=-1)


def _rooted(x):
    return keras.ops.numpy.sqrt(x)


class WithHelpers(keras.losses.Loss):
    def _size(self, x):
        return _rooted(keras.ops.square(x))

    def call(self, y_true, y_pred):
        return keras.ops.mean(self._size(y_pred - y_true), axis=-1)


class ImportsInside(portable_losses.Loss):
    def call(self, y_true, y_pred):
        from keras import ops as inner

        return inner.mean(inner.sqrt(inner.square(y_pred - y_true)), axis=-1)


def _closes_over(function):
    class Closing(portable_losses.Loss):
        def call(self, y_true, y_pred):
            return raw.mean(function(raw.square(y_pred - y_true)), axis=-1)

    return Closing()


CODES = {
    "where of ours": (where_of_ours(), Code((), (), True)),
    "where of Keras": (where_and_log(), Code(("log",), (), True)),
    "root": (raw_root(), Code(("sqrt",), (), False)),
    "quotient": (by_operator(), Code((), ("divide",), True)),
    "helpers": (WithHelpers(), Code(("sqrt",), (), False)),
    "import in a function": (ImportsInside(), Code(("sqrt",), (), False)),
    "closure": (_closes_over(raw.sqrt), Code(("sqrt",), (), False)),
    "closure of ours": (_closes_over(ops.sqrt), Code((), (), False)),
    "of this package": (portable_losses.Huber(), None),
    "of Keras": (keras.losses.Huber(), None),
}


@pytest.mark.parametrize("name", CODES)
def test_code_is_read(name):
    loss, code = CODES[name]
    assert code_of(loss) == code


def advice(loss, y_true, y_pred):
    (finding,) = diagnose(loss, np.float32(y_true), np.float32(y_pred)).findings
    assert finding.kind == "gradient not finite"
    return finding.remedy


def test_who_writes_in_ours_is_told_to_guard_the_input():
    remedy = advice(where_of_ours, [[0.0], [0.0]], [[1.0], [90.0]])
    assert GUARD in remedy
    assert "portable_losses.ops" not in remedy


def test_who_writes_in_keras_is_told_what_to_take_and_to_guard_the_input():
    remedy = advice(where_and_log, [[0.0], [0.0]], [[1.0], [0.0]])
    assert "take log from portable_losses.ops" in remedy
    assert GUARD in remedy


@pytest.mark.parametrize("loss", [raw_root, WithHelpers(), ImportsInside()])
def test_who_takes_a_root_of_keras_is_told_to_take_ours(loss):
    remedy = advice(loss, [[0.0], [1.0]], [[1.0], [1.0]])
    assert "take sqrt from portable_losses.ops" in remedy
    assert GUARD not in remedy


def test_an_operator_has_a_function_that_is_finite():
    remedy = advice(by_operator, [[1.0], [1.0]], [[1.0], [0.0]])
    assert "take divide (for /) from portable_losses.ops" in remedy


@pytest.mark.skipif(
    keras.config.backend() == "tensorflow", reason="Keras's gradient is finite there"
)
def test_a_loss_of_keras_has_one_of_ours_to_take():
    remedy = advice(keras.losses.CosineSimilarity(), [[1.0], [1.0]], [[1.0], [0.0]])
    assert remedy.startswith("use portable_losses.CosineSimilarity")
