"""Floors: what a workload takes at least on this machine, by memory and arithmetic."""

from __future__ import annotations

import functools
import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from benchmarks.lanes import finish
from benchmarks.workload import Array, Workload

BLOCK = 1 << 15  # float32 elements that stay in a core's own cache


def floor(workload: Workload, inputs: tuple[Array, ...]) -> float:
    """Return milliseconds: the longer of what must move and what must be computed.

    Every input is read once, every gradient written once, and what fits into no
    register between the two need not be written at all.
    """
    read = sum(x.nbytes for x in inputs)
    written = 0
    if workload.lane != "eager":
        written = sum(inputs[i].nbytes for i in workload.inputs_of_gradient)
    seconds = (read + written) / triad(read + written)
    if workload.flops:
        seconds = max(seconds, workload.flops / sgemm())
    return 1e3 * seconds


def triad(size: int) -> float:
    """Bytes a second of a = b + s c over arrays that are `size` bytes together."""
    # One measurement a power of two: a working set that fits the caches is faster.
    return _triad(max(20, math.ceil(math.log2(max(size, 1)))))


@functools.cache
def _triad(exponent: int) -> float:
    cores = os.cpu_count() or 1
    count = 2**exponent // 12 // cores // BLOCK * BLOCK or BLOCK
    arrays = [[np.ones(count, "float32") for _ in range(3)] for _ in range(cores)]

    def one(a: Any, b: Any, c: Any) -> None:
        for start in range(0, count, BLOCK):
            part = slice(start, start + BLOCK)
            # The product is still in the cache when the sum reads it.
            np.multiply(c[part], np.float32(3), out=a[part])
            np.add(a[part], b[part], out=a[part])

    def every() -> None:
        threads = [threading.Thread(target=one, args=three) for three in arrays]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return 12 * count * cores / best(every)


@functools.cache
def sgemm(n: int = 1024) -> float:
    """Float32 operations a second of a matrix product, by this backend."""
    x = keras.ops.ones((n, n))
    return 2 * n**3 / best(lambda: finish(keras.ops.matmul(x, x)))


def best(call: Callable[[], object], rounds: int = 7) -> float:
    """The seconds of the fastest of some calls."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)
