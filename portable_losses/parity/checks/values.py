"""Value and gradient: against the reference, in every mode, at difficult inputs."""

import numpy as np

from portable_losses.parity.checks._comparing import (
    brief,
    compare_edge,
    compare_gradient,
    compare_value,
    gradient_of,
)
from portable_losses.parity.checks._outcomes import Mismatch, NotApplicable
from portable_losses.parity.inputs import HALF
from portable_losses.parity.lane import Lane


def value(lane: Lane) -> None:
    """The value equals the reference's."""
    compare_value(lane, lane.at("drawn"), lane.expected("drawn"))


def gradient(lane: Lane) -> None:
    """The gradient equals the reference's central differences, and is not all zero."""
    result, wanted = lane.at("drawn"), lane.expected("drawn")
    compare_gradient(lane, result, wanted)
    if not np.nan_to_num(wanted.gradient).any() or not gradient_of(result).any():
        raise Mismatch("the gradient is zero everywhere")


def modes(lane: Lane) -> None:
    """Every mode (eager, compiled) gives the reference's value and gradient."""
    if not lane.compared:
        raise NotApplicable(_one_mode(lane))
    wanted = lane.expected("drawn")
    for mode in lane.compared:
        result = lane.run(*lane.inputs("drawn"), mode=mode)
        compare_value(lane, result, wanted, where=mode)
        compare_gradient(lane, result, wanted, where=mode)


def _one_mode(lane: Lane) -> str:
    """Why modes are not compared: the backend has one mode, or one was requested."""
    mode, name = lane.modes[0], lane.autodiff.NAME
    if len(lane.modes) > 1:
        return "not compared: with --quick, only the first case of a loss is"
    if len(lane.autodiff.MODES) > 1:
        return f"not compared: {mode} is the only mode that was asked for"
    more = ", ".join(lane.autodiff.ON_REQUEST)
    hint = f" (--mode compiled runs {more})" if more and mode == "eager" else ""
    return f"not compared: {name} ran in one mode, {mode}{hint}"


def edges(lane: Lane) -> None:
    """At non-differentiable points and extremes: the right value, a finite subgradient.

    Inputs with infinite predictions are tested in every mode and in half precision too.
    """
    if not lane.case.edges:
        raise NotApplicable("the case names no edges")
    for name in lane.case.edges:
        label = f"edge {name}"
        t, p = lane.inputs(label)
        compare_edge(lane, lane.at(label), lane.expected(label), label)
        if lane.case.reference is None or not np.isinf(p).any():
            continue
        for mode in lane.compared:
            result = lane.run(t, p, mode=mode)
            compare_edge(lane, result, lane.expected(label), f"{label}, {mode}")
        for dtype, half in HALF.items():
            q = p.astype(half)
            wanted = lane.expect(f"{label} {dtype}", t, q)
            result = lane.run(t, q)
            compare_edge(lane, result, wanted, f"{label}, {dtype}", dtype)


def half(lane: Lane) -> None:
    """float16 and bfloat16 predictions give the value of the rounded inputs."""
    for dtype in HALF:
        label = f"drawn {dtype}"
        result, wanted = lane.at(label), lane.expected(label)
        compare_value(lane, result, wanted, dtype=dtype, where=dtype)
        compare_gradient(lane, result, wanted, dtype=dtype, where=dtype)


def live(lane: Lane) -> None:
    """Every sample that is confidently wrong has a gradient that is not 0."""
    if lane.case.wrong is None:
        raise NotApplicable("the case names no confidently wrong inputs")
    t, p = lane.inputs.tiled(lane.case.wrong)
    got = gradient_of(lane.run(t, p))
    if not np.isfinite(got).all():
        raise Mismatch(f"the gradient of confidently wrong inputs is {brief(got)}")
    per_sample = np.abs(got).reshape(len(got), -1).max(axis=1)
    if (per_sample <= 1e-6 * max(per_sample.max(), 1.0 / len(got))).any():
        dead = int(np.argmin(per_sample))
        raise Mismatch(
            f"the gradient of sample {dead}, which is confidently wrong, is dead: "
            f"{per_sample[dead]:.3g}"
        )


def nan(lane: Lane) -> None:
    """A NaN prediction makes the value NaN."""
    t, p = lane.inputs("drawn")
    p = p.copy()
    p[0] = np.nan
    result = lane.run(t, p)
    if not np.isnan(result.value):
        raise Mismatch(f"a NaN prediction gives the value {float(result.value):.6g}")
