import dataclasses
import math

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.parity import training


@pytest.mark.parametrize("task", training.TASKS, ids=lambda task: task.data)
def test_training_lowers_the_loss(task, monkeypatch):
    monkeypatch.setattr(training, "EPOCHS", 1)
    first = training.curve(task, vars(portable_losses))
    assert len(first) == len(training.standardized(task.data)[0]) // training.BATCH
    assert np.mean(first[-5:]) < 0.8 * first[0]


def test_the_same_seed_gives_the_same_curve(monkeypatch):
    monkeypatch.setattr(training, "EPOCHS", 1)
    task = training.TASKS[-1]
    first = training.curve(task, vars(portable_losses))
    again = training.curve(task, vars(portable_losses))
    assert training.largest_difference({"first": first, "again": again}) < 1e-6


def test_curves_are_of_single_steps_not_running_means(monkeypatch):
    monkeypatch.setattr(training, "EPOCHS", 1)
    task = training.TASKS[0]

    class Counting(keras.losses.Loss):
        def call(self, y_true, y_pred):
            target = keras.ops.cast(y_true, "float32")
            return target + 0.0 * keras.ops.sum(y_pred, axis=-1)

    task = dataclasses.replace(task, loss="Counting", config={})
    found = training.curve(task, {"Counting": Counting})
    _, y = training.standardized(task.data)
    means = y[: len(found) * training.BATCH].reshape(-1, training.BATCH).mean(axis=1)
    np.testing.assert_allclose(found, means, rtol=1e-6)


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "diabetes"])
def test_data_are_standardized(name):
    x, y = training.standardized(name)
    assert x.dtype == "float32" and len(x) == len(y)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)
    deviation = x.std(axis=0)
    assert np.all((abs(deviation - 1) < 1e-4) | (deviation == 0))
    assert y.dtype == "int32" if name != "diabetes" else y.shape == (442, 1)


def test_the_difference_is_of_the_curve_start():
    curves = {
        "jax": [2.0, 1.0, 0.5],
        "torch": [2.0, 1.0, 0.5],
        "tensorflow": [2, 1, 0.6],
    }
    assert training.largest_difference(curves) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "other", [[2.0, 1.0], [2.0, math.nan, 0.5], [2.0, math.inf, 0.5], []]
)
def test_a_curve_that_stops_is_not_in_agreement(other):
    curves = {"jax": [2.0, 1.0, 0.5], "torch": other}
    assert training.largest_difference(curves) == math.inf
    assert not training.compare({"digits": curves})["digits"]["ok"]


def test_curves_from_zero_have_no_scale_to_agree_by():
    assert training.largest_difference(dict.fromkeys("ab", [0.0, 1.0])) == math.inf


def test_curves_that_agree_pass_and_those_that_drift_do_not():
    same = {"jax": [2.0, 1.0], "torch": [2.0, 1.0 + 2e-6]}
    apart = {"jax": [2.0, 1.0], "torch": [2.0, 1.0 + 2e-5]}
    found = training.compare({"digits": same, "diabetes": apart})
    assert found["digits"]["ok"] and not found["diabetes"]["ok"]
    assert training.compare({"digits": apart}, device="gpu")["digits"]["ok"] is True
