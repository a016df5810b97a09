"""Infinite logits: a right one costs nothing, a wrong one inf, no gradient is NaN."""

import keras
import numpy as np
import pytest

from portable_losses import (
    CTC,
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    Coral,
    KLDivergence,
    SigmoidFocal,
    SoftDice,
    SparseCategoricalCrossentropy,
    SparseCategoricalFocalCrossentropy,
)

INF, NAN = np.inf, np.nan
MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
WEIGHTS = [0.0, 2.0, 1.0, 0.5]

IDS = np.array([0, 1, 2])
ROWS = np.eye(4, dtype="float32")[IDS]
MASKED = np.array([[1, -INF, 0.5, 2], [-INF, 0.3, -INF, 1], [3, 1, INF, -INF]])
IMPOSSIBLE = np.array([[-INF, 1, 0.5, 2], [INF, 0.3, 0.2, 1], [1, 2, -INF, -INF]])
NOWHERE = np.array([[INF, INF, 0, 1], [-INF] * 4, [INF] * 4])
YES_NO = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]], "float32")
SURE = np.array([[INF, -INF, 0.5, -2], [-INF, INF, INF, 1]])
WHOLE = YES_NO.astype("int32")

LOGITS = {"from_logits": True, "reduction": "sum"}
SOFTMAX = [
    (CategoricalCrossentropy(**LOGITS), ROWS),
    (CategoricalCrossentropy(**LOGITS, class_weights=WEIGHTS), ROWS),
    (SparseCategoricalCrossentropy(**LOGITS), IDS),
    (SparseCategoricalCrossentropy(**LOGITS, class_weights=WEIGHTS), IDS),
    (CategoricalFocalCrossentropy(**LOGITS), ROWS),
    (CategoricalFocalCrossentropy(**LOGITS, gamma=0, alpha=WEIGHTS), ROWS),
    (CategoricalFocalCrossentropy(**LOGITS, gamma=0.5), ROWS),
    (SparseCategoricalFocalCrossentropy(**LOGITS, gamma=0), IDS),
    (SparseCategoricalFocalCrossentropy(**LOGITS, gamma=0.5, alpha=WEIGHTS), IDS),
    (KLDivergence(**LOGITS), ROWS),
    (CategoricalGeneralizedCrossEntropy(**LOGITS), ROWS),
    (CategoricalGeneralizedCrossEntropy(**LOGITS), IDS),
]
SIGMOID = [
    BinaryCrossentropy(**LOGITS),
    BinaryCrossentropy(**LOGITS, pos_weight=0.0, class_weights=WEIGHTS),
    BinaryCrossentropy(**LOGITS, pos_weight=WEIGHTS),
    BinaryFocalCrossentropy(**LOGITS, gamma=0),
    BinaryFocalCrossentropy(**LOGITS, gamma=0.5, class_weights=WEIGHTS),
    SigmoidFocal(**LOGITS),
    SigmoidFocal(**LOGITS, alpha=0),
    SigmoidFocal(**LOGITS, alpha=1.0, pos_weight=2.0),
]
RIGHT = [(loss, y, MASKED) for loss, y in SOFTMAX]
RIGHT += [(loss, y, SURE) for loss in SIGMOID for y in (YES_NO, WHOLE)]
LEVELS = np.array([[INF, -INF, 0.5, -2], [INF, INF, INF, 1]])
RIGHT += [(Coral(num_classes=5, reduction="sum"), [1, 3], LEVELS)]


def named(case):
    loss = case[0] if isinstance(case, tuple) else case
    given = ("class_weights", "pos_weight", "gamma", "alpha", "label_smoothing")
    config = {k: v for k, v in loss.get_config().items() if k in given and v}
    return f"{type(loss).__name__} {config}"


def of_both(gradient, loss, y, x, mode, dtype="float32"):
    value, slope = gradient(loss, np.asarray(y), x, compiled=mode, dtype=dtype)
    assert not np.isnan(value), "value"
    assert not np.isnan(slope).any(), slope
    return value, slope


@pytest.mark.parametrize("case", RIGHT, ids=named)
def test_a_right_one_costs_what_1e4_costs(case, gradient, compiled):
    costs_what_1e4_costs(case, "float32", gradient, compiled)


@pytest.mark.parametrize("case", RIGHT[::3], ids=named)
def test_a_right_one_of_half_precision(case, gradient):
    costs_what_1e4_costs(case, "float16", gradient, MODE)


def costs_what_1e4_costs(case, dtype, gradient, compiled):
    loss, y, x = case
    got, slope = of_both(gradient, loss, y, x, compiled, dtype)
    large = np.where(np.isinf(x), 1e4 * np.sign(x), x)
    wanted, its = of_both(gradient, loss, y, large, compiled, dtype)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    its = np.where(np.isinf(x), 0.0, its)
    tolerance = 1e-3 if dtype == "float16" else 1e-6
    np.testing.assert_allclose(slope, its, rtol=tolerance, atol=1e-7)


@pytest.mark.parametrize("case", RIGHT[::2], ids=named)
def test_float64(case):
    loss, y, x = case
    loss = type(loss)(**{**loss.get_config(), "dtype": "float64"})
    got = keras.ops.convert_to_numpy(loss(np.asarray(y), x))
    wanted = keras.ops.convert_to_numpy(case[0](np.asarray(y), x))
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)


def test_the_masked_logits_of_a_batch(gradient, compiled):
    x = np.array([[1, -INF, 0.5], [0.2, 0.3, -INF]])
    for loss, y in ((CategoricalCrossentropy, np.eye(3)[:2]), (KLDivergence, ROWS)):
        loss, y = loss(from_logits=True), y[:2, :3]
        got, _ = of_both(gradient, loss, y, x, compiled)
        np.testing.assert_allclose(got, 0.55924, rtol=1e-5)


WRONG = [(loss, y, IMPOSSIBLE) for loss, y in SOFTMAX if "weights" not in named(loss)]
WRONG = [case for case in WRONG if "Generalized" not in named(case)]
WRONG += [(loss, y, -SURE) for loss in SIGMOID[:1] + SIGMOID[3:6] for y in (YES_NO,)]
WRONG += [(SIGMOID[0], WHOLE, -SURE), (SIGMOID[5], 0 * YES_NO + 0.3, SURE)]
WRONG += [(SIGMOID[0], 0 * YES_NO + t, s * SURE) for t in (0.3, 0.7) for s in (1, -1)]
SMOOTH = {**LOGITS, "label_smoothing": 0.1}
WRONG += [
    (CategoricalCrossentropy(**SMOOTH), ROWS, MASKED),
    (SparseCategoricalCrossentropy(**SMOOTH), IDS, MASKED),
    (CategoricalFocalCrossentropy(**SMOOTH, gamma=0.5), ROWS, MASKED),
    (SparseCategoricalFocalCrossentropy(**SMOOTH), IDS, MASKED),
    (BinaryCrossentropy(**SMOOTH), YES_NO, SURE),
    (BinaryFocalCrossentropy(**SMOOTH, gamma=0.5), YES_NO, SURE),
    (Coral(num_classes=5), [1, 3], -LEVELS),
]


@pytest.mark.parametrize("case", WRONG, ids=named)
def test_a_wrong_one_costs_inf(case, gradient, compiled):
    loss, y, x = case
    assert of_both(gradient, loss, y, x, compiled)[0] == INF


@pytest.mark.parametrize("case", SOFTMAX, ids=named)
def test_a_row_of_no_distribution_has_no_gradient(case, gradient, compiled):
    loss, y = case
    _, slope = of_both(gradient, loss, y, NOWHERE, compiled)
    assert not slope.any()


def test_an_item_with_a_logit_of_inf_has_no_gradient(gradient, compiled):
    loss, x = SOFTMAX[0][0], [[INF, 0, 1, 2], [0, INF, INF, -INF], [0, 1, 2, 3]]
    soft = [[0, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]]
    value, slope = of_both(gradient, loss, soft, np.array(x), compiled)
    assert value == INF
    assert not slope[:2].any()
    assert slope[2].all()


def test_two_certain_classes_share_and_no_class_costs_inf(gradient, compiled):
    for loss, y in SOFTMAX[0], SOFTMAX[2]:
        items = gradient(
            type(loss)(from_logits=True, reduction=None), y, NOWHERE, compiled=compiled
        )[0]
        np.testing.assert_allclose(items, [np.log(2), INF, np.log(4)], rtol=1e-6)


def test_a_bounded_loss_stays_below_its_bound(gradient, compiled):
    for y in (ROWS, IDS):
        loss = CategoricalGeneralizedCrossEntropy(q=0.5, from_logits=True)
        got, _ = of_both(gradient, loss, y, IMPOSSIBLE, compiled)
        assert got == 2.0


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_regions(activation, gradient, compiled):
    loss, y = SoftDice(activation=activation), np.array([[[0, 1], [2, 2]]])
    x = np.array([[[[INF, 0, 1], [-INF, 0, 1]], [[-INF] * 3, [-INF, -INF, 2]]]])
    _, slope = of_both(gradient, loss, y, x, compiled)
    assert not slope[np.isinf(x)].any()
    assert np.abs(slope[0, 0, 1, 1:]).min() > 0
    certain = np.where(np.eye(3)[y] > 0, INF, -INF)
    got, _ = of_both(gradient, loss, y, certain, compiled)
    np.testing.assert_allclose(got, 0.0, atol=1e-6)


def test_alignments(gradient, compiled):
    x = np.array([[[0.0, INF, 1.0], [0.5, 1.0, -INF], [1.0, 2.0, -INF]]])
    got, slope = of_both(gradient, CTC(), [[1]], x, compiled)
    large = np.where(np.isinf(x), 1e4 * np.sign(x), x)
    wanted, its = of_both(gradient, CTC(), [[1]], large, compiled)
    np.testing.assert_allclose(got, wanted, rtol=1e-5)
    its = np.where(np.isinf(x), 0.0, its)
    np.testing.assert_allclose(slope, its, rtol=1e-4, atol=1e-6)
    x[..., 1] = -INF
    assert of_both(gradient, CTC(), [[1]], x, compiled)[0] == 0
    loss = CTC(zero_infinity=False)
    assert of_both(gradient, loss, [[1]], x, compiled)[0] == INF


def test_what_is_removed_may_be_infinite(gradient, compiled):
    for loss, y, x in (*WRONG[:3], WRONG[-7]):
        items = type(loss)(**{**loss.get_config(), "reduction": None})
        weight = np.array([0.0, 0.0, 1.0])
        x = np.concatenate([x[:2], np.zeros((1, 4))])
        got, slope = gradient(items, y, x, sample_weight=weight, compiled=compiled)
        masked = gradient(items, y, x, mask=weight > 0, compiled=compiled)
        for value, its in ((got, slope), masked):
            assert np.isfinite(value).all()
            assert not its[:2].any()
            assert its[2].any()


@pytest.mark.parametrize("case", SOFTMAX[::2], ids=named)
def test_a_nan_beside_an_infinity_is_seen(case, gradient, compiled):
    loss, y = case
    loss = type(loss)(from_logits=True, reduction=None)
    x = np.array([[NAN, INF, 0, 0], [INF, NAN, 0, 0], [-INF, NAN, -INF, -INF]])
    assert np.isnan(gradient(loss, y, x, compiled=compiled)[0]).all()


def test_a_nan_target_is_seen(gradient, compiled):
    for loss in SIGMOID[:1] + SIGMOID[3:4]:
        y = np.array([[NAN, 0, 1, 0]], "float32")
        assert np.isnan(gradient(loss, y, SURE[:1], compiled=compiled)[0])


def test_ids_out_of_range_are_nan_whatever_their_class_weighs(gradient):
    if not MODE:
        pytest.skip("in eager mode they are rejected")
    for loss, _ in SOFTMAX[3], SOFTMAX[8]:
        got, _ = gradient(loss, np.array([4, 1, 2]), np.ones((3, 4)), compiled=MODE)
        assert np.isnan(got)


@pytest.mark.parametrize("loss", [SIGMOID[5], SOFTMAX[4][0], SOFTMAX[0][0]], ids=named)
def test_a_model_that_masks_its_logits_trains(loss):
    class Masks(keras.layers.Layer):
        def call(self, x):
            return keras.ops.where(x > 1.0, -float("inf"), x)

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), Masks()])
    model.compile("sgd", loss)
    x, y = 2.0 * ROWS, np.roll(ROWS, 1, axis=1)
    model.fit(x, y, verbose=0, epochs=2)
    assert all(np.isfinite(w).all() for w in model.get_weights())
