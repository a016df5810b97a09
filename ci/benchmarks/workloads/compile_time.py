"""Seconds that value and gradient of each loss take to compile, and their sum.

Inputs are those of the loss's first case in the parity matrix. What Keras has too is
compared with Keras's; for the others the figure is the time itself.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.result import Result
from benchmarks.timing import Interval, interval
from benchmarks.workload import COMPILES, Study

ROUNDS = 3  # the whole catalogue takes minutes
GOAL = 2.0


def run(rounds: int) -> Iterator[Result]:
    """Compile every loss, and Keras's where it has the same one."""
    import portable_losses
    from benchmarks.lanes import BACKEND
    from benchmarks.measure import warm_up
    from portable_losses.parity.as_function import as_function
    from portable_losses.parity.cases import families
    from portable_losses.parity.inputs import single

    if BACKEND not in COMPILES:
        return  # nothing is compiled here
    warm_up()
    total = of_drop_ins = of_keras = 0.0
    seen = set()
    for cases in families().values():
        for case in cases:
            if case.loss in seen:
                continue
            seen.add(case.loss)
            inputs = single(case.inputs())

            def ours(case: Any = case) -> Any:
                return as_function(getattr(portable_losses, case.loss)(**case.config))

            found = compiled(ours, inputs, rounds)
            total += found.median
            theirs_of = _of_keras(case)
            if theirs_of is None:
                yield Result(f"compile_time/{case.loss}", "", unit="ms", figure=found)
                continue
            theirs = compiled(theirs_of, inputs, rounds)
            of_drop_ins += found.median
            of_keras += theirs.median
            yield Result(
                f"compile_time/{case.loss}",
                "keras",
                goal=GOAL,
                ours=found.median,
                theirs=theirs.median,
                figure=Interval(*(a / theirs.median for a in spread(found))),
            )
    if of_keras:
        ratio = of_drop_ins / of_keras
        yield Result(
            "compile_time/all drop-ins",
            "keras",
            goal=GOAL,
            ours=of_drop_ins,
            theirs=of_keras,
            figure=Interval(ratio, ratio, ratio),
        )
    yield Result(
        f"compile_time/all {len(seen)} losses",
        "",
        unit="ms",
        figure=Interval(total, total, total),
    )


def _of_keras(case: Any) -> Callable[[], Any] | None:
    """What makes Keras's loss of a case, where it has one with these arguments."""
    from portable_losses.parity.as_function import as_function
    from portable_losses.parity.originals import find_original

    find = find_original(case)
    original = None if find is None else find()
    if original is None:
        return None
    known = inspect.signature(original).parameters
    if not set(case.config) <= set(known):
        return None
    return lambda: as_function(original(**case.config))


def spread(found: Interval) -> tuple[float, float, float]:
    """Median, low and high."""
    return found.median, found.low, found.high


def compiled(
    build: Callable[[], Any], inputs: tuple[Any, ...], rounds: int
) -> Interval:
    """The milliseconds of a first call, of a new function each time."""
    import keras

    from benchmarks.lanes import finish, timed

    present = [x for x in inputs if x is not None]
    tensors = [keras.ops.convert_to_tensor(x) for x in present]
    found = []
    for _ in range(min(rounds, ROUNDS)):
        function = build()

        def of_both(*given: Any, function: Any = function) -> Any:
            t, p = given if len(given) == 2 else (None, given[0])
            return function(t, p, None, None)

        call = timed(of_both, "gradient", (len(tensors) - 1,), False)
        start = time.perf_counter()
        finish(call(*tensors))
        found.append(1e3 * (time.perf_counter() - start))
    return interval(found)


WORKLOADS = (
    Study(
        group="compile_time",
        name="catalogue",
        size="every loss",
        peer="keras",
        goal=GOAL,
        unit="",
        run=run,
    ),
)
