"""Compares a drop-in for a loss of Keras with the loss that it replaces."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from portable_losses.parity.as_function import as_function
from portable_losses.parity.autodiff import LossFunction
from portable_losses.parity.case import Array
from portable_losses.parity.lane import Lane
from portable_losses.parity.originals import positional, shared, shown
from portable_losses.parity.places import REDUCTIONS, Place
from portable_losses.parity.tolerances import BETWEEN_BACKENDS, value_excess

ROUNDING = {"numpy": 10.0}
"""Factor on the tolerance: Keras on NumPy rounds more, as it computes probabilities.

From logits, it takes the sigmoid and the logarithm in two steps.
"""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What was compared, and what differs: `{place: how}`."""

    places: tuple[Place, ...]
    differences: dict[Place, str]


def compare(lane: Lane) -> Comparison:
    """Compare the loss of a lane with the loss of Keras that it replaces."""
    absent, arguments, name = Place("absent"), Place("arguments"), Place("name")
    assert lane.original is not None, "this loss stands in for none of Keras's"
    original = lane.original()
    if original is None:
        here = f"Keras {keras.__version__} has no {lane.case.loss}"
        return Comparison((absent,), {absent: here})
    ours = type(lane.make())
    differences = {}
    wanted, got = positional(original), positional(ours)
    if got != wanted:
        known = dict(wanted)
        new = [n for n, _ in got if n not in known]
        if new and [(n, value) for n, value in got if n in known] == wanted:
            # Which arguments are new is the whole difference, and says so in a fault.
            arguments = Place(f"arguments without {', '.join(new)}")
        differences[arguments] = f"{shown(got)}, Keras's are {shown(wanted)}"
    if ours().name != original().name:
        differences[name] = f"{ours().name!r}, Keras's is {original().name!r}"
    places = [absent, arguments, name]
    for place, mine, its in _values(lane, original):
        places.append(place)
        how = _difference(lane, mine, its)
        if how:
            differences[place] = how
    return Comparison(tuple(places), differences)


def _values(
    lane: Lane, original: Callable[..., Any]
) -> Iterator[tuple[Place, Array | str, Array | str]]:
    config = shared(lane, original)
    if config is None:
        return
    make = type(lane.make())
    ours = [as_function(make(**config, reduction=r)) for r in REDUCTIONS]
    its = [as_function(original(**config, reduction=r)) for r in REDUCTIONS]
    n = len(REDUCTIONS)
    # Each loss of Keras next to ours, first without weights and then with weights.
    functions = [*map(_unweighted, (*ours, *its)), *ours, *its]
    for label in labels(lane):
        t, p = lane.inputs(label)
        found = evaluate(lane, functions, t, p, _weight(lane, label))
        for weighted in (False, True):
            both = found[2 * n * weighted :]
            for reduction, mine, other in zip(
                REDUCTIONS, both[:n], both[n : 2 * n], strict=True
            ):
                yield Place(label, weighted, reduction), mine, other


def labels(lane: Lane) -> list[str]:
    """The inputs of a case at which ours and Keras's are compared.

    Inputs with infinite predictions are skipped: Keras's losses promise nothing there.
    Their result is NaN or clipped, depending on the backend and the loss.
    """
    edges = lane.case.edges.items()
    finite = [f"edge {name}" for name, (_, p) in edges if not np.isinf(p).any()]
    exact = ["exact"] if lane.case.exact is not None else []
    return ["drawn", *finite, *exact]


def evaluate(
    lane: Lane, functions: Sequence[LossFunction], t: Any, p: Array, weight: Array
) -> list[Array | str]:
    """The values of functions at one input; the error message of one that raises.

    All functions are compiled as one program, which is faster. If that raises, each
    half is run again, until the function that raises is alone.
    """
    try:
        with lane.autodiff.on(lane.device):
            return [*lane.autodiff.values(tuple(functions), t, p, weight)]
    except Exception as error:
        if len(functions) == 1:
            return [f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"]
    half = len(functions) // 2
    return [
        value
        for part in (functions[:half], functions[half:])
        for value in evaluate(lane, part, t, p, weight)
    ]


def _unweighted(function: LossFunction) -> LossFunction:
    def plain(t: Any, p: Any, w: Any = None, m: Any = None) -> Any:
        return function(t, p, None, None)

    return plain


def _weight(lane: Lane, label: str) -> Array:
    """One weight per item: Keras does not align sample weights with (B, T) items."""
    samples, items = len(lane.inputs(label)[1]), lane.expected(label).items
    shape = items.shape or (samples,)
    weight = np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)
    if label == "drawn" and lane.case.kind == "items":
        weight.flat[-1] = 0.0
    return weight.astype("float32")


def _difference(lane: Lane, ours: Array | str, its: Array | str) -> str:
    """How two values differ; an empty string where they do not."""
    if isinstance(ours, str) or isinstance(its, str):
        # If both raise, there is nothing to compare.
        if isinstance(ours, str) and isinstance(its, str):
            return ""
        return f"{_brief(ours)}, Keras's is {_brief(its)}"
    if ours.shape != its.shape:
        return f"the shape is {ours.shape}, Keras's is {its.shape}"
    both = np.isnan(ours) & np.isnan(its)
    ours, its = np.where(both, 0.0, ours), np.where(both, 0.0, its)
    # Items near 0 are differences of terms of order 1, and the two losses round these
    # differently. So the error is taken relative to a size of at least 1 here; small
    # items are compared with the reference by another check.
    finite = np.abs(its[np.isfinite(its)])
    size = max(float(finite.max(initial=0.0)), 1.0)
    rounding = ROUNDING.get(lane.autodiff.NAME, BETWEEN_BACKENDS)
    allowed = lane.tolerance("float32").times(rounding)
    if value_excess(ours, its, size, allowed) <= 1:
        return ""
    with np.errstate(invalid="ignore"):
        error = np.where(ours == its, 0.0, np.abs(ours - its))
    at = np.unravel_index(np.argmax(error), error.shape)  # the first NaN, if any
    return f"{ours[at]:.7g}, Keras's is {its[at]:.7g}"


def _brief(value: Array | str) -> str:
    if isinstance(value, str):
        return value if len(value) < 120 else value[:117] + "..."
    return f"{value:.7g}" if value.ndim == 0 else f"an array of {value.shape}"
