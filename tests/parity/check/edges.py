"""Losses that are wrong at a point: a tie, a zero, an extreme."""

import keras
from keras import ops


class AbsoluteError(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def root_mean_squared_error(y_true, y_pred):
    return ops.sqrt(ops.mean(ops.square(y_true - y_pred), axis=-1))


def distance(y_true, y_pred):
    return ops.norm(y_true - y_pred, axis=-1)


def cosine(y_true, y_pred):
    a = ops.normalize(y_true, axis=-1)
    b = ops.normalize(y_pred, axis=-1)
    return 1.0 - ops.sum(a * b, axis=-1)


def cosine_by_division(y_true, y_pred):
    dot = ops.sum(y_true * y_pred, axis=-1)
    lengths = ops.sqrt(ops.sum(y_true**2, axis=-1) * ops.sum(y_pred**2, axis=-1))
    return 1.0 - dot / lengths


class Hinge(keras.losses.Loss):
    def call(self, y_true, y_pred):
        sign = 2.0 * y_true - 1.0
        return ops.mean(ops.maximum(1.0 - sign * y_pred, 0.0), axis=-1)


def epsilon_insensitive(y_true, y_pred):
    return ops.mean(ops.maximum(ops.absolute(y_true - y_pred) - 0.5, 0.0), axis=-1)


def plain_crossentropy(y_true, y_pred):
    return -ops.sum(y_true * ops.log(y_pred), axis=-1)


def logits_by_sigmoid(y_true, y_pred):
    p = ops.clip(ops.sigmoid(y_pred), 1e-7, 1.0 - 1e-7)
    return -ops.mean(y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p), axis=-1)


class SoftmaxLog(keras.losses.Loss):
    def call(self, y_true, y_pred):
        p = ops.softmax(y_pred, axis=-1)
        return -ops.sum(y_true * ops.log(p + 1e-9), axis=-1)


def softplus_by_hand(y_true, y_pred):
    return ops.mean(ops.log(1.0 + ops.exp(y_pred)) - y_true * y_pred, axis=-1)


def log_cosh(y_true, y_pred):
    return ops.mean(ops.log(ops.cosh(y_pred - y_true)), axis=-1)


def poisson(y_true, y_pred):
    return ops.mean(y_pred - y_true * ops.log(y_pred), axis=-1)


def iou(y_true, y_pred):
    low = ops.maximum(y_true[:, :2], y_pred[:, :2])
    high = ops.minimum(y_true[:, 2:4], y_pred[:, 2:4])
    inter = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    a = ops.prod(y_true[:, 2:4] - y_true[:, :2], axis=-1)
    b = (y_pred[:, 2] - y_pred[:, 0]) * (y_pred[:, 3] - y_pred[:, 1])
    return 1.0 - inter / (a + b - inter)


def dice(y_true, y_pred):
    both = ops.sum(y_true * y_pred, axis=(1, 2))
    either = ops.sum(y_true, axis=(1, 2)) + ops.sum(y_pred, axis=(1, 2))
    return ops.mean(1.0 - 2.0 * both / either, axis=-1)


def triplet(y_true, y_pred):
    y_true = ops.reshape(y_true, (-1,))
    gaps = ops.expand_dims(y_pred, 0) - ops.expand_dims(y_pred, 1)
    far = ops.sqrt(ops.sum(gaps**2, axis=-1))
    same = ops.cast(
        ops.equal(ops.expand_dims(y_true, 0), ops.expand_dims(y_true, 1)), far.dtype
    )
    positive = ops.max(far * same, axis=1)
    negative = ops.min(far + 1e3 * same, axis=1)
    return ops.relu(positive - negative + 1.0)


def hinge_of_classes(y_true, y_pred):
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max(y_pred - 1e9 * y_true, axis=-1)
    return ops.maximum(1.0 + wrong - right, 0.0)
