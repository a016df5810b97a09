"""Soft Dice of large maps, from probabilities, against other packages.

All take one-hot targets of 0 and 1 in which every class is present; a term of 1e-5
pixels above and below is small enough to be no disagreement.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.agreement import Agreement
from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import Array, as_float, distributions, one_hot, pair
from benchmarks.workloads._functions import kerass, ours, using

GOAL = 0.7


def channels_first(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """The layout of torch's world."""
    return tuple(np.ascontiguousarray(np.moveaxis(x, -1, 1)) for x in inputs)


def channels_last(gradient: Array) -> Array:
    """Ours again."""
    return np.moveaxis(gradient, 1, -1)


def by_monai(losses: Any) -> Any:
    """Its default is the mean over samples and classes, too."""
    loss = losses.DiceLoss(smooth_nr=0.0, smooth_dr=1e-7)
    return lambda t, p: loss(p, t)


WORKLOADS = (
    Workload(
        group="dice",
        name="SoftDice",
        sizes={"full": (8, 256, 256, 21), "small": (2, 32, 32, 5)},
        draw=pair(as_float(one_hot), distributions),
        ours=ours("SoftDice"),
        peers={
            "keras": Peer(kerass("Dice", axis=(1, 2)), GOAL),
            "monai": Peer(
                using("monai.losses", by_monai),
                GOAL,
                backends=("torch",),
                arrange=channels_first,
                restore=channels_last,
            ),
        },
        agreement=Agreement(rtol=1e-4, why="sums over 65536 pixels"),
    ),
)
