"""Cases of the multi-scale structural similarity."""

from portable_losses.parity.case import Case
from portable_losses.parity.cases.image._scales import WEIGHTS, multi_scale
from portable_losses.parity.cases.image._shared import (
    EDGES,
    SAMPLES,
    channel_by_channel,
    images,
)

CASES = (
    Case(
        loss="MultiScaleStructuralSimilarity",
        config={"filter_size": 2, "weights": WEIGHTS},
        draw=images,
        reference=channel_by_channel(multi_scale),
        edges=EDGES,
        samples=SAMPLES,
        sampled_gradient=True,
    ),
)
