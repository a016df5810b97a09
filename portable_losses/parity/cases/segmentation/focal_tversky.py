"""Cases of the focal Tversky loss."""

from typing import Any

from portable_losses.parity.case import Array, Case
from portable_losses.parity.cases.segmentation._overlap import (
    mean_of_classes,
    region_losses,
    tversky_loss,
)
from portable_losses.parity.cases.segmentation._shared import (
    EDGES,
    ROWS,
    soft_rows,
    volumes_first,
)


def focal_tversky(gamma: float) -> Any:
    """Abraham 2019, with alpha for false positives and the exponent itself."""

    def class_loss(t: Array, p: Array) -> Any:
        return max(tversky_loss(t, p, alpha=0.3, beta=0.7), 0) ** gamma

    return class_loss


CASES = (
    Case(
        loss="FocalTversky",
        label="soft targets",
        draw=soft_rows,
        reference=region_losses(mean_of_classes(focal_tversky(0.75))),
        edges=EDGES,
        wrong=(ROWS, 0.98 - 0.97 * ROWS),
    ),
    Case(
        loss="FocalTversky",
        label="volumes, channels first",
        config={
            "gamma": 2.0,
            "empty": "skip",
            "include_background": False,
            "data_format": "channels_first",
        },
        draw=volumes_first,
        reference=region_losses(
            mean_of_classes(focal_tversky(2.0), skip=True), first=True, background=False
        ),
        classes=3,
    ),
)
