import numpy as np
import pytest

import portable_losses
from portable_losses import Coral, Corn, ordinal_ranks

RNG = np.random.default_rng(1)


def test_two_classes_are_coral(gradient, compiled):
    y, z = np.array([0, 1, 1, 0]), RNG.normal(size=(4, 1)).astype("float32")
    got = gradient(Corn(2), y, z, compiled=compiled)
    wanted = gradient(Coral(2), y, z, compiled=compiled)
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    np.testing.assert_array_equal(ordinal_ranks(z), ordinal_ranks(z, "corn"))


def test_levels_above_the_rank_have_no_gradient(gradient):
    z = RNG.normal(size=(3, 4)).astype("float32")
    _, slope = gradient(Corn(5), np.array([0, 2, 4]), z)
    np.testing.assert_array_equal(
        slope != 0, [[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    )


def test_it_is_the_likelihood_of_the_rank():
    z = RNG.normal(size=(1, 3))
    items = [float(Corn(4)([y], z)) for y in range(4)]
    np.testing.assert_allclose(np.sum(np.exp(-np.array(items))), 1.0, rtol=1e-6)


def test_positions_weights_and_masks():
    z, y = RNG.normal(size=(2, 3, 4)), RNG.integers(0, 5, (2, 3))
    items = np.array(Corn(5, reduction=None)(y, z))
    assert items.shape == (2, 3)
    mask = np.array([[1, 1, 0], [1, 0, 0]], "bool")
    got = float(Corn(5)(y, np.where(mask[..., None], z, np.nan), mask=mask))
    np.testing.assert_allclose(got, items[mask].mean(), rtol=1e-5)
    got = float(Corn(5)(y, z, sample_weight=[2.0, 0.0]))
    np.testing.assert_allclose(got, 2 * items[0].sum() / 6, rtol=1e-5)


@pytest.mark.parametrize("rank", [-1, 3])
def test_a_rank_out_of_range_is_rejected_or_nan(rank, gradient, compiled):
    y, z = np.array([0, rank]), np.zeros((2, 2), "float32")
    if compiled:
        assert np.isnan(gradient(Corn(3), y, z, compiled=compiled)[0])
        return
    message = rf"Corn: `y_true` must be class indices in \[0, 3\); .* holds {rank}"
    with pytest.raises(ValueError, match=message):
        Corn(3)(y, z)


ERRORS = [
    (
        lambda: Corn(3)([0, 1], np.zeros((2, 3))),
        "Corn: `num_classes` must be 1 more than the last axis of y_pred, of shape "
        "(2, 3); got num_classes=3 (give y_pred 2 logits, one per level).",
    ),
    (
        lambda: Corn(1),
        "Corn: `num_classes` must be a whole number >= 2; got num_classes=1 (choose a "
        "value in that range).",
    ),
    (
        lambda: Corn(3, from_logits=False),
        "Corn: `from_logits` must be True for this loss of logits; got "
        "from_logits=False (pass logits, and leave the last layer without an "
        "activation).",
    ),
]


@pytest.mark.parametrize(("make", "message"), ERRORS)
def test_messages(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message


def test_the_position_of_the_number_of_classes():
    for cls in (Coral, Corn, portable_losses.QuadraticWeightedKappa):
        loss = cls(5)
        assert loss.num_classes == 5
        assert cls.from_config(loss.get_config()).get_config() == loss.get_config()
