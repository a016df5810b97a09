"""Measure one workload: build, first call, agreement, then rounds, floors, memory."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from benchmarks import floors, memory
from benchmarks.lanes import BACKEND, arrays, finish, timed
from benchmarks.result import Result
from benchmarks.timing import CLOCKS, ROUNDS, compare, ratio
from benchmarks.workload import Array, Function, Peer, Workload

OURS, AGAIN = "ours", "again"


@dataclass(frozen=True)
class Settings:
    """What a person chose on the command line."""

    rounds: int = ROUNDS
    size: str = "full"
    floors: bool = False
    memory: bool = False
    clock: str = "wall"
    seconds: float | None = None


@dataclass(frozen=True)
class Contender:
    """A function that is ready to be called, and the tensors it is called with."""

    function: Function
    tensors: tuple[Any, ...]
    plain: Function
    restore: Callable[[Array], Array] | None = None

    @functools.cached_property
    def call(self) -> Callable[[], Any]:
        """One call, as it is timed."""
        return functools.partial(self.function, *self.tensors)

    def numbers(self, result: Any) -> list[Array]:
        """Value and gradients in our layout."""
        value, *gradients = arrays(result)
        if self.restore is not None:
            gradients = [self.restore(g) for g in gradients]
        return [value, *gradients]


def measure(
    workload: Workload, peers: Sequence[str], settings: Settings
) -> list[Result]:
    """Return one result for each peer; one that disagrees is not timed."""
    arrays_in = workload.inputs(settings.size)
    ready = {OURS: contender(workload, arrays_in)}
    seconds, results, agreeing = {}, [], []
    first, seconds[OURS] = _first(ready[OURS])
    ours = ready[OURS].numbers(first)
    for name in peers:
        try:
            ready[name] = contender(workload, arrays_in, workload.peers[name])
            first, seconds[name] = _first(ready[name])
        except Exception as error:  # a peer's, which must not cost the others' figures
            said = f"{type(error).__name__}: {error}"
            results.append(_result(workload, name, disagreement=said))
            continue
        theirs = ready[name].numbers(first)
        difference = workload.agreement.difference(ours, theirs)
        if difference:
            results.append(_result(workload, name, disagreement=difference))
        else:
            agreeing.append(name)
    del first
    if not agreeing:
        return results

    # A/A: the first peer, built and compiled once more.
    ready[AGAIN] = contender(workload, arrays_in, workload.peers[agreeing[0]])
    racing = {who: ready[who].call for who in (OURS, *agreeing, AGAIN)}
    times = compare(
        racing,
        finish,
        rounds=settings.rounds,
        seconds=settings.seconds or workload.seconds,
        clock=CLOCKS[settings.clock],
    )
    again = ratio(times, AGAIN, agreeing[0])
    median = {who: 1e3 * statistics.median(taken) for who, taken in times.items()}
    sizes = {who: memory.kept(ready[who]) for who in (OURS, *agreeing)}
    if settings.memory:
        for who in sizes:
            report = memory.peak(workload.full_name, who, settings.size)
            sizes[who]["peak"] = report["peak"] - report["baseline"]
    floor = floors.floor(workload, arrays_in) if settings.floors else None
    for name in agreeing:
        results.append(
            _result(
                workload,
                name,
                ours=median[OURS],
                theirs=median[name],
                figure=ratio(times, OURS, name),
                again=again,
                first_call={OURS: 1e3 * seconds[OURS], name: 1e3 * seconds[name]},
                memory={OURS: sizes[OURS], name: sizes[name]},
                floor=floor,
            )
        )
    return results


def _result(workload: Workload, name: str, **found: Any) -> Result:
    peer = workload.peers[name]
    return Result(
        workload=workload.full_name,
        peer=name,
        goal=peer.goal_on(BACKEND),
        memory_goal=peer.memory,
        reason=peer.reasons.get(BACKEND, ""),
        **found,
    )


def contender(
    workload: Workload, inputs: tuple[Array, ...], peer: Peer | None = None
) -> Contender:
    """Return our function, or a peer's, with its inputs on the device."""
    upstream = upstream_of(workload, inputs)
    if peer is None:
        function, restore = workload.ours(), None
    else:
        function, restore = peer.build(), peer.restore
        if peer.arrange is not None:
            inputs = peer.arrange(inputs)
    if upstream is not None:
        inputs = (*inputs, upstream)
    tensors = tuple(keras.ops.convert_to_tensor(x) for x in inputs)
    at = workload.inputs_of_gradient
    call = timed(function, workload.lane, at, upstream is not None)
    return Contender(call, tensors, function, restore)


def upstream_of(workload: Workload, inputs: tuple[Array, ...]) -> Array | None:
    """What the gradient of a value that is no scalar is multiplied by."""
    if workload.scalar or workload.lane == "eager":
        return None
    tensors = [keras.ops.convert_to_tensor(x) for x in inputs]
    shape = tuple(workload.ours()(*tensors).shape)
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def _first(ready: Contender) -> tuple[Any, float]:
    """The first result, and the seconds it took, compilation included."""
    warm_up()
    start = time.perf_counter()
    result = ready.call()
    finish(result)
    return result, time.perf_counter() - start


@functools.cache
def warm_up() -> None:
    """Let the backend start its threads and load what it loads late."""
    x = keras.ops.ones((64, 64))
    for lane in ("eager", "gradient"):
        call = timed(lambda t, p: keras.ops.mean(t * p), lane, (1,), False)
        finish(call(x, x))
