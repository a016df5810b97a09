"""Numbers that are not finite, and where they come from."""

from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.core.loss import Loss
from portable_losses.training._batch import Batch, Seen
from portable_losses.training._code import code_of
from portable_losses.training._numbers import broken, floats, samples_where, tensor
from portable_losses.training._seen import items_of
from portable_losses.training.findings._finding import Finding, some
from portable_losses.training.findings.domains import outlier_of
from portable_losses.training.findings.rejected import declaring

OPERATORS = {"divide": "/", "power": "**"}


CULPRITS = {
    "y_true": "target",
    "y_pred": "prediction",
    "sample_weight": "weight",
    "context": "context",
}


def not_finite(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """Samples whose value or gradient is NaN or infinite, grouped by the cause."""
    if seen.items is None:
        return
    everything = set(range(batch.size))
    bad = {*broken(seen.items)}
    if bad and (seen.statistic or seen.items.shape[0] != batch.size):
        bad = everything
    weight = tensor(batch.sample_weight)
    given = {"y_true": seen.y_true, "y_pred": seen.y_pred, "sample_weight": weight}
    faults = {culprit: {*broken(x)} for culprit, x in given.items()}
    faults["context"] = {i for x in batch.context for i in broken(tensor(x))}
    others = bad.difference(*faults.values())
    alone = _broken_alone(batch, seen, tuple(sorted(others)))
    # In a loss that couples samples, a faulty sample may make others not finite, even
    # if the faulty one is excluded.
    spoiled = everything if len(alone) < len(others) else bad
    for culprit, samples in faults.items():
        at_fault = tuple(sorted(samples & spoiled))
        if at_fault:
            yield Finding(
                "not finite",
                f"{some(at_fault)}: the loss is not finite, because the "
                f"{CULPRITS[culprit]} is not",
                _remedy_of_input(culprit, batch),
                at_fault,
                culprit,
            )
    if alone:
        infinite = samples_where(keras.ops.isinf(floats(seen.items)))
        yield Finding(
            "not finite",
            f"{some(alone)}: the loss itself is not finite, of finite numbers",
            "scale targets and predictions down: the loss leaves the range of its dtype"
            if {*alone} <= {*infinite}
            else _remedy_of_loss(seen.loss, "a logarithm, root or quotient")
            if outlier_of(batch, seen) is None
            else "see what y_pred must be",
            alone,
            "loss",
        )
    at_fault = tuple(s for s in broken(seen.gradient) if s not in spoiled)
    if at_fault:
        yield Finding(
            "gradient not finite",
            f"{some(at_fault)}: the loss is finite, its gradient is not",
            _remedy_of_loss(seen.loss, "a root, norm or quotient at 0"),
            at_fault,
        )


def _remedy_of_loss(loss: Any, suspect: str) -> str:
    """The remedy for a loss that is not finite for finite inputs."""
    code, known = code_of(loss), declaring(loss)
    if code is None and isinstance(loss, Loss):
        return "look at these samples: its docstring says what the loss takes"
    if code is None and known is not None:
        return f"use portable_losses.{known.__name__}, which says where it is finite"
    elsewhere: list[str] = []
    if code is not None:
        elsewhere = [
            *code.raw,
            *(f"{name} (for {OPERATORS[name]})" for name in code.operators),
        ]
    advice = []
    if elsewhere:
        names = ", ".join(elsewhere)
        advice.append(f"take {names} from portable_losses.ops, finite at 0")
    if not elsewhere or code is None or code.where:
        # A `where` around the result multiplies an infinite gradient by 0.
        advice.append(
            "guard the input and not the result: ops.log(ops.where(x > 0, x, 1.0))"
        )
    return f"look for {suspect}: " + "; ".join(advice)


def _remedy_of_input(culprit: str, batch: Batch) -> str:
    if culprit == "y_true":
        return "fix these samples in the data, or drop them"
    if culprit == "sample_weight":
        return "fix the weights"
    if culprit == "context":
        return "look at what makes the context: an input, or another output"
    if keras.backend.standardize_dtype(tensor(batch.y_pred).dtype) == "float16":
        return "float16 ends at 65504: make the last layer Dense(..., dtype='float32')"
    return "look at the inputs of these samples, and at the step before: a smaller rate"


def _broken_alone(batch: Batch, seen: Seen, rest: tuple[int, ...]) -> tuple[int, ...]:
    """Which samples with finite inputs are not finite without the other samples.

    In a loss that couples samples, one faulty sample makes the others not finite, too.
    """
    if not rest or len(rest) == batch.size:
        return rest
    places = [i if i in rest else rest[0] for i in range(batch.size)]
    try:
        bad = broken(items_of(seen.loss, batch.of_samples(places)))
    except Exception:  # the first axis may not be that of samples
        return ()
    return rest if bad and seen.statistic else tuple(sorted({*bad} & {*rest}))
