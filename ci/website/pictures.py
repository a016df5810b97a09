"""The picture of a loss: value and gradient by the prediction, each backend."""

from __future__ import annotations

from typing import Any

import numpy as np

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
    """Draw what each backend measured; Keras's own loss is dashed in gray."""
    with drawing(STYLE):
        drawn = figure(620, 270)
        axes = drawn.subplots(1, 2)
        for which, plot in zip(("value", "gradient"), axes, strict=True):
            plot.set_title(which)
            plot.set_xlabel("one number of the prediction", loc="right")
            plot.tick_params(length=0)
            others = max(len(found) - 1, 1)
            for turn, (backend, measured) in enumerate(found.items()):
                points = np.array(measured["points"])
                dashes = (-DASH * turn, (DASH, DASH * others))
                plot.plot(
                    points,
                    _numbers(measured["ours"][which]),
                    color=color(backend),
                    linestyle=dashes if len(found) > 1 else "-",
                    linewidth=2.4,
                    label=backend if which == "value" else None,
                )
                if "keras" in measured:
                    plot.plot(
                        points,
                        _numbers(measured["keras"][which]),
                        color=LIGHT["soft"],
                        linestyle=(0, (1.5, 2.5)),
                        linewidth=1.5,
                        label=f"Keras on {backend}" if which == "value" else None,
                    )
        drawn.legend(loc="outside upper right", ncols=len(found) * 2, handlelength=1.6)
        return inline(
            drawn,
            name="curve",
            title=f"Value and gradient of {name}",
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
    return bool((alive & ~(np.abs(theirs) > 0)).any())


def _numbers(found: list[float | None]) -> Any:
    return np.array([np.nan if x is None else x for x in found])
