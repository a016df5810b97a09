"""What one comparison found: a line of the table and an entry of the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.timing import Interval

MET, MISSED, UNCLEAR, NO_GOAL = "met", "missed", "unclear", ""


@dataclass(frozen=True)
class Result:
    """Ours against one peer. Times are milliseconds, sizes bytes.

    `figure` is the ratio ours / peer, unless `unit` says otherwise, and `again` the
    same figure of the peer against itself (A/A). `goal` is for the figure,
    `memory_goal` for the ratio of the peaks, and a figure is fitted to `points`. Where
    `disagreement` is not empty nothing was timed.
    """

    workload: str
    peer: str
    goal: float | None = None
    memory_goal: float | None = None
    unit: str = ""
    ours: float | None = None
    theirs: float | None = None
    figure: Interval | None = None
    again: Interval | None = None
    first_call: Mapping[str, float] = field(default_factory=dict)
    memory: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    points: Mapping[str, Sequence[float]] = field(default_factory=dict)
    floor: float | None = None
    reason: str = ""
    disagreement: str = ""

    @property
    def summary(self) -> str:
        """The result in a few words, for those who watch."""
        if self.disagreement:
            return f"{self.peer}: disagrees"
        if self.figure is None:
            return f"{self.peer}: nothing"
        x = self.figure
        bounds = f"({x.low:.2f} to {x.high:.2f})"
        return f"{self.peer}: {x.median:.2f} {self.unit}{bounds} {self.verdict}".strip()

    @property
    def verdict(self) -> str:
        """Met, missed, or unclear: above the goal by less than the interval tells."""
        if self.figure is None or self.goal is None:
            return NO_GOAL
        if self.figure.median <= self.goal:
            return MET
        return MISSED if self.figure.low > self.goal else UNCLEAR


def ratio_of_peaks(memory: Mapping[str, Mapping[str, int]], peer: str) -> float | None:
    """Our peak of memory over that of a peer; None unless both were measured."""
    ours, theirs = (memory.get(who, {}).get("peak") for who in ("ours", peer))
    return ours / theirs if ours and theirs else None


def milliseconds(value: float | None) -> str:
    """A time with about three digits; nothing for None."""
    if value is None:
        return ""
    return (
        f"{value:.3f}"
        if value < 1
        else f"{value:.2f}"
        if value < 100
        else f"{value:.0f}"
    )
