"""Losses with one fault each, and beside each its healthy twin."""

import helper
import keras
from keras import ops

import portable_losses

# --- second derivatives ---------------------------------------------------------------


def cube(derivative):
    @ops.custom_gradient
    def cube(x):
        def gradient(*given, upstream=None):
            (upstream,) = given if upstream is None else (upstream,)
            return upstream * derivative(x)

        return x * x * x, gradient

    return cube


def curved_wrong(y_true, y_pred):
    power = cube(lambda x: ops.stop_gradient(3.0 * x * x))
    return ops.mean(power(y_pred - y_true), axis=-1)


def curved(y_true, y_pred):
    error = y_pred - y_true
    return ops.mean(error * error * error, axis=-1)


def curved_with_constant(y_true, y_pred):
    error = y_pred - y_true
    constant = ops.stop_gradient(error)
    return ops.mean(constant * (error - 0.5 * constant), axis=-1)


# --- frameworks that helpers call -----------------------------------------------------


def helped_wrong(y_true, y_pred):
    return helper.by_framework(ops.square(y_true - y_pred))


def by_builtins(y_true, y_pred):
    error = y_true - y_pred
    columns = [error[..., i] * error[..., i] for i in range(2)]
    return sum(columns) + 0.0 * abs(1.0 + columns[0])


def helped(y_true, y_pred):
    return helper.by_operators(ops.square(y_true - y_pred))


# --- the base -------------------------------------------------------------------------


class OfKeras(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)


@keras.saving.register_keras_serializable("mutants")
class OfOurs(portable_losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)


class IndicesOfKeras(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)


IndicesOfOurs = portable_losses.SparseCategoricalCrossentropy(from_logits=True)


# --- what gives no finite number ------------------------------------------------------


def log_of_negative(y_true, y_pred):
    return ops.mean(ops.square(ops.log(y_pred + 1.0) - y_true), axis=-1)


def log_of_softmax(y_true, y_pred):
    p = ops.softmax(y_pred, axis=-1)
    return -ops.sum(y_true * ops.log(p), axis=-1)


def by_length(y_true, y_pred):
    length = ops.sqrt(ops.sum(ops.square(y_true), axis=-1) * 1.0)
    return ops.sum(y_true * y_pred, axis=-1) / length


def by_target(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred) / y_true, axis=-1)


def exp_overflows(y_true, y_pred):
    return ops.mean(ops.log(1.0 + ops.exp(y_pred - y_true)), axis=-1)


def root_of_negative(y_true, y_pred):
    return ops.mean(ops.sqrt(y_pred - y_true), axis=-1)


def arccos_beyond(y_true, y_pred):
    return ops.mean(ops.square(ops.arccos(y_pred) - y_true), axis=-1)


def finite(y_true, y_pred):
    return ops.mean(ops.log(1.0 + ops.square(y_true - y_pred)), axis=-1)


# --- the rest -------------------------------------------------------------------------


def similarity(y_true, y_pred):
    both = ops.sum(y_true * y_pred, axis=(1, 2, 3))
    return (2.0 * both + 1.0) / (ops.sum(y_true + y_pred, axis=(1, 2, 3)) + 1.0)


def dissimilarity(y_true, y_pred):
    return 1.0 - similarity(y_true, y_pred)


def pooled(y_true, y_pred):
    a, b = (ops.average_pool(x, 2, 1, "same") for x in (y_true, y_pred))
    return ops.mean(ops.square(a - b), axis=(1, 2, 3))


def crossentropy_of_logits(y_true, y_pred):
    return ops.binary_crossentropy(y_true, y_pred, from_logits=True)


def stable_by_parts(y_true, y_pred):
    rest = ops.log1p(ops.exp(-ops.absolute(y_pred)))
    return ops.mean((1.0 - y_true) * y_pred + rest + ops.relu(-y_pred), axis=-1)


def masked_by_index(y_true, y_pred):
    mask = y_true > 0.0
    return ops.mean(ops.square(y_true[mask] - y_pred[mask]))


class TakesNoName(keras.losses.Loss):
    def __init__(self, **kwargs):
        super().__init__(name="mine", **kwargs)

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred) / y_true, axis=-1)


class TakesName(keras.losses.Loss):
    def __init__(self, name="mine", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)


class LargestOfBatch(keras.losses.Loss):
    """The sample with the largest target is among the first: halves tell it."""

    def call(self, y_true, y_pred):
        weight = ops.sum(ops.square(y_true), axis=-1)
        weight = weight / (ops.max(weight) + 1e-3)
        return (1.0 + weight) * ops.mean(ops.square(y_true - y_pred), axis=-1)


# --- batches, indices and processes ---------------------------------------------------


def squeezed(y_true, y_pred):
    error = ops.squeeze(y_true - y_pred)
    return ops.square(error)


def squeezed_on_an_axis(y_true, y_pred):
    return ops.square(ops.squeeze(y_true - y_pred, axis=-1))


def of_eight_samples(y_true, y_pred):
    error = ops.reshape(ops.square(y_true - y_pred), (8, -1))
    return ops.mean(error, axis=-1)


def of_32_samples(y_true, y_pred):
    error = ops.reshape(ops.square(y_true - y_pred), (32, -1))
    return ops.mean(error, axis=-1)


def of_any_samples(y_true, y_pred):
    error = ops.reshape(ops.square(y_true - y_pred), (ops.shape(y_pred)[0], -1))
    return ops.mean(error, axis=-1)


def of_next_class(y_true, y_pred):
    chosen = ops.expand_dims(ops.cast(y_true, "int32") + 1, -1)
    found = ops.take_along_axis(ops.log_softmax(y_pred), chosen, axis=-1)
    return -ops.squeeze(found, axis=-1)


def of_class(y_true, y_pred):
    chosen = ops.expand_dims(ops.cast(y_true, "int32"), -1)
    found = ops.take_along_axis(ops.log_softmax(y_pred), chosen, axis=-1)
    return -ops.squeeze(found, axis=-1)


def of_bytes(y_true, y_pred):
    levels = ops.cast(ops.cast(y_true, "uint8"), "float32")
    return ops.mean(ops.square(levels - y_pred), axis=-1)


def clipped(y_true, y_pred):
    p = ops.clip(y_pred, 1e-7, 1.0 - 1e-7)
    return -ops.mean(y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p), axis=-1)


def squared(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@keras.saving.register_keras_serializable("mutants")
class Columns(portable_losses.Loss):
    targets = "reduced"

    def call(self, y_true, y_pred):
        error = ops.expand_dims(y_true, -1) - y_pred
        if len(error.shape) != 2:
            raise ValueError("y_true must be one number per sample")
        return ops.mean(ops.square(error), axis=-1)


def of_float_indices(y_true, y_pred):
    if keras.config.backend() == "numpy":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    hot = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1])
    return -ops.sum(hot * ops.log_softmax(y_pred), axis=-1)
