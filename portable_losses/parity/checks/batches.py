"""Weights, masks and batches."""

import numpy as np

from portable_losses.parity.autodiff import Result
from portable_losses.parity.checks._comparing import (
    brief,
    by_item,
    compare_arrays,
    compare_gradient,
    compare_value,
    gradient_of,
    rejected,
    value_of_nothing,
)
from portable_losses.parity.checks._outcomes import Mismatch, NotApplicable
from portable_losses.parity.inputs import keep, take
from portable_losses.parity.lane import Lane


def weights(lane: Lane) -> None:
    """Weight 1 changes nothing; 2 equals the sample twice, and 0 the sample removed."""
    t, p = lane.inputs("drawn")
    if lane.case.kind == "statistic":
        rejected(lane, t, p, weight=np.ones(len(p), "float32"))
        return
    wanted = lane.expected("drawn")
    plain = lane.run(t, p)
    ones = lane.run(t, p, weight=np.ones(len(p), "float32"))
    compare_arrays(lane, "weights of one against none", ones, plain)
    weight = np.linspace(0.5, 1.5, len(p)).astype("float32")
    weight[0], weight[-1] = 2.0, 0.0
    if lane.case.kind == "batch":
        weight[-1] = 0.25  # dropping a sample changes the others' items
    weighted = by_item(weight, wanted.items) * wanted.items
    # The weighted mean below runs compiled; its sum runs in eager mode where that is
    # cheaper, since the two differ in one division.
    mode = "eager" if lane.eager_is_cheap else None
    result = lane.run(t, p, weight=weight, reduction="sum", mode=mode)
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
        s, q = take(t, order), p[order]
        again = lane.run(s, q, weight=twice, reduction="sum", mode=mode)
        size = float(np.abs(weighted).sum())
        lane.near("weight 2 against the sample twice", again.value, total, size)


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
        if gradient_of(result)[1].any():
            raise Mismatch(f"a {broken} item of weight 0 has a gradient")


def mask(lane: Lane) -> None:
    """Masked samples have no effect: the result is that of the batch without them."""
    if not lane.takes_mask:
        raise NotApplicable("a plain Keras loss has no mask argument")
    t, p = lane.inputs("drawn")
    which = keep(len(p))
    if lane.case.kind == "statistic" and not lane.takes_kept:
        rejected(lane, t, p, mask=which)
        return
    q = p.copy()
    q[~which] = np.nan
    result = lane.run(t, q, mask=which)
    wanted = lane.expected("masked")
    compare_value(lane, result, wanted, where="masked")
    got = gradient_of(result)
    if got[~which].any():
        raise Mismatch(f"a masked sample has the gradient {brief(got[~which])}")
    rest = Result(result.value, got[which], result.device, result.dtype)
    compare_gradient(lane, rest, wanted, where="masked")
    nothing = lane.run(t, q, mask=np.zeros(len(p), "bool"))
    if float(nothing.value) != 0.0 or gradient_of(nothing).any():
        raise Mismatch(
            f"all masked gives the value {float(nothing.value):.6g} and the gradient "
            f"{brief(gradient_of(nothing))}, not 0 and zeros"
        )


def sizes(lane: Lane) -> None:
    """A batch of one sample gives the right result, and a batch of zero samples 0."""
    t, p = lane.inputs("drawn")
    result, wanted = lane.at("one sample"), lane.expected("one sample")
    compare_value(lane, result, wanted, where="one sample")
    if result.gradient is not None:
        compare_gradient(lane, result, wanted, where="one sample")
    nothing = value_of_nothing(lane, take(t, slice(0, 0)), p[:0])
    if nothing.shape:
        raise Mismatch(f"no samples give a value of shape {nothing.shape}, not 0")
    if float(nothing) != 0.0:
        raise Mismatch(f"no samples give the value {float(nothing):.6g}, not 0")


def vector(lane: Lane) -> None:
    """Inputs of shape (B,) give the same result as inputs of shape (B, 1)."""
    t, p = lane.inputs("drawn")
    if t is None or t.shape != p.shape or p.ndim != 2:
        raise NotApplicable("targets and predictions are not both (B, C)")
    t, p = t[:, :1], p[:, :1]
    ways = {"(B,) and (B, 1)": (True, False), "(B, 1) and (B,)": (False, True)}
    if not lane.has_class_axis:  # or the one axis may be that
        ways["(B,) and (B,)"] = (True, True)
    column, *others = lane.flattened(t, p, [(False, False), *ways.values()])
    for name, result in zip(ways, others, strict=True):
        shaped = Result(result.value, gradient_of(result).reshape(p.shape), "", "")
        compare_arrays(lane, f"{name} against (B, 1) and (B, 1)", shaped, column)


def permutation(lane: Lane) -> None:
    """The order of the samples does not matter."""
    t, p = lane.inputs("drawn")
    order = np.random.default_rng(0).permutation(len(p))
    plain = lane.run(t, p)
    result = lane.run(take(t, order), p[order])
    back = np.empty_like(p, "float64")
    back[order] = gradient_of(result)
    compare_arrays(lane, "permuted samples", Result(result.value, back, "", ""), plain)
