"""Time contenders against each other in interleaved rounds of random order."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

Times = dict[str, list[float]]


def compare(
    contenders: Mapping[str, Callable[[], Any]],
    finish: Callable[[Any], object],
    *,
    rounds: int = 21,
    seconds: float = 0.02,
) -> Times:
    """Return the seconds that one call of each contender takes, round for round.

    A machine is faster in one second than in the next; contenders that are timed within
    the same round share its mood, so their ratio is taken there and not of the means.
    `finish` waits for a result, on backends that return before they have computed it.
    """
    calls = max(count(call, finish, seconds) for call in contenders.values())
    shuffled = random.Random(0)
    times: Times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name in shuffled.sample(list(contenders), len(contenders)):
            times[name].append(time_of(contenders[name], finish, calls) / calls)
    return times


def count(
    call: Callable[[], Any], finish: Callable[[Any], object], seconds: float
) -> int:
    """Return how many calls last about that long; warms up on the way."""
    calls = 1
    while (taken := time_of(call, finish, calls)) < seconds / 4:
        calls *= 2
    return max(1, round(calls * seconds / taken))


def time_of(
    call: Callable[[], Any], finish: Callable[[Any], object], calls: int
) -> float:
    """Return the seconds of that many calls."""
    start = time.perf_counter()
    for _ in range(calls):
        result = call()
    finish(result)
    return time.perf_counter() - start


def ratio(times: Times, ours: str, theirs: str) -> float:
    """Return the median of the ratios of each round."""
    pairs = zip(times[ours], times[theirs], strict=True)
    return statistics.median(a / b for a, b in pairs)
