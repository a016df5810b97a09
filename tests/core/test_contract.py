"""What `Loss` promises to a subclass that has nothing but `call`."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import portable_losses
from portable_losses import Loss, ops
from portable_losses.ops.classes import pick

BACKEND = keras.config.backend()
NAN, INF = float("nan"), float("inf")
REDUCTIONS = [
    "sum_over_batch_size",
    "mean",
    "sum",
    "mean_with_sample_weight",
    "none",
    None,
]
only_tensorflow = pytest.mark.skipif(
    BACKEND != "tensorflow", reason="tf.function is TensorFlow's"
)


class Squared(Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_pred - ops.cast(y_true, y_pred.dtype)), axis=-1)


class KerasSquared(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_pred - y_true), axis=-1)


class Logarithmic(Loss):
    """Harmless only inside the domain of its logarithm."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(keras.ops.log(y_pred) - y_true), axis=-1)


class Negatives(Loss):
    """Leaves out the items whose first target is negative."""

    def call(self, y_true, y_pred):
        items = ops.mean(ops.square(y_pred - y_true), axis=-1)
        return items, y_true[..., 0] >= 0


class Spread(Loss):
    """A statistic."""

    def call(self, y_true, y_pred):
        return ops.sum(ops.square(y_pred - y_true)) / 7.0


class KeptSpread(Loss):
    """A statistic that can leave samples out."""

    def call(self, y_true, y_pred, kept):
        if kept is not None:
            y_pred = ops.where(ops.expand_dims(kept, -1), y_pred, 0.0)
        return ops.sum(y_pred * y_pred)


class ToCenter(Loss):
    """Batch-coupled: the distance to the center of the samples in the batch."""

    def call(self, y_true, y_pred, kept):
        here = ops.ones_like(y_pred[:, :1])
        if kept is not None:
            here = ops.cast(ops.expand_dims(kept, -1), y_pred.dtype)
        center = ops.divide(ops.sum(y_pred * here, axis=0), ops.sum(here))
        return ops.sum(ops.square(y_pred - center), axis=-1)


class Ids(Loss):
    targets = "ids"

    def __init__(self, axis=-1, ignore_class=None, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.ignore_class = ignore_class

    def feature_axis(self):
        return self.axis

    def call(self, y_true, y_pred):
        return -pick(ops.log_softmax(y_pred, axis=-1), y_true)


class DtypeOf(Loss):
    """Notes the dtype of the targets."""

    def call(self, y_true, y_pred):
        self.seen = keras.backend.standardize_dtype(y_true.dtype)
        return ops.mean(y_pred, axis=-1)


@keras.saving.register_keras_serializable("test_contract")
class Scaled(Loss):
    def __init__(self, scale=1.0, table=None, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.table = table
        self.inner = inner

    def call(self, y_true, y_pred):
        items = self.scale * self.inner.call(y_true, y_pred)
        return items + ops.sum(ops.convert_to_tensor(self.table, y_pred.dtype))


def draw(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 1.0, shape).astype("float32")


def number(x):
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")))


def dtype_of(x):
    return keras.backend.standardize_dtype(x.dtype)


# --- reduction, weights and masks are Keras's --------------------------------------

# shape of y_pred, of the weights, whether a mask
WEIGHTED = {
    "items (B,)": ((4, 3), None, False),
    "items (B,), weights (B,)": ((4, 3), (4,), False),
    "items (B,), weights (B, 1)": ((4, 3), (4, 1), False),
    "items (B, T)": ((4, 5, 3), None, False),
    "items (B, T), weights (B,)": ((4, 5, 3), (4,), False),
    "items (B, T), weights (B, 1)": ((4, 5, 3), (4, 1), False),
    "items (B, T), weights (B, T)": ((4, 5, 3), (4, 5), False),
    "items (B, T), weights (B, T, 1)": ((4, 5, 3), (4, 5, 1), False),
    "items (B, B), weights (B,)": ((4, 4, 3), (4,), False),
    "mask": ((4, 5, 3), None, True),
    "mask and weights (B,)": ((4, 5, 3), (4,), True),
    "mask and weights (B, T)": ((4, 5, 3), (4, 5), True),
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("row", WEIGHTED)
def test_numbers_of_keras(row, reduction):
    shape, weight_shape, masked = WEIGHTED[row]
    y_true, y_pred = draw(*shape), draw(*shape, seed=1)
    weight = everywhere = None
    if weight_shape:
        weight = draw(*weight_shape, seed=2)
        weight[1] = 0.0
        # Keras aligns weights from the right: it is given one for each item.
        items = shape[:-1]
        everywhere = weight.reshape(weight_shape[: len(items)])
        everywhere = everywhere.reshape(
            everywhere.shape + (1,) * (len(items) - everywhere.ndim)
        )
        everywhere = np.array(np.broadcast_to(everywhere, items))
    if masked:
        y_pred[0, 2:] = 0.0
        y_pred[3, :] = 0.0
        y_pred = keras.layers.Masking()(y_pred)
    got = Squared(reduction=reduction)(y_true, y_pred, weight)
    want = KerasSquared(reduction=reduction)(y_true, y_pred, everywhere)
    np.testing.assert_allclose(number(got), number(want), rtol=2e-6)


@pytest.mark.parametrize("of", ["argument", "keras"])
def test_mask_equals_slicing(of, gradient):
    y_true, y_pred = draw(4, 5, 3), draw(4, 5, 3, seed=1)
    mask = np.ones((4, 5), bool)
    mask[0, 2:] = mask[3] = False
    y_pred[~mask] = 0.0
    loss = Squared()
    want, slope = gradient(loss, y_true[mask], y_pred[mask])
    if of == "argument":
        got, slopes = gradient(loss, y_true, y_pred, mask=mask)
        np.testing.assert_allclose(slopes[mask], slope, rtol=1e-6)
        assert not slopes[~mask].any()
    else:
        got = number(loss(y_true, keras.layers.Masking()(y_pred)))
    np.testing.assert_allclose(got, want, rtol=1e-6)


# --- what is removed is harmless ---------------------------------------------------

BROKEN = {
    "NaN prediction": ("y_pred", NAN),
    "inf prediction": ("y_pred", INF),
    "prediction outside the domain": ("y_pred", -1.0),
    "NaN target": ("y_true", NAN),
    "inf target": ("y_true", INF),
    "huge target": ("y_true", 3e38),
}


@pytest.mark.parametrize("loss", [Squared(), Logarithmic()], ids=["square", "log"])
@pytest.mark.parametrize("by", ["mask", "sample_weight"])
@pytest.mark.parametrize("row", BROKEN)
def test_what_is_removed_leaves_value_and_gradient_finite(row, by, loss, gradient):
    given = {"y_true": draw(3, 2), "y_pred": draw(3, 2, seed=1)}
    which, value = BROKEN[row]
    fine = np.array([True, False, True])
    sliced = {k: v[fine] for k, v in given.items()}
    given[which][1, 0] = value
    keep = fine if by == "mask" else fine.astype("float32")
    got, slope = gradient(loss, **given, **{by: keep})
    # Weight 0 stays in Keras's divisor, a masked item does not.
    share = 1.0 if by == "mask" else 2 / 3
    want, sliced_slope = gradient(loss, **sliced)
    np.testing.assert_allclose(got, share * want, rtol=1e-6)
    np.testing.assert_allclose(slope[fine], share * sliced_slope, rtol=1e-6)
    assert not slope[~fine].any()


@pytest.mark.parametrize("by", ["mask", "sample_weight"])
@pytest.mark.parametrize("loss", [Squared(), ToCenter(), Ids()], ids=lambda x: x.name)
def test_all_removed_is_zero(loss, by, gradient, compiled):
    y_true = np.array([0, 1, 1]) if loss.targets == "ids" else draw(3, 2)
    y_pred = np.full((3, 2), NAN, "float32")
    got, slope = gradient(loss, y_true, y_pred, **{by: np.zeros(3)}, compiled=compiled)
    assert got == 0
    assert not slope.any()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_no_items_is_zero(reduction, weighted, gradient):
    weight = np.zeros(0, "float32") if weighted else None
    empty = np.zeros((0, 3), "float32")
    got, slope = gradient(Squared(reduction=reduction), empty, empty, weight)
    if reduction in ("none", None):
        assert got.shape == (0,)
    else:
        assert got == 0
    assert slope.shape == (0, 3)


# --- shapes ------------------------------------------------------------------------

COLUMNS = [((4,), (4,)), ((4,), (4, 1)), ((4, 1), (4,)), ((4, 1), (4, 1))]


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", None])
@pytest.mark.parametrize(("true_shape", "pred_shape"), COLUMNS)
def test_a_vector_is_a_column(true_shape, pred_shape, reduction):
    y_true, y_pred, weight = draw(4), draw(4, seed=1), draw(4, seed=2)
    items = (y_true - y_pred) ** 2 * weight
    got = Squared(reduction=reduction)(
        y_true.reshape(true_shape), y_pred.reshape(pred_shape), weight
    )
    want = items if reduction is None else items.mean()
    np.testing.assert_allclose(number(got), want, rtol=1e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_statistic_is_one_number(reduction):
    y_true, y_pred = draw(4, 3), draw(4, 3, seed=1)
    want = ((y_true - y_pred) ** 2).sum() / 7
    got = number(Spread(reduction=reduction)(y_true, y_pred))
    assert got.shape == ((4,) if reduction in ("none", None) else ())
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_a_statistic_may_take_the_mask():
    y_pred, mask = draw(4, 3), np.array([True, False, True, True])
    got = KeptSpread()(y_pred, y_pred, mask=mask)
    np.testing.assert_allclose(number(got), (y_pred[mask] ** 2).sum(), rtol=1e-6)


@pytest.mark.parametrize("by", ["mask", "sample_weight"])
def test_removed_samples_leave_a_coupled_batch(by, gradient, compiled):
    y_pred, fine = draw(4, 3), np.array([True, False, True, True])
    want, sliced = gradient(
        ToCenter(reduction="sum"), y_pred[fine], y_pred[fine], compiled=compiled
    )
    keep = fine if by == "mask" else fine.astype("float32")
    got, slope = gradient(
        ToCenter(reduction="sum"), y_pred, y_pred, **{by: keep}, compiled=compiled
    )
    np.testing.assert_allclose(got, want, rtol=1e-5)
    np.testing.assert_allclose(slope[fine], sliced, rtol=1e-5, atol=1e-6)
    assert not slope[~fine].any()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_loss_may_leave_items_out_itself(reduction, weighted):
    y_true, y_pred = draw(4, 3), draw(4, 3, seed=1)
    y_true[1] = -1.0
    kept = np.array([1.0, 0.0, 1.0, 1.0], "float32")
    weight = draw(4, seed=2) if weighted else None
    items = ((y_true - y_pred) ** 2).mean(-1) * kept * (weight if weighted else 1.0)
    got = number(Negatives(reduction=reduction)(y_true, y_pred, weight))
    total = items.sum()
    want = {
        "sum": total,
        "sum_over_batch_size": total / 3,
        "mean": total / 3,
        "mean_with_sample_weight": total / ((weight * kept).sum() if weighted else 3),
    }.get(reduction, items)
    np.testing.assert_allclose(got, want, rtol=2e-6)


# --- targets -----------------------------------------------------------------------

TARGET_DTYPES = ["bool", "uint8", "int8", "int32", "float16", "float32"]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("target", TARGET_DTYPES)
def test_targets_have_the_dtype_of_the_computation(target, dtype):
    loss = DtypeOf(dtype=dtype)
    loss(keras.ops.cast(np.ones((2, 3), "float32"), target), draw(2, 3))
    assert loss.seen == "float32"


@pytest.mark.parametrize("target", TARGET_DTYPES)
def test_what_any_takes_keeps_its_dtype(target):
    class Any(DtypeOf):
        targets = "any"

    loss = Any()
    loss(keras.ops.cast(np.ones((2, 3), "float32"), target), draw(2, 3))
    assert loss.seen == target


@pytest.mark.parametrize("dtype", [None, "bfloat16", "float16"])
@pytest.mark.parametrize("targets", ["int32", "int64", "uint16", "float32"])
def test_class_257_of_1000(dtype, targets, compiled, gradient):
    y_true = np.array([257]).astype(targets)
    y_pred = np.zeros((1, 1000), "float32")
    y_pred[0, 257] = 100.0
    loss = Ids(dtype=dtype)
    assert gradient(loss, y_true, y_pred, compiled=compiled)[0] < 1e-3


IDS = {
    "ids": [[0, 2], [1, 1]],
    "trailing 1": [[[0], [2]], [[1], [1]]],
    "whole floats": [[0.0, 2.0], [1.0, 1.0]],
}


@pytest.mark.parametrize("row", IDS)
def test_class_indices(row):
    y_pred = draw(2, 2, 3)
    log_p = y_pred - np.log(np.exp(y_pred).sum(-1, keepdims=True))
    want = -np.take_along_axis(log_p, np.array([[[0], [2]], [[1], [1]]]), -1)[..., 0]
    got = Ids(reduction=None)(np.array(IDS[row]), y_pred)
    np.testing.assert_allclose(number(got), want, rtol=1e-5)


@pytest.mark.parametrize("ignored", [-1, 1, 255])
def test_an_ignored_class_leaves_the_mean(ignored, gradient, compiled):
    y_true, y_pred = np.array([0, ignored, 2]), draw(3, 3)
    y_pred[1] = NAN
    fine = np.array([True, False, True])
    loss = Ids(ignore_class=ignored)
    got, slope = gradient(loss, y_true, y_pred, compiled=compiled)
    want, sliced = gradient(Ids(), y_true[fine], y_pred[fine], compiled=compiled)
    np.testing.assert_allclose(got, want, rtol=1e-5)
    np.testing.assert_allclose(slope[fine], sliced, rtol=1e-5)
    assert not slope[1].any()


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("weight_shape", [None, (2,), (2, 4)])
@pytest.mark.parametrize("one_more_axis", [False, True])
def test_class_axis_in_the_middle(weight_shape, masked, one_more_axis):
    y_pred = draw(2, 3, 4)  # (batch, class, position)
    y_true = np.array([[0, 1, 2, 0], [2, 2, 1, 1]])
    weight = draw(*weight_shape, seed=1) if weight_shape else None
    mask = np.array([[1, 1, 0, 1], [1, 0, 0, 1]], bool) if masked else None
    want = Ids()(y_true, np.moveaxis(y_pred, 1, -1), weight, mask=mask)
    given = np.expand_dims(y_true, 1) if one_more_axis else y_true
    got = Ids(axis=1)(given, y_pred, weight, mask=mask)
    np.testing.assert_allclose(number(got), number(want), rtol=1e-6)


@pytest.mark.parametrize("bad", [-1, 3, 2**24])
def test_ids_out_of_range_are_rejected_or_nan(bad, gradient, compiled):
    y_true, y_pred = np.array([0, bad]), draw(2, 3)
    if compiled:
        assert np.isnan(gradient(Ids(), y_true, y_pred, compiled=compiled)[0])
        return
    with pytest.raises(ValueError, match=r"class indices in \[0, 3\); got .* holds "):
        Ids()(y_true, y_pred)


@pytest.mark.parametrize("by", ["mask", "sample_weight"])
def test_an_id_of_a_removed_item_may_be_anything(by, gradient, compiled):
    y_true, y_pred = np.array([0, -7]), draw(2, 3)
    keep = {by: np.array([1.0, 0.0], "float32")}
    got, slope = gradient(
        Ids(reduction="sum"), y_true, y_pred, **keep, compiled=compiled
    )
    want, _ = gradient(Ids(), y_true[:1], y_pred[:1], compiled=compiled)
    np.testing.assert_allclose(got, want, rtol=1e-6)
    assert np.isfinite(slope).all()


# --- dtypes ------------------------------------------------------------------------

# JAX has no float64 unless it is told to; Keras does not tell it.
RESULT_DTYPES = {
    None: "float32",
    "float32": "float32",
    "float16": "float32",
    "bfloat16": "bfloat16",
    "float64": "float32" if BACKEND == "jax" else "float64",
}


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64")
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", None])
@pytest.mark.parametrize("inputs", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("dtype", RESULT_DTYPES)
def test_dtype_of_the_result(dtype, inputs, reduction):
    y_true = keras.ops.cast(draw(4, 3), inputs)
    y_pred = keras.ops.cast(draw(4, 3, seed=1), inputs)
    got = Squared(reduction=reduction, dtype=dtype)(y_true, y_pred)
    assert dtype_of(got) == RESULT_DTYPES[dtype]
    # Half precision is computed in float32, from the rounded inputs.
    want = Squared(reduction=reduction)(number(y_true), number(y_pred))
    rtol = 1e-2 if dtype == "bfloat16" else 2e-6
    np.testing.assert_allclose(number(got), number(want), rtol=rtol)


@pytest.mark.parametrize("inputs", ["float16", "bfloat16"])
def test_gradient_has_the_dtype_of_the_prediction(inputs, gradient, compiled):
    y_true, y_pred = draw(4, 3), draw(4, 3, seed=1)
    _, got = gradient(Squared(), y_true, y_pred, dtype=inputs, compiled=compiled)
    _, want = gradient(Squared(), y_true, y_pred)
    np.testing.assert_allclose(got, want, rtol=1e-2, atol=5e-3)


@pytest.mark.parametrize("dtype", [None, "float16"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_sum_beyond_float16_is_finite(dtype, weighted):
    y_pred = keras.ops.cast(np.full((100, 1), 200.0), "float16")
    weight = keras.ops.cast(np.full(100, 2.0), "float16") if weighted else None
    got = Squared(reduction="sum", dtype=dtype)(np.zeros((100, 1)), y_pred, weight)
    assert number(got) == 4e6 * (2 if weighted else 1)


# --- saving ------------------------------------------------------------------------


def scaled():
    table = np.array([0.5, 0.25], "float32")
    inner = portable_losses.Huber(delta=0.2, class_weights=np.array([1.0, 2.0, 3.0]))
    return Scaled(scale=3.0, table=table, inner=inner, reduction="sum", dtype="float64")


def test_config_names_every_argument():
    config = scaled().get_config()
    assert list(config) == ["scale", "table", "inner", "reduction", "name", "dtype"]
    assert config["reduction"] == "sum"
    assert config["dtype"] == "float64"
    assert list(Squared().get_config()) == ["reduction", "name", "dtype"]


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64")
@pytest.mark.parametrize("way", ["config", "json"])
@pytest.mark.parametrize("make", [scaled, Squared, lambda: Ids(1, 2, name="mine")])
def test_a_loss_from_its_config_behaves_the_same(make, way):
    loss = make()
    if way == "config":
        again = type(loss).from_config(loss.get_config())
    else:
        text = json.dumps(keras.saving.serialize_keras_object(loss))
        known = {"Squared": Squared, "Ids": Ids}
        again = keras.saving.deserialize_keras_object(json.loads(text), known)
    assert type(again) is type(loss)
    assert again is not loss
    y_true = np.array([[0, 2], [1, 1]]) if isinstance(loss, Ids) else draw(4, 3)
    y_pred = draw(2, 3, 2) if isinstance(loss, Ids) else draw(4, 3, seed=1)
    want, got = loss(y_true, y_pred), again(y_true, y_pred)
    assert (again.name, again.reduction) == (loss.name, loss.reduction)
    assert dtype_of(got) == dtype_of(want)
    np.testing.assert_allclose(number(got), number(want), rtol=1e-7)


@pytest.mark.parametrize("name", portable_losses.__all__)
def test_losses_of_the_package_register_themselves(name):
    cls = getattr(portable_losses, name)
    if isinstance(cls, type) and issubclass(cls, Loss) and cls is not Loss:
        assert keras.saving.get_registered_object(f"portable_losses>{name}") is cls


def test_losses_of_a_user_are_registered_by_the_user():
    assert keras.saving.get_registered_name(Squared) == "Squared"


# --- compiled ----------------------------------------------------------------------

COMPILED_LOSSES = {
    "items": (Squared(), "dense", True),
    "kept": (Negatives(), "dense", True),
    "ids": (Ids(ignore_class=1), "ids", True),
    "coupled": (ToCenter(), "dense", True),
    "statistic": (Spread(), "dense", False),
}


@pytest.mark.parametrize("removes", [False, True])
@pytest.mark.parametrize("row", COMPILED_LOSSES)
def test_compiled_is_eager(row, removes, gradient, compiled):
    if not compiled:
        pytest.skip("eager is what compiled is compared with")
    loss, kind, weighted = COMPILED_LOSSES[row]
    if removes and not weighted:
        pytest.skip("a statistic takes no weights")
    y_true = np.array([0, 1, 2, 0]) if kind == "ids" else draw(4, 3)
    y_pred = draw(4, 3, seed=1)
    extra = {}
    if removes:
        extra = {"sample_weight": draw(4, seed=2), "mask": np.arange(4) != 2}
    got = gradient(loss, y_true, y_pred, **extra, compiled=compiled)
    want = gradient(loss, y_true, y_pred, **extra)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@only_tensorflow
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", None])
@pytest.mark.parametrize("row", COMPILED_LOSSES)
def test_unknown_batch_size(row, reduction):
    import tensorflow as tf

    loss, kind, weighted = COMPILED_LOSSES[row]
    config = {**loss.get_config(), "reduction": reduction}
    loss = type(loss).from_config(config)
    y_pred = draw(4, 3, seed=1)
    y_true = np.array([0, 1, 2, 0], "int32") if kind == "ids" else draw(4, 3)
    weight = draw(4, seed=2)
    given = (y_true, y_pred, weight) if weighted else (y_true, y_pred)
    signature = [tf.TensorSpec((None, *x.shape[1:]), x.dtype) for x in given]
    compiled = tf.function(loss.__call__, input_signature=signature, autograph=False)
    got = [number(compiled(*(x[:size] for x in given))) for size in (4, 2)]
    want = [number(loss(*(x[:size] for x in given))) for size in (4, 2)]
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


# --- properties --------------------------------------------------------------------

numbers = st.lists(st.floats(-9, 9, width=32), min_size=8, max_size=8)
weights = st.lists(st.floats(0, 9, width=32), min_size=4, max_size=4)
few = settings(max_examples=8, deadline=None, derandomize=True, database=None)


@few
@given(numbers, weights, st.floats(0, 9, width=32))
def test_value_is_linear_in_the_weights(values, weight, factor):
    y_pred, weight = np.reshape(values, (4, 2)), np.array(weight)
    once = Squared()(np.zeros((4, 2)), y_pred, weight)
    scaled = Squared()(np.zeros((4, 2)), y_pred, factor * weight)
    np.testing.assert_allclose(number(scaled), factor * number(once), rtol=1e-5)


@few
@given(numbers, weights, st.permutations(range(4)))
def test_order_of_the_samples_does_not_matter(values, weight, order):
    y_pred, weight = np.reshape(values, (4, 2)), np.array(weight)
    for reduction in ("mean_with_sample_weight", "sum"):
        loss = Squared(reduction=reduction)
        a = loss(np.zeros((4, 2)), y_pred, weight)
        b = loss(np.zeros((4, 2)), y_pred[order], weight[order])
        np.testing.assert_allclose(number(a), number(b), rtol=1e-5)


@few
@given(numbers, st.lists(st.integers(0, 2), min_size=4, max_size=4))
def test_weight_two_is_the_sample_twice(values, counts):
    y_pred, counts = np.reshape(values, (4, 2)), np.array(counts)
    for reduction in ("mean_with_sample_weight", "sum"):
        loss = Squared(reduction=reduction)
        a = loss(np.zeros((4, 2)), y_pred, counts)
        repeated = np.repeat(y_pred, counts, axis=0)
        b = loss(np.zeros_like(repeated), repeated)
        np.testing.assert_allclose(number(a), number(b), rtol=1e-5)
