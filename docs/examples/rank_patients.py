"""Ordered classes: a loss that knows the order makes fewer and smaller errors.

The progress of diabetes in a year, in five ranks of as many patients each, is predicted
for patients that are not in the training data. The same network and steps, with
crossentropy, to which all wrong ranks are alike; with `Coral`, which asks of each rank
whether the patient is above it; and with the squared distance of the cumulative
distributions. The program compares the mean distance to the true rank.
"""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import portable_losses

RANKS = 5
CROSSENTROPY = portable_losses.SparseCategoricalCrossentropy(from_logits=True)


def data(seed: int) -> list[np.ndarray]:
    x, y = load_diabetes(return_X_y=True)
    x = (x / x.std(0)).astype("float32")
    ranks = np.searchsorted(np.quantile(y, [0.2, 0.4, 0.6, 0.8]), y)
    return train_test_split(x, ranks, test_size=0.4, random_state=seed)


def predict(loss: portable_losses.Loss, outputs: int, seed: int) -> np.ndarray:
    """The logits of the patients of the test."""
    keras.utils.set_random_seed(seed)
    x, x_test, y, _ = data(seed)
    model = keras.Sequential(
        [keras.Input((10,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(outputs)]
    )
    model.compile(keras.optimizers.Adam(0.005), loss=loss)
    model.fit(x, y, epochs=30, verbose=0)
    return model.predict_on_batch(x_test)


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The mean distance of predicted and true ranks, and the counts of each pair."""
    classes = predict(CROSSENTROPY, RANKS, seed)
    levels = predict(portable_losses.Coral(RANKS), RANKS - 1, seed)
    mover = portable_losses.SquaredEarthMover(from_logits=True)
    ranks = {
        "crossentropy": classes.argmax(1),
        "Coral": np.asarray(portable_losses.ordinal_ranks(levels, method="coral")),
        "SquaredEarthMover": predict(mover, RANKS, seed).argmax(1),
    }
    true = data(seed)[3]
    counts = {name: np.zeros((RANKS, RANKS), int) for name in ranks}
    for name, predicted in ranks.items():
        np.add.at(counts[name], (true, predicted), 1)
    return {n: float(np.abs(r - true).mean()) for n, r in ranks.items()}, counts
