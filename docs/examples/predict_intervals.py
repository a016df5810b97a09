"""An interval instead of a number: quantiles, or a mean and a spread, from a network.

The progress of diabetes in a year is predicted for patients that are not in the
training data, each half by a network that the other half trained, with an interval that
should hold 80 % of them. Three losses: the squared error, with one width for all, that
of the residuals; three quantiles; and a Gaussian whose spread is predicted, too.
Patients whose disease progresses are harder to predict: one width for all is too wide
for some and too narrow for others. The program compares how many lie in their interval
in the half with the lower predictions and in the other.
"""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold

import portable_losses

NAMES = ("squared error, one width", "Quantile", "GaussianNLL")
QUANTILES = (0.1, 0.5, 0.9)
Z = 1.2816  # 80 % of a normal distribution is within 1.28 deviations of its mean
CLAIMS = [
    ("Quantile", "<", "squared error, one width"),
    ("GaussianNLL", "<", "squared error, one width"),
]


def data() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_diabetes(return_X_y=True)
    x = (x / x.std(0)).astype("float32")
    return x, ((y - y.mean()) / y.std()).astype("float32")


def fit(
    loss: portable_losses.Loss, outputs: int, x: np.ndarray, y: np.ndarray
) -> keras.Model:
    model = keras.Sequential(
        [keras.Input((10,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(outputs)]
    )
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    # 221 patients are 13 batches of 17: a smaller last one would be compiled once more.
    history = model.fit(x, y[:, None], batch_size=17, epochs=15, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    return model


def predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(x))


def intervals(x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> list[np.ndarray]:
    """The lower end, the middle and the upper end for each patient of the test."""
    one = fit(portable_losses.MeanSquaredError(), 1, x, y)
    three = fit(portable_losses.Quantile(QUANTILES, crossing_penalty=1.0), 3, x, y)
    two = fit(portable_losses.GaussianNLL(), 2, x, y)
    p = predict(one, x_test)[:, 0]
    width = np.full_like(p, Z * np.std(y - predict(one, x)[:, 0]))
    mean, log_variance = predict(two, x_test).T
    spread = Z * np.exp(log_variance / 2)
    return [
        np.stack([p - width, p, p + width]),
        predict(three, x_test).T,
        np.stack([mean - spread, mean, mean + spread]),
    ]


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """By how much the halves differ in the share that lies in its interval."""
    keras.utils.set_random_seed(seed)
    x, y = data()
    found = np.empty((len(NAMES), 3, len(y)), "float32")
    for half, rest in KFold(2, shuffle=True, random_state=seed).split(x):
        found[:, :, rest] = intervals(x[half], y[half], x[rest])
    shown, gaps = dict(zip(NAMES, found, strict=True)), {}
    for name, (low, middle, high) in shown.items():
        inside, upper = (low <= y) & (y <= high), middle > np.median(middle)
        gaps[name] = float(abs(inside[~upper].mean() - inside[upper].mean()))
    return gaps, {"patients": y, **shown}


def plot(shown: dict[str, np.ndarray]) -> None:
    y = shown["patients"]
    figure = Figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for axes, name in zip(panels, NAMES, strict=True):
        low, middle, high = shown[name][:, np.argsort(shown[name][1])]
        rank = np.arange(len(y))
        axes.fill_between(rank, low, high, color="#9ecae1", label="80 % interval")
        axes.plot(rank, middle, color="#08519c", label="prediction")
        true = y[np.argsort(shown[name][1])]
        axes.plot(rank, true, ".", color="#d95f0e", markersize=4, label="patient")
        halves = np.array_split((low <= true) & (true <= high), 2)
        shares = " and ".join(f"{half.mean():.0%}" for half in halves)
        axes.set_title(f"{name}\n{shares} inside")
        axes.set_xlabel("patients, by prediction")
    figure.suptitle("The shares of the lower and of the upper half should be alike")
    panels[0].set_ylabel("progress (standard deviations)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/predict_intervals.png", dpi=150)


def main() -> None:
    _, shown = trial(0)
    plot(shown)
    y = shown.pop("patients")
    for name, (low, middle, high) in shown.items():
        inside = np.mean((low <= y) & (y <= high))
        print(f"{name}: {inside:.0%} of the patients lie in their 80 % interval")
        assert 0.6 < inside < 0.9
        assert np.mean((low <= middle) & (middle <= high)) > 0.95


if __name__ == "__main__":
    main()
