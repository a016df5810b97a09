"""Time contenders against each other in interleaved rounds of random order."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Times = dict[str, list[float]]
Clock = Callable[[], float]
ROUNDS = 31

# "cpu" is the time of this process's threads on any core: on a machine that others use,
# pinned to one core (`taskset -c 0`), it leaves out what the others took. Threads that
# wait for each other in a loop count, so it is not for several cores.
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True)
class Interval:
    """A median, and bounds that hold the true one in 95 of 100 runs."""

    median: float
    low: float
    high: float


def compare(
    contenders: Mapping[str, Callable[[], Any]],
    finish: Callable[[Any], object],
    *,
    rounds: int = ROUNDS,
    seconds: float = 0.02,
    clock: Clock = time.perf_counter,
) -> Times:
    """Return the seconds that one call of each contender takes, round for round.

    A machine is faster in one second than in the next; contenders that are timed within
    the same round share its mood, so their ratio is taken there and not of the means.
    `finish` waits for a result, on backends that return before they have computed it.
    """
    calls = max(count(call, finish, seconds, clock) for call in contenders.values())
    shuffled = random.Random(0)
    times: Times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name in shuffled.sample(list(contenders), len(contenders)):
            taken = time_of(contenders[name], finish, calls, clock)
            times[name].append(taken / calls)
    return times


def count(
    call: Callable[[], Any],
    finish: Callable[[Any], object],
    seconds: float,
    clock: Clock,
) -> int:
    """Return how many calls last about that long; warms up on the way."""
    calls = 1
    while (taken := time_of(call, finish, calls, clock)) < seconds / 4:
        calls *= 2
    return max(1, round(calls * seconds / taken))


def time_of(
    call: Callable[[], Any],
    finish: Callable[[Any], object],
    calls: int,
    clock: Clock,
) -> float:
    """Return the seconds of that many calls."""
    start = clock()
    for _ in range(calls):
        result = call()
    finish(result)
    return clock() - start


def ratio(times: Times, ours: str, theirs: str) -> Interval:
    """Return the median of the ratios of each round."""
    pairs = zip(times[ours], times[theirs], strict=True)
    return interval([a / b for a, b in pairs])


def interval(values: Sequence[float]) -> Interval:
    """Return the median, and the order statistics around it that cover 95 %.

    The number of values below the true median is binomial, whatever the distribution.
    With fewer than six values the whole range covers less than 95 %, and is returned.
    """
    ordered = sorted(values)
    n, below, rank = len(ordered), 0.0, 0
    while rank < n // 2 and below + math.comb(n, rank) / 2**n <= 0.025:
        below += math.comb(n, rank) / 2**n
        rank += 1
    first = max(rank - 1, 0)
    return Interval(statistics.median(ordered), ordered[first], ordered[n - 1 - first])
