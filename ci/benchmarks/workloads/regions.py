"""Losses of regions of large maps, against other packages.

Every class is present in the targets, one-hot labels or maps of class indices. For hard
labels MONAI's Dice loss sums t p, which soft labels do not allow; for those it sums
min(t, p) with `soft_label=True`. Ours sums min(t, p) for both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.agreement import Agreement
from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import (
    Array,
    Rng,
    Shape,
    as_float,
    distributions,
    normal,
    one_hot,
    pair,
)
from benchmarks.workloads._functions import kerass, ours, using

GOAL = 0.7


def channels_first(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """The layout of torch's world."""
    return tuple(np.ascontiguousarray(np.moveaxis(x, -1, 1)) for x in inputs)


def channels_last(gradient: Array) -> Array:
    """Ours again."""
    return np.moveaxis(gradient, 1, -1)


def by_monai(losses: Any, name: str, **config: Any) -> Any:
    """Its default is the mean over samples and classes, too."""
    loss = getattr(losses, name)(smooth_nr=0.0, smooth_dr=1e-7, **config)
    return lambda t, p: loss(p, t)


def monais(name: str, reasons: dict[str, str] | None = None, **config: Any) -> Peer:
    """MONAI's loss of that name."""
    return Peer(
        using("monai.losses", by_monai, name, **config),
        GOAL,
        reasons or {},
        backends=("torch",),
        arrange=channels_first,
        restore=channels_last,
    )


def with_crossentropy(portable_losses: Any) -> Any:
    """Dice and crossentropy of one map of logits, as MONAI's DiceCELoss."""
    dice = portable_losses.SoftDice(activation="softmax")
    crossentropy = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    return lambda t, p: dice(t, p) + crossentropy(t, p)


def of_maps(losses: Any, name: str, **config: Any) -> Any:
    """MONAI's loss of that name, of class indices and logits."""
    loss = getattr(losses, name)(
        softmax=True, to_onehot_y=True, smooth_nr=0.0, smooth_dr=1e-7, **config
    )
    return lambda t, p: loss(p, t[:, None])


def dice_by_kornia(losses: Any) -> Any:
    """The mean over classes, too."""
    loss = losses.DiceLoss(average="macro")
    return lambda t, p: loss(p, t)


def with_maps(
    module: str,
    function: Any,
    *rest: Any,
    goal: float = GOAL,
    reasons: dict[str, str] | None = None,
    **config: Any,
) -> Peer:
    """A peer in torch's layout that takes class indices and logits."""
    return Peer(
        using(module, function, *rest, **config),
        goal,
        SOFTMAX if reasons is None else reasons,
        backends=("torch",),
        arrange=maps_first,
        restore=channels_last,
    )


def dice_by_smp(losses: Any) -> Any:
    """Sums over the batch, of class indices and logits."""
    loss = losses.DiceLoss("multiclass", from_logits=True)
    return lambda t, p: loss(p, t)


def lovasz_by_smp(losses: Any) -> Any:
    """The mean over samples, of the classes that a sample has."""
    loss = losses.LovaszLoss("multiclass", per_image=True)
    return lambda t, p: loss(p, t)


def by_kornia(losses: Any) -> Any:
    """It takes logits, and all classes."""
    loss = losses.LovaszSoftmaxLoss()
    return lambda t, p: loss(p, t)


def maps_first(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """Class indices, and the layout of torch's world."""
    t, p = inputs
    return t.astype("int64"), np.ascontiguousarray(np.moveaxis(p, -1, 1))


def maps(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """Class indices and logits."""
    return rng.integers(0, shape[-1], shape[:-1]).astype("int32"), normal(rng, shape)


HARD = {
    "torch": "sums take 30 % of the time and products 22 %; whether min(t, p) is t p, "
    "as for labels of 0 and 1, takes a square and a sum",
    "tensorflow": "min(t, p), which is right for soft labels too, takes a comparison "
    "and a select in each direction, where t p takes a product",
    "jax": "XLA makes one pass over memory of ours and of t p",
}
SOFT = {
    "torch": "min(t, p) has the gradient of t p where t = p; MONAI's |t - p| has none "
    "there, and takes no select: those of torch take half of the time"
}
SOFTMAX = {
    "torch": "the softmax and its gradient, which every form needs, take 31 % of the "
    "time, the rest many small steps"
}
BOTH = {
    "torch": "two softmaxes, of which neither loss knows the other's, take 41 % of the "
    "time"
}
STABLE = {
    "torch": "71 % of the time is a sort, stable so that equal errors have one order "
    "on every backend, a fifth slower than the other; and below 16 classes the softmax "
    "of torch over the last axis is not vectorized"
}
SUMS = Agreement(rtol=1e-4, why="sums over 65536 pixels")
WORKLOADS = (
    Workload(
        group="regions",
        name="SoftDice",
        sizes={"full": (8, 256, 256, 21), "small": (2, 32, 32, 5)},
        draw=pair(as_float(one_hot), distributions),
        ours=ours("SoftDice"),
        peers={
            "keras": Peer(kerass("Dice", axis=(1, 2)), GOAL, HARD),
            "monai": monais("DiceLoss", HARD),
        },
        agreement=SUMS,
    ),
    Workload(
        group="regions",
        name="SoftDice of soft labels",
        sizes={"full": (8, 256, 256, 21), "small": (2, 32, 32, 5)},
        draw=pair(distributions, distributions),
        ours=ours("SoftDice"),
        peers={"monai": monais("DiceLoss", SOFT, soft_label=True)},
        agreement=SUMS,
    ),
    Workload(
        group="regions",
        name="SoftDice of indices and logits",
        sizes={"full": (8, 256, 256, 21), "small": (2, 32, 32, 5)},
        draw=maps,
        ours=ours("SoftDice", activation="softmax"),
        peers={
            "monai": with_maps("monai.losses", of_maps, "DiceLoss"),
            "kornia": with_maps("kornia.losses", dice_by_kornia),
        },
        agreement=SUMS,
    ),
    Workload(
        group="regions",
        name="SoftDice of indices and logits, by batch",
        sizes={"full": (8, 256, 256, 21), "small": (2, 32, 32, 5)},
        draw=maps,
        ours=ours("SoftDice", activation="softmax", per="batch"),
        peers={
            "monai": with_maps("monai.losses", of_maps, "DiceLoss", batch=True),
            "segmentation-models-pytorch": with_maps(
                "segmentation_models_pytorch.losses", dice_by_smp
            ),
        },
        agreement=SUMS,
    ),
    Workload(
        group="regions",
        name="SoftDice and crossentropy",
        sizes={"full": (8, 256, 256, 21), "small": (2, 32, 32, 5)},
        draw=maps,
        ours=using("portable_losses", with_crossentropy),
        peers={"monai": with_maps("monai.losses", of_maps, "DiceCELoss", reasons=BOTH)},
        agreement=SUMS,
    ),
    Workload(
        group="regions",
        name="SoftTversky",
        sizes={"full": (8, 256, 256, 21), "small": (2, 32, 32, 5)},
        draw=pair(as_float(one_hot), distributions),
        ours=ours("SoftTversky", alpha=0.3, beta=0.7),
        peers={"monai": monais("TverskyLoss", alpha=0.3, beta=0.7)},
        agreement=SUMS,
    ),
    Workload(
        group="regions",
        name="LovaszSoftmax",
        sizes={"full": (2, 256, 256, 15), "small": (2, 32, 32, 5)},
        draw=maps,
        ours=ours("LovaszSoftmax", activation="softmax", classes="all"),
        peers={
            "kornia": with_maps("kornia.losses", by_kornia, goal=1.0, reasons=STABLE),
            "segmentation-models-pytorch": with_maps(
                "segmentation_models_pytorch.losses",
                lovasz_by_smp,
                goal=0.5,
                reasons=STABLE,
            ),
        },
        agreement=Agreement(
            rtol=1e-3, of_largest=1e-3, why="differences of sums over sorted pixels"
        ),
    ),
)
