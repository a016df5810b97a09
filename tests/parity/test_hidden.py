"""Packages that a worker hides while Keras is imported."""

import importlib.util
import subprocess
import sys

import keras
import pytest

from portable_losses.parity import hidden
from portable_losses.parity.alone import others


@pytest.fixture
def without_wave():
    hidden.hide(frozenset({"wave"}))
    yield
    hidden.show()


def test_a_hidden_package_is_not_installed(without_wave):
    assert importlib.util.find_spec("wave") is None  # as PyTorch asks for sklearn
    with pytest.raises(ModuleNotFoundError, match="No module named 'wave'"):
        importlib.import_module("wave")


def test_it_is_there_afterwards():
    hidden.hide(frozenset({"wave"}))
    before = len(sys.meta_path)
    hidden.show()
    assert len(sys.meta_path) == before
    assert not any(isinstance(finder, hidden.Hidden) for finder in sys.meta_path)
    assert importlib.import_module("wave")


def test_keras_is_imported_whole():
    # An import that fails half-way leaves keras.src.backend without some modules.
    backend = keras.config.backend()
    names = sorted({*others(backend), *hidden.EXTRAS})
    program = (
        "import sys\n"
        f"sys.path.insert(0, {str(hidden.__file__).rpartition('/')[0]!r})\n"
        f"import hidden\nhidden.hide(frozenset({names}))\n"
        "import keras\nhidden.show()\n"
        "print(keras.random.normal((2,), seed=1).shape[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("2\n"), done.stderr[-2000:]
