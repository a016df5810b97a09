"""Losses that mix samples, lose arguments, or have items of the wrong shape."""

import keras
from keras import ops


def over_samples(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=0)


def relative_to_batch(y_true, y_pred):
    error = ops.square(y_true - y_pred)
    return ops.mean(error / (ops.mean(error) + 1e-6), axis=-1)


def softmax_over_samples(y_true, y_pred):
    return -ops.sum(y_true * ops.log_softmax(y_pred, axis=0), axis=-1)


def every_pair(y_true, y_pred):
    weight = ops.expand_dims(ops.mean(ops.square(y_true), axis=-1), -1) + 1.0
    return weight * ops.mean(ops.square(y_true - y_pred), axis=-1)


class ForgetsGamma(keras.losses.Loss):
    def __init__(self, gamma=2.0, reduction="sum_over_batch_size", name="focal"):
        super().__init__(reduction=reduction, name=name)
        self.gamma = gamma

    def call(self, y_true, y_pred):
        p = ops.clip(y_pred, 1e-7, 1.0 - 1e-7)
        right = y_true * p + (1 - y_true) * (1 - p)
        return -ops.mean((1 - right) ** self.gamma * ops.log(right), axis=-1)


class CannotComeBack(keras.losses.Loss):
    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * ops.mean(ops.square(y_true - y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "factor": self.scale}
