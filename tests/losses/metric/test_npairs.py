import numpy as np
import pytest

import portable_losses

rng = np.random.default_rng(1)
LABELS = np.array([0, 1, 2, 0, 1, 2], "int32")
Z = rng.normal(size=(6, 4))


def test_equal_embeddings_cost_the_logarithm_of_the_negatives(gradient):
    value, _ = gradient(portable_losses.NPairs(), LABELS, np.ones((6, 4)))
    assert value == pytest.approx(np.log(5), rel=1e-6)


def test_one_positive_an_anchor_is_a_crossentropy(gradient):
    # Over the other samples, of which the positive is the right one.
    logits = Z @ Z.T
    np.fill_diagonal(logits, -np.inf)
    crossentropy = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    wanted = float(crossentropy((np.arange(6) + 3) % 6, logits.astype("float32")))
    assert gradient(portable_losses.NPairs(), LABELS, Z)[0] == pytest.approx(wanted)


def test_only_directions_count_if_normalized(gradient):
    loss = portable_losses.NPairs(normalize=True)
    length = np.linspace(0.1, 30, 6)[:, None]
    wanted, _ = gradient(loss, LABELS, Z)
    assert gradient(loss, LABELS, length * Z)[0] == pytest.approx(wanted, rel=1e-5)
    assert gradient(portable_losses.NPairs(), LABELS, Z)[0] != pytest.approx(wanted)


def test_large_inner_products_are_exact(gradient, compiled):
    z = np.array([[100.0, 0.0], [-100.0, 0.0], [100.0, 0.0]])
    loss = portable_losses.NPairs()
    value, slope = gradient(loss, [0, 0, 1], z, compiled=compiled)
    assert value == pytest.approx((2e4 + np.log(2)) / 2, rel=1e-6)
    assert np.isfinite(slope).all() and np.abs(slope[0]).max() > 1


@pytest.mark.parametrize("labels", [[0, 1, 2, 3, 4, 5], [7] * 6])
def test_without_positives_or_negatives_the_loss_is_0(gradient, compiled, labels):
    labels = np.array(labels, "int32")
    value, slope = gradient(portable_losses.NPairs(), labels, Z, compiled=compiled)
    assert value == 0 and not slope.any()


def test_a_masked_sample_leaves_the_batch(gradient):
    loss, mask = portable_losses.NPairs(), np.arange(6) != 2
    broken = Z.copy()
    broken[2] = np.inf
    value, slope = gradient(loss, LABELS, broken, mask=mask)
    wanted, slope_wanted = gradient(loss, LABELS[mask], Z[mask])
    assert value == pytest.approx(wanted, rel=1e-5) and not slope[2].any()
    np.testing.assert_allclose(slope[mask], slope_wanted, atol=1e-6)
