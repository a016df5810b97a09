"""`portable_losses.ops` is `keras.ops` name for name, dtype for dtype."""

import ast
import inspect
import pathlib
import sys

import keras
import numpy as np
import pytest

from portable_losses import ops
from portable_losses.ops.pinning import _FUNCTIONS

NEW = ["digamma", "distance", "distance_transform", "log_gamma"]
NEW += ["log_gamma_difference", "xlogy"]
LATER = ["copysign", "float_power"]  # in Keras since 3.16, here on every version
PINNED = sorted(name for name in _FUNCTIONS if not name.startswith("_"))
# Arguments that a later Keras has, and ours on every Keras: those of 3.16.
AHEAD = {"amax": [("initial", None)], "amin": [("initial", None)]}
ALIASES = [("abs", "absolute"), ("max", "amax"), ("divide", "true_divide")]
NAMESPACES = ["image", "linalg", "nn", "numpy"]
SOURCES = sorted(pathlib.Path(ops.__file__).parent.glob("*.py"))


def public(module):
    return {name for name in dir(module) if not name.startswith("_")}


def test_every_name_of_keras_ops_is_there():
    assert public(keras.ops) - public(ops) == set()


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_name_of_a_namespace_is_there(namespace):
    ours, theirs = getattr(ops, namespace), getattr(keras.ops, namespace)
    assert public(theirs) - public(ours) == set()
    pinned = set(PINNED) & public(theirs)
    assert all(getattr(ours, name) is getattr(ops, name) for name in pinned)


@pytest.mark.parametrize("name", PINNED)
def test_a_pinned_function_is_exported_documented_and_called_as_in_keras(name):
    function = getattr(ops, name)
    assert function.__wrapped__ is _FUNCTIONS[name]
    assert inspect.getdoc(function)
    if name in NEW:
        assert not hasattr(keras.ops, name), "Keras has it now: compare the two"
        return
    if name in LATER and not hasattr(keras.ops, name):
        return
    ours, theirs = arguments(function), arguments(getattr(keras.ops, name))
    assert ours in (theirs, [*theirs, *AHEAD.get(name, [])])


def arguments(function):
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.default) for p in parameters]


@pytest.mark.parametrize("keepdims", [False, True])
def test_initial_is_the_least_maximum_and_the_greatest_minimum(keepdims):
    x = keras.ops.convert_to_tensor([[1.0, -2.0], [0.5, 3.0]])
    for name, wanted in (("max", [2.0, 3.0]), ("min", [-2.0, -1.0])):
        start = 2.0 if name == "max" else -1.0
        for alias in (name, f"a{name}"):
            got = getattr(ops, alias)(x, 1, keepdims, start)
            got = keras.ops.convert_to_numpy(got)
            np.testing.assert_array_equal(got.ravel(), wanted)
            assert got.shape == ((2, 1) if keepdims else (2,))


def test_lgamma_is_log_gamma_on_every_version_of_keras():
    assert ops.lgamma is ops.log_gamma


@pytest.mark.parametrize(("name", "alias"), ALIASES)
def test_aliases_agree(name, alias):
    x = keras.ops.convert_to_tensor([1.0, 2.0])
    arguments = (x, 2.0) if name == "divide" else (x,)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(getattr(ops, name)(*arguments)),
        keras.ops.convert_to_numpy(getattr(ops, alias)(*arguments)),
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_only_keras_and_the_standard_library_are_imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in getattr(node, "names", [])]
        if isinstance(node, ast.ImportFrom):
            names = [node.module]
        elif not isinstance(node, ast.Import):
            continue
        for name in names:
            root = name.partition(".")[0]
            assert root in sys.stdlib_module_names | {"keras"} or name.startswith(
                "portable_losses.ops"
            )
            assert not name.startswith("keras.src")


TWO = ["maximum", "minimum", "divide", "power", "hypot", "logaddexp", "arctan2"]


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("number", [2, 2.0])
def test_a_python_number_does_not_decide_the_dtype(name, dtype, number):
    x = keras.ops.ones((2,), dtype)
    for arguments in ((x, number), (number, x)):
        result = getattr(ops, name)(*arguments)
        assert keras.backend.standardize_dtype(result.dtype) == dtype


@pytest.mark.parametrize("number", [2, 2.0])
@pytest.mark.parametrize(
    "name", ["maximum", "minimum", "fmax", "power", "divide", "abs", "sqrt", "norm"]
)
def test_integers_follow_keras(name, number):
    x = keras.ops.convert_to_tensor(np.array([1, 4], "int32"))
    arguments = (x,) if name in ("abs", "sqrt", "norm") else (x, number)
    ours = getattr(ops, name)(*arguments)
    theirs = getattr(keras.ops, name)(*arguments)
    assert keras.backend.standardize_dtype(
        ours.dtype
    ) == keras.backend.standardize_dtype(theirs.dtype)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs), rtol=1e-6
    )


def test_float64_stays_where_the_backend_keeps_it(backend):
    if backend == "numpy":
        pytest.skip("Keras's numpy backend computes log in float32")
    x = keras.ops.convert_to_tensor(np.zeros(2))
    kept = keras.backend.standardize_dtype(x.dtype)
    assert (kept == "float64") is (backend != "jax")
    log = ops.log(x)
    assert keras.backend.standardize_dtype(log.dtype) == kept
    tiny = np.finfo(kept).tiny
    np.testing.assert_allclose(keras.ops.convert_to_numpy(log), np.log(tiny), rtol=1e-6)


UNARY = ["abs", "angle", "cumprod", "log_softmax", "logsumexp", "nancumprod"]
UNARY += [
    "nancumsum",
    "norm",
    "prod",
    "sign",
    "softmax",
    "softsign",
    "sparsemax",
    "std",
]


@pytest.mark.parametrize("name", UNARY)
def test_float64_is_accepted(name, backend):
    # Some of Keras's own functions demote it off TensorFlow; none may fail.
    x = np.array([[0.5, -2.0, 0.0], [1.0, 1.0, 3.0]])
    ours = getattr(ops, name)(keras.ops.convert_to_tensor(x))
    if backend == "tensorflow":
        assert keras.backend.standardize_dtype(ours.dtype) == "float64"
    single = getattr(ops, name)(keras.ops.convert_to_tensor(x.astype("float32")))
    ours, single = map(keras.ops.convert_to_numpy, (ours, single))
    np.testing.assert_allclose(ours, single, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("x", [[-5.0, 0.0, 2.0], np.float32([-5, 0, 2])])
def test_lists_and_arrays_are_accepted(x):
    results = [ops.abs(x), ops.maximum(x, [0.0, 0.0, 3.0]), ops.clip(x, -5, 3)]
    for result, want in zip(results, [[5, 0, 2], [0, 0, 3], [-5, 0, 2]], strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(result), want)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_accumulates_in_float32(dtype):
    for name, x in (("cumsum", np.ones(4096)), ("prod", np.full(64, 1 + 2**-7))):
        result = getattr(ops, name)(keras.ops.cast(np.float32(x), dtype))
        assert keras.backend.standardize_dtype(result.dtype) == dtype
        last = keras.ops.convert_to_numpy(keras.ops.cast(result, "float32")).ravel()[-1]
        want = 4096 if name == "cumsum" else (1 + 2**-7) ** 64
        np.testing.assert_allclose(last, want, rtol=2**-8 if dtype[0] == "b" else 1e-3)


@pytest.mark.parametrize("name", ["max", "min", "logsumexp", "norm", "std"])
def test_no_items(name):
    result = getattr(ops, name)(keras.ops.zeros((0, 3)), axis=-1)
    assert tuple(result.shape) == (0,)


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin"])
def test_initial_stands_in_for_no_items(name):
    x = keras.ops.zeros((0, 3))
    for axis, keepdims, shape in (
        (0, False, (3,)),
        (0, True, (1, 3)),
        (1, True, (0, 1)),
        (None, False, ()),
    ):
        got = keras.ops.convert_to_numpy(getattr(ops, name)(x, axis, keepdims, 2.0))
        np.testing.assert_array_equal(got, np.full(shape, 2.0))


def test_keyword_arguments():
    x = keras.ops.convert_to_tensor([3.0, 4.0])
    assert float(ops.norm(axis=0, x=x)) == pytest.approx(5)
    assert float(ops.divide(x1=1.0, x2=x)[1]) == pytest.approx(0.25)
    with pytest.raises(TypeError, match="missing"):
        ops.divide(x1=x)


def test_bad_arguments():
    x = keras.ops.ones((2, 3))
    with pytest.raises(ValueError, match="order=0"):
        ops.normalize(x, order=0)
    with pytest.raises(ValueError, match="last axes of `x` and `y`"):
        ops.cdist(x, keras.ops.ones((2, 2)))
    with pytest.raises(ValueError, match="at least two axes"):
        ops.cdist(x, x[0])
    with pytest.raises(ValueError, match="within the 2 axes of x; got axis=2"):
        ops.std(x, axis=2)


def test_a_functional_model_keeps_and_saves_the_pinned_function(
    tmp_path, backend, differentiate
):
    if backend == "numpy":
        pytest.skip("Keras's numpy backend has no gradient to compare")
    inputs = keras.Input((2,))
    outputs = ops.norm(ops.maximum(inputs, 0.0), axis=-1)
    assert outputs.shape == (None,)
    keras.Model(inputs, outputs).save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    ((value, (gradient,)),) = differentiate([model], [[[[0, 0], [3, 4]]]])
    np.testing.assert_allclose(value, [0, 5], atol=1e-6)
    np.testing.assert_allclose(gradient, [[0, 0], [0.6, 0.8]], atol=1e-6)
