"""An interval instead of a number: three quantiles from one network.

The targets are (B,) and the predictions (B, 3): the loss compares each column with the
targets, and a penalty keeps the quantiles in order.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses


def main() -> None:
    keras.utils.set_random_seed(0)
    x, y = load_diabetes(return_X_y=True)
    x = (x / x.std(0)).astype("float32")
    y = ((y - y.mean()) / y.std()).astype("float32")
    quantiles = (0.1, 0.5, 0.9)
    model = keras.Sequential(
        [keras.Input((10,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(3)]
    )
    loss = portable_losses.Quantile(quantiles=quantiles, crossing_penalty=1.0)
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    model.fit(x, y, epochs=60, verbose=0)
    low, middle, high = model.predict(x, verbose=0).T
    inside = float(np.mean((low <= y) & (y <= high)))
    print(f"{inside:.0%} of the patients lie in their 80 % interval")
    assert 0.7 < inside < 0.9
    assert np.mean((low <= middle) & (middle <= high)) > 0.95


if __name__ == "__main__":
    main()
