"""A NaN among the targets: which batch, which sample, and what is the cause.

When the loss is NaN, the step has set every weight to NaN. The cause can be found with
the weights before the step.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses

BATCH, PLANTED = 32, 100


def main() -> None:
    keras.utils.set_random_seed(0)
    x, y = load_diabetes(return_X_y=True)
    x = (x / x.std(0)).astype("float32")
    y = ((y - y.mean()) / y.std()).astype("float32")
    y[PLANTED] = np.nan
    model = keras.Sequential(
        [keras.Input((10,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1)]
    )
    loss = portable_losses.MeanSquaredError(name="mse")
    model.compile(keras.optimizers.Adam(0.01), loss=loss)

    for start in range(0, len(x), BATCH):
        x_batch, y_batch = x[start : start + BATCH], y[start : start + BATCH]
        before = model.get_weights()
        if not np.isfinite(model.train_on_batch(x_batch, y_batch)):
            model.set_weights(before)
            report = portable_losses.diagnose(loss, y_batch, model(x_batch))
            break
    print(report)

    (finding,) = report.findings
    (row,) = finding.samples
    assert (finding.culprit, start + row) == ("y_true", PLANTED)
    assert str(report).splitlines()[0] == "mse on 32 samples: loss nan, 1 problem"

    x, y = np.delete(x, start + row, axis=0), np.delete(y, start + row)
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    history = model.fit(x, y, batch_size=BATCH, epochs=10, verbose=0).history["loss"]
    print(f"\nwithout row {start + row} the loss falls to {history[-1]:.2f}")
    assert history[-1] < 0.6


if __name__ == "__main__":
    main()
