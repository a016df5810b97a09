"""A picture of the ratios, with the goal of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.result import MET, MISSED, UNCLEAR, Result

COLORS = {MET: "tab:green", MISSED: "tab:red", UNCLEAR: "tab:orange", "": "tab:gray"}


def draw(path: Path, results: Sequence[Result], title: str) -> bool:
    """Write the picture; False where there is no ratio to draw."""
    ratios = [r for r in results if r.figure is not None and not r.unit]
    if not ratios:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.2 + 0.24 * len(ratios)), layout="constrained")
    axes: Any = figure.add_subplot()
    several = len({r.peer for r in ratios}) > 1
    labels = []
    for y, r in enumerate(ratios):
        assert r.figure is not None
        below, above = r.figure.median - r.figure.low, r.figure.high - r.figure.median
        color = COLORS[r.verdict]
        if r.again is not None:
            axes.plot([r.again.low, r.again.high], [y, y], color="0.85", lw=7, zorder=0)
        axes.errorbar(
            r.figure.median, y, xerr=[[below], [above]], fmt="o", color=color, ms=4
        )
        if r.goal is not None:
            axes.plot([r.goal, r.goal], [y - 0.45, y + 0.45], color="black", lw=1.2)
        name = r.workload.partition("/")[2]
        labels.append(f"{name} ({r.peer})" if several else name)
    axes.axvline(1.0, color="0.7", lw=0.8, ls=":", zorder=0)
    axes.set_xscale("log")
    axes.set_yticks(range(len(ratios)), labels, fontsize=7)
    axes.set_ylim(len(ratios) - 0.5, -0.5)
    low = min(0.5, *(r.figure.low for r in ratios if r.figure))
    high = max(2.0, *(r.figure.high for r in ratios if r.figure))
    ticks = [
        t for t in (0.01, 0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30) if low <= t <= high
    ]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set_xlabel("time of ours / peer; black: goal, gray: peer against itself")
    axes.set_title(title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    return True
