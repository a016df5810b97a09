"""InfoNCE and its siblings: two views against those of the batch.

What is true of InfoNCE is true of CLIP, which is the same in value and gradient.
"""

import keras
import numpy as np
import pytest

import portable_losses as pl

BACKEND = keras.config.backend()
MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
rng = np.random.default_rng(0)
VIEWS = rng.normal(size=(6, 2, 4)).astype("float32")
BATCH = [pl.InfoNCE, pl.SigLIP, pl.NTXent]


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_clip_is_info_nce(gradient):
    t = np.zeros(6, "float32")
    weight = np.linspace(0.0, 2.0, 6).astype("float32")
    found = [
        gradient(cls(temperature=0.07), t, VIEWS, weight, compiled=MODE)
        for cls in (pl.CLIP, pl.InfoNCE)
    ]
    for got, wanted in zip(*found, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_one_direction_and_the_other_make_both():
    there = pl.InfoNCE(symmetric=False, reduction=None)
    both = value(pl.InfoNCE(reduction=None), None, VIEWS)
    back = value(there, None, VIEWS[:, ::-1])
    wanted = (value(there, None, VIEWS) + back) / 2
    np.testing.assert_allclose(both, wanted, rtol=1e-6)


def test_equal_views_cost_the_logarithm_of_their_number():
    equal = np.ones((6, 2, 4), "float32")
    np.testing.assert_allclose(value(pl.InfoNCE(), None, equal), np.log(6), 1e-6)
    np.testing.assert_allclose(value(pl.NTXent(), None, equal), np.log(11), 1e-6)


def test_a_loss_that_is_almost_0_is_right(gradient):
    # log(1 + 3 exp(-1 / 0.07)), which the logits less their log-sum-exp lose.
    same = np.stack([np.eye(4), np.eye(4)], axis=1)
    got, slope = gradient(pl.CLIP(), np.zeros(4, "float32"), same, compiled=MODE)
    assert got == pytest.approx(np.log1p(3 * np.exp(-1 / 0.07)), rel=1e-4)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("cls", [pl.InfoNCE, pl.SigLIP, pl.NTXent])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_logits_of_1e4(gradient, cls, sign):
    config = {"scale": 1.0, "bias": 0.0} if cls is pl.SigLIP else {"temperature": 1.0}
    # Inner products of 1e4 on the diagonal and -1e4 beside it, or the other way round.
    first = np.array([[1.0], [-1.0]])
    views = 100.0 * np.stack([first, sign * first], axis=1)
    loss = cls(normalize=False, **config)
    got, slope = gradient(loss, np.zeros(2, "float32"), views, compiled=MODE)
    assert got == pytest.approx(0.0 if sign > 0 else 2e4, rel=1e-6)
    assert np.isfinite(slope).all()
    if sign > 0:
        assert not slope.any()
    else:
        assert (np.abs(slope).max(axis=(1, 2)) > 10).all()


@pytest.mark.parametrize("cls", BATCH)
def test_what_is_masked_is_no_negative(gradient, cls):
    loss, t = cls(), np.zeros(6, "float32")
    kept = np.array([True, False, True, True, False, True])
    broken = VIEWS.copy()
    broken[1], broken[4] = np.nan, np.inf
    wanted, slope_wanted = gradient(loss, t[kept], VIEWS[kept], compiled=MODE)
    for given in ({"mask": kept}, {"sample_weight": kept.astype("float32")}):
        got, slope = gradient(loss, t, broken, compiled=MODE, **given)
        assert got == pytest.approx(wanted, rel=1e-6)
        np.testing.assert_allclose(slope[kept], slope_wanted, atol=1e-6)
        assert not slope[~kept].any()


@pytest.mark.parametrize("cls", BATCH)
def test_nothing_left_costs_nothing(gradient, cls):
    loss, t = cls(), np.zeros(6, "float32")
    got, slope = gradient(loss, t, VIEWS, mask=np.zeros(6, "bool"), compiled=MODE)
    assert got == 0 and not slope.any()
    assert value(loss, None, VIEWS[:0]) == 0
    assert value(cls(reduction=None), None, VIEWS[:0]).shape[0] == 0


@pytest.mark.parametrize("cls", [pl.InfoNCE, pl.NTXent])
def test_a_single_sample_has_no_negatives(gradient, cls):
    t = np.zeros(1, "float32")
    got, slope = gradient(cls(), t, VIEWS[:1], compiled=MODE)
    assert got == 0 and not slope.any()
    # As the only one that is left of a batch, too.
    only = np.arange(6) == 2
    t = np.zeros(6, "float32")
    got, slope = gradient(cls(), t, VIEWS, mask=only, compiled=MODE)
    assert got == 0 and not slope.any()


@pytest.mark.parametrize("cls", [pl.InfoNCE, pl.SigLIP])
def test_a_sample_with_one_masked_view_is_removed(cls):
    mask = np.ones((6, 2), "bool")
    mask[3, 1] = False
    kept = np.arange(6) != 3
    got, wanted = value(cls(), None, VIEWS, mask=mask), value(cls(), None, VIEWS[kept])
    assert got == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("cls", BATCH)
def test_zero_embeddings_have_no_gradient(gradient, cls):
    views = VIEWS.copy()
    views[2, 1] = 0.0
    _, slope = gradient(cls(), np.zeros(6, "float32"), views, compiled=MODE)
    assert np.isfinite(slope).all() and not slope[2, 1].any()
    assert np.abs(slope[:2]).max() > 0


@pytest.mark.parametrize("cls", BATCH)
def test_half_precision_is_computed_in_float32(gradient, cls):
    t = np.zeros(6, "float32")
    # Lengths whose squares half precision does not hold.
    rounded = keras.ops.cast(keras.ops.cast(1e3 * VIEWS, "float16"), "float32")
    wanted, _ = gradient(cls(), t, keras.ops.convert_to_numpy(rounded), compiled=MODE)
    got, slope = gradient(cls(), t, 1e3 * VIEWS, dtype="float16", compiled=MODE)
    assert got == pytest.approx(wanted, rel=1e-6)
    assert np.isfinite(slope).all()


@pytest.mark.skipif(BACKEND != "tensorflow", reason="others know the batch size")
@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("cls", BATCH)
def test_unknown_batch_size(cls, xla):
    import tensorflow as tf

    loss = cls()
    specs = [tf.TensorSpec([None, 2, 4], "float32"), tf.TensorSpec([None], "bool")]

    @tf.function(input_signature=specs, jit_compile=xla, autograph=False)
    def both(views, mask):
        return loss(None, views), loss(None, views, mask=mask)

    for size in (6, 1, 0):
        mask = np.arange(size) != 1
        whole, part = both(VIEWS[:size], mask)
        wanted = loss(None, VIEWS[:size]), loss(None, VIEWS[:size][mask])
        np.testing.assert_allclose([whole, part], wanted, rtol=1e-6)


MESSAGES = [
    (
        lambda: pl.InfoNCE(temperature=0.0),
        "InfoNCE: `temperature` must be a finite number > 0; got temperature=0.0 "
        "(choose a value in that range).",
    ),
    (
        lambda: pl.SigLIP(scale=-1),
        "SigLIP: `scale` must be a finite number > 0; got scale=-1 (choose a value in "
        "that range).",
    ),
    (
        lambda: pl.CLIP()(None, VIEWS[:, 0]),
        "CLIP: `y_pred` must be two views of shape (B, 2, D); got y_pred=an array of "
        "shape (6, 4) (stack the views on axis 1).",
    ),
]


@pytest.mark.parametrize(("make", "message"), MESSAGES)
def test_messages(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message
