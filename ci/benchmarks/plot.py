"""A picture of the ratios, with the goal of each, and one of what grows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.result import MET, MISSED, UNCLEAR, Result

COLORS = {MET: "tab:green", MISSED: "tab:red", UNCLEAR: "tab:orange", "": "tab:gray"}


def draw(path: Path, results: Sequence[Result], title: str) -> bool:
    """Write the picture; False where there is no ratio to draw."""
    if any(r.points for r in results):
        return _growth(path, [r for r in results if r.points], title)
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


def _growth(path: Path, results: Sequence[Result], title: str) -> bool:
    """Each cost against its size, by a logarithm of both, and the power that fits."""
    from matplotlib.figure import Figure

    columns = 3
    rows = -(-len(results) // columns)
    figure = Figure(figsize=(12, 2.6 * rows), layout="constrained")
    grid: Any = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[len(results) :]:
        axes.set_visible(False)
    for axes, r in zip(grid.flat, results, strict=False):
        (_, sizes), (what, found) = r.points.items()
        assert r.figure is not None
        axes.loglog(sizes, found, "o-", color=COLORS[r.verdict], ms=4)
        power = [found[-1] * (x / sizes[-1]) ** r.figure.median for x in sizes]
        axes.loglog(sizes, power, ":", color="0.4", lw=1)
        name = r.workload.partition("/")[2].rpartition(",")[0]
        axes.set_title(f"{name}: {r.figure.median:.2f}, {r.peer}", fontsize=8)
        axes.set_ylabel("ms" if what == "time" else "bytes", fontsize=8)
        axes.set_xlabel(name.rpartition(", ")[2], fontsize=8)
        axes.tick_params(labelsize=7)
    figure.suptitle(f"{title}: cost against size, exponents of the upper half")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return True
