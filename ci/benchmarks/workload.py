"""What a workload is: data, from which everything that is measured follows.

Nothing here imports Keras or a backend. Functions are built only when they are run, so
that `--list` takes no time and no peer is imported that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import matrix
import numpy as np

from benchmarks.agreement import CLOSE, Agreement
from benchmarks.result import Result

Array = Any  # a NumPy array
Function = Callable[..., Any]
Goal = float | Mapping[str, float] | None
Lane = Literal["gradient", "eager", "eager gradient", "compiled gradient"]
Size = Literal["full", "small"]

BACKENDS = tuple(matrix.load().backends)
COMPILES = ("tensorflow", "jax")  # torch.compile needs a C++ compiler and a minute


@dataclass(frozen=True)
class Peer:
    """A function of somebody else's that computes the same numbers.

    `build` returns the function. `goal` is the largest ratio ours / peer that we want,
    one number or one a backend; None compares without a goal. `reasons` says for a
    backend why the goal is missed, and is printed beside the ratio. `backends` are
    those that the peer runs on. A peer with another layout gets its own inputs from
    `arrange`, outside of the time that is measured, and `restore` gives its gradient
    our layout again. `memory` is the largest ratio of the peaks of memory that we want,
    and `memory_reasons` says for a backend why it is missed.
    """

    build: Callable[[], Function]
    goal: Goal = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    backends: tuple[str, ...] = BACKENDS
    arrange: Callable[[tuple[Array, ...]], tuple[Array, ...]] | None = None
    restore: Callable[[Array], Array] | None = None
    memory: float | None = None
    memory_reasons: Mapping[str, str] = field(default_factory=dict)

    def goal_on(self, backend: str) -> float | None:
        """The goal on one backend."""
        if isinstance(self.goal, Mapping):
            return self.goal.get(backend)
        return self.goal


@dataclass(frozen=True)
class Workload:
    """One comparison: inputs, our function of them, and the peers'.

    `draw` makes the inputs of the size `sizes["full"]`, or of "small" for tests.
    `lane` says what is timed:

    * "gradient": value and gradient, compiled where the backend compiles;
    * "eager": the value alone, uncompiled;
    * "eager gradient", "compiled gradient": value and gradient, each way.

    The gradient is taken in the inputs numbered `inputs_of_gradient`. If the value is
    no scalar (`scalar=False`), random numbers stand for the gradient of what follows.
    `seconds` is how long the calls of one round last at least.
    """

    group: str
    name: str
    sizes: Mapping[str, tuple[int, ...]]
    draw: Callable[[np.random.Generator, tuple[int, ...]], tuple[Array, ...]]
    ours: Callable[[], Function]
    peers: Mapping[str, Peer]
    lane: Lane = "gradient"
    inputs_of_gradient: tuple[int, ...] = (1,)
    scalar: bool = True
    agreement: Agreement = CLOSE
    flops: float = 0.0
    seconds: float = 0.02

    @property
    def full_name(self) -> str:
        """What a person types to run it alone."""
        return f"{self.group}/{self.name}"

    @property
    def size(self) -> str:
        """The full size, in words."""
        return " x ".join(str(n) for n in self.sizes["full"])

    def runs_on(self, backend: str) -> bool:
        """Whether this backend has the lane."""
        return self.lane != "compiled gradient" or backend in COMPILES

    def inputs(self, size: str) -> tuple[Array, ...]:
        """The inputs, the same ones in every process."""
        return self.draw(np.random.default_rng(0), self.sizes[size])


@dataclass(frozen=True)
class Study:
    """A measurement that goes its own way, such as seconds of an import.

    `run(rounds)` measures, and returns results as a workload has them. `peer` is what
    ours is compared with.
    """

    group: str
    name: str
    size: str
    peer: str
    goal: float
    unit: str
    run: Callable[[int], Iterable[Result]]

    @property
    def full_name(self) -> str:
        """What a person types to run it alone."""
        return f"{self.group}/{self.name}"
