"""Two encoders, as CLIP has for images and texts, and the temperature that they learn.

Here the pair is the upper and the lower half of an image of a digit: each has an
encoder, and the halves of one image should be closer than those of two. `StackViews`
puts both embeddings into the one tensor that the loss takes, and owns the temperature.
The program compares a learned temperature with a fixed one of 1, at which the cosines
cannot make the softmax sharp: how many lower halves of a test find their upper half
among 100?
"""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import portable_losses

CLAIMS = [("learned T", ">", "T = 1")]


def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The upper and the lower halves; the last 100 are the test."""
    x = load_digits().images.astype("float32") / 16
    x = x[np.random.default_rng(seed).permutation(len(x))]
    return x[:, :4].reshape(-1, 32), x[:, 4:].reshape(-1, 32)


def encoder() -> keras.Model:
    return keras.Sequential(
        [keras.Input((32,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(16)]
    )


def match(learn: bool, seed: int) -> tuple[float, float, np.ndarray]:
    """The accuracy of the matches, the temperature, and the cosines of the test."""
    keras.utils.set_random_seed(seed)
    upper, lower = data(seed)
    inputs, encoders = [keras.Input((32,)), keras.Input((32,))], [encoder(), encoder()]
    stack = portable_losses.StackViews(
        temperature=0.07 if learn else 1.0, learn_temperature=learn
    )
    views = stack([encode(x) for encode, x in zip(encoders, inputs, strict=True)])
    model = keras.Model(inputs, views)
    # The views have length 1 / sqrt(T) already.
    loss = portable_losses.CLIP(normalize=False, temperature=1.0)
    model.compile(keras.optimizers.Adam(0.003), loss=loss)
    none = np.zeros(len(upper) - 100)  # the pairs are the targets
    pairs = [upper[:-100], lower[:-100]]
    history = model.fit(pairs, none, batch_size=128, epochs=20, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    a, b = np.moveaxis(model.predict_on_batch([upper[-100:], lower[-100:]]), 1, 0)
    temperature = 1 / float((a[0] ** 2).sum())
    cosines = temperature * b @ a.T
    right = cosines.argmax(1) == np.arange(100)
    return float(right.mean()), temperature, cosines


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The accuracy with either temperature, and the cosines of the test."""
    found = {"T = 1": match(False, seed), "learned T": match(True, seed)}
    scores = {name: accuracy for name, (accuracy, _, _) in found.items()}
    names = ("fixed", "learned")
    shown = zip(names, found.values(), strict=True)
    return scores, {f"{name}, T = {t:.2g}": x for name, (_, t, x) in shown}


def plot(cosines: dict[str, np.ndarray]) -> None:
    figure = Figure(figsize=(8, 4), layout="constrained")
    for axes, (name, shown) in zip(figure.subplots(1, 2), cosines.items(), strict=True):
        image = axes.imshow(shown[:20, :20], cmap="PuOr", vmin=-1, vmax=1)
        axes.set(title=name, xlabel="upper half of image", ylabel="lower half of image")
        axes.set(xticks=range(0, 20, 5), yticks=range(0, 20, 5))
    figure.suptitle("A low temperature makes pairs (the diagonal) stand out")
    figure.colorbar(image, ax=figure.axes, label="cosine")
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/match_halves.png", dpi=150)


def main() -> None:
    scores, cosines = trial(0)
    for name, value in scores.items():
        print(f"{name}: {value:.0%} of the halves find their other half")
        assert value > 0.2  # among 100
    plot(cosines)


if __name__ == "__main__":
    main()
