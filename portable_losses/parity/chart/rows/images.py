"""Operations of `keras.ops.image`, with channels last."""

import colorsys
from typing import Any

import numpy as np

from portable_losses.parity.chart.op import SINGLE, Op, op, point

IMAGE = np.array(
    [[0.5, 0.25, 1.0, 0.0], [0.75, 0.5, 0.125, 0.25], [0.0, 1.0, 0.5, 0.75]]
).reshape(1, 3, 4, 1)
COLORS = np.array([[0.5, 0.25, 0.75], [0.125, 1.0, 0.5]]).reshape(1, 1, 2, 3)
GRAY = np.array([[0.5, 0.5, 0.5]]).reshape(1, 1, 1, 3)
LAST: dict[str, Any] = {"data_format": "channels_last"}


def _linear(x: Any) -> Any:
    return np.maximum(0, 1 - np.abs(x))


def _cubic(x: Any) -> Any:
    """Keys's kernel with a = -1/2."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def _lanczos(x: Any) -> Any:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def _weights(kernel: Any, old: int, new: int) -> Any:
    centers = (np.arange(new) + 0.5) * old / new - 0.5
    weights = kernel(centers[:, None] - np.arange(old))
    return weights / weights.sum(axis=1, keepdims=True)


def _resized(kernel: Any) -> Any:
    down, along = _weights(kernel, 3, 6), _weights(kernel, 4, 7)
    return lambda x: np.einsum("ih,jw,bhwc->bijc", down, along, x)


def _nearest(x: Any) -> Any:
    rows = np.floor((np.arange(6) + 0.5) * 3 / 6).astype(int)
    columns = np.floor((np.arange(7) + 0.5) * 4 / 7).astype(int)
    return x[:, rows][:, :, columns]


def _resize(interpolation: str, reference: Any) -> Op:
    return op(
        "image.resize",
        reference,
        point("ordinary", IMAGE),
        given=f"(6, 7), {interpolation!r}",
        call=lambda ops, x: ops.image.resize(
            x, (6, 7), interpolation=interpolation, **LAST
        ),
        dtypes=SINGLE,
    )


def _pixels(function: Any) -> Any:
    def of_image(x: Any) -> Any:
        pixels = [function(*pixel) for pixel in x.reshape(-1, 3)]
        return np.array(pixels).reshape(x.shape)

    return of_image


def _gray(x: Any) -> Any:
    return x @ np.array([[0.2989], [0.587], [0.114]])


def _interpolated(x: Any, rows: Any, columns: Any) -> Any:
    i, j = np.floor(rows).astype(int), np.floor(columns).astype(int)
    a, b = rows - i, columns - j
    return (
        (1 - a) * (1 - b) * x[i, j]
        + (1 - a) * b * x[i, j + 1]
        + a * (1 - b) * x[i + 1, j]
        + a * b * x[i + 1, j + 1]
    )


def _coordinates(ops: Any, x: Any, rows: Any, columns: Any) -> Any:
    both = ops.stack([rows, columns])
    return ops.image.map_coordinates(x, both, order=1)


def _shift_left(x: Any) -> Any:
    moved = np.zeros_like(x)
    moved[:, :, :-1] = x[:, :, 1:]
    return moved


def _patches(x: Any) -> Any:
    return x[:, :2].reshape(1, 1, 2, 2, 2).transpose(0, 1, 3, 2, 4).reshape(1, 1, 2, 4)


ROWS = (
    op("image.rgb_to_grayscale", _gray, point("ordinary", COLORS), **LAST),
    op(
        "image.rgb_to_hsv",
        _pixels(colorsys.rgb_to_hsv),
        point("ordinary", COLORS),
        point("gray", GRAY, gradients=("any",)),
        **LAST,
    ),
    op(
        "image.hsv_to_rgb",
        _pixels(colorsys.hsv_to_rgb),
        point("ordinary", [[[[0.125, 0.5, 0.75], [0.625, 0.25, 0.5]]]]),
        **LAST,
    ),
    _resize("nearest", _nearest),
    _resize("bilinear", _resized(_linear)),
    _resize("bicubic", _resized(_cubic)),
    _resize("lanczos3", _resized(_lanczos)),
    op(
        "image.affine_transform",
        _shift_left,
        point("ordinary", IMAGE),
        given="a shift by one pixel",
        call=lambda ops, x: ops.image.affine_transform(
            x, np.array([[1, 0, 1, 0, 1, 0, 0, 0]], "float32"), **LAST
        ),
        dtypes=SINGLE,
    ),
    op(
        "image.map_coordinates",
        _interpolated,
        point("ordinary", IMAGE[0, ..., 0], [0.25, 1.5], [1.25, 2.75]),
        given="order=1",
        call=_coordinates,
        dtypes=SINGLE,
    ),
    op(
        "image.crop_images",
        lambda x: x[:, 1:3, 0:2],
        point("ordinary", IMAGE),
        given="2 x 2",
        call=lambda ops, x: ops.image.crop_images(
            x,
            top_cropping=1,
            left_cropping=0,
            target_height=2,
            target_width=2,
            **LAST,
        ),
    ),
    op(
        "image.pad_images",
        lambda x: np.pad(x, ((0, 0), (1, 0), (0, 2), (0, 0))),
        point("ordinary", IMAGE),
        given="4 x 6",
        call=lambda ops, x: ops.image.pad_images(
            x, top_padding=1, left_padding=0, target_height=4, target_width=6, **LAST
        ),
    ),
    op(
        "image.extract_patches",
        _patches,
        point("ordinary", IMAGE),
        given="2",
        call=lambda ops, x: ops.image.extract_patches(x, 2, **LAST),
    ),
)
