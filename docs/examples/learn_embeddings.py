"""Metric learning: embeddings in which images of the same digit are close.

The loss takes integer labels and couples the samples of a batch; an image that is the
only one of its digit in the batch is excluded from the mean. Eight numbers that a
network learned are compared with the eight principal components of the images: how many
digits of the test are as their five nearest neighbors in the training data say?
"""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

import portable_losses

CLAIMS = [("SupervisedContrastive", ">", "principal components")]


def data(seed: int) -> list[np.ndarray]:
    x, y = load_digits(return_X_y=True)
    return train_test_split(x.astype("float32") / 16, y, random_state=seed)


def embed(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The embeddings of the training data and of the test, of length 1."""
    keras.utils.set_random_seed(seed)
    x, x_test, y, _ = data(seed)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(8),
            keras.layers.UnitNormalization(),
        ]
    )
    loss = portable_losses.SupervisedContrastive(temperature=0.1)
    model.compile(keras.optimizers.Adam(0.003), loss=loss)
    history = model.fit(x, y, batch_size=64, epochs=12, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    return model.predict_on_batch(x), model.predict_on_batch(x_test)


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The accuracy of the nearest neighbors, and the embeddings of the test."""
    x, x_test, y, y_test = data(seed)
    components = PCA(8, random_state=seed).fit(x)
    embeddings = {
        "principal components": (components.transform(x), components.transform(x_test)),
        "SupervisedContrastive": embed(seed),
    }
    scores = {
        name: KNeighborsClassifier(5).fit(train, y).score(test, y_test)
        for name, (train, test) in embeddings.items()
    }
    return scores, {"digit": y_test, **{n: test for n, (_, test) in embeddings.items()}}


def plot(shown: dict[str, np.ndarray], scores: dict[str, float]) -> None:
    """Each embedding of eight numbers in the plane that shows most of it."""
    digit = shown.pop("digit")
    figure = Figure(figsize=(8.6, 4.4), layout="constrained")
    for axes, (name, points) in zip(figure.subplots(1, 2), shown.items(), strict=True):
        x, y = PCA(2).fit_transform(points).T
        dots = axes.scatter(x, y, 9, digit, cmap="tab10", vmin=-0.5, vmax=9.5)
        axes.set_title(f"{name}\n{scores[name]:.1%} of the nearest neighbors are right")
        axes.set(xlabel="first direction", ylabel="second direction")
    figure.colorbar(dots, ax=figure.axes, ticks=range(10), label="digit")
    figure.suptitle("Embeddings that were learned separate the digits better")
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/learn_embeddings.png", dpi=150)


def main() -> None:
    scores, shown = trial(0)
    for name, value in scores.items():
        print(f"{name}: {value:.1%} of the nearest neighbors are right")
        assert value > 0.9
    plot(shown, scores)


if __name__ == "__main__":
    main()
