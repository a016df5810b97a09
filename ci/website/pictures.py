"""The picture of a loss: value and gradient by the prediction, each backend."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from portable_losses.parity.report.picture import (
    LIGHT,
    STYLE,
    color,
    drawing,
    figure,
    inline,
)

DASH = 4


def picture(name: str, found: dict[str, dict[str, Any]]) -> str:
    """Draw what each backend measured, value and gradient side by side or stacked.

    Keras's own loss is dotted in gray.
    """
    return "".join(_plot(name, which, found) for which in ("value", "gradient"))


def _plot(name: str, which: str, found: dict[str, dict[str, Any]]) -> str:
    others = max(len(found) - 1, 1)
    with drawing(STYLE):
        drawn = figure(330, 270)
        axes = drawn.add_subplot()
        axes.set_xlabel("one number of the prediction", loc="right")
        axes.tick_params(length=0)
        for turn, (backend, measured) in enumerate(found.items()):
            points = np.array(measured["points"])
            dashes = (-DASH * turn, (DASH, DASH * others))
            axes.plot(
                points,
                _numbers(measured["ours"][which]),
                color=color(backend),
                linestyle=dashes if len(found) > 1 else "-",
                linewidth=2.4,
            )
            if "keras" in measured:
                axes.plot(
                    points,
                    _numbers(measured["keras"][which]),
                    color=LIGHT["soft"],
                    linestyle=(0, (1.5, 2.5)),
                    linewidth=1.5,
                )
        lines = [Line2D([], [], color=color(b), linewidth=2.4) for b in found]
        words = list(found)
        if any("keras" in each for each in found.values()):
            lines.append(Line2D([], [], color=LIGHT["soft"], linestyle=":"))
            words.append("Keras")
        axes.set_title(which)
        drawn.legend(
            lines,
            words,
            loc="outside upper left",
            ncols=len(words),
            handlelength=1,
            columnspacing=1.0,
        )
        return inline(
            drawn,
            name=f"curve-{which}",
            title=f"The {which} of {name}",
            description="One number of the first sample's prediction moves.",
            hover={},
        )


def dies(measured: dict[str, Any]) -> bool:
    """Whether Keras's gradient is 0 or not finite somewhere where ours is not."""
    if "keras" not in measured:
        return False
    ours = _numbers(measured["ours"]["gradient"])
    theirs = _numbers(measured["keras"]["gradient"])
    alive = np.isfinite(ours) & (np.abs(ours) > 1e-3 * np.nanmax(np.abs(ours)))
    return bool((alive & ~(np.abs(theirs) > 1e-3 * np.abs(ours))).any())


def _numbers(found: list[float | None]) -> Any:
    return np.array([np.nan if x is None else x for x in found])
