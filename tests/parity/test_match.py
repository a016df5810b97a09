"""`portable-losses match`: the loss of the catalogue that equals a user's."""

import json
import re

import keras
import pytest
from click.testing import CliRunner
from keras import ops

from portable_losses.command.match import command
from portable_losses.parity import autodiff
from portable_losses.parity.examine.matching import Matcher
from portable_losses.parity.examine.subject import Subject

OWN = """
from keras import ops
import keras


def bent(y_true, y_pred, delta=0.7):
    r = ops.abs(y_pred - y_true)
    return ops.mean(ops.where(r <= delta, r * r / 2, delta * (r - delta / 2)), axis=-1)


def summed(y_true, y_pred):
    return ops.sum(ops.square(y_pred - y_true), axis=-1)


def odd(y_true, y_pred):
    return ops.mean(ops.abs(y_pred - y_true) ** 2.5, axis=-1)


def stopped(y_true, y_pred):
    error = y_pred - y_true
    return ops.mean(ops.stop_gradient(error) * error**2 / error, axis=-1)


def hangs(y_true, y_pred):
    while True:
        pass


def fails(y_true, y_pred):
    raise RuntimeError("never")
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "own.py"
    path.write_text(OWN)

    def ask(name, *options):
        arguments = [f"{path}:{name}", "--kind", "regression", "--json", *options]
        done = CliRunner().invoke(command, arguments)
        return done, json.loads(done.stdout) if done.exit_code < 2 else None

    return ask


def test_the_arguments_are_found_in_the_signature(ask):
    done, found = ask("bent")
    assert done.exit_code == 0
    made = [(m["factor"], m["construct"]) for m in found["equal"]]
    assert made[0] == (1.0, "portable_losses.Huber(delta=0.7)")
    assert made[1] == (pytest.approx(0.7), "portable_losses.SmoothL1(beta=0.7)")


def test_a_constant_factor_and_its_reason(ask):
    done, found = ask("summed")
    assert done.exit_code == 0
    (match,) = [m for m in found["equal"] if m["loss"] == "MeanSquaredError"]
    assert match["factor"] == pytest.approx(4.0)
    assert match["note"] == "it sums over the last axis where ours is the mean"


def test_the_nearest_where_none_is_equal(ask):
    done, found = ask("odd")
    assert done.exit_code == 1 and found["equal"] == []
    assert found["nearest"]["difference"] > 1e-3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hangs", "took more than 2 s in .* in hangs"),
        ("fails", "RuntimeError: never|no finite value"),
        ("missing", "own.py has no missing"),
    ],
)
def test_what_cannot_be_run_is_said(ask, name, said):
    done, _ = ask(name, "--timeout", "2")
    assert done.exit_code == 2
    assert re.search(said, done.stderr.replace("\n", " "))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.py:Loss"], "there is no file nowhere.py"),
        (["nowhere"], "there is no module nowhere"),
        (["keras.losses"], "TARGET must be one loss"),
        (["keras.losses:Huber", "--kind", "images"], "--kind must be one of binary"),
        (["keras.losses:Huber", "--backend", "abacus"], "--backend must be one that"),
    ],
)
def test_wrong_use_is_told_before_a_worker_starts(arguments, said):
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 2 and said in done.stderr


@pytest.mark.skipif(keras.config.backend() != "jax", reason="JAX alone compiles each")
def test_values_on_numpy_choose_what_jax_compares(ask):
    done, found = ask("bent", "--backend", "jax")
    assert done.exit_code == 0
    assert found["equal"][0]["construct"] == "portable_losses.Huber(delta=0.7)"
    done, found = ask("stopped", "--backend", "jax")
    # Its values are those of the mean squared error, and its gradient is another.
    assert done.exit_code == 1 and found["equal"] == []


def test_a_loss_that_is_equal_by_chance_is_not_named():
    # With one column, the root of the mean squared error is the absolute error.
    def root(y_true, y_pred):
        return ops.sqrt(ops.mean(ops.square(y_true - y_pred), axis=-1))

    def plain(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)

    for kinds in (["pairs", "regression"], ["regression", "pairs"]):
        assert named_at(kinds, root) == [[], []]
        assert named_at(kinds, plain) == [["MeanAbsoluteError"]] * 2
    assert named_at(["pairs"], root) == [["MeanAbsoluteError"]]


def test_scalar_statistics():
    def squared(y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred))

    def root(y_true, y_pred):
        return ops.sqrt(squared(y_true, y_pred))

    kinds = ["regression", "statistic"]
    assert named_at(kinds, squared) == [["MeanSquaredError"]] * 2
    assert named_at(kinds, root) == [[], []]


def named_at(kinds, function):
    matcher = Matcher(Subject("own", function), autodiff.load(keras.config.backend()))
    names = ("MeanAbsoluteError", "MeanSquaredError")
    matcher.losses = {name: matcher.losses[name] for name in names}
    found = matcher.compare_all(kinds, lambda what: None)
    return [[match["loss"] for match in each["equal"]] for each in found]
