import numpy as np
import pytest

from portable_losses import GaussianNLL

RNG = np.random.default_rng(0)


def test_with_full_it_is_the_negative_log_density():
    loss = GaussianNLL(full=True)
    # y = 1 under a normal distribution of mean 3 and standard deviation 2
    expected = -np.log(np.exp(-0.5) / np.sqrt(2 * np.pi) / 2)
    got = float(loss([[1.0]], [[3.0, np.log(4.0)]]))
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("true", [(4,), (4, 1)])
def test_one_column_may_go_without_its_axis(true):
    t, p = RNG.normal(size=(4, 1)), RNG.normal(size=(4, 2))
    got = float(GaussianNLL()(t.reshape(true), p))
    assert got == float(GaussianNLL()(t, p))


MISFITS = [((4, 2), (4, 2)), ((4, 1), (4, 3)), ((4, 2), (4, 3, 4)), ((4,), (4,))]


@pytest.mark.parametrize(("true", "pred"), MISFITS)
def test_groups_that_do_not_fit_are_rejected(true, pred):
    message = (
        r"GaussianNLL: `y_true` must have shape \(\.\.\., d\), and y_pred "
        r"\(\.\.\., 2 d\); got y_true of shape .* and y_pred of shape .* \(give y_pred "
        r"mean, log_variance side by side on the last axis\)"
    )
    with pytest.raises(ValueError, match=message):
        GaussianNLL()(np.zeros(true), np.zeros(pred))


def test_targets_are_wanted():
    with pytest.raises(TypeError, match="GaussianNLL: `y_true` must be one tensor"):
        GaussianNLL()(None, np.zeros((4, 2)))


def test_the_variance_has_a_floor(gradient, compiled):
    t = np.zeros((2, 1), "float32")
    p = np.array([[0.5, -1.0], [0.5, -3.0]], "float32")
    value, slope = gradient(GaussianNLL(min_log_variance=-2.0), t, p, compiled=compiled)
    items = [(-1 + 0.25 * np.e) / 2, (-2 + 0.25 * np.e**2) / 2]
    np.testing.assert_allclose(value, np.mean(items), rtol=1e-6)
    slopes = [[0.5 * np.e, (1 - 0.25 * np.e) / 2], [0.5 * np.e**2, 0.0]]
    np.testing.assert_allclose(slope, np.array(slopes) / 2, rtol=1e-5)


def test_arguments_that_make_no_sense_are_rejected():
    with pytest.raises(TypeError, match="`full` must be True or False; got full=1"):
        GaussianNLL(full=1)
    message = "`min_log_variance` must be a finite number; got min_log_variance=-inf"
    with pytest.raises(ValueError, match=message):
        GaussianNLL(min_log_variance=-float("inf"))
