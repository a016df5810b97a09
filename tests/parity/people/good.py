"""Losses as people write them, and right."""

import math

import keras
from keras import ops


class SigmoidFocal(keras.losses.Loss):
    """Focal loss of logits (RetinaNet), by softplus."""

    def __init__(
        self,
        alpha=0.25,
        gamma=2.0,
        reduction="sum_over_batch_size",
        name="sigmoid_focal",
    ):
        super().__init__(reduction=reduction, name=name)
        self.alpha = alpha
        self.gamma = gamma

    def call(self, y_true, y_pred):
        y_true = ops.cast(y_true, y_pred.dtype)
        p = ops.sigmoid(y_pred)
        ce = (
            ops.maximum(y_pred, 0.0)
            - y_pred * y_true
            + ops.log1p(ops.exp(-ops.abs(y_pred)))
        )
        pt = p * y_true + (1 - p) * (1 - y_true)
        a = self.alpha * y_true + (1 - self.alpha) * (1 - y_true)
        return ops.mean(a * (1 - pt) ** self.gamma * ce, axis=-1)

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha, "gamma": self.gamma}


def dice_coef(y_true, y_pred, smooth=1.0):
    y_true_f = ops.reshape(y_true, (ops.shape(y_true)[0], -1))
    y_pred_f = ops.reshape(y_pred, (ops.shape(y_pred)[0], -1))
    intersection = ops.sum(y_true_f * y_pred_f, axis=1)
    return (2.0 * intersection + smooth) / (
        ops.sum(y_true_f, axis=1) + ops.sum(y_pred_f, axis=1) + smooth
    )


def dice_loss(y_true, y_pred):
    return 1.0 - dice_coef(y_true, y_pred)


def tversky(alpha=0.7, beta=0.3, smooth=1e-6):
    def tversky_loss(y_true, y_pred):
        y_true = ops.cast(y_true, "float32")
        tp = ops.sum(y_true * y_pred, axis=-1)
        fn = ops.sum(y_true * (1 - y_pred), axis=-1)
        fp = ops.sum((1 - y_true) * y_pred, axis=-1)
        return 1 - (tp + smooth) / (tp + alpha * fn + beta * fp + smooth)

    return tversky_loss


def huber_loss(y_true, y_pred, delta=1.0):
    error = y_true - y_pred
    small = ops.abs(error) <= delta
    return ops.mean(
        ops.where(
            small, 0.5 * ops.square(error), delta * (ops.abs(error) - 0.5 * delta)
        ),
        axis=-1,
    )


def log_cosh(y_true, y_pred):
    x = y_pred - y_true
    return ops.mean(x + ops.softplus(-2.0 * x) - math.log(2.0), axis=-1)


def pinball(tau):
    def loss(y_true, y_pred):
        e = y_true - y_pred
        return ops.mean(ops.maximum(tau * e, (tau - 1) * e), axis=-1)

    return loss


class MultiQuantile(keras.losses.Loss):
    def __init__(self, quantiles=(0.1, 0.5, 0.9), **kwargs):
        super().__init__(**kwargs)
        self.quantiles = tuple(quantiles)

    def call(self, y_true, y_pred):
        q = ops.convert_to_tensor(self.quantiles, dtype=y_pred.dtype)
        e = y_true - y_pred
        return ops.sum(ops.maximum(q * e, (q - 1.0) * e), axis=-1)

    def get_config(self):
        config = super().get_config()
        config.update({"quantiles": list(self.quantiles)})
        return config


def contrastive_loss(y_true, y_pred):
    """Hadsell et al.: y is 1 for pairs that are alike, y_pred a distance."""
    margin = 1.0
    y_true = ops.cast(y_true, y_pred.dtype)
    return ops.mean(
        y_true * ops.square(y_pred)
        + (1 - y_true) * ops.square(ops.maximum(margin - y_pred, 0.0)),
        axis=-1,
    )


class NTXent(keras.losses.Loss):
    """SimCLR, both views."""

    def __init__(self, temperature=0.1, **kw):
        super().__init__(**kw)
        self.temperature = temperature

    def call(self, y_true, y_pred):
        a = y_true / ops.sqrt(
            ops.maximum(ops.sum(y_true * y_true, -1, keepdims=True), 1e-12)
        )
        b = y_pred / ops.sqrt(
            ops.maximum(ops.sum(y_pred * y_pred, -1, keepdims=True), 1e-12)
        )
        logits = ops.matmul(a, ops.transpose(b)) / self.temperature
        n = ops.shape(logits)[0]
        return keras.losses.sparse_categorical_crossentropy(
            ops.arange(n), logits, from_logits=True
        )

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


class SmoothCE(keras.losses.Loss):
    def __init__(self, smoothing=0.1, from_logits=True, **kw):
        super().__init__(**kw)
        self.smoothing = smoothing
        self.from_logits = from_logits

    def call(self, y_true, y_pred):
        return keras.losses.categorical_crossentropy(
            y_true, y_pred, from_logits=self.from_logits, label_smoothing=self.smoothing
        )

    def get_config(self):
        return {
            **super().get_config(),
            "smoothing": self.smoothing,
            "from_logits": self.from_logits,
        }


def weighted_bce(pos_weight=3.0):
    def loss(y_true, y_pred):
        y_true = ops.cast(y_true, y_pred.dtype)
        y_pred = ops.clip(y_pred, 1e-7, 1 - 1e-7)
        cost = -(
            pos_weight * y_true * ops.log(y_pred) + (1 - y_true) * ops.log(1 - y_pred)
        )
        return ops.mean(cost, axis=-1)

    return loss


wbce = weighted_bce()


def smape(y_true, y_pred):
    d = ops.maximum(ops.abs(y_true) + ops.abs(y_pred), 1e-3)
    return ops.mean(2.0 * ops.abs(y_true - y_pred) / d, axis=-1)


def msle(y_true, y_pred):
    a = ops.log1p(ops.maximum(y_true, 0.0))
    b = ops.log1p(ops.maximum(y_pred, 0.0))
    return ops.mean(ops.square(a - b), axis=-1)


def poisson_nll(y_true, y_pred):
    """y_pred is the log of the rate."""
    return ops.mean(ops.exp(y_pred) - y_true * y_pred, axis=-1)


class GaussianNLL(keras.losses.Loss):
    """y_pred: (..., 2): mean and log variance; y_true (..., 1)."""

    def call(self, y_true, y_pred):
        mu, log_var = y_pred[:, :1], y_pred[:, 1:2]
        return ops.squeeze(
            0.5 * (log_var + ops.square(y_true - mu) * ops.exp(-log_var)), -1
        )


def kl_div(y_true, y_pred):
    p = ops.clip(y_true, 1e-7, 1.0)
    q = ops.clip(y_pred, 1e-7, 1.0)
    return ops.sum(p * ops.log(p / q), axis=-1)


class JensenShannon(keras.Loss):
    def __init__(self, weight=1.0, name="js"):
        super().__init__(name=name)
        self.weight = weight

    def call(self, y_true, y_pred):
        y_true = ops.clip(y_true, 1e-7, 1.0)
        y_pred = ops.clip(y_pred, 1e-7, 1.0)
        m = 0.5 * (y_true + y_pred)
        kl1 = ops.sum(y_true * (ops.log(y_true) - ops.log(m)), axis=-1)
        kl2 = ops.sum(y_pred * (ops.log(y_pred) - ops.log(m)), axis=-1)
        return self.weight * 0.5 * (kl1 + kl2)

    def get_config(self):
        return {"weight": self.weight, "name": self.name}


class MaskedMAE(keras.losses.Loss):
    """Targets of `ignore` do not count."""

    def __init__(self, ignore=-1.0, **kw):
        super().__init__(**kw)
        self.ignore = ignore

    def call(self, y_true, y_pred):
        keep = ops.cast(ops.not_equal(y_true, self.ignore), y_pred.dtype)
        total = ops.sum(ops.abs(y_true - y_pred) * keep, axis=-1)
        return total / ops.maximum(ops.sum(keep, axis=-1), 1.0)

    def get_config(self):
        return {**super().get_config(), "ignore": self.ignore}


def emd_squared(y_true, y_pred):
    """Squared earth mover's distance of ordered classes (Hou et al.)."""
    return ops.mean(
        ops.square(ops.cumsum(y_true, axis=-1) - ops.cumsum(y_pred, axis=-1)), axis=-1
    )


def total_variation(y_true, y_pred):
    """L1 and total variation of a map."""
    dh = ops.abs(y_pred[:, 1:, :, :] - y_pred[:, :-1, :, :])
    dw = ops.abs(y_pred[:, :, 1:, :] - y_pred[:, :, :-1, :])
    tv = ops.mean(dh, axis=(1, 2, 3)) + ops.mean(dw, axis=(1, 2, 3))
    return ops.mean(ops.abs(y_true - y_pred), axis=(1, 2, 3)) + 0.1 * tv


def charbonnier(y_true, y_pred):
    return ops.mean(ops.sqrt(ops.square(y_true - y_pred) + 1e-6), axis=-1)


class GIoU(keras.losses.Loss):
    def call(self, y_true, y_pred):
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
        at = ops.maximum(y_true[..., 2] - y_true[..., 0], 0.0) * ops.maximum(
            y_true[..., 3] - y_true[..., 1], 0.0
        )
        ap = ops.maximum(y_pred[..., 2] - y_pred[..., 0], 0.0) * ops.maximum(
            y_pred[..., 3] - y_pred[..., 1], 0.0
        )
        union = at + ap - inter
        cx = ops.maximum(y_true[..., 2], y_pred[..., 2]) - ops.minimum(
            y_true[..., 0], y_pred[..., 0]
        )
        cy = ops.maximum(y_true[..., 3], y_pred[..., 3]) - ops.minimum(
            y_true[..., 1], y_pred[..., 1]
        )
        hull = cx * cy
        eps = 1e-7
        return 1.0 - (inter / (union + eps) - (hull - union) / (hull + eps))


class SupCon(keras.losses.Loss):
    def __init__(self, temperature=0.5, **kw):
        super().__init__(**kw)
        self.temperature = temperature

    def call(self, y_true, y_pred):
        z = y_pred * ops.rsqrt(
            ops.maximum(ops.sum(ops.square(y_pred), -1, keepdims=True), 1e-12)
        )
        y = ops.reshape(y_true, (-1, 1))
        sim = ops.matmul(z, ops.transpose(z)) / self.temperature
        n = ops.shape(z)[0]
        eye = ops.eye(n, dtype=z.dtype)
        same = ops.cast(ops.equal(y, ops.transpose(y)), z.dtype) - eye
        sim = sim - 1e9 * eye
        logp = sim - ops.logsumexp(sim, axis=1, keepdims=True)
        return -ops.sum(same * ops.where(same > 0, logp, 0.0), 1) / ops.maximum(
            ops.sum(same, 1), 1.0
        )

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


class Composite(keras.losses.Loss):
    """Sum of two losses of Keras, an instance below."""

    def __init__(self, alpha=0.5, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, y_true, y_pred):
        return self.alpha * keras.losses.mean_squared_error(y_true, y_pred) + (
            1 - self.alpha
        ) * keras.losses.mean_absolute_error(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}


composite = Composite(alpha=0.3, reduction="sum")


def corn(y_true, y_pred):
    """Ordinal regression: labels (B,) of K + 1 ranks, y_pred logits (B, K)."""
    ranks = ops.arange(ops.shape(y_pred)[-1], dtype="int32")
    levels = ops.cast(
        ops.cast(ops.reshape(y_true, (-1, 1)), "int32") > ranks, y_pred.dtype
    )
    return ops.sum(ops.softplus(y_pred) - levels * y_pred, axis=-1)


def bpr(y_true, y_pred):
    """Ranking: relevance of items against logits, all pairs of a list."""
    d = ops.expand_dims(y_pred, 2) - ops.expand_dims(y_pred, 1)
    w = ops.cast(ops.expand_dims(y_true, 2) > ops.expand_dims(y_true, 1), y_pred.dtype)
    return ops.sum(w * ops.softplus(-d), axis=(1, 2)) / ops.maximum(
        ops.sum(w, axis=(1, 2)), 1.0
    )


def hinge(y_true, y_pred):
    y = 2.0 * ops.cast(y_true, y_pred.dtype) - 1.0
    return ops.mean(ops.maximum(1.0 - y * y_pred, 0.0), axis=-1)


def bce_dice(y_true, y_pred):
    bce = keras.losses.binary_crossentropy(y_true, y_pred)
    bce = ops.mean(bce, axis=(1, 2))
    t = ops.sum(y_true * y_pred, axis=(1, 2, 3))
    dice = 1 - (2 * t + 1.0) / (
        ops.sum(y_true, axis=(1, 2, 3)) + ops.sum(y_pred, axis=(1, 2, 3)) + 1.0
    )
    return bce + dice


def rmse_batch(y_true, y_pred):
    """One number a batch."""
    return ops.sqrt(ops.mean(ops.square(y_pred - y_true)) + 1e-8)


class AAMSoftmax(keras.losses.Loss):
    """ArcFace on cosines: one-hot labels, y_pred in [-1, 1]."""

    def __init__(self, s=16.0, m=0.2, **kw):
        super().__init__(**kw)
        self.s, self.m = s, m

    def call(self, y_true, y_pred):
        c = ops.clip(y_pred, -1 + 1e-6, 1 - 1e-6)
        theta = ops.arccos(c)
        logits = self.s * ops.where(
            y_true > 0.5, ops.cos(ops.minimum(theta + self.m, math.pi)), c
        )
        return -ops.sum(y_true * ops.log_softmax(logits, axis=-1), axis=-1)

    def get_config(self):
        return {**super().get_config(), "s": self.s, "m": self.m}


class WeightedSparseCE(keras.losses.Loss):
    """Class weights; y_true of class indices, logits."""

    def __init__(self, class_weight=(1.0, 2.0, 1.0, 0.5), **kw):
        super().__init__(**kw)
        self.class_weight = list(class_weight)

    def call(self, y_true, y_pred):
        y = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        w = ops.take(ops.convert_to_tensor(self.class_weight, dtype=y_pred.dtype), y)
        return w * keras.losses.sparse_categorical_crossentropy(
            y, y_pred, from_logits=True
        )

    def get_config(self):
        return {**super().get_config(), "class_weight": self.class_weight}


def wing(y_true, y_pred, w=10.0, epsilon=2.0):
    x = ops.abs(y_true - y_pred)
    c = w * (1.0 - math.log(1.0 + w / epsilon))
    return ops.mean(ops.where(w > x, w * ops.log(1.0 + x / epsilon), x - c), axis=-1)


def ssim_like(y_true, y_pred):
    c1, c2 = 0.01**2, 0.03**2
    a = (1, 2)
    mx, my = ops.mean(y_true, a), ops.mean(y_pred, a)
    vx, vy = ops.var(y_true, a), ops.var(y_pred, a)
    cov = ops.mean(y_true * y_pred, a) - mx * my
    s = ((2 * mx * my + c1) * (2 * cov + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return ops.mean(1.0 - s, axis=-1)


class SequenceCE(keras.losses.Loss):
    """Token cross-entropy, 0 is padding: y_true (B, T), logits (B, T, C)."""

    def call(self, y_true, y_pred):
        y = ops.cast(y_true, "int32")
        ce = keras.losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True)
        mask = ops.cast(ops.not_equal(y, 0), ce.dtype)
        return ops.sum(ce * mask, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0)


def ctc_loss(y_true, y_pred):
    n = ops.shape(y_pred)[0]
    frames = ops.full((n,), y_pred.shape[1], dtype="int32")
    y = ops.cast(y_true, "int32")
    labels = ops.sum(ops.cast(y > 0, "int32"), axis=1)
    return ops.ctc_loss(y, y_pred, labels, frames, mask_index=0)


def triplet_semihard(y_true, y_pred):
    """Batch-hard triplets, squared distances."""
    y = ops.reshape(y_true, (-1, 1))
    sq = ops.sum(ops.square(y_pred), axis=1, keepdims=True)
    d = sq - 2.0 * ops.matmul(y_pred, ops.transpose(y_pred)) + ops.transpose(sq)
    same = ops.cast(ops.equal(y, ops.transpose(y)), y_pred.dtype)
    pos = ops.max(d * same, axis=1)
    neg = ops.min(d + 1e6 * same, axis=1)
    return ops.softplus(pos - neg)


def r_drop(y_true, y_pred):
    """Cross-entropy of logits with a confidence penalty."""
    lp = ops.log_softmax(y_pred, axis=-1)
    ce = -ops.sum(y_true * lp, axis=-1)
    entropy = -ops.sum(ops.exp(lp) * lp, axis=-1)
    return ce - 0.1 * entropy


class Barlow(keras.losses.Loss):
    def call(self, y_true, y_pred):
        n = ops.cast(ops.shape(y_pred)[0], y_pred.dtype)
        a = (y_true - ops.mean(y_true, 0)) / ops.sqrt(ops.var(y_true, 0) + 1e-5)
        b = (y_pred - ops.mean(y_pred, 0)) / ops.sqrt(ops.var(y_pred, 0) + 1e-5)
        c = ops.matmul(ops.transpose(a), b) / n
        eye = ops.eye(c.shape[0], dtype=c.dtype)
        return ops.sum(ops.square(c - eye) * (eye + 5e-3 * (1 - eye)))


def wasserstein(y_true, y_pred):
    return ops.mean(y_true * y_pred, axis=-1)


def vae_kl(y_true, y_pred):
    """y_pred: mean and log variance in one tensor."""
    mean, logv = ops.split(y_pred, 2, axis=-1)
    return -0.5 * ops.sum(1 + logv - ops.square(mean) - ops.exp(logv), axis=-1)
