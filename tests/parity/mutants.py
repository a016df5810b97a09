"""Losses that are wrong on purpose, each in one way, and their healthy twins."""

import keras
import numpy as np

import portable_losses
from portable_losses import ops
from portable_losses.parity import Case


class Squared(portable_losses.Loss):
    """The healthy twin of the regression mutants."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * ops.mean(ops.square(y_pred - y_true), axis=-1)


class WrongValue(Squared):
    def call(self, y_true, y_pred):
        return 1.001 * super().call(y_true, y_pred)


class ConstantZero(Squared):
    def call(self, y_true, y_pred):
        return 0.0 * super().call(y_true, y_pred)


class WrongGradient(Squared):
    def call(self, y_true, y_pred):
        items = super().call(y_true, y_pred)
        return 1.01 * items - ops.stop_gradient(0.01 * items)


class HalfFrozen(Squared):
    """A residual times itself as a constant: half of the gradient is stopped."""

    def call(self, y_true, y_pred):
        error = y_pred - y_true
        return self.factor * ops.mean(error * ops.stop_gradient(error), axis=-1)


class StopsTooMuch(Squared):
    """Stops a gradient that the definition has."""

    def call(self, y_true, y_pred):
        error = y_pred - y_true
        frozen = ops.stop_gradient(error)
        return ops.mean(0.5 * (error * error + error * frozen), axis=-1)


class StopsNothing(Squared):
    """Has a gradient that the definition stops."""


class WrongOnOneRow(Squared):
    """A gradient that is wrong in one sample of many, and nowhere else."""

    def call(self, y_true, y_pred):
        items = super().call(y_true, y_pred)
        first = ops.cast(ops.arange(ops.shape(items)[0]) == 1, items.dtype)
        return items + 0.5 * first * (items - ops.stop_gradient(items))


class NoGradient(Squared):
    def call(self, y_true, y_pred):
        return super().call(y_true, ops.stop_gradient(y_pred))


class HiddenState(Squared):
    """Counts in Python: compiled once, it goes on with the count it was traced with."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.calls = 0

    def call(self, y_true, y_pred):
        self.calls += 1
        return super().call(y_true, y_pred) * (1.0 + 0.1 * (self.calls - 1))


class DataDependent(Squared):
    """Branches on a value in Python, which only eager code can."""

    def call(self, y_true, y_pred):
        if bool(ops.sum(y_pred) > 1e9):
            return 2.0 * super().call(y_true, y_pred)
        return super().call(y_true, y_pred)


class NanAtMatch(Squared):
    """A root with an infinite gradient where it is 0."""

    def call(self, y_true, y_pred):
        length = keras.ops.sqrt(ops.sum(ops.square(y_pred - y_true), axis=-1))
        # 0, of which no optimizer of graphs knows it.
        nothing = 1e-9 * (length - ops.stop_gradient(length))
        return super().call(y_true, y_pred) + nothing


class WrongFarOut(Squared):
    def call(self, y_true, y_pred):
        return ops.minimum(super().call(y_true, y_pred), 1e3)


class HalfPrecision(Squared):
    """Goes on in the precision of the predictions."""

    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        value = super().__call__(y_true, y_pred, sample_weight, mask)
        if keras.backend.standardize_dtype(y_pred.dtype) == "float32":
            return value
        y_true = ops.cast(y_true, y_pred.dtype)
        return ops.mean(ops.square(100.0 * (y_pred - y_true))) / 1e4


class LosesNan(Squared):
    def call(self, y_true, y_pred):
        return super().call(y_true, ops.nan_to_num(y_pred))


class IgnoresWeights(Squared):
    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        return super().__call__(y_true, y_pred, None, mask)


class MultipliesNan(keras.losses.Loss):
    """Keras's own base: an item of weight 0 is multiplied, and NaN stays NaN."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_pred - y_true), axis=-1)


class MaskOfZeros(Squared):
    """A masked item costs 0, and still counts."""

    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        if mask is None:
            return super().__call__(y_true, y_pred, sample_weight)
        items = ops.mean(ops.square(y_pred - y_true), axis=-1)
        return ops.mean(ops.where(mask, items, 0.0))


class OneTooFew(Squared):
    """Divides by one less than the number of samples."""

    def call(self, y_true, y_pred):
        items = super().call(y_true, y_pred)
        n = ops.cast(ops.shape(items)[0], items.dtype)
        return items * n / (n - 1.0) * 0.875


class Positional(Squared):
    """The first sample counts double, wherever it stands."""

    def call(self, y_true, y_pred):
        items = super().call(y_true, y_pred)
        first = ops.cast(ops.arange(ops.shape(items)[0]) == 0, items.dtype)
        return items + first * items


class Broadcasts(Squared):
    """Lets Keras and the backend make shapes fit."""

    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        y_pred = ops.convert_to_tensor(y_pred, "float32")
        y_true = ops.convert_to_tensor(y_true, "float32")
        return ops.mean(ops.square(y_pred - y_true))


class AlwaysFloat32(Squared):
    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        value = super().__call__(y_true, y_pred, sample_weight, mask)
        return ops.cast(value, "float32")


class ForgetsArgument(Squared):
    def get_config(self):
        config = super().get_config()
        del config["factor"]
        return config


class ForgetsDtype(Squared):
    def get_config(self):
        config = super().get_config()
        del config["dtype"]
        return config


class Logistic(portable_losses.Loss):
    """The healthy twin of the logits mutants."""

    def call(self, y_true, y_pred):
        positive = y_true * ops.log_sigmoid(y_pred)
        return -ops.mean(positive + (1 - y_true) * ops.log_sigmoid(-y_pred), axis=-1)


class ClippedLogits(Logistic):
    """Sigmoid, clip, logarithm: dead where it is most wrong."""

    def call(self, y_true, y_pred):
        p = ops.clip(ops.sigmoid(y_pred), 1e-7, 1.0 - 1e-7)
        terms = y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p)
        return -ops.mean(terms, axis=-1)


class Sparse(portable_losses.Loss):
    """The healthy twin of the class index mutants."""

    targets = "ids"

    def call(self, y_true, y_pred):
        classes = y_pred.shape[-1]
        valid = ops.logical_and(y_true >= 0, y_true < classes)
        ids = ops.expand_dims(ops.where(valid, y_true, 0), -1)
        picked = ops.take_along_axis(ops.log_softmax(y_pred), ids, axis=-1)
        return ops.where(valid, -ops.squeeze(picked, -1), float("nan"))


class RoundsIds(Sparse):
    """Casts class indices to the loss's dtype, as Keras's base class does."""

    def call(self, y_true, y_pred):
        y_true = ops.cast(ops.cast(y_true, self.dtype), "int32")
        return super().call(y_true, y_pred)


class ClampsIds(Sparse):
    """An id out of range is another class's."""

    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        y_true = ops.clip(y_true, 0, y_pred.shape[-1] - 1)
        return super().__call__(y_true, y_pred, sample_weight, mask)


class Absolute(portable_losses.Loss):
    """The healthy twin of the drop-in mutants, which stands in for Keras's Huber."""

    def __init__(
        self,
        delta=1.0,
        reduction="sum_over_batch_size",
        name="huber_loss",
        dtype=None,
        *,
        factor=1.0,
    ):
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.delta = delta
        self.factor = factor

    def call(self, y_true, y_pred):
        r = y_pred - y_true
        c = ops.clip(r, -self.delta, self.delta)
        return self.factor * ops.mean(c * (r - 0.5 * c), axis=-1)


class SwappedArguments(Absolute):
    def __init__(
        self,
        delta=1.0,
        name="huber_loss",
        reduction="sum_over_batch_size",
        dtype=None,
        *,
        factor=1.0,
    ):
        super().__init__(delta, reduction, name, dtype, factor=factor)


class OtherDefault(Absolute):
    def __init__(
        self,
        delta=1.5,
        reduction="sum_over_batch_size",
        name="huber_loss",
        dtype=None,
        *,
        factor=1.0,
    ):
        super().__init__(delta, reduction, name, dtype, factor=factor)


class OtherName(Absolute):
    def __init__(
        self,
        delta=1.0,
        reduction="sum_over_batch_size",
        name="huber_loss",
        dtype=None,
        *,
        factor=1.0,
    ):
        name = "huber" if name == "huber_loss" else name
        super().__init__(delta, reduction, name, dtype, factor=factor)


class HalfOfASum(Absolute):
    """Wrong in one reduction alone."""

    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        value = super().__call__(y_true, y_pred, sample_weight, mask)
        return 0.5 * value if self.reduction == "sum" else value


class MeanOverWeights(Absolute):
    """Divides by the sum of the weights, whatever the reduction."""

    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        value = super().__call__(y_true, y_pred, sample_weight, mask)
        if sample_weight is None or self.reduction != "mean":
            return value
        return value / ops.mean(ops.cast(sample_weight, value.dtype))


def real(rng, n):
    return rng.normal(size=(n, 3)), rng.normal(size=(n, 3))


def large(rng, n):
    return rng.normal(size=(n, 4000)), rng.normal(size=(n, 4000))


def binary(rng, n):
    return rng.integers(0, 2, (n, 3)).astype("float64"), rng.normal(size=(n, 3))


def ids(rng, n):
    return rng.integers(0, 4, n), rng.normal(size=(n, 4))


def squared(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2, axis=-1)


def huber(y_true, y_pred):
    r = np.abs(y_true - y_pred)
    return np.mean(np.where(r <= 1, r**2 / 2, r - 0.5), axis=-1)


def logistic(y_true, y_pred):
    return np.mean(np.logaddexp(0, y_pred) - y_true * y_pred, axis=-1)


def sparse(y_true, y_pred):
    return np.logaddexp.reduce(y_pred, axis=-1) - y_pred[np.arange(len(y_pred)), y_true]


MATCH = np.array([[1.0, 2.0, 0.0], [3.0, 0.5, -1.0]])
FAR = np.array([[50.0, -80.0, 90.0], [70.0, 60.0, -90.0]])
SURE = np.array([[200.0, -200.0, 200.0], [-200.0, 200.0, -200.0]])
BIG = np.random.default_rng(7).normal(size=(3, 1000))

REGRESSION = Case(
    loss="Squared",
    draw=real,
    reference=squared,
    edges={"match": (MATCH, MATCH), "far": (0 * FAR, FAR)},
    config={"factor": 1.0},
)
HALF_FROZEN = Case(
    loss="HalfFrozen",
    draw=real,
    reference=lambda t, p, frozen: np.mean((p - t) * (frozen - t), axis=-1),
    config={"factor": 1.0},
)
LARGE = Case(
    loss="Squared",
    label="large",
    draw=large,
    reference=squared,
    samples=3,
    sampled_gradient=True,
    config={"factor": 1.0},
)
SCALED = Case(
    loss="Squared",
    label="scaled",
    draw=real,
    reference=lambda t, p: 2.0 * squared(t, p),
    config={"factor": 2.0},
)
LOGITS = Case(
    loss="Logistic",
    draw=binary,
    reference=logistic,
    edges={"sure": ((SURE < 0).astype("float64"), SURE)},
    wrong=((SURE < 0).astype("float64"), SURE),
)
IDS = Case(
    loss="Sparse",
    draw=ids,
    reference=sparse,
    classes=4,
    exact=(np.array([257, 999, 513]), BIG),
)

DROP_IN = Case(
    loss="Huber",
    draw=real,
    reference=huber,
    edges={"match": (MATCH, MATCH), "far": (0 * FAR, FAR)},
    config={"delta": 1.0},
)

HEALTHY = [
    (REGRESSION, Squared),
    (HALF_FROZEN, HalfFrozen),
    (LARGE, Squared),
    (SCALED, Squared),
    (LOGITS, Logistic),
    (IDS, Sparse),
    (DROP_IN, Absolute),
]

MUTANTS = [
    ("value", WrongValue, REGRESSION),
    ("value", ConstantZero, REGRESSION),
    ("gradient", ConstantZero, REGRESSION),
    ("gradient", WrongGradient, REGRESSION),
    ("gradient", NoGradient, REGRESSION),
    ("gradient", StopsTooMuch, REGRESSION),
    ("gradient", HalfFrozen, REGRESSION),
    ("gradient", StopsNothing, HALF_FROZEN),
    ("gradient", WrongGradient, LARGE),
    ("gradient", WrongOnOneRow, LARGE),
    ("modes", HiddenState, REGRESSION),
    ("value", DataDependent, REGRESSION),
    ("edges", NanAtMatch, REGRESSION),
    ("edges", WrongFarOut, REGRESSION),
    ("edges", ClippedLogits, LOGITS),
    ("half", HalfPrecision, REGRESSION),
    ("live", ClippedLogits, LOGITS),
    ("nan", LosesNan, REGRESSION),
    ("weights", IgnoresWeights, REGRESSION),
    ("weight_zero", MultipliesNan, REGRESSION),
    ("mask", MaskOfZeros, REGRESSION),
    ("sizes", OneTooFew, REGRESSION),
    ("vector", Broadcasts, REGRESSION),
    ("permutation", Positional, REGRESSION),
    ("shapes", Broadcasts, REGRESSION),
    ("dtypes", AlwaysFloat32, REGRESSION),
    ("exact_targets", RoundsIds, IDS),
    ("class_ids", ClampsIds, IDS),
    ("config", ForgetsArgument, SCALED),
    ("config", ForgetsDtype, REGRESSION),
    ("drop_in", SwappedArguments, DROP_IN),
    ("drop_in", OtherDefault, DROP_IN),
    ("drop_in", OtherName, DROP_IN),
    ("drop_in", HalfOfASum, DROP_IN),
    ("drop_in", MeanOverWeights, DROP_IN),
]
"""The check, the loss it must catch, and the case that shows it."""
