"""The training runs of the harness, and a frozen number, which they must show."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.parity import fits, histories, runs
from portable_losses.parity.autodiff import BACKENDS
from portable_losses.parity.runs import RUNS, Run
from portable_losses.parity.training import TOLERANCES

PROGRAM = """
import json

import keras
import portable_losses
from portable_losses import ops
from portable_losses.parity import fits, histories, runs

class Frozen(portable_losses.Loss):
    w = fits.ramp(0)  # a float, which compiled code takes for a constant

    def call(self, y_true, y_pred):
        return self.w * ops.mean(ops.square(y_pred - y_true), axis=-1)

class SetsIt(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.loss.w = fits.ramp(epoch)

def frozen(pl):
    model = fits.compiled(fits.small_model(10, 1), loss=Frozen())
    return fits.fitted(model, *runs.standardized("diabetes"), callbacks=[SetsIt()])

def moving(pl):
    w = pl.Hyperparameter(fits.ramp(0), name="w")
    model = fits.compiled(fits.small_model(10, 1), loss=w * pl.MeanSquaredError())
    moves = pl.HyperparameterScheduler(w, fits.ramp)
    return fits.fitted(model, *runs.standardized("diabetes"), callbacks=[moves])

both = (runs.Run("frozen", frozen), runs.Run("moving", moving))
print(json.dumps([histories.history(run, portable_losses) for run in both]))
"""


@pytest.fixture(scope="module", name="found")
def _found():
    running = {
        backend: subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "-1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for backend in BACKENDS
    }
    said = {backend: process.communicate() for backend, process in running.items()}
    for backend, (_, errors) in said.items():
        assert running[backend].returncode == 0, f"{backend}: {errors[-2000:]}"
    outcomes = {b: json.loads(out.splitlines()[-1]) for b, (out, _) in said.items()}
    return {
        name: {backend: outcomes[backend][number] for backend in BACKENDS}
        for number, name in enumerate(("frozen", "moving"))
    }


def compared(name, found, backends=BACKENDS):
    found = {name: {b: found[name][b] for b in backends}}
    return histories.compare(found, runs=[Run(name, runs.weight_by_epoch)])[name]


@pytest.mark.parametrize("compiles", ["jax", "tensorflow"])
def test_a_number_that_compiled_code_freezes_is_a_failure(compiles, found):
    row = compared("frozen", found, (compiles, "torch"))
    assert not row["ok"] and row["largest_difference"] > 0.1
    assert f"loss on {compiles}: " in row["message"] and "on torch" in row["message"]


def test_its_healthy_twin_passes_on_all_three(found):
    row = compared("moving", found)
    assert row["ok"] and row["message"] == ""
    assert set(row["histories"]["jax"]) == {"loss", "val_loss", "w", "val_w"}


# --- the runs -------------------------------------------------------------------------


@pytest.fixture(scope="module", name="here")
def _here():
    return {run.name: histories.history(run, portable_losses) for run in RUNS}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_a_run_has_every_number_of_every_epoch(run, here):
    found, message = here[run.name]
    assert message == "" and {"loss", "val_loss"} <= set(found)
    assert all(len(values) == fits.EPOCHS for values in found.values())
    assert all(len(set(values)) > 1 for values in found.values())  # something moves


def test_the_runs_agree_with_themselves(here):
    backend = keras.config.backend()
    rows = histories.compare({name: {backend: found} for name, found in here.items()})
    assert [name for name, row in rows.items() if not row["ok"]] == []
    assert list(rows) == [run.name for run in RUNS]


def test_the_terms_of_a_sum_are_in_its_history(here):
    found, _ = here["a sum, each of its terms"]
    total = 0.7 * np.array(found["squares"]) + 0.3 * np.array(found["huber"])
    np.testing.assert_allclose(found["loss"], total, rtol=1e-6)


def test_a_scheduled_number_is_in_the_history(here):
    found, _ = here["a weight that moves by epoch"]
    assert found["w"] == found["val_w"] == [0.25, 0.5, 0.75, 1.0]
    delta = here["Huber's delta, moving by step"][0]["delta"]
    np.testing.assert_allclose(delta, 0.97 ** np.array([9, 19, 29, 39]), rtol=1e-6)


# --- what is made of them -------------------------------------------------------------

ONE = {"loss": [2.0, 1.0], "w": [0.5, 1.0]}
RUN = Run("one", runs.weight_by_epoch)
AGAIN = Run("again", runs.saved_and_resumed, like="one")


def row_of(**by_backend):
    found = {backend: (numbers, "") for backend, numbers in by_backend.items()}
    return histories.compare({"one": found}, runs=[RUN])["one"]


def test_the_worst_number_decides_and_is_named():
    far = 10 * TOLERANCES["cpu"]
    row = row_of(jax=ONE, torch=ONE | {"w": [0.5, 1.0 + far]})
    assert not row["ok"] and row["largest_difference"] == pytest.approx(2 * far)
    assert row["message"] == "w on jax: 0.5, 1\nw on torch: 0.5, 1.00003"
    near = 0.1 * TOLERANCES["cpu"]
    assert row_of(jax=ONE, torch=ONE | {"w": [0.5, 1.0 + near]})["ok"]


@pytest.mark.parametrize("other", [{"loss": [2.0, 1.0]}, ONE | {"w": [0.5]}, {}])
def test_a_number_that_is_missing_is_no_agreement(other):
    row = row_of(jax=ONE, torch=other)
    assert not row["ok"] and row["largest_difference"] == float("inf")


def test_a_run_that_breaks_is_a_failure_with_its_error():
    def breaks(pl):
        raise RuntimeError("frozen")

    found = {"one": {"jax": histories.history(Run("one", breaks), portable_losses)}}
    row = histories.compare(found, runs=[RUN])["one"]
    assert not row["ok"] and row["message"] == "jax: RuntimeError: frozen"


def test_a_run_that_repeats_another_is_held_to_it():
    other = {"loss": [2.0, 1.5], "w": [0.5, 1.0]}
    found = {"one": {"jax": (ONE, "")}, "again": {"jax": (other, "")}}
    rows = histories.compare(found, runs=[RUN, AGAIN])
    assert rows["one"]["ok"] and not rows["again"]["ok"]
    assert rows["again"]["message"] == "loss on jax: 2, 1.5\nloss on jax in 'one': 2, 1"
    rows = histories.compare(found | {"again": found["one"]}, runs=[RUN, AGAIN])
    assert rows["again"]["ok"]
