"""Sums of losses: each term reduces itself, the sum adds scalars."""

import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Hyperparameter, Sum, ops

MSE, MAE = portable_losses.MeanSquaredError, portable_losses.MeanAbsoluteError
BACKEND = keras.config.backend()


class Total(portable_losses.Loss):
    """A statistic."""

    def call(self, y_true, y_pred):
        return ops.sum(ops.abs(y_pred - y_true))


def images():
    rng = np.random.default_rng(0)
    t = np.eye(2)[rng.integers(0, 2, (3, 4, 4))].astype("float32")
    return t, rng.dirichlet([1.0, 1.0], (3, 4, 4)).astype("float32")


@pytest.mark.parametrize(
    "loss",
    [
        0.7 * portable_losses.SoftDice() + portable_losses.SigmoidFocal(),
        portable_losses.SigmoidFocal() + portable_losses.SoftDice() * 0.7,
        Sum([(0.7, portable_losses.SoftDice()), portable_losses.SigmoidFocal()]),
        Sum(
            {
                "dice": (0.7, portable_losses.SoftDice()),
                "focal": (1.0, portable_losses.SigmoidFocal()),
            }
        ),
        sum(
            [
                np.float32(0.7) * portable_losses.SoftDice(),
                portable_losses.SigmoidFocal(),
            ]
        ),
    ],
    ids=["operators", "turned", "list", "dict", "builtin sum"],
)
def test_scalars_are_added_and_not_items(loss, gradient):
    # Items of (3,) and of (3, 4, 4): never to be broadcast against each other.
    t, p = images()
    dice, focal = portable_losses.SoftDice(), portable_losses.SigmoidFocal()
    found = gradient(loss, t, p)
    parts = [gradient(part, t, p) for part in (dice, focal)]
    for got, a, b in zip(found, *parts, strict=True):
        np.testing.assert_allclose(got, 0.7 * a + b, rtol=1e-6, atol=1e-8)


def test_sums_of_sums():
    t, p = np.zeros((2, 1)), np.full((2, 1), 3.0)
    flat = 2.0 * (0.5 * MSE() + MAE()) + MAE()
    assert list(flat.terms) == [
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_error_2",
    ]
    assert float(flat(t, p)) == 9.0 + 6.0 + 3.0
    nested = Sum({"inner": (2.0, 0.5 * MSE() + MAE()), "outer": MAE()})
    assert float(nested(t, p)) == 9.0 + 6.0 + 3.0
    assert [m.name for m in nested.metrics] == [
        "inner",
        "inner_mean_squared_error",
        "inner_mean_absolute_error",
        "outer",
    ]


def test_each_term_has_its_own_reduction_and_library(gradient):
    t, p = np.zeros((2, 1), "float32"), np.full((2, 1), 3.0, "float32")
    loss = Sum([MSE(reduction="sum"), keras.losses.MeanAbsoluteError(), Total()])
    assert float(gradient(loss, t, p)[0]) == 18.0 + 3.0 + 6.0
    ours_and_theirs = MSE() + keras.losses.MeanAbsoluteError()
    assert float(ours_and_theirs(t, p)) == 12.0
    assert float((keras.losses.MeanAbsoluteError() + MSE())(t, p)) == 12.0


def test_weights_and_masks_reach_the_terms(gradient):
    t, p = np.zeros((3, 2), "float32"), np.ones((3, 2), "float32")
    p[2] = np.nan
    weight, mask = np.array([1.0, 3.0, 0.0], "float32"), np.array([True, True, False])
    loss = MSE() + MAE()
    value, slope = gradient(loss, t, p, sample_weight=weight)
    assert float(value) == pytest.approx(2 * 4 / 3)
    assert not slope[2].any() and np.isfinite(slope).all()
    value, _ = gradient(loss, t, p, mask=mask)
    assert float(value) == pytest.approx(2.0)


def test_dtypes():
    t, p = np.zeros((2, 1)), np.full((2, 1), 3.0)
    loss = Sum([MSE(dtype="bfloat16"), MAE()], dtype="bfloat16")
    assert keras.backend.standardize_dtype(loss(t, p).dtype) == "bfloat16"
    big = Sum([(1e4, MSE(dtype="float16")), MAE(dtype="float16")], dtype="float16")
    assert float(big(t, p)) == pytest.approx(90003.0)  # beyond float16


REFUSED = {
    "no terms": (
        lambda: Sum([]),
        ValueError,
        "Sum: `terms` must be at least one loss; got terms=[]",
    ),
    "text": (
        lambda: Sum("mse"),
        TypeError,
        "Sum: `terms` must be losses; got terms='mse'",
    ),
    "no loss": (
        lambda: Sum({"a": (0.5, "mse")}),
        TypeError,
        "Sum: `terms['a']` must be a loss; got terms['a']='mse' (pass an instance",
    ),
    "a triple": (
        lambda: Sum({"a": (0.5, MSE(), MAE())}),
        TypeError,
        "Sum: `terms['a']` must be a loss or a pair of weight and loss; got",
    ),
    "items": (
        lambda: Sum({"a": MSE(reduction=None)}),
        ValueError,
        "Sum: `terms['a']` must be a loss that gives one number; got terms['a']=a "
        "mean_squared_error with reduction=None (give it",
    ),
    "a reduction": (
        lambda: Sum([MSE()], reduction=None),
        ValueError,
        "Sum: `reduction` must be left to the terms; got reduction=None (give the",
    ),
    "weight": (
        lambda: float("inf") * MSE(),
        ValueError,
        "Sum: `the weight of terms['mean_squared_error']` must be a finite number; got",
    ),
    "weights for items of another rank": (
        lambda: Sum({"dice": portable_losses.SoftDice(), "error": MSE()})(
            *images(), np.ones((3, 4))
        ),
        ValueError,
        "Sum: term 'dice': SoftDice: `sample_weight` must have the leading axes of the "
        "items; got sample_weight of shape (3, 4) and items of shape (3,)",
    ),
    "weights for a statistic": (
        lambda: (MSE() + Total(name="total"))(
            np.ones((2, 1)), np.ones((2, 1)), np.ones(2)
        ),
        ValueError,
        "Sum: term 'total': Total: `sample_weight` must be None for a statistic",
    ),
    "a number": (lambda: MSE() + 1.0, TypeError, "unsupported operand"),
    "a product of losses": (lambda: MSE() * MAE(), TypeError, "unsupported operand"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    act, kind, message = REFUSED[name]
    with pytest.raises(kind, match=re.escape(message)):
        act()


def test_terms_in_the_history(model, still, data, tmp_path):
    x, y = data
    w = Hyperparameter(0.5, name="w")
    loss = Sum({"squares": (0.5, MSE()), "sizes": (w, MAE())})
    net = model()
    net.compile(still, loss=loss, metrics=loss.metrics)
    fit = {"batch_size": 20, "epochs": 2, "shuffle": False, "verbose": 0}
    seen = net.fit(x, y, validation_data=(x, y), **fit).history
    # Batches of 20 and 12 samples, each counted by its samples, as Keras counts.
    np.testing.assert_allclose(seen["squares"], 2 * [np.mean(y**2)], rtol=1e-5)
    np.testing.assert_allclose(seen["sizes"], 2 * [np.mean(np.abs(y))], rtol=1e-5)
    total = 0.5 * np.add(seen["squares"], seen["sizes"])
    np.testing.assert_allclose(seen["loss"], total, rtol=1e-5)
    np.testing.assert_allclose(seen["val_squares"], seen["squares"], rtol=1e-5)
    assert seen["w"] == [0.5, 0.5]
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    again = loaded.fit(x, y, **fit).history
    np.testing.assert_allclose(again["loss"], seen["loss"], rtol=1e-6)
    np.testing.assert_allclose(again["squares"], seen["squares"], rtol=1e-6)


def test_terms_with_sample_weights(model, still, data):
    x, y = data
    loss = 0.5 * MSE() + MAE()
    net = model()
    net.compile(still, loss=loss, weighted_metrics=loss.metrics)
    weight = np.linspace(0.0, 2.0, len(x)).astype("float32")
    seen = net.fit(x, y, sample_weight=weight, shuffle=False, verbose=0).history
    total = 0.5 * seen["mean_squared_error"][0] + seen["mean_absolute_error"][0]
    assert seen["loss"][0] == pytest.approx(total)


def test_terms_of_several_outputs(still, data):
    x, y = data
    loss = Sum({"squares": MSE(), "sizes": MAE()})
    inputs = keras.Input((3,))
    heads = {
        name: keras.layers.Dense(1, kernel_initializer="zeros", name=name)(inputs)
        for name in ("a", "b")
    }
    net = keras.Model(inputs, heads)
    net.compile(
        still,
        loss={"a": loss, "b": portable_losses.Huber()},
        metrics={"a": loss.metrics},
    )
    seen = net.fit(x, {"a": y, "b": y}, verbose=0).history
    assert seen["a_squares"][0] == pytest.approx(np.mean(y**2), rel=1e-5)
    assert seen["a_loss"][0] == pytest.approx(
        seen["a_squares"][0] + seen["a_sizes"][0], rel=1e-5
    )
