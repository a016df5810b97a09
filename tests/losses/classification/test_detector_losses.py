"""The losses of detectors: their limits, targets at the ends, masks."""

import keras
import numpy as np
import pytest

from portable_losses import (
    BinaryCrossentropy,
    DistributionFocal,
    PenaltyReducedFocal,
    QualityFocal,
    SparseCategoricalCrossentropy,
    Varifocal,
)

INF, NAN = np.inf, np.nan
MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
RNG = np.random.default_rng(1)
LOGITS = (3 * RNG.normal(size=(6, 4))).astype("float32")
SOFT = RNG.random((6, 4)).astype("float32")
YES_NO = (SOFT > 0.5).astype("int32")
LARGE = np.array([[1e4, -1e4, 200.0, -200.0]], "float32") * np.ones((6, 1))


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def agree(gradient, loss, other, y, x):
    got, slope = gradient(loss, y, x, compiled=MODE)
    wanted, its = gradient(other, y, x, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-7)


def test_beta_0_is_binary_crossentropy(gradient):
    given = {"class_weights": {1: 3.0}, "ignore_class": -1}
    y = np.where(np.eye(6, 4) > 0, -1.0, SOFT).astype("float32")
    for x in (LOGITS, LARGE):
        loss = QualityFocal(beta=0, from_logits=True, **given)
        agree(gradient, loss, BinaryCrossentropy(True, **given), y, x)
        agree(gradient, loss, BinaryCrossentropy(True, **given), YES_NO, x)
    loss = QualityFocal(beta=0.0, **given)
    agree(gradient, loss, BinaryCrossentropy(**given), y, SOFT[::-1].copy())


def test_targets_of_1_weigh_as_in_binary_crossentropy(gradient):
    for y in (np.ones((6, 4)), np.ones((6, 4), "int32")):
        for x in (LOGITS, LARGE):
            loss = Varifocal(from_logits=True)
            agree(gradient, loss, BinaryCrossentropy(True), y, x)
    loss, zeros = Varifocal(alpha=1.0, gamma=0, from_logits=True), np.zeros((6, 4))
    agree(gradient, loss, BinaryCrossentropy(True), zeros, LARGE)
    assert value(Varifocal(alpha=0, from_logits=True), zeros, INF * LARGE) == 0


@pytest.mark.parametrize("beta", [0.05, 0.5, 1, 2.0])
def test_the_gradient_at_the_target_is_finite(beta, gradient):
    t = np.array([[0.5, 0.0, 1.0, 0.25]], "float32")
    right = np.array([[0.0, -INF, INF, np.log(1 / 3)]], "float32")
    got, slope = gradient(QualityFocal(beta=beta, from_logits=True), t, right)
    assert got < 0.2  # p is not quite 0.25
    assert np.isfinite(slope).all() and not slope[0, :3].any()
    got, slope = gradient(QualityFocal(beta=beta), t, t)
    assert got == 0 and not slope.any()
    x = np.array([[-60.0, -90.0, -102.0, -104.0, -200.0, -1e4]])
    for loss in (
        QualityFocal(beta=beta, from_logits=True),
        Varifocal(gamma=beta, from_logits=True),
        PenaltyReducedFocal(alpha=beta, from_logits=True),
    ):
        for zeros in (np.zeros((1, 6), "int32"), np.zeros((1, 6))):
            got, slope = gradient(loss, zeros, x, compiled=MODE)
            assert got < 1e-20 and np.isfinite(slope).all()


def test_a_quality_near_an_end_has_all_its_digits():
    # p = 1 - 2e-6 and t = 1 - 1e-6, and the same from below
    x, t = np.log(1 / 2e-6 - 1), 1e-6
    for y, logit in ((t, -x), (1.0, x)):
        got = value(QualityFocal(beta=1, from_logits=True), [[y]], [[logit]])
        distance, p = (1e-6 if y < 1 else 2e-6), 2e-6
        wrong = y if y < 1 else 0.0
        cost = -(wrong * np.log(p) + (1 - wrong) * np.log1p(-p))
        np.testing.assert_allclose(got, distance * cost, rtol=1e-5)


def test_whole_targets_are_class_indices(gradient):
    ids = np.array([0, 1, 2, 3, 1, 0])
    for y in (ids, ids.astype("float32"), ids[:, None].astype("float32")):
        for x in (LOGITS, LARGE):
            got, slope = gradient(DistributionFocal(), y, x, compiled=MODE)
            other = SparseCategoricalCrossentropy(True)
            wanted, its = gradient(other, ids, x, compiled=MODE)
            np.testing.assert_allclose(got, wanted, rtol=1e-6)
            np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-7)


def test_the_sides_of_boxes():
    y = 3 * RNG.random((2, 3, 4)).astype("float32")
    x = RNG.normal(size=(2, 3, 4, 4)).astype("float32")
    items = value(DistributionFocal(reduction=None), y, x)
    flat = value(DistributionFocal(reduction=None), y.ravel(), x.reshape(-1, 4))
    assert items.shape == (2, 3, 4)
    np.testing.assert_allclose(items.ravel(), flat, rtol=1e-6)
    mask = np.array([[True, False, True], [False, True, True]])
    beyond = np.where(mask[..., None], y, -1.0)
    got = value(DistributionFocal(), beyond, x, mask=mask)
    np.testing.assert_allclose(got, items[mask].mean(), rtol=1e-6)


def test_a_target_out_of_range_is_rejected_or_nan(gradient):
    for bad in (-0.5, 3.25, INF):
        y = np.array([0.5, bad, 2.0], "float32")
        rule = r"`y_true` must be numbers in \[0, 3\].*got y_true that holds"
        with pytest.raises(ValueError, match=rule):
            DistributionFocal()(y, LOGITS[:3])
        weight = np.array([1.0, 0.0, 1.0])
        got, slope = gradient(DistributionFocal(), y, LOGITS[:3], weight)
        assert np.isfinite(got) and np.isfinite(slope).all() and not slope[1].any()
        if MODE:
            got, _ = gradient(DistributionFocal(), y, LOGITS[:3], compiled=MODE)
            assert np.isnan(got)
            got, slope = gradient(
                DistributionFocal(), y, LOGITS[:3], weight, None, MODE
            )
            assert np.isfinite(got) and np.isfinite(slope).all()
    y = np.array([0.5, NAN, 2.0], "float32")
    assert np.isnan(value(DistributionFocal(), y, LOGITS[:3]))


def heat_map():
    y = RNG.uniform(0, 0.9, (3, 2, 5, 2)).astype("float32")
    y[0, 0, 0, 0] = y[0, 1, 1, 0] = y[1, 0, 0, 1] = 1.0
    return y, 2 * RNG.normal(size=y.shape).astype("float32")


def test_a_sample_without_peaks_is_divided_by_1():
    y, x = heat_map()
    items = value(PenaltyReducedFocal(from_logits=True, reduction=None), y, x)
    assert items.shape == (3,)
    p = 1 / (1 + np.exp(-x[2]))
    wanted = np.sum((1 - y[2]) ** 4 * p**2 * -np.log1p(-p))
    np.testing.assert_allclose(items[2], wanted, rtol=1e-5)
    loss = PenaltyReducedFocal(alpha=0, beta=0, from_logits=True, reduction=None)
    bce = value(BinaryCrossentropy(True, reduction=None), np.floor(y), x)
    wanted = 2 * bce.sum(axis=(1, 2)) / [2, 1, 1]
    np.testing.assert_allclose(value(loss, y, x), wanted, rtol=1e-5)


def test_masked_positions_are_neither_peaks_nor_costs(gradient):
    y, x = heat_map()
    mask = np.ones(y.shape[:3], "bool")
    mask[0, 0, 0] = mask[:, 1, 2:] = False
    broken = np.where(mask[..., None], x, NAN)
    loss = PenaltyReducedFocal(from_logits=True)
    got, slope = gradient(loss, y, broken, mask=mask, compiled=MODE)
    without = np.stack([y, x])[:, :, mask[1]].reshape(2, 3, -1, 2)  # but for (0, 0)
    items = value(PenaltyReducedFocal(from_logits=True, reduction=None), *without)
    first = value(loss, y[:1][mask[:1]].reshape(1, -1), x[:1][mask[:1]].reshape(1, -1))
    np.testing.assert_allclose(got, (first + items[1] + items[2]) / 3, rtol=1e-5)
    assert np.isfinite(slope).all() and not slope[~mask].any()


REJECTED = [
    (lambda: QualityFocal(beta=-1), "`beta` must be .*>= 0"),
    (lambda: Varifocal(alpha=NAN), "`alpha` must be a finite number >= 0"),
    (lambda: Varifocal(gamma=-0.1), "`gamma` must be .*>= 0"),
    (lambda: PenaltyReducedFocal(beta=INF), "`beta` must be a finite number"),
    (lambda: DistributionFocal(from_logits=False), "`from_logits` must be True"),
    (lambda: QualityFocal()(SOFT, LOGITS), "`y_pred` must be probabilities"),
    (lambda: PenaltyReducedFocal()(SOFT, LOGITS), "`y_pred` must be probabilities"),
    (lambda: Varifocal()(SOFT[:, :1], SOFT), "have y_pred's shape"),
    (lambda: DistributionFocal()(SOFT, LOGITS), "y_pred's shape without the last axis"),
    (
        lambda: DistributionFocal()(SOFT[:, 0], LOGITS, mask=SOFT > 0.5),
        "`mask` must have the leading axes of the items",
    ),
    (
        lambda: QualityFocal(class_weights=[1, 2])(SOFT, SOFT),
        "`class_weights` must be of length 4",
    ),
]


@pytest.mark.parametrize(("call", "message"), REJECTED)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
