import math

import numpy as np
import pytest

import portable_losses
from portable_losses import ops

rng = np.random.default_rng(3)
IDS = np.array([0, 2, 1, 3, 3])
COSINES = rng.uniform(-0.8, 0.9, (5, 4))


def test_without_a_margin_it_is_the_crossentropy_of_scaled_cosines(gradient):
    crossentropy = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    wanted, slope_wanted = gradient(crossentropy, IDS, 16 * COSINES)
    for cls in (portable_losses.ArcFace, portable_losses.CosFace):
        value, slope = gradient(cls(margin=0.0, scale=16.0), IDS, COSINES)
        assert value == pytest.approx(wanted, rel=1e-5)
        np.testing.assert_allclose(slope, 16 * slope_wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cls", [portable_losses.ArcFace, portable_losses.CosFace])
def test_one_hot_labels_are_class_indices(gradient, cls):
    value, slope = gradient(cls(), IDS, COSINES)
    one_hot = np.eye(4, dtype="float32")[IDS]
    value_of_rows, slope_of_rows = gradient(cls(), one_hot, COSINES)
    assert value_of_rows == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(slope_of_rows, slope, rtol=1e-4, atol=1e-5)


def with_margin(cosines, margin=0.5):
    """What the loss makes of the cosine of the right class, by angles."""
    angle = np.arccos(cosines) + margin
    past = cosines - margin * np.sin(margin)
    return np.where(angle > np.pi, past, np.cos(angle))


def test_the_cosine_of_the_right_class(gradient, compiled):
    c = np.cos(np.array([0.01, 0.5, 2.0, np.pi - 0.51, np.pi - 0.49, 3.14]))
    loss = portable_losses.ArcFace(scale=1.0, reduction=None)
    # Of two classes, the other at 0: log(1 + exp(-f)).
    pairs = np.stack([c, 0 * c], axis=1)
    ids = np.zeros(6, "int32")
    value, slope = gradient(loss, ids, pairs, compiled=compiled)
    f = with_margin(c)
    np.testing.assert_allclose(value, np.log1p(np.exp(-f)), rtol=1e-5)
    # d cos(theta + m) / d cos(theta) == sin(theta + m) / sin(theta), and 1 past pi
    angle = np.arccos(c)
    rise = np.where(angle + 0.5 > np.pi, 1.0, np.sin(angle + 0.5) / np.sin(angle))
    np.testing.assert_allclose(slope[:, 0], -rise / (1 + np.exp(f)), rtol=2e-3)


def test_the_gradient_at_the_ends_is_finite(gradient, compiled):
    c = np.array([1.0, 1.0 + 1e-6, -1.0, -1.0 - 1e-6])
    pairs, ids = np.stack([c, 0 * c], axis=1), np.zeros(4, "int32")
    loss = portable_losses.ArcFace(scale=1.0, reduction=None)
    value, slope = gradient(loss, ids, pairs, compiled=compiled)
    past = -1 - 0.5 * math.sin(0.5)
    f = np.array([math.cos(0.5), math.cos(0.5), past, past])
    np.testing.assert_allclose(value, np.log1p(np.exp(-f)), rtol=1e-5)
    rise = np.array([math.cos(0.5), math.cos(0.5), 1.0, 1.0])
    np.testing.assert_allclose(slope[:, 0], -rise / (1 + np.exp(f)), rtol=1e-5)


def test_a_confident_sample_keeps_its_digits(gradient):
    # exp(-64 f) is below the rounding of 1.
    loss = portable_losses.ArcFace(margin=0.0)
    value, slope = gradient(loss, [0], [[0.9, 0.3]])
    assert value == pytest.approx(math.exp(-64 * 0.6), rel=1e-4)
    assert slope[0, 0] == pytest.approx(-64 * math.exp(-64 * 0.6), rel=1e-4)


def test_one_class_costs_0(gradient):
    for cls in (portable_losses.ArcFace, portable_losses.CosFace):
        value, slope = gradient(cls(), [0, 0], [[0.5], [-0.9]])
        assert value == 0 and not slope.any()


def test_positions_of_a_sequence_are_items(gradient):
    ids, cosines = IDS[:4].reshape(2, 2), COSINES[:4].reshape(2, 2, 4)
    wanted, _ = gradient(portable_losses.ArcFace(), IDS[:4], COSINES[:4])
    assert gradient(portable_losses.ArcFace(), ids, cosines)[0] == pytest.approx(wanted)
    mask = np.array([[True, False], [True, True]])
    kept = mask.reshape(-1)
    wanted, _ = gradient(portable_losses.ArcFace(), IDS[:4][kept], COSINES[:4][kept])
    value, _ = gradient(portable_losses.ArcFace(), ids, cosines, mask=mask)
    assert value == pytest.approx(wanted)


def test_a_margin_that_moves():
    margin = portable_losses.Hyperparameter(0.2, "margin")
    moving = portable_losses.ArcFace(margin=margin)
    cosines = ops.convert_to_tensor(COSINES, "float32")
    for m in (0.2, 0.6, 1.7):
        margin.assign(m)
        wanted = float(portable_losses.ArcFace(margin=m)(IDS, cosines))
        assert float(moving(IDS, cosines)) == pytest.approx(wanted, rel=1e-5)
    with pytest.raises(ValueError, match="`margin` must be a finite number >= 0 and"):
        margin.assign(4.0)


def test_messages():
    with pytest.raises(ValueError) as caught:
        portable_losses.ArcFace(margin=-0.1)
    assert str(caught.value) == (
        "ArcFace: `margin` must be a finite number >= 0 and < 3.141592653589793; got "
        "margin=-0.1 (choose a value in that range)."
    )
    with pytest.raises(ValueError, match=r"CosFace: `scale` must be a finite number >"):
        portable_losses.CosFace(scale=0)
    with pytest.raises(ValueError, match=r"class indices in \[0, 4\); got y_true that"):
        portable_losses.ArcFace()(IDS + 1, COSINES)
    with pytest.raises(ValueError, match="y_pred of shape"):
        portable_losses.CosFace()(IDS[:3], COSINES)
    with pytest.raises(ValueError) as caught:
        portable_losses.ArcFace()(IDS, 64 * COSINES)
    assert "`y_pred` must be cosines in [-1, 1]; got y_pred that holds" in str(
        caught.value
    )
    assert "(end the model with portable_losses.CosineDense)" in str(caught.value)
