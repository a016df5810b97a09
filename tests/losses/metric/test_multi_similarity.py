import numpy as np
import pytest

import portable_losses

rng = np.random.default_rng(2)
LABELS = np.array([0, 1, 0, 1, 1, 0], "int32")
Z = rng.normal(size=(6, 4))


def test_large_weights_leave_the_hardest_pairs(gradient):
    loss = portable_losses.MultiSimilarity(alpha=1e6, beta=1e6, base=0.1)
    z = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    s, same = z @ z.T, LABELS[:, None] == LABELS
    least = np.where(same & ~np.eye(6, dtype="bool"), s, np.inf).min(axis=1)
    most = np.where(same, -np.inf, s).max(axis=1)
    wanted = np.mean(np.maximum(0.1 - least, 0) + np.maximum(most - 0.1, 0))
    value, slope = gradient(loss, LABELS, Z)
    assert value == pytest.approx(wanted, rel=1e-4)
    assert np.isfinite(slope).all()


def test_equal_embeddings(gradient, compiled):
    loss = portable_losses.MultiSimilarity(alpha=2.0, beta=4.0, base=0.5)
    z = np.full((6, 4), 0.5)
    value, _ = gradient(loss, LABELS, z, compiled=compiled)
    wanted = np.log(1 + 2 * np.exp(-1)) / 2 + np.log(1 + 3 * np.exp(2)) / 4
    assert value == pytest.approx(wanted, rel=1e-6)


def test_an_anchor_without_a_negative_has_the_first_term(gradient):
    loss = portable_losses.MultiSimilarity()
    value, _ = gradient(loss, [3, 3], [[1.0, 0.0], [0.0, 1.0]])
    assert value == pytest.approx(np.log(1 + np.e) / 2, rel=1e-6)


def test_without_a_positive_the_loss_is_0(gradient, compiled):
    loss = portable_losses.MultiSimilarity()
    value, slope = gradient(loss, np.arange(6, dtype="int32"), Z, compiled=compiled)
    assert value == 0 and not slope.any()


def test_a_masked_sample_leaves_the_batch(gradient):
    loss, mask = portable_losses.MultiSimilarity(), np.arange(6) != 2
    broken = Z.copy()
    broken[2] = np.nan
    value, slope = gradient(loss, LABELS, broken, mask=mask)
    wanted, slope_wanted = gradient(loss, LABELS[mask], Z[mask])
    assert value == pytest.approx(wanted, rel=1e-5) and not slope[2].any()
    np.testing.assert_allclose(slope[mask], slope_wanted, atol=1e-6)


@pytest.mark.parametrize("argument", ["alpha", "beta"])
def test_messages(argument):
    with pytest.raises(ValueError) as caught:
        portable_losses.MultiSimilarity(**{argument: 0.0})
    assert str(caught.value) == (
        f"MultiSimilarity: `{argument}` must be a finite number > 0; got "
        f"{argument}=0.0 (choose a value in that range)."
    )
