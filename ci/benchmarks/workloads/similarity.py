"""Structural similarity of images, against other packages."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.agreement import Agreement
from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import Array, Rng, Shape
from benchmarks.workloads._functions import ours, using

GOAL = 0.7


def draw(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """Images in [0, 1], and the same with noise."""
    t = rng.uniform(size=shape)
    p = np.clip(t + rng.normal(scale=0.2, size=shape), 0.0, 1.0)
    return t.astype("float32"), p.astype("float32")


def channels_first(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """The layout of torch's world."""
    return tuple(np.ascontiguousarray(np.moveaxis(x, -1, 1)) for x in inputs)


def channels_last(gradient: Array) -> Array:
    """Ours again."""
    return np.moveaxis(gradient, 1, -1)


def by_tensorflow(image: Any) -> Any:
    """An index of each image."""
    import tensorflow as tf

    return lambda t, p: 1.0 - tf.reduce_mean(image.ssim(t, p, 1.0))


def by_kornia(losses: Any) -> Any:
    """Its loss has a factor of 1/2."""
    loss = losses.SSIMLoss(11, padding="valid")
    return lambda t, p: 2.0 * loss(p, t)


def by_monai(losses: Any) -> Any:
    """Its defaults are those of the paper."""
    loss = losses.SSIMLoss(spatial_dims=2)
    return lambda t, p: loss(p, t)


FILTERS = {
    "torch": "the filters are matrix products, 27 % of the time, with 12 % for the "
    "copies between their two axes, and 16 products of moments take 20 %"
}


def of_torch(module: str, function: Any) -> Peer:
    """A peer with the channels first."""
    return Peer(
        using(module, function),
        GOAL,
        FILTERS,
        backends=("torch",),
        arrange=channels_first,
        restore=channels_last,
    )


WORKLOADS = (
    Workload(
        group="similarity",
        name="StructuralSimilarity",
        sizes={"full": (4, 256, 256, 3), "small": (1, 16, 16, 3)},
        draw=draw,
        ours=ours("StructuralSimilarity"),
        peers={
            "tensorflow": Peer(
                using("tensorflow.image", by_tensorflow),
                GOAL,
                backends=("tensorflow",),
            ),
            "kornia": of_torch("kornia.losses", by_kornia),
            "monai": of_torch("monai.losses", by_monai),
        },
        agreement=Agreement(
            rtol=1e-3, of_largest=1e-3, why="theirs subtract moments of the values"
        ),
    ),
)
