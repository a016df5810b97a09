"""Wrong shapes and kinds of inputs: rejected in the package's own words, or right."""

import functools
import re

import keras
import numpy as np
import pytest
from drawn import BACKEND, CASES, GENERATED, OF_LOSS, domain_of, first
from hypothesis import given, note
from hypothesis import strategies as st

import portable_losses

MESSAGE = re.compile(
    r"(Sum: term '\w+': )?\w+: `[\w.]+` must .+; got .+ \(.+\)\.", re.DOTALL
)
"""The form of every error, in which a sum names its term first."""


def other_shapes(shape):
    """Shapes that are none of the drawn one: some axes more, fewer, other or empty."""
    batch, rest = shape[0], shape[1:]
    found = {
        "a sample more": (batch + 1, *rest),
        "no sample": (0, *rest),
        "a scalar": (),
        "no batch": rest,
        "an axis more": (*shape, 2),
        "an axis of 1 more": (*shape, 1),
        "an axis less": shape[:-1],
    }
    if rest:
        found |= {
            "a column more": (*shape[:-1], shape[-1] + 1),
            "one column": (*shape[:-1], 1),
            "no column": (*shape[:-1], 0),
            "an axis in front": (1, *shape),
        }
    return {how: new for how, new in found.items() if new != shape}


KINDS = {
    "strings": lambda x: x.astype(str),
    "complex numbers": lambda x: x.astype("complex64"),
    "objects": lambda x: np.full(x.shape, object()),
    "dates": lambda x: np.full(x.shape, np.datetime64("2020-01-01")),
    "missing": lambda x: np.full(x.shape, None),
}


def other(x, how):
    """An array of another shape, with the same numbers."""
    return np.resize(x, other_shapes(x.shape)[how]).astype(x.dtype)


@functools.cache
def quick(loss):
    """The loss in the form that this backend computes soonest for new shapes.

    JAX compiles one function in less time than the operations that it consists of.
    """
    # A Hyperparameter must not be a constant of compiled code.
    if BACKEND != "jax" or isinstance(loss, portable_losses.Sum):
        return loss
    if getattr(loss, "hyperparameters", ()):
        return loss
    import jax

    return jax.jit(lambda t, p: loss(t, p))


def outcome(loss, t, p):
    """The value, or None after an error in the form of the package."""
    try:
        value = keras.ops.convert_to_numpy(quick(loss)(t, p))
        if np.isnan(value).any():  # what is an error in eager mode
            value = keras.ops.convert_to_numpy(loss(t, p))
        return value
    except (ValueError, TypeError) as error:
        assert MESSAGE.fullmatch(str(error)), f"{type(error).__name__}: {error}"
        return None


@pytest.mark.parametrize("name", OF_LOSS)
def test_another_shape_is_rejected_or_has_a_value(name):
    made = {}

    @GENERATED
    @given(st.data())
    def check(data):
        case = CASES[data.draw(st.sampled_from(OF_LOSS[name]))]
        t, p = first(case.id, 0)
        which = data.draw(st.sampled_from(["t", "p"] if t is not None else ["p"]))
        how = data.draw(st.sampled_from(list(other_shapes((t, p)[which == "p"].shape))))
        note(f"{case.id}: {'y_true' if which == 't' else 'y_pred'} has {how}")
        s, q = (other(t, how), p) if which == "t" else (t, other(p, how))
        if case.id not in made:
            made[case.id] = getattr(portable_losses, name)(**case.config)
        value = outcome(made[case.id], s, q)
        if how in ("a sample more", "no sample", "a scalar") and s is not None:
            needed = case.loss not in TARGETLESS
            assert value is None or not needed, f"{how} is taken, with {value}"
        if value is not None:
            assert not np.isnan(value).any(), f"{how} gives {value}"

    check()


TARGETLESS = {case.loss for case in CASES.values() if case.inputs()[0] is None} | {
    "VICReg"
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OF_LOSS)
def test_what_is_no_number_is_rejected(name, kind):
    case = CASES[OF_LOSS[name][0]]
    t, p = first(case.id, 0)
    loss = getattr(portable_losses, name)(**case.config)
    with pytest.raises(TypeError) as raised:
        loss(t, KINDS[kind](p))
    assert MESSAGE.fullmatch(str(raised.value)), raised.value


@pytest.mark.parametrize("name", OF_LOSS)
def test_predictions_out_of_range_are_rejected(name):
    case = CASES[OF_LOSS[name][0]]
    low, high = domain_of(case)
    bad = [x for x in (-1e4, 1e4, -np.inf, np.inf) if x < low or x > high]
    t, p = first(case.id, 0)
    for x in bad:
        q = p.copy()
        q.flat[0] = x
        loss = getattr(portable_losses, name)(**case.config)
        with pytest.raises(ValueError) as raised:
            loss(t, q)
        assert MESSAGE.fullmatch(str(raised.value)), raised.value
