"""How do I train with ArcFace? End the model in `CosineDense`, which owns the centers.

The loss asks for a margin between the angle of an embedding with the center of its own
digit and those with the others. The layer is part of the model, so that its centers are
trained and saved with it. After training it is dropped: the embeddings before it are
compared by their angles, here with those of known images.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

import portable_losses


def data(first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Every second digit: the first half for training, the second for a test."""
    x, y = load_digits(return_X_y=True)
    return (x[first::2] / 16).astype("float32"), y[first::2].astype("int32")


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(8, name="embedding"),
            portable_losses.CosineDense(10),
        ]
    )
    loss = portable_losses.ArcFace(margin=0.3, scale=16.0)
    model.compile(keras.optimizers.Adam(0.005), loss=loss)
    return model


def train(model: keras.Model, epochs: int) -> list[float]:
    fit = {"batch_size": 64, "epochs": epochs, "shuffle": False, "verbose": 0}
    return model.fit(*data(), **fit).history["loss"]


def main() -> None:
    model = build()
    losses = train(model, 15)
    assert losses[-1] < 0.2 * losses[0]
    embed = keras.Model(model.inputs, model.get_layer("embedding").output)
    (x, y), (x_test, y_test) = data(), data(first=1)
    near = KNeighborsClassifier(5, metric="cosine")
    near.fit(embed.predict(x, verbose=0), y)
    accuracy = near.score(embed.predict(x_test, verbose=0), y_test)
    print(f"nearest neighbors in 8 dimensions: {accuracy:.3f} right")
    assert accuracy > 0.9


if __name__ == "__main__":
    main()
