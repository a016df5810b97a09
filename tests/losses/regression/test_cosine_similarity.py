import numpy as np
import pytest

import portable_losses

LOSS = portable_losses.CosineSimilarity()


def test_a_zero_vector_gives_0_without_gradient(gradient, compiled):
    t = np.array([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [3.0, 4.0]], "float32")
    p = np.array([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0], [4.0, -3.0]], "float32")
    value, slope = gradient(LOSS, t, p, compiled=compiled)
    expected = np.zeros((4, 2))
    expected[3] = np.array([-0.6, -0.8]) / 5 / 4
    np.testing.assert_allclose(value, 0.0, atol=1e-7)
    np.testing.assert_array_equal(slope[:3], expected[:3])
    np.testing.assert_allclose(slope[3], expected[3], rtol=1e-6)


def test_the_length_of_a_vector_does_not_matter():
    t = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]], "float32")
    p = np.array([[3.0, 4.0], [3e15, 4e15], [3e-5, 4e-5]], "float32")
    items = portable_losses.CosineSimilarity(reduction="none")(1e15 * t, p)
    np.testing.assert_allclose(np.asarray(items), -11 / np.sqrt(5) / 5, rtol=1e-6)


def test_a_vector_of_numbers_is_as_many_vectors_of_length_1():
    loss = portable_losses.CosineSimilarity(reduction="none")
    items = np.asarray(loss(np.array([2.0, 3.0]), np.array([0.5, -4.0])))
    np.testing.assert_allclose(items, [-1.0, 1.0])


def test_an_axis_that_does_not_exist_is_rejected():
    message = r"CosineSimilarity: `axis` must be an axis of y_pred.*got axis=3"
    with pytest.raises(ValueError, match=message):
        portable_losses.CosineSimilarity(3)(np.ones((2, 3)), np.ones((2, 3)))


def test_an_axis_that_is_no_integer_is_rejected():
    message = r"CosineSimilarity: `axis` must be a whole number; got axis=1.5"
    with pytest.raises(TypeError, match=message):
        portable_losses.CosineSimilarity(1.5)
