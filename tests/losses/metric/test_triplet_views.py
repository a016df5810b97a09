import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

Z = np.random.default_rng(0).normal(size=(6, 3, 4)).astype("float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


@pytest.mark.parametrize("distance", ["squared_euclidean", "euclidean", "cosine"])
@pytest.mark.parametrize("soft", [False, True])
def test_it_is_the_triplet_loss_of_a_triplet(gradient, soft, distance):
    config = {"margin": 1.0, "soft": soft, "distance": distance}
    found = value(pl.TripletViews(reduction=None, **config), None, Z)
    for triplet, got in zip(Z, found, strict=True):
        # An anchor, its positive and its negative, of which the anchor's item counts.
        items = value(pl.Triplet(reduction=None, **config), [0, 0, 1], triplet)
        assert got == pytest.approx(items[0], rel=1e-5, abs=1e-6)


def test_the_cosine_does_not_depend_on_lengths():
    loss = pl.TripletViews(distance="cosine", normalize=False)
    wanted = value(loss, None, Z)
    assert value(loss, None, 30 * Z) == pytest.approx(wanted, rel=1e-5)
    squared = pl.TripletViews(margin=0.4)  # half of it: |a - b|^2 / 2 == 1 - cos
    assert value(squared, None, Z) == pytest.approx(2 * wanted, rel=1e-5)


def test_equal_embeddings_cost_the_margin(gradient):
    equal = np.full((2, 3, 4), 0.3)
    for distance in ("squared_euclidean", "euclidean"):
        loss = pl.TripletViews(distance=distance, normalize=False)
        t = np.zeros(2, "float32")
        got, slope = gradient(loss, t, equal, compiled=MODE)
        assert got == pytest.approx(0.2, rel=1e-6)
        assert not slope.any()


def test_masked_triplets_are_excluded(gradient):
    kept = np.arange(6) != 2
    broken = np.where(kept[:, None, None], Z, np.nan)
    t = np.zeros(6, "float32")
    loss = pl.TripletViews()
    got, slope = gradient(loss, t, broken, mask=kept, compiled=MODE)
    wanted, expected = gradient(loss, t[kept], Z[kept], compiled=MODE)
    assert got == pytest.approx(wanted, rel=1e-6)
    np.testing.assert_allclose(slope[kept], expected, atol=1e-6)
    assert not slope[2].any()


MESSAGES = [
    (
        lambda: pl.TripletViews(distance="l2"),
        "TripletViews: `distance` must be one of 'cosine', 'euclidean', "
        "'squared_euclidean'; got distance='l2' (choose one of these).",
    ),
    (
        lambda: pl.TripletViews()(None, Z[:, :2]),
        "TripletViews: `y_pred` must be three views of shape (B, 3, D); got y_pred=an "
        "array of shape (6, 2, 4) (stack the views on axis 1).",
    ),
]


@pytest.mark.parametrize(("make", "message"), MESSAGES)
def test_messages(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message
