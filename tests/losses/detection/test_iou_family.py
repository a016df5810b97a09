"""What the losses of boxes have in common, and what their terms cost."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import (
    BoxIoU,
    CompleteIoU,
    DistanceIoU,
    EfficientIoU,
    GeneralizedIoU,
    ScyllaIoU,
)

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

UNIT = [0.0, 0.0, 1.0, 1.0]
EVERY = [
    BoxIoU,
    lambda **common: BoxIoU(mode="log", **common),
    lambda **common: BoxIoU(mode="quadratic", **common),
    GeneralizedIoU,
    DistanceIoU,
    CompleteIoU,
    EfficientIoU,
    ScyllaIoU,
]
FORMATS = ["xyxy", "yxyx", "xywh", "center_xywh"]
# A flat and a high box at one place, and the term of their ratios.
RATIO = 4 / np.pi**2 * (np.arctan(2) - np.arctan(0.5)) ** 2
# What ScyllaIoU takes for two sides of half the length.
HALVED = (1 - np.exp(-0.5)) ** 4
# A box against the unit square, and what it costs.
NUMBERS = [
    (BoxIoU(), [0.0, 0.0, 0.5, 1.0], 0.5),
    (BoxIoU(), [1.0, 0.0, 2.0, 1.0], 1.0),
    (BoxIoU(), [9.0, 9.0, 10.0, 10.0], 1.0),
    (BoxIoU(mode="log"), [0.0, 0.0, 0.5, 1.0], np.log(2)),
    (BoxIoU(mode="log"), [9.0, 9.0, 10.0, 10.0], -np.log(1e-7)),
    (BoxIoU(mode="log", epsilon=1e-3), [9.0, 9.0, 10.0, 10.0], -np.log(1e-3)),
    (BoxIoU(mode="quadratic"), [0.0, 0.0, 0.5, 1.0], 0.75),
    (DistanceIoU(), [0.0, 0.0, 0.5, 1.0], 0.5 + 1 / 32),
    (DistanceIoU(), [1.0, 0.0, 2.0, 1.0], 1 + 1 / 5),
    (DistanceIoU(), [0.25, 0.25, 0.75, 0.75], 0.75),
    (DistanceIoU(), [999.0, 0.0, 1000.0, 1.0], 1 + 999**2 / (1e6 + 1)),
    (DistanceIoU(), [0.5, 0.5, 0.5, 0.5], 1.0),
    (CompleteIoU(), [0.25, 0.25, 0.75, 0.75], 0.75),
    (CompleteIoU(), [1.0, 0.0, 2.0, 1.0], 1 + 1 / 5),
    # Without width the angle is 0, without height pi / 2, and pi / 4 in the square.
    (CompleteIoU(), [0.5, 0.0, 0.5, 1.0], 1 + 0.25**2 / 1.25),
    (CompleteIoU(), [0.0, 0.5, 1.0, 0.5], 1 + 0.25**2 / 1.25),
    (CompleteIoU(), [0.5, 0.5, 0.5, 0.5], 1 + 0.25**2 / 1.25),
    (EfficientIoU(), [0.25, 0.25, 0.75, 0.75], 0.75 + 0.25 + 0.25),
    (EfficientIoU(), [1.0, 0.0, 2.0, 1.0], 1 + 1 / 5),
    (EfficientIoU(), [1.0, 0.0, 3.0, 3.0], 1 + (2.25 + 1) / 18 + 1 / 9 + 4 / 9),
    (EfficientIoU(), [0.5, 0.0, 0.5, 1.0], 1 + 1),
    (EfficientIoU(), [0.5, 0.5, 0.5, 0.5], 1 + 1 + 1),
    # Along an axis the angle is 0, and on a diagonal 1.
    (ScyllaIoU(), [1.0, 0.0, 2.0, 1.0], 1 + (1 - np.exp(-2 / 4)) / 2),
    (ScyllaIoU(), [1.0, 1.0, 2.0, 2.0], 1 + (1 - np.exp(-1 / 4))),
    (ScyllaIoU(), [0.25, 0.25, 0.75, 0.75], 0.75 + HALVED),
    (ScyllaIoU(), [0.5, 0.0, 0.5, 1.0], 1 + (1 - np.exp(-1)) ** 4 / 2),
    (ScyllaIoU(), [0.5, 0.5, 0.5, 0.5], 1 + (1 - np.exp(-1)) ** 4),
    (ScyllaIoU(), [1e4, 0.0, 1e4 + 1, 1.0], 1 + (1 - np.exp(-2 * 0.9999**2)) / 2),
]


@pytest.mark.parametrize(("loss", "box", "wanted"), NUMBERS)
def test_what_a_box_costs(loss, box, wanted):
    np.testing.assert_allclose(float(loss([UNIT], [box])), wanted, rtol=2e-6)


def test_the_ratios_of_two_boxes():
    flat, high = [[0.0, 0.5, 2.0, 1.5]], [[0.5, 0.0, 1.5, 2.0]]
    wanted = 2 / 3 + RATIO**2 / (2 / 3 + RATIO)
    np.testing.assert_allclose(float(CompleteIoU()(flat, high)), wanted, rtol=2e-6)
    np.testing.assert_allclose(float(DistanceIoU()(flat, high)), 2 / 3, rtol=2e-6)


def test_the_weight_of_the_ratios_has_no_gradient(gradient):
    flat, high = np.array([[0.0, 0.5, 2.0, 1.5]]), np.array([[0.5, 0.0, 1.5, 2.0]])
    _, whole = gradient(CompleteIoU(), flat, high, compiled=MODE)
    _, rest = gradient(DistanceIoU(), flat, high, compiled=MODE)
    a = RATIO / (2 / 3 + RATIO)
    # With w = 1 and h = 2: dv/dw = -8 / pi^2 (atan w/h's difference) h / (w^2 + h^2)
    turn = 8 / np.pi**2 * (np.arctan(2) - np.arctan(0.5))
    by_width, by_height = -turn * 2 / 5, turn * 1 / 5
    wanted = a * np.array([[-by_width, -by_height, by_width, by_height]])
    np.testing.assert_allclose(whole - rest, wanted, rtol=1e-4, atol=1e-6)


def written(low, size):
    """Boxes in every format."""
    high = low + size
    return {
        "xyxy": np.concatenate([low, high], -1),
        "yxyx": np.concatenate([low[..., ::-1], high[..., ::-1]], -1),
        "xywh": np.concatenate([low, size], -1),
        "center_xywh": np.concatenate([low + size / 2, size], -1),
    }


@pytest.mark.parametrize("make", EVERY)
def test_formats_are_ways_to_write_one_box(make):
    rng = np.random.default_rng(0)
    low, size = rng.uniform(size=(2, 6, 2)), rng.uniform(0.1, 1.0, size=(2, 6, 2))
    size[1, 0] = 0.0, 0.5
    size[1, 1] = 0.5, 0.0
    size[1, 2] = 0.0
    forms = written(low, size)
    items = {
        form: keras.ops.convert_to_numpy(
            make(bounding_box_format=form, reduction=None)(*forms[form])
        )
        for form in FORMATS
    }
    for form in FORMATS[1:]:
        np.testing.assert_allclose(items[form], items["xyxy"], rtol=1e-5)


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("form", ["xywh", "center_xywh"])
def test_a_side_is_not_rounded_far_from_the_origin(make, form, gradient):
    # The places are exact in float32, and the sum of a place and a side is not.
    t, p = np.float32([[[0.25, 0.5, 0.7, 0.9]], [[0.375, 0.25, 0.6, 1.1]]])
    far = np.float32([[8192.0, 16384.0, 0.0, 0.0]])
    loss = make(bounding_box_format=form)
    wanted, at_home = gradient(loss, t, p, compiled=MODE)
    got, away = gradient(loss, t + far, p + far, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    np.testing.assert_allclose(away, at_home, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", EVERY)
def test_equal_boxes_cost_0_and_stay(make, gradient):
    boxes = np.array([UNIT, [2.0, 1.0, 5.0, 4.0], [-9.0, 3.0, -8.5, 9.0]], "float32")
    got, grad = gradient(make(), boxes, boxes, compiled=MODE)
    np.testing.assert_allclose(got, 0.0, atol=1e-7)
    np.testing.assert_allclose(grad, np.zeros((3, 4)), atol=1e-6)


@pytest.mark.parametrize("make", EVERY)
def test_points_and_lines_are_finite(make, gradient):
    p = np.array([[0.5] * 4, [0.0] * 4, [0.0, 0.0, 0.0, 1.0], UNIT], "float32")
    for t in (p, p[::-1].copy(), np.roll(p, 1, axis=0)):
        got, grad = gradient(make(), t, p, compiled=MODE)
        assert np.isfinite(got)
        assert np.isfinite(grad).all()


REACHING = [GeneralizedIoU, DistanceIoU, CompleteIoU, EfficientIoU, ScyllaIoU]


@pytest.mark.parametrize("make", REACHING)
def test_boxes_that_do_not_meet_are_pulled_together(make, gradient):
    p = np.array([[5.0, 5.0, 6.0, 6.0], [1.0, 0.0, 2.0, 1.0], [-9.0, 0, -8, 1]])
    _, grad = gradient(make(), [UNIT] * 3, p, compiled=MODE)
    along_x, along_y = np.moveaxis(grad[:, :2] + grad[:, 2:], -1, 0)
    # To the left and up, to the left, to the right; at a side the overlap pulls too.
    assert along_x[0] > 1e-3
    assert along_y[0] > 1e-3
    assert along_x[1] > 0.1
    assert along_x[2] < -1e-3


@pytest.mark.parametrize("make", [EfficientIoU, ScyllaIoU])
def test_a_box_without_size_grows(make, gradient):
    p = np.array([[0.5, 0.5, 0.0, 0.0], [5.0, 0.5, 0.0, 1.0]], "float32")
    t = np.array([[0.5, 0.5, 1.0, 1.0]] * 2, "float32")
    loss = make(bounding_box_format="center_xywh")
    _, grad = gradient(loss, t, p, compiled=MODE)
    assert (grad[0, 2:] < -0.05).all()
    assert grad[1, 2] < -1e-3


@pytest.mark.parametrize("form", FORMATS)
def test_the_angle_of_centers_that_nearly_meet_is_finite(form, gradient):
    size = np.ones((5, 2))
    way = np.array([[1e-30, 1e-30], [1e-7, 1e-9], [1e-5, 1e-5], [0.0, 1e-3], [0, 0]])
    t, p = written(0 * way, size)[form], written(way, size)[form]
    for scale in (1.0, 1e-2, 1e4):
        loss = ScyllaIoU(bounding_box_format=form, epsilon=1e-7 * scale**2)
        got, grad = gradient(loss, t * scale, p * scale, compiled=MODE)
        assert abs(got) < 1e-3
        assert np.isfinite(grad).all()


def test_rounding_does_not_choose_a_side_of_an_axis(gradient):
    # Both centers are at 0.0005 along y, and their difference is 1e-11 in float32.
    t, p = 1e-3 * np.array([[UNIT, [0.25, 0.25, 0.25, 0.75]]])[0][:, None, :]
    _, grad = gradient(ScyllaIoU(), t, p, compiled=MODE)
    np.testing.assert_allclose(grad[0, 1], -grad[0, 3], rtol=1e-3)


def test_the_plain_overlap_of_boxes_that_do_not_meet_has_no_gradient(gradient):
    for mode in ("linear", "log", "quadratic"):
        p = [[5.0, 5.0, 6.0, 6.0]]
        _, grad = gradient(BoxIoU(mode=mode), [UNIT], p, compiled=MODE)
        assert not grad.any()


def test_every_box_is_an_item():
    rng = np.random.default_rng(0)
    t, p = rng.uniform(0.1, 1.0, size=(2, 2, 3, 4)).astype("float32")
    for make in EVERY:
        loss = make(bounding_box_format="xywh")
        items = make(bounding_box_format="xywh", reduction=None)(t, p)
        items = keras.ops.convert_to_numpy(items)
        assert items.shape == (2, 3)
        keep = np.array([[True, False, True], [False, False, True]])
        got = float(loss(t, p, mask=keep))
        np.testing.assert_allclose(got, items[keep].mean(), rtol=1e-6)
        assert float(loss(t[:, :0], p[:, :0])) == 0.0


MESSAGES = [
    (
        lambda: BoxIoU(mode="square"),
        "BoxIoU: `mode` must be one of 'linear', 'log', 'quadratic'; got "
        "mode='square' (",
    ),
    (
        lambda: CompleteIoU(bounding_box_format="ltrb"),
        "CompleteIoU: `bounding_box_format` must be one of 'center_xywh', 'xywh', "
        "'xyxy', 'yxyx'; got bounding_box_format='ltrb' (",
    ),
    (
        lambda: DistanceIoU(epsilon=0),
        "DistanceIoU: `epsilon` must be a finite number > 0; got epsilon=0 (",
    ),
    (
        lambda: CompleteIoU()(np.zeros((2, 3), "float32"), np.zeros((2, 3), "float32")),
        "CompleteIoU: `y_pred` must be boxes of shape (..., 4); got y_pred=an array of "
        "shape (2, 3) (",
    ),
    (
        lambda: ScyllaIoU(bounding_box_format="rel_xywh"),
        "ScyllaIoU: `bounding_box_format` must be one of 'center_xywh', 'xywh', "
        "'xyxy', 'yxyx'; got bounding_box_format='rel_xywh' (",
    ),
    (
        lambda: EfficientIoU(epsilon=-1),
        "EfficientIoU: `epsilon` must be a finite number > 0; got epsilon=-1 (",
    ),
]


@pytest.mark.parametrize(("make", "message"), MESSAGES)
def test_bad_input_is_rejected(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value).startswith(message)


def test_what_makes_the_loss_comes_back():
    loss = portable_losses.BoxIoU(mode="log", bounding_box_format="xywh", epsilon=1e-5)
    back = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert back.get_config() == loss.get_config()
    assert loss.name == "box_iou"
    assert (EfficientIoU().name, ScyllaIoU().name) == ("efficient_iou", "scylla_iou")
