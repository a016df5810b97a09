"""How cost grows: time and memory against batch, classes, vocabulary and image size.

Sizes span three decades of what is read. The exponent is that of the upper half, where
the cost of a call no longer counts: 1 where cost is proportional to the size.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.result import Result
from benchmarks.timing import Interval
from benchmarks.workload import Function, Study
from benchmarks.workloads._draws import (
    Array,
    Draw,
    Rng,
    Shape,
    distributions,
    indices,
    normal,
    one_hot,
    pair,
)
from benchmarks.workloads._functions import ours
from benchmarks.workloads.contrastive import pairs, without_targets
from benchmarks.workloads.vocabulary import draw as tokens
from benchmarks.workloads.vocabulary import the_layers

PAGE = 4096
"""Bytes of memory below which nothing grows."""

SLACK = 0.15
"""What an exponent may be above the expected one: caches, and logarithms."""


@dataclasses.dataclass(frozen=True)
class Scale:
    """A loss, and what grows.

    Args:
        name: the loss, and what grows.
        shapes: the shapes that `draw` takes, from small to large.
        sizes: what grows, of a shape.
        time: the exponent of time that is expected.
        memory: that of memory.
        draw: makes the inputs.
        ours: builds the function.
        at: the inputs of the gradient.
    """

    name: str
    shapes: tuple[Shape, ...]
    sizes: Callable[[Shape], float]
    time: float
    memory: float
    draw: Draw
    ours: Callable[[], Function]
    at: tuple[int, ...] = (1,)


def labels(rng: Rng, shape: Shape) -> Array:
    """Labels with about eight samples each."""
    return rng.integers(0, max(shape[0] // 8, 2), shape[0]).astype("int32")


def masks(rng: Rng, shape: Shape) -> Array:
    """Binary masks of disks, as one channel."""
    y, x = np.indices(shape[1:3])
    side = min(shape[1:3])
    center = rng.uniform(0.3, 0.7, (2, shape[0], 1, 1)) * side
    near = (y - center[0]) ** 2 + (x - center[1]) ** 2 < (side / 5) ** 2
    return near[..., None].astype("float32")


def images(rng: Rng, shape: Shape) -> Array:
    """Pixels between 0 and 1."""
    return rng.uniform(0, 1, shape).astype("float32")


def of_pairs(name: str, **config: Any) -> Callable[[], Function]:
    """A loss of two views, which ignores its targets."""
    return lambda: without_targets(ours(name, **config)())


def sides(batch: int, channels: int, *lengths: int) -> tuple[Shape, ...]:
    """Square images of these sides."""
    return tuple((batch, n, n, channels) for n in lengths)


def pixels(shape: Shape) -> float:
    """Those of the whole batch."""
    return float(math.prod(shape[:3]))


def first(shape: Shape) -> float:
    """The batch."""
    return float(shape[0])


def last(shape: Shape) -> float:
    """The classes."""
    return float(shape[-1])


def batches(width: int, *counts: int) -> tuple[Shape, ...]:
    """Batches of embeddings."""
    return tuple((n, width) for n in counts)


SCALES = (
    Scale(
        "Huber, batch",
        batches(256, 64, 256, 1024, 4096, 16384, 65536),
        first,
        1.0,
        1.0,
        pair(normal, normal),
        ours("Huber"),
    ),
    Scale(
        "CategoricalFocalCrossentropy, classes",
        tuple((256, n) for n in (64, 256, 1024, 4096, 16384, 65536)),
        last,
        1.0,
        1.0,
        pair(one_hot, distributions),
        ours("CategoricalFocalCrossentropy"),
    ),
    Scale(
        "SparseCategoricalCrossentropy, vocabulary",
        tuple((256, n) for n in (64, 256, 1024, 4096, 16384, 65536)),
        last,
        1.0,
        1.0,
        pair(indices, normal),
        ours("SparseCategoricalCrossentropy", from_logits=True),
    ),
    Scale(
        "LinearCrossentropy, vocabulary",
        tuple((512, 128, n) for n in (256, 1024, 4096, 16384, 65536, 262144)),
        last,
        1.0,
        1.0,
        tokens,
        the_layers,
        at=(1, 2),
    ),
    Scale(
        "LinearCrossentropy, tokens",
        tuple((n, 64, 8192) for n in (32, 128, 512, 2048, 8192, 32768)),
        first,
        1.0,
        0.5,
        tokens,
        the_layers,
        at=(1, 2),
    ),
    Scale(
        "CLIP, batch",
        batches(64, 64, 128, 256, 512, 1024, 2048, 4096),
        first,
        2.0,
        2.0,
        pairs,
        of_pairs("CLIP"),
    ),
    Scale(
        "CLIP in chunks, batch",
        batches(64, 64, 128, 256, 512, 1024, 2048, 4096, 8192),
        first,
        2.0,
        1.0,
        pairs,
        of_pairs("CLIP", chunk_size="auto"),
    ),
    Scale(
        "Triplet of semi-hard negatives, batch",
        batches(64, 32, 64, 128, 256, 512, 1024, 2048),
        first,
        2.0,
        2.0,
        pair(labels, normal),
        ours("Triplet", mining="semi_hard"),
    ),
    Scale(
        "SoftDice, pixels",
        sides(1, 4, 16, 32, 64, 128, 256, 512, 1024),
        pixels,
        1.0,
        1.0,
        pair(one_hot, distributions),
        ours("SoftDice"),
    ),
    Scale(
        "LovaszSoftmax, pixels",
        sides(1, 4, 16, 32, 64, 128, 256, 512),
        pixels,
        1.0,
        1.0,
        pair(one_hot, distributions),
        ours("LovaszSoftmax"),
    ),
    Scale(
        "Boundary, pixels",
        sides(1, 1, 16, 32, 64, 128, 256, 512),
        pixels,
        1.0,
        1.0,
        pair(masks, images),
        ours("Boundary"),
    ),
    Scale(
        "StructuralSimilarity, pixels",
        sides(1, 3, 16, 32, 64, 128, 256, 512, 1024),
        pixels,
        1.0,
        1.0,
        pair(images, images),
        ours("StructuralSimilarity"),
    ),
)


def study(scale: Scale) -> Study:
    """The measurement of one scale."""

    def run(rounds: int) -> Iterator[Result]:
        return measure(scale, rounds)

    smallest, largest = (scale.sizes(scale.shapes[i]) for i in (0, -1))
    return Study(
        group="scaling",
        name=scale.name,
        size=f"{smallest:g} to {largest:g}",
        peer="proportional" if scale.time == 1 else "squared",
        goal=scale.time + SLACK,
        unit="exponent",
        run=run,
    )


def measure(scale: Scale, rounds: int) -> Iterator[Result]:
    """Time, and memory where the backend tells it, at each size."""
    import keras

    from benchmarks import memory
    from benchmarks.lanes import finish, timed
    from benchmarks.measure import Contender, warm_up
    from benchmarks.timing import count, time_of

    warm_up()
    sizes: list[float] = []
    times: list[float] = []
    kept: list[float] = []
    for shape in scale.shapes:
        inputs = scale.draw(np.random.default_rng(0), shape)
        tensors = tuple(keras.ops.convert_to_tensor(x) for x in inputs)
        plain = scale.ours()
        ready = Contender(timed(plain, "gradient", scale.at, False), tensors, plain)
        finish(ready.call())
        clock = time.perf_counter
        calls = count(ready.call, finish, 0.02, clock)
        taken = [
            time_of(ready.call, finish, calls, clock) / calls
            for _ in range(max(3, rounds // 4))
        ]
        sizes.append(scale.sizes(shape))
        times.append(1e3 * min(taken))
        kept.extend(max(PAGE, n) for n in memory.kept(ready).values())
    yield _result(scale, "time", sizes, times, scale.time)
    if len(kept) == len(sizes):
        yield _result(scale, "memory", sizes, kept, scale.memory)


def _result(
    scale: Scale, what: str, sizes: list[float], found: list[Any], expected: float
) -> Result:
    exponents = slopes(sizes, found)
    return Result(
        workload=f"scaling/{scale.name}, {what}",
        peer=f"expected {expected:g}",
        goal=expected + SLACK,
        unit="exponent",
        figure=Interval(exponent(sizes, found), min(exponents), max(exponents)),
        points={"size": tuple(sizes), what: tuple(float(x) for x in found)},
    )


def exponent(sizes: list[float], found: list[Any]) -> float:
    """That of a power of the size through the upper half of the points."""
    x, y = upper_half(sizes, found)
    return float(np.polyfit(x, y, 1)[0])


def slopes(sizes: list[float], found: list[Any]) -> list[float]:
    """Those between neighbors of the upper half."""
    x, y = upper_half(sizes, found)
    return [float(slope) for slope in np.diff(y) / np.diff(x)]


def upper_half(sizes: list[float], found: list[Any]) -> tuple[Array, Array]:
    """Logarithms of the upper half of the points."""
    upper = len(sizes) // 2
    return np.log(sizes[upper:]), np.log(found[upper:])


WORKLOADS = tuple(study(scale) for scale in SCALES)
