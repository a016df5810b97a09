import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from portable_losses.parity.cases import within

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(5)
LOGITS = (2 * RNG.normal(size=(6, 4))).astype("float32")
YES_NO = RNG.integers(0, 2, (6, 4))
SOFT = RNG.random((6, 4)).astype("float32")
PROBABILITIES = RNG.uniform(0.05, 0.95, (6, 4)).astype("float32")
IDS = np.array([0, 3, 1, 1, 2, 0])
ROWS = np.eye(4, dtype="float32")[IDS]


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


NAMED = ("none", "mine", "float32")
DROP_INS = [
    ("BinaryCrossentropy", (True, 0.1, -1, *NAMED), YES_NO, LOGITS),
    ("BinaryCrossentropy", (True, 0.0, 0, *NAMED), SOFT, LOGITS),
    ("BinaryCrossentropy", (False, 0.2, -1, *NAMED), YES_NO, PROBABILITIES),
    ("BinaryCrossentropy", (False, 0.0, -1, *NAMED), SOFT, PROBABILITIES),
    ("CategoricalCrossentropy", (True, 0.1, -1, *NAMED), ROWS, LOGITS),
    ("CategoricalCrossentropy", (True, 0.0, 0, *NAMED), ROWS, LOGITS),
    ("CategoricalCrossentropy", (True, 0.0, -1, *NAMED), SOFT, LOGITS),
    ("CategoricalCrossentropy", (False, 0.1, -1, *NAMED), ROWS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", (True, None, "none", -1), IDS, LOGITS),
    ("SparseCategoricalCrossentropy", (False, None, "none", -1), IDS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", (True, 1, "sum", -1), IDS, LOGITS),
]
if within(keras.__version__, ">=3.16"):  # which has label_smoothing before the name
    DROP_INS += [
        ("SparseCategoricalCrossentropy", (*how, 0.1, *NAMED[1:]), IDS, y_pred)
        for how, y_pred in (
            ((True, None, "none", -1), LOGITS),
            ((True, 1, "sum", -1), LOGITS),
            ((False, 2, "none", -1), PROBABILITIES),
        )
    ]


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), DROP_INS)
def test_the_numbers_of_keras(name, arguments, y_true, y_pred):
    ours = getattr(portable_losses, name)(*arguments)
    theirs = getattr(keras.losses, name)(*arguments)
    np.testing.assert_allclose(
        value(ours, y_true, y_pred), value(theirs, y_true, y_pred), rtol=2e-6
    )
    assert getattr(portable_losses, name)().name == getattr(keras.losses, name)().name


def test_ids_have_the_order_of_keras_3_16():
    loss = SparseCategoricalCrossentropy(True, 1, "sum", -1, 0.1, "mine", "float64")
    named = (loss.label_smoothing, loss.name, loss.dtype)
    assert named == (0.1, "mine", "float64")
    with pytest.raises(TypeError, match="positional"):
        SparseCategoricalCrossentropy(True, 1, "sum", -1, 0.1, "mine", "float64", 1.0)


def test_the_class_axis_of_ids_may_be_any_axis():
    # Keras takes axis=-1 only, on TensorFlow, or asks for ids of another shape.
    loss = SparseCategoricalCrossentropy(True, axis=1, reduction=None)
    x, ids = np.stack([LOGITS, LOGITS[::-1]]), np.stack([IDS, IDS[::-1]])
    plain = SparseCategoricalCrossentropy(True, reduction=None)
    got = value(loss, ids, np.swapaxes(x, 1, 2))
    np.testing.assert_allclose(got, value(plain, ids, x), rtol=1e-6)


LABELS = [YES_NO, YES_NO.astype("bool"), YES_NO.astype("uint8"), YES_NO.astype("float")]


@pytest.mark.parametrize("y_true", LABELS, ids=lambda y: str(y.dtype))
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_yes_and_no_in_any_dtype(y_true, smoothing):
    loss = BinaryCrossentropy(True, smoothing, reduction=None)
    wanted = value(loss, YES_NO.astype("float32"), LOGITS)
    np.testing.assert_allclose(value(loss, y_true, LOGITS), wanted, rtol=1e-6)


def test_nothing_cancels_where_the_prediction_is_right(gradient):
    x = np.array([[20.0, -20.0]], "float32")
    for y in ([[1, 0]], [[1.0, 0.0]]):
        loss = BinaryCrossentropy(True)
        got, slope = gradient(loss, np.array(y), x, compiled=MODE)
        np.testing.assert_allclose(got, np.log1p(np.exp(-20.0)), rtol=1e-6)
        tail = 0.5 / (1 + np.exp(20.0))
        np.testing.assert_allclose(slope, [[-tail, tail]], rtol=1e-6)


def test_the_gradient_at_logit_0_is_a_half_minus_the_target(gradient):
    t = np.array([[0.0, 0.25, 0.5, 1.0]], "float32")
    zero = np.zeros((1, 4), "float32")
    _, slope = gradient(BinaryCrossentropy(True), t, zero, compiled=MODE)
    np.testing.assert_allclose(slope, (0.5 - t) / 4, atol=1e-7)


def test_class_257_of_1000_is_class_257():
    x = np.sin(np.arange(2000.0)).reshape(2, 1000).astype("float32")
    ids = np.array([257, 999])
    wanted = value(SparseCategoricalCrossentropy(True), ids, x)
    for dtype in ("bfloat16", "float16"):
        loss = SparseCategoricalCrossentropy(True, dtype=dtype)
        got = loss(ids, x)
        assert keras.backend.standardize_dtype(got.dtype) == (
            "bfloat16" if dtype == "bfloat16" else "float32"
        )
        got = float(keras.ops.cast(got, "float32"))
        np.testing.assert_allclose(got, wanted, rtol=4e-3)


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_a_float16_loss_does_not_overflow(scale):
    y, x = np.ones((4096, 4)), np.full((4096, 4), -scale, "float32")
    got = value(BinaryCrossentropy(True, reduction="sum", dtype="float16"), y, x)
    np.testing.assert_allclose(got, 4096 * np.logaddexp(0, scale), rtol=1e-5)
    wrong = np.array([[0.0, 1.0]], "float16")
    loss = BinaryCrossentropy(dtype="float16")
    np.testing.assert_allclose(value(loss, 1 - wrong, wrong), 16.118095, rtol=1e-6)


def test_dense_labels_that_do_not_sum_to_1_have_their_gradient(gradient):
    t = np.array([[0.5, 1.0, 0.0, 0.5]], "float32")
    _, slope = gradient(CategoricalCrossentropy(True), t, LOGITS[:1], compiled=MODE)
    p = np.exp(LOGITS[:1]) / np.exp(LOGITS[:1]).sum()
    np.testing.assert_allclose(slope, 2.0 * p - t, rtol=1e-5, atol=1e-6)


def test_class_weights_multiply_terms_and_not_the_divisor():
    weights, s = np.array([0.5, 2.0, 1.0, 3.0], "float32"), 0.2
    log_p = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))
    wanted = -(weights * ((1 - s) * ROWS + s / 4) * log_p).sum(-1)
    for loss, y in (
        (CategoricalCrossentropy, ROWS),
        (SparseCategoricalCrossentropy, IDS),
    ):
        how = {"from_logits": True, "label_smoothing": s, "reduction": None}
        got = value(loss(class_weights=weights, **how), y, LOGITS)
        np.testing.assert_allclose(got, wanted, rtol=2e-6)
        some = value(loss(class_weights={1: 2.0, 3: 3.0, 0: 0.5}, **how), y, LOGITS)
        np.testing.assert_allclose(some, wanted, rtol=2e-6)


def test_pos_weight_is_for_the_positive_term():
    log_p, log_q = -np.logaddexp(0, -LOGITS), -np.logaddexp(0, LOGITS)
    for pos_weight in (3.0, [1.0, 2.0, 3.0, 4.0]):
        wanted = -(pos_weight * SOFT * log_p + (1 - SOFT) * log_q).mean(-1)
        loss = BinaryCrossentropy(True, reduction=None, pos_weight=pos_weight)
        np.testing.assert_allclose(value(loss, SOFT, LOGITS), wanted, rtol=2e-6)


def test_ignored_elements_leave_their_item_and_ignored_items_the_mean():
    y = np.array([[1.0, -1.0, 0.0, 1.0], [-1.0] * 4, [0.0, 0.0, 1.0, 1.0]])
    x = LOGITS[:3].copy()
    x[0, 1], x[1] = np.nan, np.nan
    loss = BinaryCrossentropy(True, ignore_class=-1, reduction=None)
    plain = BinaryCrossentropy(True, reduction=None)
    first = value(plain, y[:1, [0, 2, 3]], x[:1, [0, 2, 3]])[0]
    last = value(plain, y[2:], x[2:])[0]
    np.testing.assert_allclose(value(loss, y, x), [first, 0.0, last], rtol=1e-6)
    mean = value(BinaryCrossentropy(True, ignore_class=-1), y, x)
    np.testing.assert_allclose(mean, (first + last) / 2, rtol=1e-6)


IGNORING = [
    (SparseCategoricalCrossentropy, np.array([0, 255, 1, 255, 2, 0]), 255),
    (CategoricalCrossentropy, np.eye(4)[[0, 3, 1, 3, 2, 0]], 3),
]


@pytest.mark.parametrize(("loss", "y_true", "ignored"), IGNORING)
def test_ignored_classes_are_selected_away(loss, y_true, ignored, gradient):
    kept = np.array([True, False, True, False, True, True])
    x = LOGITS.copy()
    x[~kept] = np.nan
    wanted = value(loss(True), y_true[kept], x[kept])
    got, slope = gradient(loss(True, ignore_class=ignored), y_true, x, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    assert not slope[~kept].any()
    assert np.abs(slope[kept]).min() > 0
    none = gradient(
        loss(True, ignore_class=ignored), y_true[~kept], x[~kept], compiled=MODE
    )
    assert none[0] == 0
    assert not none[1].any()


@pytest.mark.parametrize("bad", [4, -1])
def test_ids_out_of_range_are_nan_in_compiled_code(bad, gradient):
    y = np.array([bad, 1, 2, 3, 0, 0])
    loss = SparseCategoricalCrossentropy(True)
    with pytest.raises(ValueError, match=rf"class indices in \[0, 4\); .*holds {bad} "):
        loss(y, LOGITS)
    if MODE:
        got, _ = gradient(loss, y, LOGITS, compiled=MODE)
        assert np.isnan(got)


REFUSED = [
    (lambda: BinaryCrossentropy(label_smoothing=1.5), "`label_smoothing` must be"),
    (lambda: BinaryCrossentropy(label_smoothing=np.nan), "got label_smoothing=nan"),
    (lambda: BinaryCrossentropy(pos_weight=-1.0), "`pos_weight` must be .*>= 0"),
    (lambda: BinaryCrossentropy(class_weights=[1.0, -1.0]), r"`class_weights\[1\]`"),
    (lambda: BinaryCrossentropy(class_weights=[]), "pass at least one number"),
    (lambda: BinaryCrossentropy(class_weights={"a": 1.0}), "fix the key 'a'"),
    (
        lambda: BinaryCrossentropy(pos_weight=[1.0, 2.0])(YES_NO, LOGITS),
        "`pos_weight` must be of length 4.*it has length 2",
    ),
    (
        lambda: CategoricalCrossentropy(class_weights=[1.0])(ROWS, LOGITS),
        "`class_weights` must be of length 4.*it has length 1",
    ),
    (
        lambda: CategoricalCrossentropy(class_weights={7: 1.0})(ROWS, LOGITS),
        "class indices below 4.*drop 7",
    ),
    (lambda: CategoricalCrossentropy(axis=2)(ROWS, LOGITS), "`axis` must be an axis"),
    (
        lambda: CategoricalCrossentropy()(IDS, LOGITS),
        r"have y_pred's shape; got y_true of shape \(6,\) and y_pred of shape \(6, 4\)",
    ),
    (
        lambda: SparseCategoricalCrossentropy()(ROWS, LOGITS),
        "use the dense form of this loss for one-hot labels",
    ),
    (
        lambda: SparseCategoricalCrossentropy()(IDS + 0.5, LOGITS),
        "must be whole class indices; .*holds 0.5",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


WRONG_KINDS = [
    (lambda: BinaryCrossentropy(from_logits=1), "`from_logits` must be True or False"),
    (
        lambda: BinaryCrossentropy(label_smoothing="a"),
        "`label_smoothing` must be a fin",
    ),
    (lambda: BinaryCrossentropy(axis=1.0), "`axis` must be a whole number"),
    (lambda: BinaryCrossentropy(ignore_class=0.5), "`ignore_class` must be a whole"),
    (lambda: BinaryCrossentropy(pos_weight="a"), "`pos_weight` must be a finite"),
    (lambda: BinaryCrossentropy(class_weights=2.0), "`class_weights` must be a seq"),
]


@pytest.mark.parametrize(("call", "message"), WRONG_KINDS)
def test_wrong_kinds_are_rejected(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_logits_from_a_softmax_are_taken_as_they_are(gradient, compiled):
    # Keras on TensorFlow looks for the logits behind them, whatever it was told.
    loss = SparseCategoricalCrossentropy(from_logits=True)

    def behind(y_true, x, *rest, **named):
        return loss(y_true, keras.activations.softmax(x), *rest, **named)

    got, _ = gradient(behind, IDS, LOGITS, compiled=compiled)
    p = keras.ops.convert_to_numpy(keras.ops.softmax(LOGITS))
    np.testing.assert_allclose(got, value(loss, IDS, p), rtol=1e-6)
