"""Powers of distances: subnormal ones, and p > 1 by rounding."""

import numpy as np
import pytest

from portable_losses import (
    AsymmetricMultiLabel,
    BinaryFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    PenaltyReducedFocal,
    QualityFocal,
    SparseCategoricalFocalCrossentropy,
    UnifiedFocal,
    Varifocal,
)

BEYOND = np.float32(1.0000001)  # the next number after 1
SUBNORMAL = np.float32(1e-40)
YES_NO = [[1.0, 0.0]]


def binary(gamma, **rest):
    return [
        BinaryFocalCrossentropy(gamma=gamma, **rest),
        QualityFocal(beta=gamma, **rest),
        Varifocal(gamma=gamma, **rest),
        AsymmetricMultiLabel(gamma_neg=gamma, gamma_pos=gamma, clip=0.0, **rest),
    ]


def named(losses):
    return [pytest.param(x, id=type(x).__name__) for x in losses]


@pytest.mark.parametrize("loss", named(binary(0.1)))
def test_a_subnormal_distance_is_a_distance_of_0(loss, gradient, compiled):
    one = gradient(loss, YES_NO, np.array([[1.0, SUBNORMAL]]), compiled=compiled)
    other = gradient(loss, YES_NO, np.array([[1.0, 0.0]]), compiled=compiled)
    assert np.isfinite(one[1]).all()
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("loss", named(binary(0.01, from_logits=True)))
def test_a_subnormal_sigmoid_leaves_the_gradient_finite(loss, gradient, compiled):
    x = np.array([[103.0, -103.0]])
    value, slope = gradient(loss, YES_NO, x, compiled=compiled)
    np.testing.assert_allclose(value, 0.0, rtol=0, atol=1e-12)
    np.testing.assert_allclose(slope, np.zeros((1, 2)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("exponent", [0.5, 3])
@pytest.mark.parametrize("at", range(len(binary(1))))
def test_a_probability_above_1_by_rounding(at, exponent, gradient, compiled):
    loss = binary(exponent)[at]
    beyond = gradient(loss, YES_NO, np.array([[BEYOND, -1e-7]]), compiled=compiled)
    exact = gradient(loss, YES_NO, np.array([[1.0, 0.0]]), compiled=compiled)
    assert np.isfinite(beyond[1]).all()
    np.testing.assert_allclose(beyond[0], exact[0], rtol=0, atol=1e-9)
    assert beyond[0] >= 0


CATEGORICAL = [
    (SparseCategoricalFocalCrossentropy(gamma=0.5), [0]),
    (UnifiedFocal(gamma=0.01, activation="sigmoid"), [[[1.0, 0.0]]]),
]


@pytest.mark.parametrize(("loss", "y_true"), CATEGORICAL)
def test_certain_classes(loss, y_true, gradient, compiled):
    logits = getattr(loss, "activation", None) == "sigmoid"
    x = np.array([[[103.0, -103.0]]]) if logits else np.array([[BEYOND, 0.0]])
    value, slope = gradient(loss, y_true, x, compiled=compiled)
    np.testing.assert_allclose(value, 0.0, rtol=0, atol=1e-6)
    assert np.isfinite(slope).all()


def test_a_target_above_1_by_rounding_is_no_nan_weight(gradient, compiled):
    loss = PenaltyReducedFocal(beta=2.5)
    y_true = np.array([[BEYOND, 1.0]], "float32")
    value, slope = gradient(loss, y_true, np.array([[0.4, 0.5]]), compiled=compiled)
    np.testing.assert_allclose(value, 0.25 * np.log(2), rtol=1e-6)
    assert np.isfinite(slope).all()


def test_a_subnormal_probability_of_the_right_class(gradient, compiled):
    loss = CategoricalGeneralizedCrossEntropy(q=0.1)
    for p in (SUBNORMAL, -1e-9, 0.0):
        value, slope = gradient(loss, [0], np.array([[p, 1.0]]), compiled=compiled)
        np.testing.assert_allclose(value, 10.0, rtol=1e-6)
        np.testing.assert_allclose(slope, [[0.0, 0.0]])
