import numpy as np
import pytest

import portable_losses

rng = np.random.default_rng(4)
IDS = np.array([0, 2, 0, 3, 3, 0])
COSINES = rng.uniform(-0.9, 0.9, (6, 5))


def test_a_large_scale_leaves_the_hardest_samples(gradient):
    loss = portable_losses.ProxyAnchor(scale=1e6)
    own = IDS[:, None] == np.arange(5)
    far = np.where(own, 0.1 - COSINES, 0).max(axis=0)[[0, 2, 3]].mean()
    near = np.where(own, 0, COSINES + 0.1).max(axis=0).mean()
    value, slope = gradient(loss, IDS, COSINES)
    assert value / 1e6 == pytest.approx(far + near, rel=1e-5)
    assert np.isfinite(slope).all()


def test_one_hot_labels_are_class_indices(gradient):
    loss = portable_losses.ProxyAnchor()
    wanted, slope_wanted = gradient(loss, IDS, COSINES)
    one_hot = np.eye(5, dtype="float32")[IDS]
    value, slope = gradient(loss, one_hot, COSINES)
    assert value == pytest.approx(wanted, rel=1e-6)
    np.testing.assert_allclose(slope, slope_wanted, rtol=1e-5)


def test_a_sample_of_two_classes_is_a_positive_of_both(gradient):
    c = np.array([[0.3, 0.5, -0.2]])
    loss = portable_losses.ProxyAnchor(margin=0.0, scale=1.0)
    value, _ = gradient(loss, [[1.0, 1.0, 0.0]], c)
    wanted = np.log1p(np.exp(-c[0, :2])).mean() + np.log1p(np.exp(c[0, 2])) / 3
    assert value == pytest.approx(wanted, rel=1e-6)


def test_a_masked_sample_leaves_the_batch(gradient, compiled):
    loss, mask = portable_losses.ProxyAnchor(), IDS != 2
    broken, ids = COSINES.copy(), np.where(mask, IDS, 99)
    broken[~mask] = np.nan
    value, slope = gradient(loss, ids, broken, mask=mask, compiled=compiled)
    wanted, slope_wanted = gradient(loss, IDS[mask], COSINES[mask])
    assert value == pytest.approx(wanted, rel=1e-5) and not slope[~mask].any()
    np.testing.assert_allclose(slope[mask], slope_wanted, atol=1e-6)
    nothing = np.zeros(6, "bool")
    value, slope = gradient(loss, ids, broken, mask=nothing, compiled=compiled)
    assert value == 0 and not slope.any()


def test_a_masked_cosine_leaves_its_sums(gradient):
    loss, mask = portable_losses.ProxyAnchor(), np.ones((6, 5), "bool")
    mask[0, 0] = mask[1, 4] = False
    far = np.where(mask, COSINES, np.where(IDS[:, None] == np.arange(5), 1.0, -1.0))
    wanted, _ = gradient(loss, IDS, far)  # exp(-32 * 0.9) is nothing beside 1
    broken = np.where(mask, COSINES, np.nan)
    value, slope = gradient(loss, IDS, broken, mask=mask)
    assert value == pytest.approx(wanted, rel=1e-5)
    assert not slope[~mask].any() and np.isfinite(slope).all()


def test_no_samples_have_no_items():
    items = portable_losses.ProxyAnchor(reduction=None)(IDS[:0], COSINES[:0])
    assert tuple(items.shape) == (0,)


def test_messages():
    with pytest.raises(ValueError) as caught:
        portable_losses.ProxyAnchor()(IDS, COSINES, np.ones(6))
    assert str(caught.value) == (
        "ProxyAnchor: `sample_weight` must be None for a statistic, one number for the "
        "whole batch; got sample_weight=weights of shape (6,) (use CosFace, which has "
        "one value per sample)."
    )
    with pytest.raises(ValueError) as caught:
        portable_losses.ProxyAnchor()(np.zeros((2, 3), "int32"), np.zeros((2, 3, 4)))
    assert str(caught.value) == (
        "ProxyAnchor: `y_pred` must be cosines of shape (B, C); got y_pred=an array of "
        "shape (2, 3, 4) (flatten the samples)."
    )
    with pytest.raises(ValueError, match=r"class indices in \[0, 5\)"):
        portable_losses.ProxyAnchor()(IDS + 2, COSINES)
