"""The places of a comparison with Keras's loss, and its known faults there."""

import dataclasses
from collections.abc import Iterable, Iterator

import keras

from portable_losses.parity.cases import FAULTS, Fault
from portable_losses.parity.lane import Lane

REDUCTIONS = (
    "sum_over_batch_size",
    "mean",
    "sum",
    "mean_with_sample_weight",
    "none",
    None,
)


@dataclasses.dataclass(frozen=True)
class Place:
    """One number or array of the comparison: where it stands, and how it is reduced."""

    at: str
    weighted: bool = False
    reduction: str | None = None

    @property
    def of_values(self) -> bool:
        """Whether this is a value, and not the arguments or the name of the loss."""
        return not self.at.startswith(("absent", "arguments", "name"))

    def __str__(self) -> str:
        if not self.of_values:
            return self.at
        weights = ", with sample weights" if self.weighted else ""
        return f"{self.at}, reduction={self.reduction!r}{weights}"


def expected(lane: Lane, compared: Iterable[Place]) -> dict[Fault, set[Place]]:
    """The known faults of Keras that must show here, each with its places.

    Faults of another loss, case, backend or version of Keras are omitted.
    """
    case, compared, here = lane.case, set(compared), {}
    is_there = Place("name") in compared
    for fault in FAULTS:
        if fault.loss != case.loss or case.label not in (fault.labels or (case.label,)):
            continue
        if fault.holds(keras.__version__, lane.autodiff.NAME):
            here[fault] = {
                place
                for at in fault.at
                for place in _of(at, fault.of)
                if place in compared or (not place.of_values and is_there)
            }
    return {fault: places for fault, places in here.items() if places}


def _of(at: str, of: str) -> Iterator[Place]:
    if not Place(at).of_values:
        yield Place(at)
        return
    for weighted in (False, True):
        for reduction in REDUCTIONS:
            unreduced = not weighted and reduction in ("none", None)
            if of == "all" or (of == "weighted" and weighted):
                yield Place(at, weighted, reduction)
            elif of == "unreduced" and unreduced:
                yield Place(at, weighted, reduction)
