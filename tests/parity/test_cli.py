"""What the command line says of things it cannot do."""

import importlib.util
import pathlib
import re
import tomllib

import pytest
from click.testing import CliRunner

from portable_losses.parity import __main__
from portable_losses.parity.cases import families
from portable_losses.parity.cli import main

FIRST_LOSS = min(case.loss for cases in families().values() for case in cases)
ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--loss", "Hubber"), f"--loss: must be one of {FIRST_LOSS},"),
        (("--family", "regresion"), "--family: must be one of classification,"),
        (
            ("--backends", "jax,pytorch"),
            "--backends: must be one of tensorflow, jax,",
        ),
        (("--check", "values"), "--check: must be one of class_ids, config,"),
        (("--device", "npu"), "'npu' is not one of 'cpu', 'gpu', 'tpu', 'mps'"),
        (("--target", "a.py:B"), "--kind: must say what the target takes, one of"),
        (("--kind", "regression"), "--kind: goes with --target"),
        (("--reference", "a.py:f"), "--reference: goes with --target"),
        (("--loss", "CTC", "--family", "metric"), "--loss: must be of the families"),
        (
            ("--target", "a.py:B", "--kind", "regression", "--loss", "Huber"),
            "--loss: narrows the catalogue, which --target leaves out",
        ),
        (("--output", __file__), "--output: must be a folder, or not exist yet; got"),
        (("--module", "nowhere"), "--module: must be a module that can be imported"),
    ],
)
def test_a_wrong_option_names_the_right_ones(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output


LISTS = ("--family", "--loss", "--check", "--backends")


@pytest.mark.parametrize("option", LISTS)
@pytest.mark.parametrize("value", ["", " ", ",", "Huber,", "jax,,torch"])
def test_an_empty_name_is_rejected(option, value):
    result = run(option, value)
    assert result.exit_code == 2
    rule = f"must be a name, or several with a comma between two; got {value!r}"
    assert rule in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize("option", ["--target", "--module", "--reference", "--output"])
def test_an_empty_value_is_rejected(option):
    result = run(option, "")
    assert result.exit_code == 2
    assert "must not be empty; got ''" in result.output


@pytest.mark.parametrize("option", ["--device", "--mode", "--precision"])
def test_an_empty_choice_is_rejected(option):
    result = run(option, "")
    assert result.exit_code == 2
    assert "'' is not one of" in result.output


def test_a_missing_package_fails_with_the_command_that_installs_it(monkeypatch):
    find = importlib.util.find_spec
    absent = ("click", "sklearn")

    def without(name, *rest):
        return None if name in absent else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(SystemExit) as raised:
        __main__.main()
    said = "the harness needs click, scikit-learn, not installed here"
    assert said in str(raised.value) and 'pip install ".[parity]"' in str(raised.value)


def test_the_packages_that_are_looked_for_are_those_of_the_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["optional-dependencies"]["parity"]
    names = {re.match(r"[\w-]+", line)[0] for line in wanted}
    assert set(__main__.PACKAGES.values()) == names
    assert project["scripts"] == {
        "portable-losses": "portable_losses_command:main",
        "portable-losses-parity": f"{__main__.__name__}:main",
    }


def test_a_missing_backend_fails_with_the_command_that_installs_it(monkeypatch):
    find = importlib.util.find_spec

    def without_torch(name, *rest):
        return None if name == "torch" else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without_torch)
    result = run("--loss", "Huber", "--backends", "torch")
    assert result.exit_code == 2
    assert 'pip install ".[torch]"' in result.output


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
