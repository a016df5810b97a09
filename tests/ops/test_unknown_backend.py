"""A backend that nobody has looked at gets forms that are right on any.

The backend of this process stands in for it: the operations are imported once more
under a name that no declaration has, and must give what the tables state.
"""

import ast
import functools
import importlib
import runpy
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.ops import known

HERE = Path(__file__).parent
CONVENTIONS = runpy.run_path(str(HERE / "test_conventions.py"))
ORDINARY = runpy.run_path(str(HERE / "test_ordinary_points.py"))
NAME = "a_backend_to_come"
PACKAGE = "portable_losses.ops"


@pytest.fixture(scope="module")
def unknown():
    """`portable_losses.ops`, as a backend of that name would have it."""
    objects = keras.saving.get_custom_objects()
    registered = dict(objects)
    own = {n: m for n, m in sys.modules.items() if f"{n}.".startswith(f"{PACKAGE}.")}
    for name in own:
        del sys.modules[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.config, "backend", lambda: NAME)
        found = importlib.import_module(PACKAGE)
        modules = {n: m for n, m in sys.modules.items() if n in own}
    sys.modules.update(own)
    portable_losses.ops = own[PACKAGE]
    objects.clear()
    objects.update(registered)
    assert modules[f"{PACKAGE}.known"].BACKEND == NAME
    return found, modules


@pytest.fixture(scope="module")
def compiled(compiled):
    """Eager mode on TensorFlow, which would compile all these forms for minutes."""
    return "eager" if compiled == "xla" else compiled


def test_no_declaration_holds_there(unknown):
    declared = 0
    for name, module in unknown[1].items():
        for constant in _declared(Path(module.__file__)):
            declared += 1
            assert getattr(module, constant) is False, (name, constant)
    assert declared > 30


def _declared(path):
    """The constants of a file that a declaration gives their value."""
    for node in ast.parse(path.read_text()).body:
        call = getattr(node, "value", None)
        named = getattr(getattr(call, "func", None), "id", "")
        if isinstance(node, ast.Assign) and getattr(known, named, None):
            yield node.targets[0].id


@pytest.fixture(scope="module")
def results(unknown, differentiate):
    rows = CONVENTIONS["TABLE"].values()
    functions = [functools.partial(row[0], unknown[0]) for row in rows]

    @functools.cache
    def compute(dtype, mode):
        answers = differentiate(functions, [row[1] for row in rows], dtype, mode)
        return dict(zip(CONVENTIONS["TABLE"], answers, strict=True))

    return compute


@pytest.mark.parametrize("name", CONVENTIONS["TABLE"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_value_and_gradient_at_the_bad_point(name, dtype, compiled, results, backend):
    value, gradients = results(dtype, compiled)[name]
    gradients = None if backend == "numpy" else gradients
    CONVENTIONS["check"](name, value, gradients, CONVENTIONS["TOLERANCES"][dtype])


@pytest.fixture(scope="module")
def ordinary_results(unknown, differentiate, compiled):
    rows = ORDINARY["TABLE"].values()
    functions = [_under(unknown[0], row[0]) for row in rows]
    answers = differentiate(functions, [row[2] for row in rows], mode=compiled)
    return dict(zip(ORDINARY["TABLE"], answers, strict=True))


def _under(ops, function):
    """The function of that name; a lambda of the table finds it among its globals."""
    if function.__name__ != "<lambda>":
        return getattr(ops, function.__name__)
    return types.FunctionType(function.__code__, {**function.__globals__, "ops": ops})


@pytest.mark.parametrize("name", ORDINARY["TABLE"])
def test_value_and_gradient_elsewhere(name, ordinary_results, backend):
    ORDINARY["test_value_and_gradient"](name, ordinary_results, backend)


def test_a_nan_is_the_largest_and_the_smallest(unknown, differentiate, compiled):
    rows, x = [unknown[0].max, unknown[0].min], [[0.0, np.nan, 2.0]]
    for value, _ in differentiate(rows, [x, x], mode=compiled):
        assert np.isnan(value)


def test_a_select_drops_what_was_not_selected(unknown, differentiate, compiled):
    def root_of_positive(x):
        positive = x > 0
        kept = unknown[0].where(positive, x, 1.0)
        return unknown[0].where(positive, np.inf * kept, 0.0)

    ((_, (gradient,)),) = differentiate([root_of_positive], [[[-1.0]]], mode=compiled)
    np.testing.assert_array_equal(gradient, [0.0])
    x = keras.ops.convert_to_tensor([[1.0], [2.0]])
    got = unknown[0].where(x > 1, x, [[3.0, 4.0, 5.0]])
    wanted = [[3, 4, 5], [2, 2, 2]]
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(got), wanted)
    symbolic = keras.Input((1,))
    got = unknown[0].where(symbolic > 1, symbolic, 0.0)
    assert tuple(got.shape) == (None, 1)


def test_no_items_and_an_initial(unknown):
    ops = unknown[0]
    x = keras.ops.zeros((0, 3))
    assert tuple(ops.max(x, axis=-1).shape) == (0,)
    got = keras.ops.convert_to_numpy(ops.max(x, axis=0, initial=2.0))
    np.testing.assert_array_equal(got, [2, 2, 2])
    got = keras.ops.convert_to_numpy(ops.min(keras.ops.ones((2, 3)), initial=0.5))
    np.testing.assert_array_equal(got, 0.5)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(ops.prod(x, axis=0)), 1)
