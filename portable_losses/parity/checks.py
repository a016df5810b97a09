"""The checks: each is a named function of a lane that raises what it finds.

A *lane* is a case on one backend and device. A check raises `Mismatch` for a fault,
and `NotApplicable`, with the reason, where it has no meaning.
"""

import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from portable_losses.parity import originals
from portable_losses.parity.autodiff import Result
from portable_losses.parity.case import Array
from portable_losses.parity.lane import HALF, Lane, keep, take
from portable_losses.parity.reference import Expected, expect
from portable_losses.parity.tolerances import (
    SMALL_GRADIENT,
    Tolerance,
    gradient_excess,
    value_excess,
)


class Mismatch(AssertionError):
    """A loss does not do what it should."""


class NotApplicable(Exception):
    """A check has no meaning for this case; the message says why."""


Check = Callable[[Lane], str | None]
"""Raises what it finds; returns what a reader should know of a lane that passed."""
CHECKS: dict[str, Check] = {}
"""Every check by name, in the order in which they run."""

VALUES_ONLY = ("value", "edges", "sizes", "config", "drop_in")
"""Checks with a meaning on the NumPy backend, which has no gradients."""


def check(function: Check) -> Check:
    """Register a check under its function's name."""
    CHECKS[function.__name__] = function
    return function


# --- value and gradient -------------------------------------------------------------


@check
def value(lane: Lane) -> None:
    """The value equals the reference's."""
    compare_value(lane, lane.at("drawn"), lane.expected("drawn"))


@check
def gradient(lane: Lane) -> None:
    """The gradient equals the reference's central differences, and is not all zero."""
    result, wanted = lane.at("drawn"), lane.expected("drawn")
    compare_gradient(lane, result, wanted)
    if not np.nan_to_num(wanted.gradient).any() or not _gradient(result).any():
        raise Mismatch("the gradient is zero everywhere")


@check
def modes(lane: Lane) -> None:
    """Every way to run the loss gives the reference's value and gradient."""
    others = lane.modes[1:]
    if not others:
        raise NotApplicable(f"{lane.modes[0]} is the only mode that was asked for")
    wanted = lane.expected("drawn")
    for mode in others:
        result = lane.run(*lane.inputs("drawn"), mode=mode)
        compare_value(lane, result, wanted, where=mode)
        compare_gradient(lane, result, wanted, where=mode)


@check
def edges(lane: Lane) -> None:
    """At kinks and extremes: the right value, a finite subgradient.

    Where the predictions hold infinities, in every mode and in half precision too.
    """
    if not lane.case.edges:
        raise NotApplicable("the case names no edges")
    for name in lane.case.edges:
        label = f"edge {name}"
        t, p = lane.inputs(label)
        _compare_edge(lane, lane.at(label), lane.expected(label), label)
        if lane.case.reference is None or not np.isinf(p).any():
            continue
        for mode in lane.modes[1:]:
            result = lane.run(t, p, mode=mode)
            _compare_edge(lane, result, lane.expected(label), f"{label}, {mode}")
        for dtype, half in HALF.items():
            q = p.astype(half)
            wanted = expect(lane.case.reference, t, q)
            result = lane.run(t, q)
            _compare_edge(lane, result, wanted, f"{label}, {dtype}", dtype)


@check
def half(lane: Lane) -> None:
    """float16 and bfloat16 predictions give the value of the rounded inputs."""
    for dtype in HALF:
        label = f"drawn {dtype}"
        result, wanted = lane.at(label), lane.expected(label)
        compare_value(lane, result, wanted, dtype=dtype, where=dtype)
        compare_gradient(lane, result, wanted, dtype=dtype, where=dtype)


@check
def live(lane: Lane) -> None:
    """Every sample that is confidently wrong has a gradient."""
    if lane.case.wrong is None:
        raise NotApplicable("the case names no confidently wrong inputs")
    t, p = lane.tiled(lane.case.wrong)
    got = _gradient(lane.run(t, p))
    if not np.isfinite(got).all():
        raise Mismatch(f"the gradient of confidently wrong inputs is {_brief(got)}")
    per_sample = np.abs(got).reshape(len(got), -1).max(axis=1)
    if (per_sample <= 1e-6 * max(per_sample.max(), 1.0 / len(got))).any():
        dead = int(np.argmin(per_sample))
        raise Mismatch(
            f"the gradient of sample {dead}, which is confidently wrong, is dead: "
            f"{per_sample[dead]:.3g}"
        )


@check
def nan(lane: Lane) -> None:
    """A NaN prediction is seen in the value, not lost."""
    t, p = lane.inputs("drawn")
    p = p.copy()
    p[0] = np.nan
    result = lane.run(t, p)
    if not np.isnan(result.value):
        raise Mismatch(f"a NaN prediction gives the value {float(result.value):.6g}")


# --- weights, masks, batches --------------------------------------------------------


@check
def weights(lane: Lane) -> None:
    """Weights of one change nothing; 2 is the sample twice and 0 the sample dropped."""
    t, p = lane.inputs("drawn")
    if lane.case.kind == "statistic":
        _refused(lane, t, p, weight=np.ones(len(p), "float32"))
        return
    wanted = lane.expected("drawn")
    plain = lane.run(t, p)
    ones = lane.run(t, p, weight=np.ones(len(p), "float32"))
    compare_arrays(lane, "weights of one against none", ones, plain)
    weight = np.linspace(0.5, 1.5, len(p)).astype("float32")
    weight[0], weight[-1] = 2.0, 0.0
    if lane.case.kind == "batch":
        weight[-1] = 0.25  # dropping a sample changes the others' items
    weighted = _by_item(weight, wanted.items) * wanted.items
    result = lane.run(t, p, weight=weight, reduction="sum")
    total = float(weighted[wanted.kept].sum())
    lane.near("the weighted sum", result.value, total, float(np.abs(weighted).sum()))
    result = lane.run(t, p, weight=weight)
    count = max(int(wanted.kept.sum()), 1)
    lane.near("the weighted mean", result.value, total / count, wanted.largest)
    if lane.case.kind == "items":
        order = np.arange(len(p))
        order[-1] = 0  # the sample of weight 2 takes the place of the one of weight 0
        twice = weight.copy()
        twice[0] = twice[-1] = 1.0
        again = lane.run(take(t, order), p[order], weight=twice, reduction="sum")
        size = float(np.abs(weighted).sum())
        lane.near("weight 2 against the sample twice", again.value, total, size)


@check
def weight_zero(lane: Lane) -> None:
    """A NaN or inf item of weight 0 leaves value and gradient finite."""
    if lane.case.kind == "statistic":
        raise NotApplicable("a statistic takes no weights")
    t, p = lane.inputs("drawn")
    weight = np.ones(len(p), "float32")
    weight[1] = 0.0
    clean = lane.run(t, p, weight=weight)
    for broken in (np.nan, np.inf):
        q = p.copy()
        q[1] = broken
        s = t
        if t is not None and t.dtype.kind == "f":
            s = t.copy()
            s[1] = broken
        result = lane.run(s, q, weight=weight)
        compare_arrays(lane, f"a {broken} item of weight 0", result, clean)
        if _gradient(result)[1].any():
            raise Mismatch(f"a {broken} item of weight 0 has a gradient")


@check
def mask(lane: Lane) -> None:
    """A mask selects: the rest behaves as if the masked samples were not there."""
    if not lane.takes_mask:
        raise NotApplicable("a plain Keras loss has no mask argument")
    t, p = lane.inputs("drawn")
    which = keep(len(p))
    if lane.case.kind == "statistic" and not lane.takes_kept:
        _refused(lane, t, p, mask=which)
        return
    q = p.copy()
    q[~which] = np.nan
    result = lane.run(t, q, mask=which)
    wanted = lane.expected("masked")
    compare_value(lane, result, wanted, where="masked")
    got = _gradient(result)
    if got[~which].any():
        raise Mismatch(f"a masked sample has the gradient {_brief(got[~which])}")
    rest = Result(result.value, got[which], result.device, result.dtype)
    compare_gradient(lane, rest, wanted, where="masked")
    nothing = lane.run(t, q, mask=np.zeros(len(p), "bool"))
    if float(nothing.value) != 0.0 or _gradient(nothing).any():
        raise Mismatch(
            f"all masked gives the value {float(nothing.value):.6g} and the gradient "
            f"{_brief(_gradient(nothing))}, not 0 and zeros"
        )


@check
def sizes(lane: Lane) -> None:
    """One sample is right, and no samples give 0."""
    t, p = lane.inputs("drawn")
    result, wanted = lane.at("one sample"), lane.expected("one sample")
    compare_value(lane, result, wanted, where="one sample")
    if result.gradient is not None:
        compare_gradient(lane, result, wanted, where="one sample")
    nothing = _value_of_nothing(lane, take(t, slice(0, 0)), p[:0])
    if nothing.shape:
        raise Mismatch(f"no samples give a value of shape {nothing.shape}, not 0")
    if float(nothing) != 0.0:
        raise Mismatch(f"no samples give the value {float(nothing):.6g}, not 0")


@check
def vector(lane: Lane) -> None:
    """(B,) is (B, 1)."""
    t, p = lane.inputs("drawn")
    if t is None or t.shape != p.shape or p.ndim != 2:
        raise NotApplicable("targets and predictions are not both (B, C)")
    t, p = t[:, :1], p[:, :1]
    column = lane.run(t, p)
    pairs = [("(B,) and (B, 1)", t[:, 0], p), ("(B, 1) and (B,)", t, p[:, 0])]
    if not lane.has_class_axis:  # or the one axis may be that
        pairs.append(("(B,) and (B,)", t[:, 0], p[:, 0]))
    for name, s, q in pairs:
        result = lane.run(s, q, mode="eager" if lane.eager_is_cheap else None)
        shaped = Result(result.value, _gradient(result).reshape(p.shape), "", "")
        compare_arrays(lane, f"{name} against (B, 1) and (B, 1)", shaped, column)


@check
def permutation(lane: Lane) -> None:
    """The order of the samples does not matter."""
    t, p = lane.inputs("drawn")
    order = np.random.default_rng(0).permutation(len(p))
    plain = lane.run(t, p)
    result = lane.run(take(t, order), p[order])
    back = np.empty_like(p, "float64")
    back[order] = _gradient(result)
    compare_arrays(lane, "permuted samples", Result(result.value, back, "", ""), plain)


# --- shapes, dtypes, ids, config ----------------------------------------------------


@check
def shapes(lane: Lane) -> None:
    """Targets that do not fit are refused, never broadcast."""
    t, p = lane.inputs("drawn")
    if t is None:
        raise NotApplicable("the loss has no targets")
    misfits = {"one target for all samples": t[:1]}
    if t.shape == p.shape and p.shape[-1] > 1 and p.ndim > 1:
        misfits["one column for all columns"] = t[..., :1]
    for name, s in misfits.items():
        try:
            lane.value(s, p)
        except (ValueError, TypeError):
            continue
        raise Mismatch(
            f"{name}: y_true of shape {s.shape} and y_pred of shape {p.shape} pass"
        )


@check
def dtypes(lane: Lane) -> None:
    """The result has the dtype that was asked for; float16 returns float32."""
    t, p = lane.inputs("drawn")
    plain = lane.value(t, p)
    for dtype, wanted in (("bfloat16", "bfloat16"), ("float16", "float32")):
        result = lane.value(t, p, dtype=dtype)
        if result.dtype != wanted:
            raise Mismatch(f'dtype="{dtype}" returns {result.dtype}, not {wanted}')
        slack = lane.tolerance(dtype).value
        lane.near(f'dtype="{dtype}"', result.value, float(plain.value), slack=slack)


@check
def exact_targets(lane: Lane) -> None:
    """Integer targets are exact whatever the loss's dtype."""
    if lane.case.exact is None:
        raise NotApplicable("the case names no targets that could be rounded")
    t, p = lane.inputs("exact")
    wanted = lane.expected("exact").value
    for dtype in ("float32", "bfloat16", "float16"):
        slack = lane.tolerance(dtype).value
        try:
            result = lane.value(t, p, dtype=dtype)
        except Exception as error:
            raise Mismatch(
                f'dtype="{dtype}": {type(error).__name__}: {error}'
            ) from error
        lane.near(f'dtype="{dtype}"', result.value, wanted, slack=slack)


@check
def class_ids(lane: Lane) -> None:
    """A class id out of range is refused or NaN, never a number."""
    if lane.case.classes is None:
        raise NotApplicable("targets are not class ids")
    t, p = lane.inputs("drawn")
    for bad in (lane.case.classes, -1):
        s = t.copy()
        s[0] = bad
        for mode in lane.modes:
            try:
                got = float(lane.run(s, p, mode=mode).value)
            except Exception:
                continue
            if not np.isnan(got):
                raise Mismatch(f"class id {bad} gives the value {got:.6g} ({mode})")


@check
def config(lane: Lane) -> None:
    """The loss that comes back from its JSON behaves the same."""
    t, p = lane.inputs("drawn")
    for dtype in ("float32", "bfloat16"):
        loss = lane.make(dtype=dtype)
        text = json.dumps(keras.saving.serialize_keras_object(loss))
        back = keras.saving.deserialize_keras_object(json.loads(text))
        before, after = lane.value_of(loss, t, p), lane.value_of(back, t, p)
        if before.dtype != after.dtype:
            raise Mismatch(f"comes back with dtype {after.dtype}, not {before.dtype}")
        if not np.array_equal(before.value, after.value, equal_nan=True):
            raise Mismatch(
                f"comes back as {float(after.value):.6g}, not {float(before.value):.6g}"
            )


@check
def drop_in(lane: Lane) -> str | None:
    """Arguments, name and values are those of Keras's loss, but for its known faults.

    Returns the faults that show; one that does not is a fault of their list.
    """
    if lane.original is None:
        raise NotApplicable("the loss stands in for none of Keras's")
    found = originals.compare(lane)
    known = originals.expected(lane, found.places)
    declared = {place for places in known.values() for place in places}
    wrong = [f"{p}: {how}" for p, how in found.differences.items() if p not in declared]
    for fault, places in known.items():
        hidden = sorted(map(str, places - set(found.differences)))
        if hidden:
            wrong.append(f"{hidden[0]}: no difference, where it is known: {fault}")
    if wrong:
        more = [f"and {len(wrong) - 3} more"] if len(wrong) > 3 else []
        raise Mismatch("\n".join([*wrong[:3], *more]))
    return "; ".join(map(str, known))


# --- comparing ----------------------------------------------------------------------


def compare_value(
    lane: Lane,
    result: Result,
    wanted: Expected,
    dtype: str = "float32",
    where: str = "",
) -> None:
    """Raise unless a value is the reference's, and keep its error."""
    allowed = lane.tolerance(dtype)
    got, ref = np.asarray(result.value), np.asarray(wanted.value)
    if dtype == "float32":
        lane.note_value(got, wanted.value, wanted.largest)
    if not np.isfinite(got) or value_excess(got, ref, wanted.largest, allowed) > 1:
        raise Mismatch(
            f"{where + ': ' if where else ''}the value is {float(got):.9g}, the "
            f"reference {float(ref):.9g}"
        )


def _compare_edge(
    lane: Lane, result: Result, wanted: Expected, where: str, dtype: str = "float32"
) -> None:
    """Raise unless the value is right and the gradient between the slopes.

    An infinite value must be the reference's; its gradient is free but for NaN.
    """
    if np.isinf(wanted.value):
        if float(result.value) != wanted.value:
            raise Mismatch(
                f"{where}: the value is {float(result.value):.9g}, the reference "
                f"{wanted.value:.9g}"
            )
    else:
        compare_value(lane, result, wanted, dtype=dtype, where=where)
    if result.gradient is None:
        return
    got = _gradient(result)
    fine = ~np.isnan(got) if np.isinf(wanted.value) else np.isfinite(got)
    if not fine.all():
        raise Mismatch(f"{where}: the gradient is not finite: {_brief(got)}")
    slack = lane.tolerance(dtype)
    known = np.abs(wanted.gradient[np.isfinite(wanted.gradient)])
    size = max(float(known.max(initial=0.0)), SMALL_GRADIENT)
    # A one-sided difference is off by its step times the curvature: more room than
    # for central ones, and still less than the width of any kink.
    room = 10 * (slack.gradient * np.abs(got) + slack.floor * size)
    outside = (got < wanted.low - room) | (got > wanted.high + room)
    if outside.any():
        at = tuple(int(i) for i in np.argwhere(outside)[0])
        raise Mismatch(
            f"{where}: the gradient at {at} is {got[at]:.6g}, outside the "
            f"one-sided slopes [{wanted.low[at]:.6g}, {wanted.high[at]:.6g}]"
        )


def compare_gradient(
    lane: Lane,
    result: Result,
    expected: Expected,
    dtype: str = "float32",
    where: str = "",
) -> None:
    """Raise unless a gradient is the reference's, and keep its error."""
    allowed, got, wanted = lane.tolerance(dtype), _gradient(result), expected.gradient
    place = f"{where}: " if where else ""
    if got.shape != wanted.shape:
        raise Mismatch(f"the gradient has shape {got.shape}, not {wanted.shape}")
    if dtype == "float32":
        lane.note_gradient(got, wanted)
    if expected.sampled:
        unknown = np.isnan(wanted)
        compare_along(got, expected, allowed, place)
        # The other elements have no reference, and the directions saw them together.
        wanted = np.where(unknown & np.isfinite(got), got, wanted)
    if not np.isfinite(got).all() or gradient_excess(got, wanted, allowed) > 1:
        far = np.abs(np.nan_to_num(got, nan=np.inf) - wanted)
        worst = np.unravel_index(np.argmax(np.nan_to_num(far, nan=np.inf)), got.shape)
        raise Mismatch(
            f"{place}the gradient at {tuple(int(i) for i in worst)} is "
            f"{got[worst]:.6g}, the reference {wanted[worst]:.6g}"
        )


def compare_along(
    got: Array, expected: Expected, allowed: Tolerance, place: str = ""
) -> None:
    """Raise unless a gradient gives the reference's derivative along each direction.

    The errors of the elements, of random signs, add up as their root mean square does.
    """
    for direction, wanted in zip(expected.directions, expected.along, strict=True):
        along = float(np.sum(got * direction))
        size = float(np.sqrt(np.sum(np.square(got))))
        floor = allowed.floor * SMALL_GRADIENT
        if not abs(along - wanted) <= floor + 10 * allowed.gradient * size:
            raise Mismatch(
                f"{place}the derivative along a random direction is {along:.6g}, the "
                f"reference {wanted:.6g}"
            )


def compare_arrays(lane: Lane, what: str, result: Result, other: Result) -> None:
    """Two results of the same backend that should be one."""
    lane.near(what, result.value, float(other.value), abs(float(other.value)))
    got, wanted = _gradient(result), _gradient(other)
    allowed = lane.tolerance("float32")
    if not np.isfinite(got).all() or gradient_excess(got, wanted, allowed) > 1:
        raise Mismatch(f"{what}: gradients {_brief(got)} and {_brief(wanted)}")


def _refused(
    lane: Lane, t: Any, p: Array, weight: Any = None, mask: Any = None
) -> None:
    what = "weights" if weight is not None else "a mask"
    try:
        lane.value(t, p, weight=weight, mask=mask)
    except ValueError:
        return
    raise Mismatch(f"{what} on a statistic pass, though they have no meaning there")


def _value_of_nothing(lane: Lane, t: Any, p: Array) -> Array:
    try:
        return lane.run(t, p).value
    except Exception:
        # JAX and PyTorch differentiate scalars alone: look at what it is instead.
        value = lane.value(t, p).value
        if not value.shape:
            raise
        return value


def _by_item(weight: Array, items: Array) -> Array:
    return weight.astype("float64").reshape(-1, *(1,) * (items.ndim - 1))


def _gradient(result: Result) -> Array:
    assert result.gradient is not None, "this result was made without a gradient"
    return result.gradient


def _brief(x: Array) -> str:
    return np.array2string(
        np.asarray(x).ravel(), precision=4, threshold=6, edgeitems=2, separator=", "
    )
