"""Ordered classes: a loss that knows the order makes fewer and smaller errors.

The progress of diabetes in a year, in five ranks of as many patients each, is predicted
for patients that are not in the training data. The same network and steps, with
crossentropy, to which all wrong ranks are alike; and with `Coral` and `Corn`, which ask
of each rank whether the patient is above it, `Corn` among those above the one before.
The program compares the mean distance to the true rank.
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
CLAIMS = [("Coral", "<", "crossentropy"), ("Corn", "<", "crossentropy")]


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
        [
            keras.Input((10,)),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dense(outputs),
        ]
    )
    model.compile(keras.optimizers.Adam(0.005), loss=loss)
    history = model.fit(x, y, epochs=30, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    return model.predict_on_batch(x_test)


def to_ranks(logits: np.ndarray, method: str) -> np.ndarray:
    ranks = portable_losses.ordinal_ranks(logits, method=method)
    return keras.ops.convert_to_numpy(ranks)


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The mean distance of predicted and true ranks, and the counts of each pair."""
    coral, corn = portable_losses.Coral(RANKS), portable_losses.Corn(RANKS)
    ranks = {
        "crossentropy": predict(CROSSENTROPY, RANKS, seed).argmax(1),
        "Coral": to_ranks(predict(coral, RANKS - 1, seed), "coral"),
        "Corn": to_ranks(predict(corn, RANKS - 1, seed), "corn"),
    }
    true = data(seed)[3]
    counts = {name: np.zeros((RANKS, RANKS), int) for name in ranks}
    for name, predicted in ranks.items():
        np.add.at(counts[name], (true, predicted), 1)
    return {n: float(np.abs(r - true).mean()) for n, r in ranks.items()}, counts


def plot(counts: dict[str, np.ndarray]) -> None:
    figure = Figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for axes, (name, count) in zip(panels, counts.items(), strict=True):
        axes.imshow(count, cmap="Blues", vmin=0, vmax=30)
        for (row, column), number in np.ndenumerate(count):
            color = "white" if number > 18 else "black"
            axes.text(column, row, str(number), ha="center", va="center", color=color)
        away = np.abs(np.subtract.outer(np.arange(RANKS), np.arange(RANKS)))
        error = (away * count).sum() / count.sum()
        axes.set_title(f"{name}\nmean distance {error:.2f} ranks")
        axes.set_xlabel("predicted rank")
    panels[0].set_ylabel("true rank")
    figure.suptitle(
        "Losses that know the order make smaller errors (patients of the test)"
    )
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/rank_patients.png", dpi=150)


def main() -> None:
    scores, counts = trial(0)
    for name, value in scores.items():
        print(f"{name}: {value:.2f} ranks from the true one")
        assert value < 1.2  # what the middle rank for all has
    plot(counts)


if __name__ == "__main__":
    main()
