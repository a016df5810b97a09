"""Few examples of some classes: crossentropy misses them, two losses find them.

Of each digit there are fewer examples than of the one before, 120 zeros and six nines,
and the test has all digits alike. The same network and steps, with crossentropy, with
the focal loss and a weight for each class, and with logits that are adjusted by the
frequencies of the classes. The program compares the recall of the rare half.
"""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import portable_losses

COUNTS = np.round(120 * 0.05 ** (np.arange(10) / 9)).astype(int)
LOSSES = {
    "crossentropy": portable_losses.SparseCategoricalCrossentropy(from_logits=True),
    "focal, weighted": portable_losses.SparseCategoricalFocalCrossentropy(
        alpha=portable_losses.class_balanced_weights(COUNTS, beta=0.999),
        gamma=2.0,
        from_logits=True,
    ),
    "logit adjustment": portable_losses.LogitAdjusted(COUNTS, tau=1.0),
}
CLAIMS = [
    ("focal, weighted", ">", "crossentropy"),
    ("logit adjustment", ">", "crossentropy"),
]


def data(seed: int) -> tuple[np.ndarray, ...]:
    """A training set with `COUNTS` examples, and 50 of each digit for the test."""
    x, y = load_digits(return_X_y=True)
    x, rng = x.astype("float32") / 16, np.random.default_rng(seed)
    train, test = [], []
    for digit, count in enumerate(COUNTS):
        of_digit = rng.permutation(np.flatnonzero(y == digit))
        test.append(of_digit[:50])
        train.append(of_digit[50 : 50 + count])
    train, test = rng.permutation(np.concatenate(train)), np.concatenate(test)
    return x[train], y[train], x[test], y[test]


def recall(loss: portable_losses.Loss, seed: int) -> np.ndarray:
    """The recall of each digit."""
    keras.utils.set_random_seed(seed)
    x, y, x_test, y_test = data(seed)
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)]
    )
    model.compile(keras.optimizers.Adam(0.003), loss=loss)
    history = model.fit(x, y, epochs=20, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    right = model.predict_on_batch(x_test).argmax(1) == y_test
    return np.array([right[y_test == digit].mean() for digit in range(10)])


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The mean recall of the five rarest digits, and the recall of each digit."""
    recalls = {name: recall(loss, seed) for name, loss in LOSSES.items()}
    return {name: float(r[5:].mean()) for name, r in recalls.items()}, recalls


def plot(recalls: dict[str, np.ndarray]) -> None:
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    for i, (name, values) in enumerate(recalls.items()):
        axes.bar(np.arange(10) + 0.27 * (i - 1), values, 0.25, label=name)
    labels = [f"{digit}\n({count})" for digit, count in enumerate(COUNTS)]
    axes.set_xticks(range(10), labels)
    axes.set(xlabel="digit (examples in training)", ylabel="recall", ylim=(0, 1))
    axes.set_title(
        "Crossentropy misses the rarest digits; the others find most of them"
    )
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/imbalanced_classes.png", dpi=150)


def main() -> None:
    scores, recalls = trial(0)
    for name, value in scores.items():
        print(f"{name}: {value:.0%} of the rare digits are found")
        assert value > 0.3  # of ten digits
    plot(recalls)


if __name__ == "__main__":
    main()
