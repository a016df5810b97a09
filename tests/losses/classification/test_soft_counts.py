"""F1 and Matthews correlation of soft counts: hard predictions, 0/0, masks."""

import keras
import numpy as np
import pytest

from portable_losses import MatthewsCorrelation, SoftF1

INF = np.inf
MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
RNG = np.random.default_rng(2)
IDS = RNG.integers(0, 3, 12)
LOGITS = RNG.normal(size=(12, 3)).astype("float32")
PROBABILITIES = (np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)).astype(
    "float32"
)
YES = RNG.integers(0, 2, 12)
SIGMOIDS = (1 / (1 + np.exp(-LOGITS))).astype("float32")
LABELS = (RNG.random((12, 3)) > 0.6).astype("float32")
BOTH = [SoftF1, MatthewsCorrelation]


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def same(got, wanted):
    np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=1e-7)


def test_the_scores_of_hard_predictions():
    y, guess = np.array([0, 1, 2, 2, 1, 0]), np.eye(3)[[0, 2, 2, 2, 1, 1]]
    same(value(SoftF1(), y, guess), 1 - np.mean([2 / 3, 1 / 2, 4 / 5]))
    same(value(SoftF1(average="micro"), y, guess), 1 - 4 / 6)
    # 4 of 6 right, labels 2 2 2, guesses 1 2 3
    score = (4 * 6 - 12) / np.sqrt((36 - 14) * (36 - 12))
    same(value(MatthewsCorrelation(), y, guess), 1 - score)
    y, p = np.array([1.0, 0.0, 1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0, 1.0, 0.0])
    same(value(MatthewsCorrelation(), y, p), 1 - (1 * 2 - 1) / 6)
    same(value(SoftF1(), y, p), 1 - 1 / 2)
    same(value(MatthewsCorrelation(), y, 1 - y), 2.0)


@pytest.mark.parametrize("loss", BOTH)
def test_indices_dense_labels_logits_and_probabilities_agree(loss):
    rows = np.eye(3)[IDS]
    wanted = value(loss(), IDS, PROBABILITIES)
    same(value(loss(), rows, 5 * PROBABILITIES), wanted)
    same(value(loss(), IDS[:, None].astype("float32"), PROBABILITIES), wanted)
    same(value(loss(from_logits=True), IDS, LOGITS), wanted)
    same(value(loss(from_logits=True), rows, LOGITS), wanted)
    x = LOGITS.reshape(4, 3, 3)
    same(value(loss(from_logits=True), IDS.reshape(4, 3), x), wanted)


@pytest.mark.parametrize("loss", BOTH)
def test_the_forms_of_a_single_column(loss):
    x, p = LOGITS[:, :1], SIGMOIDS[:, :1]
    wanted = value(loss(from_logits=True), YES, x)
    for y in (YES, YES[:, None], YES[:, None].astype("float32")):
        same(value(loss(from_logits=True), y, x), wanted)
        same(value(loss(), y, p), wanted)
    same(value(loss(), YES.astype("float32"), p[:, 0]), wanted)
    if loss is MatthewsCorrelation:
        two = np.concatenate([np.zeros_like(x), x], axis=1)
        same(value(loss(from_logits=True), YES, two), wanted)
    else:
        labels = SoftF1(multilabel=True, from_logits=True)
        same(value(labels, YES[:, None], x), wanted)


@pytest.mark.parametrize("loss", BOTH)
def test_a_single_column_aligns_as_in_the_binary_crossentropy(loss, gradient, compiled):
    loss, soft = loss(), RNG.random((12, 1)).astype("float32")
    p = SIGMOIDS[:, :1]
    for y in (soft, YES[:, None]):
        wanted, its = gradient(loss, y, p, compiled=compiled)
        for t, x in ((y[:, 0], p), (y, p[:, 0]), (y[:, 0], p[:, 0])):
            got, slope = gradient(loss, t, x, compiled=compiled)
            same(got, wanted)
            same(slope.ravel(), its.ravel())
        of_maps = y.reshape(3, 4), p.reshape(3, 4, 1)
        same(gradient(loss, *of_maps, compiled=compiled)[0], wanted)
    kept = np.arange(12) % 3 != 1
    wanted = value(loss, soft[kept], p[kept])
    same(value(loss, soft[:, 0], p, mask=kept), wanted)
    same(value(loss, soft, p[:, 0], mask=kept), wanted)


def test_one_label_of_each_position():
    loss = SoftF1(multilabel=True)
    y, p = LABELS.reshape(4, 9), SIGMOIDS.reshape(4, 9)
    wanted = value(loss, LABELS.reshape(-1, 1), SIGMOIDS.reshape(-1, 1))
    same(value(loss, y[..., None], p[..., None]), wanted)
    same(value(loss, y, p[..., None]), wanted)
    mask = RNG.random(y.shape) > 0.3
    wanted = value(loss, y[mask], p[mask])
    same(value(loss, y, p[..., None], mask=mask), wanted)


@pytest.mark.parametrize("loss", BOTH)
def test_what_is_masked_leaves_the_batch(loss, gradient):
    keep = np.arange(12) % 3 != 1
    y, x = np.where(keep, IDS, -1), np.where(keep[:, None], LOGITS, np.nan)
    loss = loss(from_logits=True)
    got, slope = gradient(loss, y, x, mask=keep, compiled=MODE)
    wanted, its = gradient(loss, IDS[keep], LOGITS[keep], compiled=MODE)
    same(got, wanted)
    np.testing.assert_allclose(slope[keep], its, rtol=1e-4, atol=1e-7)
    assert not slope[~keep].any()
    got, slope = gradient(loss, y, x, mask=np.zeros(12, "bool"), compiled=MODE)
    assert got == 0 and not slope.any()


def test_a_mask_per_label():
    keep = RNG.random((12, 3)) > 0.3
    scores = [
        1 - value(SoftF1(multilabel=True), LABELS[k, c], SIGMOIDS[k, c])
        for c, k in enumerate(keep.T)
    ]
    got = value(SoftF1(multilabel=True), LABELS, SIGMOIDS, mask=keep)
    same(got, 1 - np.mean(scores))


def test_0_over_0_scores_0_with_a_finite_gradient(gradient, compiled):
    nothing = np.full((4, 3), -INF)
    for average in ("macro", "micro"):
        loss = SoftF1(multilabel=True, from_logits=True, average=average)
        got, slope = gradient(loss, np.zeros((4, 3)), nothing, compiled=compiled)
        assert got == 1 and not slope.any()
    one = [1e4, 0.0, 0.0]
    table = [
        (SoftF1(from_logits=True), [0, 0, 0], [one] * 3, 2 / 3),  # 1, 0 and 0
        (MatthewsCorrelation(from_logits=True), [0, 0, 0], LOGITS[:3], 1.0),
        (MatthewsCorrelation(from_logits=True), [0, 1, 2], [one] * 3, 1.0),
        (MatthewsCorrelation(from_logits=True), [0, 1, 2], [[INF, 0, 1]] * 3, 1.0),
        (MatthewsCorrelation(from_logits=True), [2], LOGITS[:1], 1.0),
    ]
    for loss, y, x, wanted in table:
        got, slope = gradient(loss, np.array(y), np.array(x), compiled=compiled)
        same(got, wanted)
        assert np.isfinite(slope).all()
        if wanted == 1:
            assert not slope.any()


def test_rare_and_nearly_right_predictions_have_their_digits(gradient):
    loss = MatthewsCorrelation(from_logits=True)
    y, x = np.array([0, 1, 0, 0]), np.array([-14.0, -13.0, -14.0, -15.0])[:, None]
    p = np.exp(-np.logaddexp(0, -x[:, 0]))
    shared = np.mean((y - y.mean()) * (p - p.mean()))  # of one of the two columns
    spreads = p.mean() * (1 - p.mean()) * 0.25 * 0.75
    got, slope = gradient(loss, y, x, compiled=MODE)
    np.testing.assert_allclose(1 - got, shared / np.sqrt(spreads), rtol=1e-4)
    assert slope[1] < 0 and (slope[[0, 2, 3]] > 0).all()
    for logit in (6.0, 9.0, 12.0):
        miss = 1 / (1 + np.exp(logit))
        x = logit * (2.0 * y - 1)[:, None]
        p = np.where(y, 1 - miss, miss)
        mean = 0.25 + 0.5 * miss
        right = np.mean((y - 0.25) * (p - mean)) / np.sqrt(mean * (1 - mean) * 0.1875)
        np.testing.assert_allclose(value(loss, y, x), 1 - right, rtol=1e-5, atol=1e-10)
        f1 = 2 * (1 - miss) / (1 + 1 + 2 * miss)
        got = value(SoftF1(from_logits=True), y, x)
        np.testing.assert_allclose(got, 1 - f1, rtol=1e-5)


def test_the_formula_holds_for_a_row_of_zeros(gradient):
    t, p = np.eye(2)[[0, 1, 0, 1, 0]], np.eye(2)[[0, 1, 0, 1, 1]]
    p[4] = 0.0
    score = (4 * 5 - 10) / np.sqrt((25 - 8) * (25 - 13))
    got, slope = gradient(MatthewsCorrelation(), t, p, compiled=MODE)
    same(got, 1 - score)
    assert np.isfinite(slope).all()


def test_no_reduction_repeats_the_statistic():
    items = value(SoftF1(reduction=None), IDS, PROBABILITIES)
    same(items, np.full(12, value(SoftF1(), IDS, PROBABILITIES)))


REJECTED = [
    (lambda: SoftF1(average="weighted"), "`average` must be one of 'macro', 'micro'"),
    (
        lambda: SoftF1()(IDS, PROBABILITIES, np.ones(12)),
        "None for a statistic.*use CategoricalCrossentropy or BinaryCrossentropy",
    ),
    (lambda: MatthewsCorrelation()(IDS + 1, PROBABILITIES), r"in \[0, 3\)"),
    (lambda: MatthewsCorrelation()(YES + 1, SIGMOIDS[:, :1]), r"in \[0, 2\); .* 2 "),
    (lambda: MatthewsCorrelation()(IDS, LOGITS), "`y_pred` must be class probab"),
    (lambda: SoftF1(multilabel=True)(IDS, SIGMOIDS), "have y_pred's shape"),
    (
        lambda: SoftF1()(IDS, PROBABILITIES, mask=LABELS > 0),
        "`mask` must have the leading axes of the items",
    ),
]


@pytest.mark.parametrize(("call", "message"), REJECTED)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_index_out_of_range_is_nan_in_compiled_code(gradient):
    if not MODE:
        pytest.skip("in eager mode it is rejected")
    for loss in BOTH:
        got, _ = gradient(loss(), IDS + 1, PROBABILITIES, compiled=MODE)
        assert np.isnan(got)
