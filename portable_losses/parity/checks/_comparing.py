"""Comparisons of checks with the reference, within the tolerances."""

from typing import Any

import numpy as np

from portable_losses.parity.autodiff import Result
from portable_losses.parity.case import Array
from portable_losses.parity.checks._outcomes import Mismatch
from portable_losses.parity.lane import Lane
from portable_losses.parity.reference import Expected
from portable_losses.parity.tolerances import (
    SMALL_GRADIENT,
    Tolerance,
    gradient_excess,
    value_excess,
)


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
        lane.worst.note_value(got, wanted.value, wanted.largest)
    if not np.isfinite(got) or value_excess(got, ref, wanted.largest, allowed) > 1:
        raise Mismatch(
            f"{where + ': ' if where else ''}the value is {float(got):.9g}, the "
            f"reference {float(ref):.9g}"
        )


def compare_edge(
    lane: Lane, result: Result, wanted: Expected, where: str, dtype: str = "float32"
) -> None:
    """Raise unless the value is right and the gradient between the one-sided ones.

    Where the reference is infinite, the value must be the same infinity, and the
    gradient may be anything but NaN.
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
    got = gradient_of(result)
    fine = ~np.isnan(got) if np.isinf(wanted.value) else np.isfinite(got)
    if not fine.all():
        raise Mismatch(f"{where}: the gradient is not finite: {brief(got)}")
    slack = lane.tolerance(dtype)
    known = np.abs(wanted.gradient[np.isfinite(wanted.gradient)])
    size = max(float(known.max(initial=0.0)), SMALL_GRADIENT)
    # The error of a one-sided difference is the step times the curvature. So the
    # tolerance is larger than for central differences, but still smaller than the gap
    # between the two one-sided gradients.
    room = 10 * (slack.gradient * np.abs(got) + slack.floor * size)
    outside = (got < wanted.low - room) | (got > wanted.high + room)
    if outside.any():
        at = tuple(int(i) for i in np.argwhere(outside)[0])
        raise Mismatch(
            f"{where}: the gradient at {at} is {got[at]:.6g}, outside the "
            f"one-sided gradients [{wanted.low[at]:.6g}, {wanted.high[at]:.6g}]"
        )


def compare_gradient(
    lane: Lane,
    result: Result,
    expected: Expected,
    dtype: str = "float32",
    where: str = "",
) -> None:
    """Raise unless a gradient is the reference's, and keep its error."""
    allowed, got, wanted = lane.tolerance(dtype), gradient_of(result), expected.gradient
    place = f"{where}: " if where else ""
    if got.shape != wanted.shape:
        raise Mismatch(f"the gradient has shape {got.shape}, not {wanted.shape}")
    if dtype == "float32":
        lane.worst.note_gradient(got, wanted)
    if expected.sampled:
        unknown = np.isnan(wanted)
        compare_along(got, expected, allowed, place)
        # The other elements have no reference; the random directions test them
        # together.
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

    Errors of random sign add up, so the tolerance is that of the root mean square of
    the elements.
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
    """Raise unless two results of the same backend are equal within the tolerance."""
    lane.near(what, result.value, float(other.value), abs(float(other.value)))
    got, wanted = gradient_of(result), gradient_of(other)
    allowed = lane.tolerance("float32")
    if not np.isfinite(got).all() or gradient_excess(got, wanted, allowed) > 1:
        raise Mismatch(f"{what}: gradients {brief(got)} and {brief(wanted)}")


def rejected(
    lane: Lane, t: Any, p: Array, weight: Any = None, mask: Any = None
) -> None:
    what = "weights" if weight is not None else "a mask"
    try:
        lane.value(t, p, weight=weight, mask=mask)
    except ValueError:
        return
    raise Mismatch(f"{what} on a statistic pass, though they have no meaning there")


def value_of_nothing(lane: Lane, t: Any, p: Array) -> Array:
    try:
        return lane.run(t, p).value
    except Exception:
        # JAX and PyTorch differentiate scalars alone: look at what it is instead.
        value = lane.value(t, p).value
        if not value.shape:
            raise
        return value


def by_item(weight: Array, items: Array) -> Array:
    return weight.astype("float64").reshape(-1, *(1,) * (items.ndim - 1))


def gradient_of(result: Result) -> Array:
    assert result.gradient is not None, "this result was made without a gradient"
    return result.gradient


def brief(x: Array) -> str:
    return np.array2string(
        np.asarray(x).ravel(), precision=4, threshold=6, edgeitems=2, separator=", "
    )
