"""Remedies for an operation whose result is not finite, as NumPy reports it."""

import re
from collections.abc import Sequence
from typing import Any

LOG = (
    "the logarithm of 0 is -inf: clip its argument from below, or use "
    "portable_losses.ops.log or xlogy"
)
NEGATIVE = (
    "the logarithm of a negative number is NaN: clip its argument from below, with "
    "keras.ops.maximum"
)
SOFTMAX = (
    "use keras.ops.log_softmax, or from_logits=True: softmax is exactly 0 in float32 "
    "long before"
)
SIGMOID = (
    "take the logarithm of the logits, with keras.ops.log_sigmoid(x) (log(1 - p) is "
    "log_sigmoid(-x)), or keras.ops.softplus: sigmoid is exactly 0 or 1 in float32 "
    "long before"
)
DIVISOR = (
    "the divisor can be 0: use keras.ops.divide_no_nan, or "
    "portable_losses.ops.divide_no_nan, whose gradient is finite as well"
)
ZERO_VECTOR = (
    "the divisor can be 0, as for a zero vector: use portable_losses.ops.normalize, or "
    "portable_losses.ops.divide_no_nan"
)
COSH = (
    "rewrite it without exp of a large number, for log(cosh(x)) with "
    "keras.ops.softplus: x + softplus(-2x) - log(2); exp overflows float32 at 88.7"
)
SUM_OF_EXP = (
    "use keras.ops.softplus or keras.ops.logsumexp: exp overflows float32 at 88.7"
)
EXP = (
    "exp overflows float32 at 88.7: clip its argument, or rewrite the formula with "
    "keras.ops.softplus, logsumexp or log_softmax"
)
OVERFLOW = "the product overflows the dtype: keep the numbers small, and in float32"
ROOT = (
    "the root of a negative number is NaN, and rounding makes one of 0: clip its "
    "argument from below, with keras.ops.maximum(x, 0.0)"
)
POWER = (
    "a negative number to a broken power is NaN: clip the base from below, with "
    "keras.ops.maximum"
)
ARC = (
    "arccos and arcsin are NaN beyond -1 and 1, which rounding leaves: clip the "
    "argument to less than 1, where the gradient is finite as well"
)


def remedy_of(error: dict[str, Any], source: str, tried: Sequence[str] = ()) -> str:
    """The remedy for a FloatingPointError, which names the operation and the error.

    Args:
        error: the exception.
        source: the code of the loss.
        tried: operations of this package that did not remove the fault.
    """
    words = _remedy_of(error, source)
    if words == LOG and "log" in tried:
        return LOG.partition(", or use ")[0]
    return words


def _remedy_of(error: dict[str, Any], source: str) -> str:
    said, text = str(error.get("message", "")), str(error.get("text", ""))
    operation = said.rpartition(" in ")[2]
    if operation.startswith("log"):
        return _of_log(said, text, source)
    if "divide" in operation or "divide by zero" in said:
        of_norm = re.search(r"norm|sqrt|length", text + source)
        return ZERO_VECTOR if of_norm and "invalid" in said else DIVISOR
    if "cosh" in operation:
        return COSH
    if "exp" in operation:
        return SUM_OF_EXP if re.search(r"\blog\w*\(", source) else EXP
    if "sqrt" in operation:
        return ROOT
    if operation.startswith("arc"):
        return ARC
    if "power" in operation and "invalid" in said:
        return POWER
    return OVERFLOW if "overflow" in said else DIVISOR


def _of_log(said: str, text: str, source: str) -> str:
    for name, words in (("softmax", SOFTMAX), ("sigmoid", SIGMOID)):
        if re.search(rf"(?<!log_){name}\(", text) or (
            re.search(rf"(?<!log_){name}\(", source) and "invalid" not in said
        ):
            return words
    return NEGATIVE if "invalid" in said else LOG
