"""The README's blocks run as they stand, in order, in one process that has no more."""

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from portable_losses.command.check import command as check
from portable_losses.parity.cli import main

BACKEND = keras.config.backend()
README = Path(__file__).resolve().parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.M | re.S)

PLUGIN = ("-p", "portable_losses.parity.pytest_plugin")

# Counts what each block trains, and lets pytest's block run with the real check.
PROGRAM = """
import json, sys
blocks = json.loads(sys.stdin.read())
namespace = {"__name__": "readme"}
sys.modules["readme"] = type(sys)("readme")
sys.modules["readme"].__dict__.update(namespace)
namespace = sys.modules["readme"].__dict__
fitted, trained = [], None
for block in blocks:
    exec(compile(block, "README.md", "exec"), namespace)
    if trained is None:
        import keras
        fit = keras.Model.fit
        def trained(self, *arguments, **options):
            history = fit(self, *arguments, **options)
            fitted.append(len(history.history["loss"]))
            return history
        keras.Model.fit = trained
        fitted.append(len(namespace["model"].history.history["loss"]))
    else:
        assert fitted or "check_loss" in block
    print(json.dumps([keras.config.backend(), fitted]))
    fitted = []
    trained.__globals__["fitted"] = fitted
"""


def run(tmp_path, **environment):
    inherited = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(BLOCKS),
        # A keras.json of the user's must not choose.
        env={**inherited, "KERAS_HOME": str(tmp_path), **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line[:2] == '["']


def test_every_block_trains_on_this_backend(tmp_path):
    # JAX is what the first block chooses where nothing else does.
    chosen = {} if BACKEND == "jax" else {"KERAS_BACKEND": BACKEND}
    found = run(tmp_path, **chosen)
    assert [backend for backend, _ in found] == [BACKEND] * len(BLOCKS)
    trains = [fitted == [3] for _, fitted in found]
    assert trains == ["check_loss" not in block for block in BLOCKS]


def test_the_backend_is_chosen_before_keras_is_imported_and_stays_there():
    statements = ast.parse(BLOCKS[0]).body
    kinds = ["import" if isinstance(s, ast.Import) else "other" for s in statements]
    # A statement between them: tools that sort imports do not move across it.
    assert kinds[:3] == ["import", "other", "import"]
    assert statements[0].names[0].name == "os"
    assert "KERAS_BACKEND" in ast.unparse(statements[1])
    assert statements[2].names[0].name == "keras"


@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None,
    reason="Keras's NumPy backend, which stands in for a reference, imports JAX",
)
def test_the_loss_of_the_readme_passes_its_checks(tmp_path):
    (own,) = (block for block in BLOCKS if "class MyLoss" in block)
    (test,) = (block for block in BLOCKS if "check_loss" in block)
    loss = own.partition("targets = ")[0]  # the imports and the class
    (tmp_path / "test_own.py").write_text(f"{loss}\n\n{test}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGIN],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout[-3000:]


def commands():
    """The arguments of the harness in the README's lines for the shell."""
    shell = re.findall(r"^```sh\n(.*?)^```$", README.read_text("utf-8"), re.M | re.S)
    for line in "".join(shell).splitlines():
        said = line.partition("#")[0]
        for program in ("portable-losses-parity", "nox -s parity"):
            if program in said:
                yield said.partition(program)[2].replace(" -- ", " ").split()


@pytest.mark.parametrize("arguments", list(commands()), ids=" ".join)
def test_the_options_of_the_readme_are_those_of_the_harness(arguments):
    main.make_context("portable-losses-parity", arguments)


def test_the_readme_says_how_the_harness_is_run():
    assert [] in commands()


def checked():
    """The arguments of `portable-losses check` in the README."""
    for line in README.read_text("utf-8").splitlines():
        if line.startswith("portable-losses check "):
            yield line.split()[2:]


@pytest.mark.parametrize("arguments", list(checked()), ids=" ".join)
def test_the_options_of_the_readme_are_those_of_check(arguments):
    pytest.importorskip("jax", reason="the README asks for jax")
    made = check.make_context("portable-losses check", arguments)
    assert made.params["names"] == ("my_losses.py:MyLoss",)


def test_the_readme_says_how_a_loss_is_checked():
    assert list(checked())
