"""How do I compute the loss inside the function that builds the model?

`LossEndpoint` is a layer that adds a loss: the targets, and a weight for each example,
are inputs of the model that trains. The model that predicts is one line. If the weights
are all you need, `fit(x, y, sample_weight=weight)` of stock Keras gives the same.
"""

import keras
import numpy as np
from sklearn.datasets import load_diabetes

import portable_losses


def data() -> tuple[dict[str, np.ndarray], None]:
    """All data are inputs of the model, so fit gets no y."""
    x, y = load_diabetes(return_X_y=True)
    x = ((x - x.mean(0)) / x.std(0)).astype("float32")
    y = ((y - y.mean()) / y.std()).astype("float32")
    return {"x": x, "y": y[:, None], "weight": np.where(y > 1.0, 3.0, 1.0)}, None


def build() -> keras.Model:
    keras.utils.set_random_seed(0)
    x, y = keras.Input((10,), name="x"), keras.Input((1,), name="y")
    weight = keras.Input((), name="weight")
    y_pred = keras.layers.Dense(1, kernel_initializer="zeros", name="y_pred")(x)
    endpoint = portable_losses.LossEndpoint(portable_losses.MeanSquaredError())
    output = endpoint(y_pred, y, sample_weight=weight)
    model = keras.Model({"x": x, "y": y, "weight": weight}, output)
    model.compile(keras.optimizers.SGD(0.01))  # the loss is in the model already
    return model


def predicting(model: keras.Model) -> keras.Model:
    return keras.Model(model.input["x"], model.get_layer("y_pred").output)


def train(model: keras.Model, epochs: int) -> list[float]:
    history = model.fit(*data(), epochs=epochs, shuffle=False, verbose=0).history
    return history["loss"]


def main() -> None:
    model, (inputs, _) = build(), data()
    losses = train(model, 5)
    x, y, weight = inputs["x"], inputs["y"], inputs["weight"]
    p = predicting(model).predict(x, verbose=0)
    expected = np.mean(weight * np.mean((p - y) ** 2, axis=1))
    print(f"loss {model.evaluate(inputs, verbose=0):.4f}, by hand {expected:.4f}")
    assert np.isclose(model.evaluate(inputs, verbose=0), expected, rtol=1e-5)

    stock = keras.Sequential(
        [keras.Input((10,)), keras.layers.Dense(1, kernel_initializer="zeros")]
    )
    stock.compile(keras.optimizers.SGD(0.01), loss="mse")
    more = {"sample_weight": weight, "shuffle": False, "verbose": 0}
    assert np.allclose(losses, stock.fit(x, y, epochs=5, **more).history["loss"])


if __name__ == "__main__":
    main()
