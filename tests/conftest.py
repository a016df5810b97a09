"""Value and gradient of a loss, on whichever backend this process has; `--brief`."""

import functools
import zlib

import keras
import numpy as np
import pytest

BACKEND = keras.config.backend()
COMPILED = {"tensorflow": [False, "graph", "xla"], "jax": [False, "jit"]}


BRIEF = 4
"""With `--brief`, one in so many parameters of a test runs."""


def pytest_addoption(parser):
    parser.addoption(
        "--brief",
        action="store_true",
        help=f"run one in {BRIEF} parameters of each test, at least one: on a backend "
        "that compiles each new shape, where another backend runs all of them",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "every_parameter: not shortened by --brief; depends on the backend"
    )


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--brief"):
        return
    of_a_test = {}
    for item in items:
        of_a_test.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = set()
    for name, group in of_a_test.items():
        every = 1 if group[0].get_closest_marker("every_parameter") else BRIEF
        # Tests with the same parameters begin at different ones.
        first = zlib.crc32(name.encode()) % min(every, len(group))
        kept.update(group[first::every])
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


@pytest.fixture(scope="session", params=COMPILED.get(BACKEND, [False]))
def compiled(request):
    """False, and each way in which the backend compiles; for `gradient`."""
    return request.param


@pytest.fixture(scope="session", name="gradient")
def _gradient():
    return gradient


def gradient(
    loss,
    y_true,
    y_pred,
    sample_weight=None,
    mask=None,
    compiled=False,
    dtype="float32",
):
    """Value, and gradient of its sum in `y_pred`, as arrays.

    Calls of one loss in a row share what is compiled, as the steps of a training do.
    """
    rest = [
        None if x is None else keras.ops.convert_to_tensor(x)
        for x in (y_true, sample_weight, mask)
    ]
    y_pred = keras.ops.convert_to_tensor(y_pred, dtype=dtype)
    value, slope = _both(loss, compiled)(y_pred, *rest)
    return to_numpy(value), to_numpy(slope)


@functools.lru_cache(maxsize=1)
def _both(loss, compiled):
    """The function of `y_pred` and the rest that returns value and gradient."""

    def total(y_pred, y_true, sample_weight, mask):
        value = loss(y_true, y_pred, sample_weight, mask=mask)
        return keras.ops.sum(value), value

    make = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}[BACKEND]
    return make(total, compiled)


def to_numpy(x):
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")))


def _jax(total, compiled):
    import jax

    both = jax.value_and_grad(total, has_aux=True)
    if compiled:
        both = jax.jit(both)

    def value_and_gradient(y_pred, *rest):
        (_, value), slope = both(y_pred, *rest)
        return value, slope

    return value_and_gradient


def _tensorflow(total, compiled):
    import tensorflow as tf

    def both(y_pred, *rest):
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            sum_, value = total(y_pred, *rest)
        return value, tape.gradient(
            sum_, y_pred, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )

    if compiled:
        both = tf.function(both, jit_compile=compiled == "xla", autograph=False)
    return both


def _torch(total, compiled):
    import torch

    if compiled:
        raise ValueError(
            "torch.compile is a smoke lane of the harness, not tested here"
        )

    def value_and_gradient(y_pred, *rest):
        leaf = y_pred.detach().clone().requires_grad_()
        sum_, value = total(leaf, *rest)
        if not sum_.requires_grad:
            return value, torch.zeros_like(leaf)
        return value.detach(), torch.autograd.grad(sum_, leaf)[0]

    return value_and_gradient
