"""An interval instead of a number: quantiles, or a mean and a spread, from a network.

The progress of diabetes in a year is predicted for patients that are not in the
training data, with an interval that should hold 80 % of them. Three losses: the squared
error, with one width for all, that of the residuals; three quantiles; and a Gaussian
whose spread is predicted, too. The program compares the CRPS of the intervals.
"""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import portable_losses

QUANTILES = (0.1, 0.5, 0.9)
Z = 1.2816  # 80 % of a normal distribution is within 1.28 deviations of its mean


def data(seed: int) -> list[np.ndarray]:
    x, y = load_diabetes(return_X_y=True)
    x = (x / x.std(0)).astype("float32")
    y = ((y - y.mean()) / y.std()).astype("float32")
    return train_test_split(x, y, test_size=0.4, random_state=seed)


def fit(loss: portable_losses.Loss, outputs: int, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    x, _, y, _ = data(seed)
    model = keras.Sequential(
        [keras.Input((10,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(outputs)]
    )
    model.compile(keras.optimizers.Adam(0.005), loss=loss)
    model.fit(x, y[:, None], epochs=60, verbose=0)
    return model


def intervals(seed: int) -> dict[str, np.ndarray]:
    """The lower end, the middle and the upper end for each patient of the test."""
    x, x_test, y, _ = data(seed)
    one = fit(portable_losses.MeanSquaredError(), 1, seed)
    three = fit(portable_losses.Quantile(QUANTILES, crossing_penalty=1.0), 3, seed)
    two = fit(portable_losses.GaussianNLL(), 2, seed)
    p = one.predict_on_batch(x_test)[:, 0]
    width = np.full_like(p, Z * np.std(y - one.predict_on_batch(x)[:, 0]))
    mean, log_variance = two.predict_on_batch(x_test).T
    spread = Z * np.exp(log_variance / 2)
    return {
        "squared error, one width": np.stack([p - width, p, p + width]),
        "Quantile": three.predict_on_batch(x_test).T,
        "GaussianNLL": np.stack([mean - spread, mean, mean + spread]),
    }
