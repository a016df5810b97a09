"""Boxes: a loss of the overlap against the absolute error of the four coordinates.

Digits of many sizes are put on canvases, and a network predicts the box of each. What
counts is the overlap with the true box, the IoU. The absolute error does not know that
an error of one pixel matters more for a small box; `CompleteIoU` does. The program
compares the mean IoU on digits that are not in the training data.
"""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from sklearn.datasets import load_digits

import portable_losses

SIZE = 32
LOSSES = {
    "absolute error": portable_losses.MeanAbsoluteError(),
    "CompleteIoU": portable_losses.CompleteIoU(bounding_box_format="center_xywh"),
}


def canvases(digits: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """A digit on each canvas, one to three times as wide and high, and its box."""
    images = rng.normal(0, 0.05, (len(digits), SIZE, SIZE, 1)).astype("float32")
    boxes = np.empty((len(digits), 4), "float32")
    for image, box, digit in zip(images, boxes, digits, strict=True):
        high, wide = rng.integers(1, 4, 2)
        ink = np.kron(digit, np.ones((high, wide)))
        ys, xs = np.nonzero(ink.max(1) > 0.2)[0], np.nonzero(ink.max(0) > 0.2)[0]
        ink = ink[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
        h, w = ink.shape
        y, x = rng.integers(0, SIZE - h + 1), rng.integers(0, SIZE - w + 1)
        image[y : y + h, x : x + w, 0] += ink
        box[:] = np.array([x + w / 2, y + h / 2, w, h]) / SIZE
    return images, boxes


def data(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    digits = rng.permutation(load_digits().images / 16)
    return *canvases(digits[:1400], rng), *canvases(digits[1400:], rng)


def detector() -> keras.Model:
    layers = keras.layers
    model = keras.Sequential([keras.Input((SIZE, SIZE, 1))])
    for filters in (8, 16, 32):
        model.add(layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    # The center and the size, in units of the canvas.
    model.add(layers.Dense(4, activation="sigmoid"))
    return model


def fit(loss: portable_losses.Loss, seed: int) -> np.ndarray:
    """The boxes that a network trained with this loss finds in the test."""
    keras.utils.set_random_seed(seed)
    x, y, x_test, _ = data(seed)
    model = detector()
    model.compile(keras.optimizers.Adam(0.002), loss=loss)
    model.fit(x, y, batch_size=64, epochs=12, verbose=0)
    return model.predict_on_batch(x_test)


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The mean IoU, and what a plot shows."""
    *_, x_test, y_test = data(seed)
    iou = portable_losses.BoxIoU(bounding_box_format="center_xywh", reduction=None)
    found = {name: fit(loss, seed) for name, loss in LOSSES.items()}
    ious = {
        name: 1.0 - keras.ops.convert_to_numpy(iou(y_test, boxes))
        for name, boxes in found.items()
    }
    scores = {name: float(values.mean()) for name, values in ious.items()}
    return scores, {"images": x_test, "boxes": y_test, "ious": ious, **found}
