"""One positive in twenty: plain crossentropy finds none, a focal loss most of them.

The same network and steps, with plain crossentropy, with the focal loss and its class
balancing, and with a positive weight. The program compares how many of the rare cases
are found.
"""

import keras
import numpy as np
from sklearn.datasets import load_breast_cancer

import portable_losses


def imbalanced() -> tuple[np.ndarray, np.ndarray]:
    """Breast cancer data with one malignant case left for twenty benign ones."""
    x, y = load_breast_cancer(return_X_y=True)
    x = x[:, [1, 4]]  # mean texture and smoothness, a weak signal
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    malignant, benign = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
    rows = np.concatenate([benign, malignant[: len(benign) // 20]])
    np.random.default_rng(0).shuffle(rows)
    return x[rows], (y[rows] == 0).astype("float32")[:, None]


def recall(loss: portable_losses.Loss) -> float:
    keras.utils.set_random_seed(0)
    x, y = imbalanced()
    zeros = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((2,)), zeros])
    model.compile(keras.optimizers.SGD(0.05), loss=loss)
    model.fit(x, y, epochs=10, verbose=0)
    found = model.predict(x, verbose=0) > 0
    return float(found[y == 1].mean())


def main() -> None:
    plain = recall(portable_losses.BinaryCrossentropy(from_logits=True))
    focal = recall(
        portable_losses.BinaryFocalCrossentropy(
            apply_class_balancing=True, alpha=0.95, gamma=2.0, from_logits=True
        )
    )
    weighted = recall(
        portable_losses.BinaryCrossentropy(from_logits=True, pos_weight=20.0)
    )
    print(f"rare cases found: plain {plain:.2f}, focal {focal:.2f}", end="")
    print(f", pos_weight {weighted:.2f}")
    assert plain < 0.1
    assert focal > 0.5
    assert weighted > 0.5


if __name__ == "__main__":
    main()
