"""The README's blocks run as they stand, in order: nothing beside them is hidden."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import code_blocks
import keras
import pytest

from portable_losses.command.check import command as check
from portable_losses.parity.cli import main

BACKEND = keras.config.backend()
README = Path(__file__).resolve().parents[2] / "README.md"
BLOCKS = [block.code for block in code_blocks.blocks(README.read_text("utf-8"))]

PLUGIN = ("-p", "portable_losses.parity.pytest_plugin")


def test_every_block_trains_on_this_backend(tmp_path):
    inherited = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    # JAX is what the first block chooses where nothing else does, such as a keras.json
    # of the user's.
    chosen = {} if BACKEND == "jax" else {"KERAS_BACKEND": BACKEND}
    ran = code_blocks.run(README, {**inherited, "KERAS_HOME": str(tmp_path), **chosen})
    assert ran.problems == []
    assert ran.backends == [BACKEND] * len(BLOCKS)
    trains = ["Epoch 3/3" in printed for printed in ran.printed]
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
