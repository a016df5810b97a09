"""A loss of one's own, by `file.py:name`: here a function that `loss` made one."""

import json

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import portable_losses
from portable_losses import ops
from portable_losses.parity import autodiff
from portable_losses.parity.case import Case
from portable_losses.parity.cli import main
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case

LOSSES = """
import portable_losses
from portable_losses import ops

@portable_losses.loss
def squares(y_true, y_pred, *, weight=1.0):
    return weight * ops.mean(ops.square(y_pred - y_true), axis=-1)

halved = squares(weight=0.5)

def one(y_true, y_pred):
    return ((y_true - y_pred) ** 2).mean(axis=-1)

def half(y_true, y_pred):
    return 0.5 * one(y_true, y_pred)
"""


@pytest.mark.parametrize(
    ("name", "reference"), [("squares", "one"), ("halved", "half")]
)
def test_a_function_that_is_a_loss_is_checked_like_one(name, reference, tmp_path):
    file = tmp_path / f"losses_with_{name}.py"
    file.write_text(LOSSES)
    options = ("--target", f"{file}:{name}", "--reference", f"{file}:{reference}")
    options += ("--kind", "regression", "--backends", "jax", "--output", str(tmp_path))
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    (case,) = json.loads((tmp_path / "results.json").read_text())["cases"]
    checks = case["results"]["jax"]["checks"]
    for check in ("value", "gradient", "mask", "config"):
        assert checks[check] == {"status": "passed", "message": ""}


@portable_losses.loss
def mean_square(y_true, y_pred):
    return ops.mean(ops.square(y_pred - y_true))


@portable_losses.loss
def mean_square_of_kept(y_true, y_pred, *, kept=None):
    squares = ops.mean(ops.square(y_pred - y_true), axis=-1)
    if kept is None:
        return ops.mean(squares)
    kept = ops.cast(kept, squares.dtype)
    return ops.divide_no_nan(ops.sum(squares * kept), ops.sum(kept))


@pytest.mark.parametrize("loss", [mean_square, mean_square_of_kept])
def test_a_statistic_takes_a_mask_or_rejects_it(loss):
    case = Case(
        loss=loss.__name__,
        kind="statistic",
        draw=lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=(n, 3))),
        reference=lambda t, p: np.mean((t - p) ** 2),
    )
    lane = Lane(case, loss, autodiff.load(keras.config.backend()))
    assert lane.takes_kept == (loss is mean_square_of_kept)
    passed = {"status": "passed", "message": ""}
    assert run_case(lane, ("value", "mask")) == {"value": passed, "mask": passed}
