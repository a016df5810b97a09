import numpy as np
import pytest

from portable_losses import Coral

RNG = np.random.default_rng(0)


def test_it_sums_over_the_levels():
    z = np.array([[1.0, -2.0, 0.5]])
    # rank 1 is above level 0 only
    expected = -np.sum(np.log([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(-2))]))
    expected -= np.log(1 / (1 + np.exp(0.5)))
    np.testing.assert_allclose(float(Coral(num_classes=4)([1], z)), expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_ranks_are_exact_in_every_dtype(dtype):
    z = np.zeros((1, 299), "float32")
    z[0, 256] = 8.0  # above level 256, which 257 is and 256 is not
    loss = Coral(num_classes=300, dtype=dtype)
    gap = float(loss([256], z)) - float(loss([257], z))
    assert abs(gap - 8.0) < 1.0


def test_whole_numbers_of_a_float_dtype_are_ranks():
    z = RNG.normal(size=(4, 2))
    loss = Coral(num_classes=3)
    assert float(loss(np.array([0.0, 1.0, 2.0, 1.0]), z)) == float(
        loss([0, 1, 2, 1], z)
    )
    assert float(loss([[0], [1], [2], [1]], z)) == float(loss([0, 1, 2, 1], z))


@pytest.mark.parametrize("rank", [-1, 3])
def test_a_rank_out_of_range_is_rejected(rank):
    message = rf"Coral: `y_true` must be class indices in \[0, 3\); .* holds {rank}"
    with pytest.raises(ValueError, match=message):
        Coral(num_classes=3)([0, rank], np.zeros((2, 2)))


def test_the_highest_rank_is_not_beyond_the_logits():
    # Two logits, three ranks: the last rank is above both levels.
    got = float(Coral(num_classes=3)([2], [[100.0, 100.0]]))
    np.testing.assert_allclose(got, 0.0, atol=1e-6)


def test_a_last_axis_of_the_wrong_size_is_rejected():
    message = (
        r"Coral: `num_classes` must be 1 more than the last axis of y_pred, of shape "
        r"\(2, 3\); got num_classes=3 \(give y_pred 2 logits, one per level\)"
    )
    with pytest.raises(ValueError, match=message):
        Coral(num_classes=3)([0, 1], np.zeros((2, 3)))


def test_a_number_of_classes_that_makes_no_sense_is_rejected():
    with pytest.raises(ValueError, match="`num_classes` must be a whole number >= 2"):
        Coral(num_classes=1)
    with pytest.raises(TypeError, match="`num_classes` must be a whole number >= 2"):
        Coral(num_classes=3.0)
