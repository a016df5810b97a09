import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

VIEWS = np.random.default_rng(0).normal(size=(5, 2, 4)).astype("float32")
LABELS = np.repeat(np.arange(5), 2).astype("int32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_it_is_the_supervised_contrastive_loss_of_samples(gradient):
    loss, labeled = pl.NTXent(), pl.SupervisedContrastive(temperature=0.5)
    t = np.zeros(5, "float32")
    got, slope = gradient(loss, t, VIEWS, compiled=MODE)
    wanted, expected = gradient(labeled, LABELS, VIEWS.reshape(10, 4), compiled=MODE)
    assert got == pytest.approx(wanted, rel=1e-6)
    np.testing.assert_allclose(slope.reshape(10, 4), expected, atol=1e-6)


@pytest.mark.parametrize("what", ["mask", "sample_weight"])
def test_a_view_alone_is_only_a_negative(gradient, what):
    loss, labeled = pl.NTXent(), pl.SupervisedContrastive(temperature=0.5)
    kept = np.ones((5, 2), "bool")
    kept[1, 0] = kept[4] = False
    broken = np.where(kept[..., None], VIEWS, np.nan)
    flat = kept.reshape(-1)
    given = kept if what == "mask" else kept.astype("float32")
    t = np.zeros(5, "float32")
    got, slope = gradient(loss, t, broken, **{what: given}, compiled=MODE)
    rest = LABELS[flat], VIEWS.reshape(10, 4)[flat]
    wanted, expected = gradient(labeled, *rest, compiled=MODE)
    assert got == pytest.approx(wanted, rel=1e-6)
    np.testing.assert_allclose(slope[kept], expected, atol=1e-6)
    assert not slope[~kept].any()


def test_items_and_weights_are_those_of_views():
    items = value(pl.NTXent(reduction=None), None, VIEWS)
    assert items.shape == (5, 2)
    weight = np.linspace(0.5, 2.0, 10).reshape(5, 2).astype("float32")
    got = value(pl.NTXent(reduction="sum"), None, VIEWS, weight)
    assert got == pytest.approx((weight * items).sum(), rel=1e-6)
    got = value(pl.NTXent(reduction="sum"), None, VIEWS, weight[:, 0])
    assert got == pytest.approx((weight[:, :1] * items).sum(), rel=1e-6)
    elements = np.ones((5, 2, 4), "bool")
    elements[2, 1, 3] = False
    got = value(pl.NTXent(), None, VIEWS, mask=elements)
    wanted = value(pl.NTXent(), None, VIEWS, mask=elements.all(-1))
    assert got == pytest.approx(wanted, rel=1e-6)
