"""What the command line says of things it cannot do."""

import importlib.util

import pytest
from click.testing import CliRunner

from portable_losses.parity.cli import main


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--loss", "Hubber"), "--loss: must be one of BinaryCrossentropy,"),
        (("--family", "regresion"), "--family: must be one of classification,"),
        (("--backends", "jax,pytorch"), "--backends: must be one of jax, tensorflow,"),
        (("--check", "values"), "--check: must be one of class_ids, config,"),
        (("--device", "npu"), "'npu' is not one of 'cpu', 'gpu', 'tpu', 'mps'"),
        (("--target", "a.py:B"), "--kind: must say what the target takes, one of"),
        (("--kind", "regression"), "--kind: goes with --target"),
    ],
)
def test_a_wrong_option_names_the_right_ones(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_a_missing_backend_fails_with_the_command_that_installs_it(monkeypatch):
    find = importlib.util.find_spec

    def without_torch(name, *rest):
        return None if name == "torch" else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without_torch)
    result = run("--loss", "Huber", "--backends", "torch")
    assert result.exit_code == 2
    assert 'pip install "portable-losses[torch]"' in result.output


def test_a_missing_device_fails_with_the_command_that_installs_it(tmp_path):
    # No machine has a TPU and this test's environment, which lacks its plugin.
    options = ("--loss", "Huber", "--backends", "jax", "--device", "tpu")
    result = run(*options, "--output", str(tmp_path))
    assert result.exit_code == 2
    assert "device 'tpu' was asked for, and only cpu is present" in result.output
    assert 'pip install "jax[tpu]"' in result.output


def test_a_target_that_is_not_there_says_where_it_looked(tmp_path):
    options = ("--target", "nowhere.py:X", "--kind", "regression")
    result = run(*options, "--backends", "jax", "--output", str(tmp_path))
    assert result.exit_code == 2
    assert "there is no nowhere.py" in result.output
