"""Whatever a loss is given: the right value, or NaN exactly where an input is NaN."""

import dataclasses
import functools

import numpy as np
import pytest
from drawn import BACKEND, CASES, GENERATED, OF_LOSS, first, inputs
from hypothesis import given, note

import portable_losses
from portable_losses.parity.as_function import state_of
from portable_losses.parity.reference import _items, takes_frozen
from portable_losses.parity.tolerances import tolerance

CANCELS = {"EnsembleCRPS": "distances of members from the target and each other"}
"""Losses that are a difference of two sums, each as large as the predictions."""

LEAST = {"Tweedie[mean]": 2.0**-126}
"""Cases whose docstring says that smaller predictions count as this normal number."""

PROBES = (0.1, 0.5, 0.9)
"""Numbers in place of a NaN. An item whose reference is the same for all of them may be
free of it: the pixel is ignored, the frame is beyond the length."""

EXPONENT = 80
"""Beyond it an exponential is infinite in float32, and their difference unknown."""

ROOM = 10
"""Times what the matrix allows: extremes in one sum cancel more than drawn inputs."""


def reference_of(case, t, p):
    p = np.maximum(np.asarray(p, "float64"), LEAST.get(case.id, -np.inf))
    constant = (p,) if takes_frozen(case.reference) else ()
    with np.errstate(all="ignore"):
        items, kept = _items(case.reference(t, p, *constant))
    return items, np.broadcast_to(kept, items.shape)


@pytest.mark.every_parameter
@pytest.mark.parametrize("name", OF_LOSS)
def test_a_value_is_right_or_nan_where_an_input_is(name, gradient):
    made = {}

    @GENERATED
    @given(inputs(name))
    def check(drawn):
        note(drawn.program())
        case = drawn.case
        if case.id not in made:
            # The terms of a Sum reduce themselves.
            config = dict(case.config)
            if case.loss != "Sum":
                config["reduction"] = None
            loss = getattr(portable_losses, case.loss)(**config)
            # In compiled code a Hyperparameter must not be a constant.
            made[case.id] = state_of(loss)(loss.__call__)
        items, slope = gradient(
            made[case.id],
            drawn.y_true,
            drawn.y_pred.astype("float32"),
            compiled="jit" if BACKEND == "jax" else False,
            dtype=drawn.dtype,
        )
        # In half precision a gradient may well be beyond the largest number.
        slope = slope if drawn.dtype == "float32" else np.zeros(())
        judge(case, drawn.y_true, drawn.y_pred.astype("float32"), items, slope)

    check()


def without_nan(case, t, p):
    """The reference without the NaN of p, and where it depends on what stands there.

    Such an item must be NaN; another one may be NaN, or what the reference is.
    """
    found = [reference_of(case, t, np.where(np.isnan(p), x, p))[0] for x in PROBES]
    same = [np.isclose(found[0], x, rtol=0, atol=0, equal_nan=True) for x in found[1:]]
    return found[0], ~np.logical_and.reduce(same)


@functools.cache
def ordinary(case_id):
    """How large the items of the case's own inputs are: what float32 can resolve."""
    found, kept = reference_of(CASES[case_id], *first(case_id, 0))
    return float(np.abs(found[kept & np.isfinite(found)]).max(initial=0.0))


def judge(case, t, p, items, slope):
    if not len(p):
        assert np.all(items == 0.0), f"no samples give {items}"
        return
    wanted, kept = reference_of(case, t, p)
    free = np.zeros(np.shape(wanted), bool)
    if np.isnan(p).any() and case.loss != "Sum":
        instead, depends = without_nan(case, t, p)
        lost = items.reshape(wanted.shape) if wanted.ndim else items.mean()
        free = ~depends & kept & ~np.isnan(lost)
        wanted = np.where(free, instead, wanted)
    if case.loss == "Sum" and wanted.ndim:
        wanted, kept, free = np.mean(wanted), np.asarray(True), np.asarray(False)
        case = dataclasses.replace(case, kind="statistic")
    if wanted.ndim == 0:
        items = items.mean(keepdims=True)  # a statistic, which may be one per column
        wanted = np.broadcast_to(wanted, items.shape)
        kept, free = (np.broadcast_to(x, items.shape) for x in (kept, free))
    assert items.shape == wanted.shape
    holes = np.isnan(p).any(axis=tuple(range(1, p.ndim)))
    endless = np.isinf(p).any(axis=tuple(range(1, p.ndim)))
    ends = (np.abs(p) > EXPONENT).any(axis=tuple(range(1, p.ndim)))
    if t is not None and t.dtype.kind == "f":
        holes |= np.isnan(t).any(axis=tuple(range(1, t.ndim)))
    if case.kind != "items":
        holes, ends, endless = holes.any(), ends.any(), endless.any()
    if case.kind == "items":
        inner = tuple(range(1, items.ndim))
        counted = kept & ~free
        lost = holes & counted.any(axis=inner) & ~np.isnan(items).any(axis=inner)
        assert not lost.any(), f"a NaN of sample {np.argmax(lost)} is not in {items}"
    elif holes.any():
        counted = kept & ~free
        assert not counted.any() or np.isnan(items).any(), f"a NaN is not in {items}"
    inner = (*np.shape(holes), *(1,) * (items.ndim - 1))
    sound, far, infinite = (
        np.broadcast_to(x.reshape(inner) if x.ndim else x, items.shape)
        for x in (~holes, ends, endless)
    )
    # A NaN that shows in one item may have taken the place of others that it is with.
    together = tuple(range(case.kind == "items", items.ndim))
    shows = np.isnan(items).any(axis=together, keepdims=True)
    wanted, sound = np.where(kept, wanted, 0.0), sound | (free & ~shows)
    known = sound & ~np.isnan(wanted)
    assert not np.isnan(items[known & ~infinite]).any(), (
        f"NaN without one: {items}, not {wanted}"
    )
    # The reference has exponentials beyond float64, or subtracts infinities.
    unknown = sound & np.isnan(wanted)
    assert not (unknown & ~far).any(), f"the reference is {wanted}"
    limits = tolerance("float32", "cpu", case.scale * ROOM)
    finite = known & np.isfinite(wanted) & (np.abs(wanted) < 1e37)
    # Where the paper's formula has no value, at an infinity, ours may be NaN.
    finite &= ~(np.isnan(items) & infinite)
    size = float(np.abs(wanted[finite]).max(initial=max(ordinary(case.id), 1e-6)))
    if case.loss in CANCELS:
        size = float(np.abs(p[np.isfinite(p)]).max(initial=size))
    error = np.abs(items[finite] - wanted[finite])
    room = limits.value * np.abs(wanted[finite]) + limits.term * size
    assert (error <= room).all(), f"{items}, not {wanted}"
    beyond = known & np.isinf(wanted) & ~(np.isnan(items) & infinite)
    beyond &= infinite | ~far
    assert (items[beyond] == wanted[beyond]).all(), f"{items}, not {wanted}"
    if not holes.any() and not ends.any() and np.isfinite(items).all():
        assert np.isfinite(slope).all(), f"the gradient is {slope}"
