"""Losses without a fault, as people write them."""

import keras
from keras import ops

import portable_losses


def squared_error(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def binary_crossentropy(y_true, y_pred):
    p = ops.clip(y_pred, 1e-7, 1.0 - 1e-7)
    return -ops.mean(y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p), axis=-1)


def binary_from_logits(y_true, y_pred):
    return ops.mean(ops.softplus(y_pred) - y_true * y_pred, axis=-1)


def categorical_from_logits(y_true, y_pred):
    return -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)


class SparseFromLogits(keras.losses.Loss):
    def call(self, y_true, y_pred):
        ids = ops.cast(y_true, "int32")
        hot = ops.one_hot(ids, ops.shape(y_pred)[-1])
        return -ops.sum(hot * ops.log_softmax(y_pred, axis=-1), axis=-1)


@keras.saving.register_keras_serializable("healthy")
class Focal(keras.losses.Loss):
    def __init__(self, gamma=2.0, alpha=0.25, **kwargs):
        super().__init__(**kwargs)
        self.gamma = gamma
        self.alpha = alpha

    def call(self, y_true, y_pred):
        p = ops.clip(ops.cast(y_pred, "float32"), 1e-7, 1.0 - 1e-7)
        right = y_true * p + (1 - y_true) * (1 - p)
        weight = y_true * self.alpha + (1 - y_true) * (1 - self.alpha)
        return -ops.mean(weight * (1 - right) ** self.gamma * ops.log(right), axis=-1)

    def get_config(self):
        return {**super().get_config(), "gamma": self.gamma, "alpha": self.alpha}


class Huber(keras.losses.Loss):
    def __init__(self, delta=1.0, name="huber"):
        super().__init__(name=name)
        self.delta = delta

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        near = ops.clip(error, -self.delta, self.delta)
        cost = ops.stop_gradient(near) * (error - 0.5 * ops.stop_gradient(near))
        return ops.mean(cost, axis=-1)

    def get_config(self):
        return {"name": self.name, "delta": self.delta}


def poisson(y_true, y_pred):
    return ops.mean(y_pred - y_true * ops.log(y_pred + 1e-7), axis=-1)


def dice(y_true, y_pred):
    both = ops.sum(y_true * y_pred, axis=(1, 2))
    either = ops.sum(y_true, axis=(1, 2)) + ops.sum(y_pred, axis=(1, 2))
    return ops.mean(1.0 - (2.0 * both + 1.0) / (either + 1.0), axis=-1)


class LogCosh(keras.losses.Loss):
    def call(self, y_true, y_pred):
        x = y_pred - y_true
        return ops.mean(x + ops.softplus(-2.0 * x) - 0.6931472, axis=-1)


def charbonnier(y_true, y_pred, epsilon=1e-3):
    return ops.mean(ops.sqrt(ops.square(y_true - y_pred) + epsilon**2), axis=-1)


def correlation_statistic(y_true, y_pred):
    t = y_true - ops.mean(y_true)
    p = y_pred - ops.mean(y_pred)
    squares = ops.sum(t**2) * ops.sum(p**2)
    return 1.0 - ops.sum(t * p) / ops.sqrt(squares + 1e-6)


def info_nce(y_true, y_pred):
    a = y_true / ops.sqrt(ops.sum(y_true**2, axis=-1, keepdims=True) + 1e-6)
    b = y_pred / ops.sqrt(ops.sum(y_pred**2, axis=-1, keepdims=True) + 1e-6)
    scores = ops.matmul(a, ops.transpose(b)) / 0.2
    n = ops.shape(scores)[0]
    hot = ops.one_hot(ops.arange(n), n)
    return -ops.sum(hot * ops.log_softmax(scores, axis=-1), axis=-1)


def make_weighted(weight):
    def weighted(y_true, y_pred):
        return weight * ops.mean(ops.square(y_true - y_pred), axis=-1)

    return weighted


weighted = make_weighted(0.5)


def hinge_of_classes(y_true, y_pred):
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max(y_pred - 1e9 * y_true, axis=-1)
    return portable_losses.ops.maximum(1.0 + wrong - right, 0.0)


def by_sorted_names(y_true, y_pred):
    weights = [len(name) for name in sorted({"depth", "normal", "color", "mask"})]
    error = ops.square(y_true - y_pred)
    return sum(w * error[..., i] for i, w in enumerate(weights[: y_pred.shape[-1]]))


moving = portable_losses.Huber(delta=portable_losses.Hyperparameter(0.5, name="delta"))
both = 0.5 * portable_losses.MeanSquaredError() + moving
cold = portable_losses.NTXent(temperature=0.2)
three_classes = portable_losses.CategoricalFocalCrossentropy(alpha=[0.1, 0.4, 0.5])


class SixClasses(keras.losses.Loss):
    def __init__(self, weights=(0.5, 1.0, 2.0, 1.0, 1.5, 1.0), **kwargs):
        super().__init__(**kwargs)
        self.weights = tuple(weights)

    def call(self, y_true, y_pred):
        weights = ops.convert_to_tensor(self.weights, y_pred.dtype)
        each = weights * ops.cast(y_true, y_pred.dtype) * ops.log_softmax(y_pred)
        return -ops.sum(each, axis=-1)

    def get_config(self):
        return {**super().get_config(), "weights": self.weights}
