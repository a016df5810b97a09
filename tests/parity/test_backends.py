"""Backends that are found: by a file, by an entry point, or as a package of Keras."""

import importlib
import pathlib
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from portable_losses import _adapters
from portable_losses.parity import autodiff
from portable_losses.parity.cli import main
from portable_losses.parity.plan import Plan, Unavailable, require

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = (ROOT / "docs" / "backends.md").read_text().split("```python\n")[1]
TEMPLATE = TEMPLATE.split("```")[0]
# NumPy with the derivative of one function, which is enough for the template.
MYBACKEND = """
import numpy as np
__version__ = "1.2"
array = np.asarray
jit = lambda function: function

def value_and_grad(function):
    return lambda x: (np.sum(function(x)), 2 * x)
"""


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A package with the template as its adapter, and what makes it known."""

    def install(text=TEMPLATE, module="keras_mybackend.parity"):
        package = tmp_path / "keras_mybackend"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "parity.py").write_text(text)
        (tmp_path / "mybackend.py").write_text(MYBACKEND)
        facts = tmp_path / "keras_mybackend-1.2.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text("Name: keras-mybackend\nVersion: 1.2\n")
        entry = f"[{_adapters.GROUP}]\nmybackend = {module}\n"
        (facts / "entry_points.txt").write_text(entry)
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()
        _adapters.known.cache_clear()

    yield install
    for name in ("mybackend", "keras_mybackend", "keras_mybackend.parity"):
        sys.modules.pop(name, None)
    monkeypatch.undo()
    _adapters.known.cache_clear()


def test_a_file_is_an_adapter():
    found = _adapters.known()
    files = {path.stem for path in _adapters.FOLDER.glob("[!_]*.py")}
    assert files <= set(found)
    assert autodiff.BACKENDS == ("tensorflow", "jax", "torch")
    assert found["mlx"].gradients and found["mlx"].modules == ("mlx", "keras_mlx")
    assert not found["openvino"].gradients and not found["numpy"].gradients
    assert all(of.install["cpu"] for of in found.values())


def test_an_entry_point_brings_an_adapter(outside):
    outside()
    facts = autodiff.facts("mybackend")
    assert facts.modes == ("eager", "jit") and facts.gradients and not facts.missing
    assert facts.default is None and facts.command == "pip install keras-mybackend"
    on = autodiff.load("mybackend")
    assert on.versions() == {"mybackend": "1.2"}
    x = np.array([1.0, -2.0])
    for mode in facts.modes:
        result = on.evaluate(lambda t, p, w, m: p**2, mode, None, x)
        assert result.value == 5.0
        np.testing.assert_array_equal(result.gradient, [2.0, -4.0])
    assert on.values((lambda t, p, w, m: p.sum(),), None, x) == [-1.0]


def test_a_constant_that_is_no_literal_is_rejected(outside):
    outside(TEMPLATE.replace('MODES = ("eager", "jit")', "MODES = tuple(MANY)"))
    with pytest.raises(ValueError, match="`MODES` must be a literal.*tuple"):
        autodiff.facts("mybackend")


def test_an_adapter_that_is_not_there_is_rejected(outside):
    outside(module="keras_mybackend.nowhere")
    with pytest.raises(ValueError, match="must name a module that can be imported"):
        autodiff.facts("mybackend")


def test_a_package_without_an_adapter_has_values(outside, tmp_path):
    outside()
    (tmp_path / "keras_other.py").write_text("")
    importlib.invalidate_caches()
    facts = autodiff.facts("other")
    assert not facts.gradients and facts.modules == ("keras_other",)
    assert facts.command == "pip install keras-other"
    plan = Plan(backends=("other", "numpy"))
    assert plan.differentiating == () and not plan.trains
    assert plan.workers == ("numpy", "other")


@pytest.mark.parametrize("name", ["theano", "a/b", "a b"])
def test_another_name_is_rejected(name):
    with pytest.raises(LookupError, match="one of tensorflow, jax, torch, "):
        autodiff.facts(name)
    said = CliRunner().invoke(main, ["--backends", name]).output
    assert "--backends: must be" in re.sub(r"\s+", " ", said)


def test_what_is_missing_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr(
        _adapters, "_installed", lambda name: name not in ("mlx", "keras_mlx")
    )
    with pytest.raises(Unavailable, match=r"not installed: mlx.*\n.*keras-mlx"):
        require(("mlx",))
