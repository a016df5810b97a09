import keras
import numpy as np
import pytest

import portable_losses

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

UNIT = [0.0, 0.0, 1.0, 1.0]
# A box against the unit square, and what it costs.
NUMBERS = [
    ([0.0, 0.0, 1.0, 1.0], 0.0),
    ([0.0, 0.0, 0.5, 1.0], 0.5),
    ([0.5, 0.0, 1.5, 1.0], 2 / 3),
    ([1.0, 0.0, 2.0, 1.0], 1.0),
    ([2.0, 0.0, 3.0, 1.0], 4 / 3),
    ([1.0, 1.0, 2.0, 2.0], 1.5),
    ([999.0, 0.0, 1000.0, 1.0], 2 - 2 / 1000),
    ([0.5, 0.5, 0.5, 0.5], 1.0),
    ([1.0, 1.0, 0.0, 0.0], 1.0),
]


@pytest.mark.parametrize(("box", "wanted"), NUMBERS)
def test_what_a_box_costs(box, wanted):
    loss = portable_losses.GeneralizedIoU()
    np.testing.assert_allclose(float(loss([UNIT], [box])), wanted, rtol=2e-6)
    if box[0] < box[2]:
        np.testing.assert_allclose(float(loss([box], [UNIT])), wanted, rtol=2e-6)


def test_formats_are_ways_to_write_one_box():
    rng = np.random.default_rng(0)
    low, size = rng.uniform(size=(2, 5, 2)), rng.uniform(0.1, 1.0, size=(2, 5, 2))
    high = low + size
    written = {
        "xyxy": np.concatenate([low, high], -1),
        "yxyx": np.concatenate([low[..., ::-1], high[..., ::-1]], -1),
        "xywh": np.concatenate([low, size], -1),
        "center_xywh": np.concatenate([low + size / 2, size], -1),
    }
    items = [
        keras.ops.convert_to_numpy(
            portable_losses.GeneralizedIoU(bounding_box_format=form, reduction=None)(
                boxes[0], boxes[1]
            )
        )
        for form, boxes in written.items()
    ]
    for other in items[1:]:
        np.testing.assert_allclose(other, items[0], rtol=1e-5)


def test_a_box_is_an_item():
    rng = np.random.default_rng(0)
    t, p = rng.uniform(size=(2, 2, 3, 4)).astype("float32")
    loss = portable_losses.GeneralizedIoU(bounding_box_format="xywh")
    items = portable_losses.GeneralizedIoU(bounding_box_format="xywh", reduction=None)
    items = keras.ops.convert_to_numpy(items(t, p))
    assert items.shape == (2, 3)
    keep = np.array([[True, False, True], [False, False, True]])
    np.testing.assert_allclose(float(loss(t, p, mask=keep)), items[keep].mean(), 1e-6)


def test_a_perfect_box_stays_where_it_is(gradient):
    boxes = np.array([UNIT, [2.0, 1.0, 5.0, 4.0]], "float32")
    loss = portable_losses.GeneralizedIoU()
    _, slope = gradient(loss, boxes, boxes, compiled=MODE)
    np.testing.assert_allclose(slope, np.zeros((2, 4)), atol=1e-7)


def test_boxes_without_overlap_or_size_are_pulled(gradient):
    p = np.array(
        [[5.0, 5.0, 6.0, 6.0], [1.0, 0.0, 2.0, 1.0], [0.25, 0.25, 0.25, 0.75]],
        "float32",
    )
    loss = portable_losses.GeneralizedIoU()
    _, slope = gradient(loss, [UNIT] * 3, p, compiled=MODE)
    assert np.isfinite(slope).all()
    assert (np.abs(slope).max(axis=-1) > 1e-3).all()


def test_points_are_finite(gradient):
    p = np.array([[0.5] * 4, [0.0] * 4], "float32")
    loss = portable_losses.GeneralizedIoU()
    for t in (p, p[::-1].copy()):
        _, slope = gradient(loss, t, p, compiled=MODE)
        assert np.isfinite(slope).all()
    assert float(loss(p, p)) == 1.0


def test_small_boxes_need_a_smaller_epsilon():
    t, p = np.array([[UNIT]]) * 1e-4, np.array([[[0.0, 0.0, 0.5, 1.0]]]) * 1e-4
    exact = portable_losses.GeneralizedIoU(epsilon=1e-12)(t, p)
    np.testing.assert_allclose(float(exact), 0.5, rtol=1e-5)


ERRORS = [
    (
        {"bounding_box_format": "ltrb"},
        4,
        "one of 'center_xywh', 'xywh', 'xyxy', 'yxyx'",
    ),
    ({"epsilon": 0}, 4, "`epsilon` must be a finite number > 0"),
    ({}, 3, r"boxes of shape \(..., 4\); got y_pred=an array of shape \(2, 3\)"),
]


@pytest.mark.parametrize(("config", "width", "message"), ERRORS)
def test_bad_input_is_rejected(config, width, message):
    boxes = np.zeros((2, width), "float32")
    with pytest.raises(ValueError, match=message):
        portable_losses.GeneralizedIoU(**config)(boxes, boxes)


def test_one_target_for_all_boxes_is_rejected():
    with pytest.raises(ValueError, match="nothing is broadcast"):
        portable_losses.GeneralizedIoU()([UNIT], [UNIT, UNIT])
