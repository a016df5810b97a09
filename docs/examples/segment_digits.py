"""Segmentation: SoftDice on the strokes of noisy digits.

Dice scores the overlap of each image, so that thin strokes count as much as a large
background.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits

import portable_losses


def main() -> None:
    keras.utils.set_random_seed(0)
    images = load_digits().images.astype("float32")[:600, :, :, None] / 16
    strokes = (images > 0.5).astype("float32")
    noisy = images + np.random.default_rng(0).normal(0, 0.3, images.shape)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(1, 3, padding="same"),
        ]
    )
    loss = portable_losses.SoftDice(activation="sigmoid")
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    history = model.fit(noisy.astype("float32"), strokes, epochs=12, verbose=0)
    first, last = history.history["loss"][0], history.history["loss"][-1]
    print(f"1 - Dice fell from {first:.3f} to {last:.3f}")
    assert last < 0.2 < first


if __name__ == "__main__":
    main()
