"""The same, each with its usual bug. Comments say what is to be found."""

import keras
import numpy as np
from keras import ops


# finite (saturated logits), arguments
class Focal(keras.losses.Loss):
    def __init__(self, gamma=2):
        super().__init__()
        self.gamma = gamma

    def call(self, y_true, y_pred):
        p = ops.sigmoid(y_pred)
        return -ops.mean(
            y_true * (1 - p) ** self.gamma * ops.log(p)
            + (1 - y_true) * p**self.gamma * ops.log(1 - p)
        )


# finite, item shape no
class FocalKaggle(keras.losses.Loss):
    def __init__(self, gamma=2.0, alpha=0.25, **kwargs):
        super().__init__(**kwargs)
        self.gamma = gamma
        self.alpha = alpha

    def call(self, y_true, y_pred):
        pt_1 = ops.where(ops.equal(y_true, 1), y_pred, ops.ones_like(y_pred))
        pt_0 = ops.where(ops.equal(y_true, 0), y_pred, ops.zeros_like(y_pred))
        return -ops.sum(
            self.alpha * (1.0 - pt_1) ** self.gamma * ops.log(pt_1), -1
        ) - ops.sum((1 - self.alpha) * pt_0**self.gamma * ops.log(1.0 - pt_0), -1)

    def get_config(self):
        return {**super().get_config(), "gamma": self.gamma, "alpha": self.alpha}


# independent: the famous flattened dice


# finite: 0 / 0 for absent classes
def dice_nosmooth(y_true, y_pred):
    t = ops.sum(y_true * y_pred, axis=(1, 2))
    return ops.mean(
        1 - 2 * t / (ops.sum(y_true, axis=(1, 2)) + ops.sum(y_pred, axis=(1, 2))),
        axis=-1,
    )


# foreign
def tversky_np(y_true, y_pred):
    tp = np.sum(y_true * y_pred, axis=-1)
    return 1 - tp / (
        tp
        + 0.3 * np.sum(y_true * (1 - y_pred), -1)
        + 0.7 * np.sum((1 - y_true) * y_pred, -1)
        + 1e-6
    )


# compiles: Python if
def huber_if(y_true, y_pred):
    e = ops.mean(ops.abs(y_true - y_pred))
    if e < 1.0:
        return ops.mean(ops.square(y_true - y_pred), axis=-1)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


# finite: cosh overflows
def log_cosh(y_true, y_pred):
    return ops.mean(ops.log(ops.cosh(y_pred - y_true)), axis=-1)


# finite gradient: sqrt at 0
def rmse(y_true, y_pred):
    return ops.sqrt(ops.mean(ops.square(y_pred - y_true), axis=-1))


# finite gradient: a where hides sqrt(0) of one branch
def safe_rmse(y_true, y_pred):
    d = ops.mean(ops.square(y_pred - y_true), axis=-1)
    return ops.where(d > 0, ops.sqrt(d), 0.0)


# arguments
class Pinball(keras.losses.Loss):
    def __init__(self, tau=0.5, name="pinball", **kw):
        super().__init__(name=name, **kw)
        self.tau = tau

    def call(self, y_true, y_pred):
        e = y_true - y_pred
        return ops.mean(ops.maximum(self.tau * e, (self.tau - 1) * e), axis=-1)


pinball9 = Pinball(tau=0.9)


# arguments: a renamed key
class QuantileKey(keras.losses.Loss):
    def __init__(self, quantile=0.5, **kw):
        super().__init__(**kw)
        self.q = quantile

    def call(self, y_true, y_pred):
        e = y_true - y_pred
        return ops.mean(ops.maximum(self.q * e, (self.q - 1) * e), axis=-1)

    def get_config(self):
        return {**super().get_config(), "q": self.q}


# dead: sign wrong way; metric as a loss
def accuracy_loss(y_true, y_pred):
    hit = ops.cast(ops.equal(ops.round(y_pred), y_true), "float32")
    return 1.0 - ops.mean(hit, axis=-1)


# dead: rounding
def dice_rounded(y_true, y_pred):
    p = ops.round(y_pred)
    return 1 - (2 * ops.sum(y_true * p, -1) + 1) / (
        ops.sum(y_true, -1) + ops.sum(p, -1) + 1
    )


# dead: threshold by cast
def iou_threshold(y_true, y_pred):
    p = ops.cast(y_pred > 0.5, "float32")
    inter = ops.sum(y_true * p, axis=-1)
    return 1 - (inter + 1e-6) / (ops.sum(y_true, -1) + ops.sum(p, -1) - inter + 1e-6)


# dead: clip kills the gradient of confident mistakes
def bce_clip(y_true, y_pred):
    p = ops.clip(ops.sigmoid(y_pred), 1e-7, 1 - 1e-7)
    return -ops.mean(y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p), axis=-1)


# finite: softmax then log
def ce_softmax_log(y_true, logits):
    return -ops.sum(y_true * ops.log(ops.softmax(logits)), axis=-1)


# direction: sign forgotten
def ce_sign(y_true, y_pred):
    return ops.sum(y_true * ops.log(ops.clip(y_pred, 1e-7, 1.0)), axis=-1)


# direction: cosine similarity returned as loss
def cosine_sim(y_true, y_pred):
    a = ops.normalize(y_true, axis=-1)
    b = ops.normalize(y_pred, axis=-1)
    return ops.sum(a * b, axis=-1)


# finite: normalized by norm 0, gradient NaN for zero embeddings
class InfoNCE(keras.losses.Loss):
    def __init__(self, temperature=0.1, **kw):
        super().__init__(**kw)
        self.temperature = temperature

    def call(self, y_true, y_pred):
        a = y_true / ops.norm(y_true, axis=-1, keepdims=True)
        b = y_pred / ops.norm(y_pred, axis=-1, keepdims=True)
        logits = ops.matmul(a, ops.transpose(b)) / self.temperature
        return -ops.diagonal(ops.log_softmax(logits, axis=-1))

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


# finite: distances by sqrt
def triplet_hard(y_true, y_pred):
    d = ops.sqrt(ops.sum(ops.square(y_pred[:, None] - y_pred[None]), -1))
    y = ops.reshape(y_true, (-1, 1))
    same = ops.cast(ops.equal(y, ops.transpose(y)), "float32")
    pos = ops.max(d * same, axis=1)
    neg = ops.min(d + 1e3 * same, axis=1)
    return ops.maximum(pos - neg + 0.2, 0.0)


# finite: arccos at corners
class ArcFace(keras.losses.Loss):
    def __init__(self, scale=16.0, margin=0.2, **kw):
        super().__init__(**kw)
        self.scale, self.margin = scale, margin

    def call(self, y_true, y_pred):
        x = ops.clip(y_pred, -1.0, 1.0)
        theta = ops.arccos(x)
        logits = ops.where(y_true > 0.5, ops.cos(theta + self.margin), x)
        return keras.losses.categorical_crossentropy(
            y_true, self.scale * logits, from_logits=True
        )

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "margin": self.margin}


# finite: label smoothing does not protect log(0)
class SmoothedBCE(keras.losses.Loss):
    def __init__(self, smoothing=0.1, **kw):
        super().__init__(**kw)
        self.smoothing = smoothing

    def call(self, y_true, y_pred):
        t = y_true * (1 - self.smoothing) + 0.5 * self.smoothing
        return -ops.mean(t * ops.log(y_pred) + (1 - t) * ops.log(1 - y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "smoothing": self.smoothing}


# saved: closure, only advice?  independent: weights of the batch
def balanced_bce(y_true, y_pred):
    pos = ops.sum(y_true)
    neg = ops.sum(1 - y_true)
    beta = neg / (pos + neg)
    p = ops.clip(y_pred, 1e-7, 1 - 1e-7)
    return -ops.mean(
        beta * y_true * ops.log(p) + (1 - beta) * (1 - y_true) * ops.log(1 - p), axis=-1
    )


# finite: division by 0 target
def mape(y_true, y_pred):
    return 100.0 * ops.mean(ops.abs((y_true - y_pred) / y_true), axis=-1)


# finite: log1p of below -1


# finite: log 0
def poisson(y_true, y_pred):
    return ops.mean(y_pred - y_true * ops.log(y_pred), axis=-1)


# finite: 0 log 0
def kl(y_true, y_pred):
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


# finite: 0 log 0 of mixture
class JS(keras.losses.Loss):
    def call(self, y_true, y_pred):
        m = 0.5 * (y_true + y_pred)
        a = ops.sum(y_true * ops.log(y_true / m), axis=-1)
        b = ops.sum(y_pred * ops.log(y_pred / m), axis=-1)
        return 0.5 * (a + b)


# finite: exp of -log_var, scale not softplus
class GaussNLL(keras.losses.Loss):
    """y_pred (B, 2): mean and sigma."""

    def call(self, y_true, y_pred):
        mu, sigma = y_pred[:, 0:1], y_pred[:, 1:2]
        return ops.mean(
            ops.log(sigma) + 0.5 * ops.square((y_true[:, 0:1] - mu) / sigma), axis=-1
        )


# deterministic
def crps_sampled(y_true, y_pred):
    noise = keras.random.normal(ops.shape(y_pred))
    return ops.mean(ops.abs(y_pred + 0.1 * noise - y_true), axis=-1)


# deterministic: Python's random; state
class Warmup(keras.losses.Loss):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.step = 0

    def call(self, y_true, y_pred):
        self.step += 1
        w = min(1.0, self.step / 1000.0)
        return w * ops.mean(ops.square(y_true - y_pred), axis=-1)


# dtype: float64 inside
def ssim64(y_true, y_pred):
    t = ops.cast(y_true, "float64")
    p = ops.cast(y_pred, "float64")
    return ops.mean(ops.square(t - p), axis=-1)


# dtype: half inside
def mse16(y_true, y_pred):
    d = ops.cast(y_true, "float16") - ops.cast(y_pred, "float16")
    return ops.cast(ops.mean(ops.square(d), axis=-1), "float32")


# independent: reduction over the batch axis
def mse_axis0(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=0)


# independent: normalization by the batch
def normalized_mse(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1) / (
        ops.max(ops.abs(y_true)) + 1e-3
    )


# shape / runs: keepdims
def masked_mae(y_true, y_pred):
    mask = ops.cast(y_true > 0, "float32")
    return ops.sum(mask * ops.abs(y_true - y_pred), axis=-1) / ops.sum(mask, axis=-1)


# runs on torch: numpy call on a tensor
def kappa(y_true, y_pred):
    n = int(y_pred.shape[-1])
    w = np.array([[(i - j) ** 2 for i in range(n)] for j in range(n)], "float32")
    conf = ops.matmul(ops.transpose(y_true), y_pred)
    expected = (
        ops.matmul(
            ops.transpose(ops.sum(y_true, axis=0, keepdims=True)),
            ops.sum(y_pred, axis=0, keepdims=True),
        )
        / y_true.shape[0]
    )
    return ops.sum(w * conf) / ops.sum(w * expected)


# foreign: tf
def tv_tf(y_true, y_pred):
    import tensorflow as tf

    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1) + 0.1 * tf.reduce_mean(
        tf.abs(y_pred[:, 1:] - y_pred[:, :-1]), axis=-1
    )


# foreign: torch
class TorchSmoothL1(keras.losses.Loss):
    def call(self, y_true, y_pred):
        import torch.nn.functional as F

        return F.smooth_l1_loss(y_pred, y_true, reduction="none").mean(-1)


# compiles: python loop over the values
def ranking(y_true, y_pred):
    total = 0.0
    for i in range(y_pred.shape[-1]):
        for j in range(y_pred.shape[-1]):
            if float(y_true[0, i]) > float(y_true[0, j]):
                total = total + ops.softplus(y_pred[:, j] - y_pred[:, i])
    return total


# compiles: .numpy()
def ordinal(y_true, y_pred):
    k = y_pred.shape[-1]
    levels = np.arange(k) < np.asarray(y_true).reshape(-1, 1)
    levels = ops.convert_to_tensor(levels.astype("float32"))
    return ops.mean(ops.softplus(y_pred) - levels * y_pred, axis=-1)


# finite: masked items divided by their count
class MaskedCE(keras.losses.Loss):
    def __init__(self, ignore_class=0, **kw):
        super().__init__(**kw)
        self.ignore_class = ignore_class

    def call(self, y_true, y_pred):
        y = ops.cast(y_true, "int32")
        ce = keras.losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True)
        mask = ops.cast(ops.not_equal(y, self.ignore_class), "float32")
        return ops.sum(ce * mask) / ops.sum(mask)

    def get_config(self):
        return {**super().get_config(), "ignore_class": self.ignore_class}


# finite: exp overflow


# finite: own softplus
def logistic(y_true, y_pred):
    y = 2 * y_true - 1
    return ops.mean(ops.log(1 + ops.exp(-y * y_pred)), axis=-1)


# finite: own logsumexp
def lse_ce(y_true, y_pred):
    return ops.log(ops.sum(ops.exp(y_pred), axis=-1)) - ops.sum(
        y_true * y_pred, axis=-1
    )


# finite: power with fractional exponent at 0
class GCE(keras.losses.Loss):
    """Generalized cross-entropy."""

    def __init__(self, q=0.7, **kw):
        super().__init__(**kw)
        self.q = q

    def call(self, y_true, y_pred):
        p = ops.sum(y_true * y_pred, axis=-1)
        return (1 - p**self.q) / self.q

    def get_config(self):
        return {**super().get_config(), "q": self.q}


# finite: iou of empty boxes
def iou_loss(y_true, y_pred):
    ix = ops.maximum(
        ops.minimum(y_true[..., 2], y_pred[..., 2])
        - ops.maximum(y_true[..., 0], y_pred[..., 0]),
        0.0,
    )
    iy = ops.maximum(
        ops.minimum(y_true[..., 3], y_pred[..., 3])
        - ops.maximum(y_true[..., 1], y_pred[..., 1]),
        0.0,
    )
    inter = ix * iy
    at = (y_true[..., 2] - y_true[..., 0]) * (y_true[..., 3] - y_true[..., 1])
    ap = (y_pred[..., 2] - y_pred[..., 0]) * (y_pred[..., 3] - y_pred[..., 1])
    return 1 - inter / (at + ap - inter)


# saved: get_config holds a tensor
class ClassWeighted(keras.losses.Loss):
    def __init__(self, weights=(1.0, 2.0, 1.0, 0.5), **kw):
        super().__init__(**kw)
        self.weights = ops.convert_to_tensor(weights)

    def call(self, y_true, y_pred):
        return ops.sum(self.weights * y_true * -ops.log_softmax(y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "weights": self.weights}


# gradient: stop_gradient in the wrong place


# backends: sort ties / sign at 0 / relu6; here: max ties
def top_error(y_true, y_pred):
    return ops.max(ops.abs(y_true - y_pred), axis=-1)


# dtype: integer labels divided / argmax gradient lost
def argmax_loss(y_true, y_pred):
    a = ops.argmax(y_pred, axis=-1)
    b = ops.argmax(y_true, axis=-1)
    return ops.cast(ops.abs(a - b), "float32")


# runs: y_true int32 times float on torch/tf
def sparse_gather(y_true, y_pred):
    lp = ops.log_softmax(y_pred)
    return -ops.take_along_axis(lp, y_true[:, None], axis=-1)


# state kept: uses global python random
def mixup(y_true, y_pred):
    import random

    lam = random.random()
    return lam * ops.mean(ops.square(y_true - y_pred), axis=-1)


# helper module calls numpy
from helpers import to_distance  # noqa: E402


def helper_foreign(y_true, y_pred):
    return to_distance(y_true, y_pred)


# finite: the norm of a zero vector
def cosine_loss(y_true, y_pred):
    return 1.0 - ops.sum(
        ops.normalize(y_true, axis=-1) * ops.normalize(y_pred, axis=-1), axis=-1
    )
