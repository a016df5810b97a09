import keras
import numpy as np
import pytest

import portable_losses as pl

BACKEND = keras.config.backend()
MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
VIEWS = np.random.default_rng(0).normal(size=(4, 2, 3)).astype("float32")
LABELS = np.array([1, 0, -1, 1])


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_labels_of_any_dtype_and_of_both_shapes():
    wanted = value(pl.CosineEmbedding(), LABELS, VIEWS)
    for labels in (LABELS[:, None], LABELS.astype("float32"), np.maximum(LABELS, 0)):
        assert value(pl.CosineEmbedding(), labels, VIEWS) == wanted
    together = LABELS == 1
    assert value(pl.CosineEmbedding(), together, VIEWS) == wanted


def test_the_negative_cosine_is_its_cost_less_1(gradient):
    ones = np.ones(4, "float32")
    got, slope = gradient(pl.CosineEmbedding(), ones, VIEWS, compiled=MODE)
    other, expected = gradient(pl.NegativeCosine(), ones, VIEWS, compiled=MODE)
    assert got == pytest.approx(1 + other, rel=1e-6)
    np.testing.assert_allclose(slope[:, 0], expected[:, 0], atol=1e-6)
    assert not expected[:, 1].any() and np.abs(slope[:, 1]).max() > 0.01


def test_zero_vectors_have_the_cosine_0(gradient):
    views = VIEWS.copy()
    views[:, 1] = 0.0
    loss = pl.CosineEmbedding(margin=-0.5)
    got, slope = gradient(loss, LABELS, views, compiled=MODE)
    assert got == pytest.approx((1 + 0.5 + 0.5 + 1) / 4, rel=1e-6)
    assert not slope.any()


@pytest.mark.parametrize("bad", [2, 0.5, np.nan])
def test_a_label_of_no_meaning(bad):
    labels = LABELS.astype("float32")
    labels[2] = bad
    with pytest.raises(ValueError) as caught:
        pl.CosineEmbedding()(labels, VIEWS)
    assert str(caught.value) == (
        "CosineEmbedding: `y_true` must be 1 for a pair that belongs together, 0 or -1 "
        f"for others; got y_true that holds {float(bad)} (fix the labels, or mask the "
        "pair)."
    )
    kept = np.arange(4) != 2
    wanted = value(pl.CosineEmbedding(), LABELS[kept], VIEWS[kept])
    got = value(pl.CosineEmbedding(), labels, VIEWS, mask=kept)
    assert got == pytest.approx(wanted, rel=1e-6)


@pytest.mark.skipif(BACKEND == "torch", reason="torch is not compiled here")
def test_a_label_of_no_meaning_is_nan_in_compiled_code(gradient):
    labels = np.array([1, 0, 7, 1])
    mode = {"jax": "jit", "tensorflow": "graph"}[BACKEND]
    loss = pl.CosineEmbedding(reduction=None)
    items, _ = gradient(loss, labels, VIEWS, compiled=mode)
    np.testing.assert_array_equal(np.isnan(items), labels == 7)
    kept = labels != 7
    _, slope = gradient(loss, labels, VIEWS, mask=kept, compiled=mode)
    assert np.isfinite(slope).all()


MESSAGES = [
    (
        lambda: pl.CosineEmbedding(margin=1.5),
        ValueError,
        "CosineEmbedding: `margin` must be a finite number >= -1 and <= 1; got "
        "margin=1.5 (choose a value in that range).",
    ),
    (
        lambda: pl.CosineEmbedding()(np.ones((4, 2)), VIEWS),
        ValueError,
        "CosineEmbedding: `y_true` must be labels of shape (B,) or (B, 1); got y_true "
        "of shape (4, 2) and y_pred of shape (4, 2, 3) (pass one per pair).",
    ),
    (
        lambda: pl.CosineEmbedding()(None, VIEWS),
        TypeError,
        "CosineEmbedding: `y_true` must be one tensor; got y_true=None (pass targets: "
        "fit(x, y) or a dataset of (x, y)).",
    ),
]


@pytest.mark.parametrize(("make", "kind", "message"), MESSAGES)
def test_messages(make, kind, message):
    with pytest.raises(kind) as caught:
        make()
    assert str(caught.value) == message
