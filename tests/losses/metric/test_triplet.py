import keras
import numpy as np
import pytest

import portable_losses as pl
from portable_losses.losses.metric import triplet
from portable_losses.parity.cases.metric.triplet import triplet as brute_force
from portable_losses.parity.reference import expect

BACKEND = keras.config.backend()
DISTANCES = ["squared_euclidean", "euclidean", "cosine"]
KINDS = [("semi_hard", False), ("hard", True), ("all", False), ("all", True)]


def batch(size, classes=4):
    rng = np.random.default_rng(size)
    return rng.integers(0, classes, size), rng.normal(size=(size, 4))


@pytest.fixture
def anchor_by_anchor(monkeypatch):
    monkeypatch.setattr(triplet, "AT_ONCE", 0)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("mining", "soft"), KINDS)
def test_brute_force(gradient, mining, soft, distance):
    t, z = batch(10, classes=3)
    given = {"mining": mining, "soft": soft, "distance": distance, "margin": 0.3}
    wanted = expect(brute_force(**given), t, z)
    value, slope = gradient(pl.Triplet(**given), t, z)
    assert value == pytest.approx(wanted.value, rel=1e-5)
    np.testing.assert_allclose(slope, wanted.gradient, rtol=1e-3, atol=1e-5)


def test_anchor_by_anchor(gradient, compiled, anchor_by_anchor):
    t, z = batch(8)
    wanted = expect(brute_force("all", soft=True), t, z)
    loss = pl.Triplet(mining="all", soft=True)
    value, slope = gradient(loss, t, z, compiled=compiled)
    assert value == pytest.approx(wanted.value, rel=1e-5)
    np.testing.assert_allclose(slope, wanted.gradient, rtol=1e-3, atol=1e-5)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="others know the batch size")
@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize(("mining", "soft"), KINDS)
def test_unknown_batch_size(mining, soft, xla):
    import tensorflow as tf

    loss = pl.Triplet(mining=mining, soft=soft)
    specs = [tf.TensorSpec([None], "int32"), tf.TensorSpec([None, 4], "float32")]

    @tf.function(input_signature=specs, jit_compile=xla, autograph=False)
    def value_and_gradient(t, z):
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = loss(t, z)
        return value, tape.gradient(value, z)

    for size in (7, 1):
        t, z = batch(size)
        wanted = expect(brute_force(mining, soft=soft), t, z)
        value, slope = value_and_gradient(t.astype("int32"), z.astype("float32"))
        assert float(value) == pytest.approx(wanted.value, rel=1e-5)
        np.testing.assert_allclose(slope, wanted.gradient, rtol=1e-3, atol=1e-5)
    nothing = np.zeros(0, "int32"), np.zeros((0, 4), "float32")
    value, slope = value_and_gradient(*nothing)
    assert float(value) == 0 and slope.shape == (0, 4)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("mining", "soft"), KINDS)
def test_equal_embeddings(gradient, compiled, mining, soft, distance):
    given = {"mining": mining, "soft": soft, "distance": distance}
    t, z = np.array([0, 0, 1, 1, 1]), np.full((5, 3), 0.3)
    value, slope = gradient(pl.Triplet(**given), t, z, compiled=compiled)
    margin = np.log1p(np.exp(0.2)) if soft else 0.2
    assert value == pytest.approx(margin, abs=2e-6)
    np.testing.assert_allclose(slope, 0, atol=1e-6)


def test_duplicates_of_two_classes(gradient, compiled):
    # A negative at the place of a positive is no farther than it, whatever rounding
    # makes of their distances: the next place is chosen.
    rng = np.random.default_rng(0)
    places = rng.normal(size=(5, 65))
    t, z = np.tile([0, 1], 10), np.repeat(np.repeat(places, 2, axis=0), 2, axis=0)
    items, kept = brute_force(margin=3.0)(t, z)
    assert kept.all()
    value, _ = gradient(pl.Triplet(margin=3.0), t, z, compiled=compiled)
    assert value == pytest.approx(items.mean(), rel=1e-5)


def test_far_from_the_origin(gradient):
    t, z = batch(10)
    loss = pl.Triplet(normalize=False, margin=2.0)
    near, slope_near = gradient(loss, t, z)
    far, slope_far = gradient(loss, t, z + 1e3)
    assert far == pytest.approx(near, rel=1e-3)
    np.testing.assert_allclose(slope_far, slope_near, atol=1e-3)


@pytest.mark.parametrize(("mining", "soft"), KINDS)
def test_a_masked_sample_leaves_the_batch(gradient, compiled, mining, soft):
    loss = pl.Triplet(mining=mining, soft=soft)
    t, z = batch(9)
    mask = np.arange(9) != 4
    z[4] = np.nan
    value, slope = gradient(loss, t, z, mask=mask, compiled=compiled)
    wanted, slope_wanted = gradient(loss, t[mask], z[mask])
    assert value == pytest.approx(wanted, rel=1e-5) and not slope[4].any()
    np.testing.assert_allclose(slope[mask], slope_wanted, atol=1e-6)


def test_a_zero_margin_counts_what_costs():
    t, z = [0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    loss = pl.Triplet(mining="all", margin=0.0, reduction="none")
    np.testing.assert_allclose(loss(t, z), [2.0, 0.0, 0.0], atol=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"mining": "easy"},
            "Triplet: `mining` must be one of 'all', 'hard', 'semi_hard'; got "
            "mining='easy' (choose one of these).",
        ),
        (
            {"distance": "l2"},
            "Triplet: `distance` must be one of 'cosine', 'euclidean', "
            "'squared_euclidean'; got distance='l2' (choose one of these).",
        ),
        (
            {"margin": -0.1},
            "Triplet: `margin` must be a finite number >= 0; got margin=-0.1 (choose "
            "a value in that range).",
        ),
    ],
)
def test_messages(given, message):
    with pytest.raises(ValueError) as caught:
        pl.Triplet(**given)
    assert str(caught.value) == message


@pytest.mark.parametrize("mining", ["all", "hard", "semi_hard"])
@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_a_nan_negative_is_seen_by_each_anchor(mining, distance):
    z = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    z[0, 0] = np.nan  # the only sample of its class
    labels = np.array([2, 1, 1, 0, 0, 0, 0, 0])
    loss = pl.Triplet(distance=distance, mining=mining, reduction=None)
    items = keras.ops.convert_to_numpy(loss(labels, z))
    assert np.isnan(items).tolist() == [False] + [True] * 7
