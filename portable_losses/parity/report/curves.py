"""The picture of training on a data set: the loss curves, and how far they differ."""

from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from portable_losses.parity.page.colors import LIGHT
from portable_losses.parity.report.model import Training
from portable_losses.parity.report.numbers import brief
from portable_losses.parity.report.picture import (
    STYLE,
    color,
    decades,
    drawing,
    figure,
    inline,
)

WIDTH, HEIGHT = 340, 330

DASH = 4
"""Dash length in line widths; dashes of equal curves alternate, so that all show."""


def curves(name: str, training: Training, number: int) -> str:
    """Draw the loss by step, and below it the differences from the first backend."""
    found = {b: np.asarray(curve) for b, curve in training["curves"].items()}
    if max(map(len, found.values()), default=0) < 2:
        return ""
    with drawing(STYLE):
        drawn = figure(WIDTH, HEIGHT)
        heights = (3, 2) if len(found) > 1 else (1,)
        upper, *lower = drawn.subplots(
            len(heights), sharex=True, height_ratios=heights, squeeze=False
        ).flat
        _losses(upper, found)
        if lower:
            _differences(lower[0], found, training["tolerance"])
        last = drawn.axes[-1]
        last.set_xlabel("step", loc="right")
        last.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        drawn.legend(
            [Line2D([], [], color=color(b), linewidth=2.2) for b in found],
            list(found),
            loc="outside upper left",
            ncols=len(found),
            handlelength=1,
            columnspacing=1.2,
        )
        return inline(
            drawn,
            name=f"training-{number}",
            title=f"Training on {name}",
            description="The loss by step on each backend. The largest difference is "
            f"{brief(training['largest_difference'])}, and "
            f"{brief(training['tolerance'])} is allowed.",
            hover={},
        )


def _losses(axes: Any, found: dict[str, np.ndarray]) -> None:
    every = np.concatenate(list(found.values()))
    every = every[np.isfinite(every)]
    high = max(float(every.max(initial=0.0)), 0.0) or 1.0
    low = min(0.0, float(every.min(initial=0.0)))
    room = 0.05 * (high - low)
    axes.set_title("loss")
    axes.set_ylim(low - room, high + room)
    axes.tick_params(length=0)
    for turn, (backend, curve) in enumerate(found.items()):
        others = len(found) - 1
        axes.plot(
            # Values that are not finite are drawn at the upper edge.
            np.nan_to_num(curve, nan=high, posinf=high, neginf=low),
            color=color(backend),
            gid=f"curve-loss-{backend}",
            linestyle=(-DASH * turn, (DASH, DASH * others)) if others else "-",
            linewidth=2.2,
        )


def _differences(axes: Any, found: dict[str, np.ndarray], limit: float) -> None:
    first, *others = found
    start = abs(found[first][:1]) if np.any(found[first][:1]) else 1.0
    apart = {}
    for backend in others:
        steps = min(len(found[first]), len(found[backend]))
        apart[backend] = np.abs(found[backend][:steps] - found[first][:steps]) / start
    seen = [float(x) for curve in apart.values() for x in curve if x > 1e-9]
    low, high = decades(seen, limit / 1e3, 2 * limit)
    axes.set_title(f"difference from {first}, of the first loss", fontsize=11)
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: brief(x, 1)))
    axes.tick_params(length=0)
    axes.axhline(limit, color=LIGHT["bad"], linestyle=(0, (5, 3)), linewidth=1)
    for backend, curve in apart.items():
        axes.plot(
            np.clip(np.nan_to_num(curve, nan=high, posinf=high), low, high),
            color=color(backend),
            gid=f"curve-difference-{backend}",
        )
