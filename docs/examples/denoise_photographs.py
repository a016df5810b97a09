"""Denoising: a loss that sees structure, in place of the squared error.

A small network takes noise from photographs, trained with the squared error or with
`MixedStructuralSimilarity`, which is made of MS-SSIM and of the absolute error. The
squared error alone is content with an image that is a little blurred. The program
compares the structural similarity (SSIM) on a photograph that is not in the training
data.
"""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from skimage import data as photographs
from skimage.color import rgb2gray

import portable_losses

NOISE = 0.15
LOSSES = {
    "squared error": portable_losses.MeanSquaredError(),
    # Three scales, since five need images of 176 pixels.
    "MixedStructuralSimilarity": portable_losses.MixedStructuralSimilarity(
        weights=(0.2, 0.4, 0.4), filter_size=7
    ),
}


def data(seed: int) -> tuple[np.ndarray, ...]:
    """Squares of four photographs, and the middle of a fifth, each with its noise."""
    rng = np.random.default_rng(seed)
    names = ("astronaut", "chelsea", "coffee", "rocket", "camera")
    images = [getattr(photographs, name)() for name in names]
    images = [rgb2gray(x) if x.ndim == 3 else x / 255 for x in images]
    squares = []
    for _ in range(96):
        image = images[rng.integers(4)]
        row, column = (rng.integers(0, size - 40) for size in image.shape)
        squares.append(image[row : row + 40, column : column + 40])
    clean = np.stack(squares)[..., None].astype("float32")
    test = images[4][None, 60:220, 160:320, None].astype("float32")
    noise = [rng.normal(0, NOISE, x.shape).astype("float32") for x in (clean, test)]
    return clean, clean + noise[0], test, test + noise[1]


def denoise(loss: portable_losses.Loss, seed: int) -> np.ndarray:
    """The test image after a network that this loss trained."""
    keras.utils.set_random_seed(seed)
    clean, noisy, _, test = data(seed)
    layers = keras.layers
    image = x = keras.Input((None, None, 1))
    for _ in range(3):
        x = layers.Conv2D(12, 3, padding="same", activation="relu")(x)
    noise = layers.Conv2D(1, 3, padding="same", kernel_initializer="zeros")(x)
    model = keras.Model(image, layers.Subtract()([image, noise]))
    model.compile(keras.optimizers.Adam(0.003), loss=loss)
    model.fit(noisy, clean, batch_size=8, epochs=10, verbose=0)
    return model.predict_on_batch(test)


def similarity(image: np.ndarray, true: np.ndarray) -> float:
    return 1.0 - float(portable_losses.StructuralSimilarity()(true, image))


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The SSIM of the test image, and the images."""
    _, _, true, noisy = data(seed)
    found = {name: denoise(loss, seed) for name, loss in LOSSES.items()}
    scores = {name: similarity(image, true) for name, image in found.items()}
    return scores, {"photograph": true, "with noise": noisy, **found}
