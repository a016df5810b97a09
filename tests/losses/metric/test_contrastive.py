import numpy as np
import pytest

import portable_losses

rng = np.random.default_rng(0)
LABELS = np.array([0, 1, 0, 2, 1, 0], "int32")
Z = rng.normal(size=(6, 4))


def test_equal_embeddings_cost_the_square_of_the_margin(gradient, compiled):
    loss = portable_losses.Contrastive(margin=0.7)
    value, slope = gradient(loss, LABELS, np.full((6, 4), 0.3), compiled=compiled)
    assert value == pytest.approx(0.49, rel=1e-5)
    assert not slope.any()


def test_classes_that_are_apart_and_together_cost_0(gradient):
    z = np.eye(4)[LABELS]
    value, slope = gradient(portable_losses.Contrastive(), LABELS, z)
    assert value == 0 and not slope.any()
    value, _ = gradient(portable_losses.Contrastive(margin=2.0), LABELS, z)
    assert value == pytest.approx((2 - 2**0.5) ** 2, rel=1e-6)


def test_a_positive_within_its_margin_costs_0(gradient):
    z = np.array([[0.0, 0.0], [0.0, 0.5], [3.0, 0.0]])
    for margin, wanted in ((0.0, 0.25), (0.4, 0.01), (0.5, 0.0)):
        loss = portable_losses.Contrastive(positive_margin=margin, normalize=False)
        value, _ = gradient(loss, [7, 7, 8], z)
        assert value == pytest.approx(wanted, abs=1e-6)


def test_without_a_positive_the_loss_is_0(gradient, compiled):
    loss = portable_losses.Contrastive()
    value, slope = gradient(loss, np.arange(6, dtype="int32"), Z, compiled=compiled)
    assert value == 0 and not slope.any()


def test_without_a_negative_positives_count(gradient):
    loss = portable_losses.Contrastive(normalize=False)
    value, _ = gradient(loss, [5, 5], [[0.0, 0.0], [3.0, 4.0]])
    assert value == pytest.approx(25, rel=1e-6)


def test_a_masked_sample_leaves_the_batch(gradient):
    loss, mask = portable_losses.Contrastive(), np.arange(6) != 2
    broken = Z.copy()
    broken[2] = np.nan
    value, slope = gradient(loss, LABELS, broken, mask=mask)
    wanted, slope_wanted = gradient(loss, LABELS[mask], Z[mask])
    assert value == pytest.approx(wanted, rel=1e-5) and not slope[2].any()
    np.testing.assert_allclose(slope[mask], slope_wanted, atol=1e-6)


def test_messages():
    with pytest.raises(ValueError) as caught:
        portable_losses.Contrastive(positive_margin=-1.0)
    assert str(caught.value) == (
        "Contrastive: `positive_margin` must be a finite number >= 0; got "
        "positive_margin=-1.0 (choose a value in that range)."
    )
    with pytest.raises(ValueError, match=r"embeddings of shape \(B, D\)"):
        portable_losses.Contrastive()(np.zeros((2, 3), "int32"), np.zeros((2, 3, 4)))


@pytest.mark.parametrize("name", ["Contrastive", "Circle", "Triplet", "NPairs"])
def test_a_partly_masked_sample_leaves_the_batch(gradient, name):
    loss, mask = getattr(portable_losses, name)(), np.ones((6, 4), "bool")
    mask[2, 1] = False
    wanted, _ = gradient(loss, LABELS, Z, mask=np.arange(6) != 2)
    broken = np.where(mask, Z, np.nan)
    value, slope = gradient(loss, LABELS, broken, mask=mask)
    assert value == pytest.approx(wanted, rel=1e-6) and not slope[2].any()
