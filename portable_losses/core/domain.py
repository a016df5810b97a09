"""The range of numbers that a loss takes, and the check of its first predictions.

A loss of probabilities that gets logits trains badly, and without an error. So a loss
declares its range in the class attributes `prediction_domain` and `target_domain`. This
file defines the values of these attributes.
"""

from typing import Any, NamedTuple

import keras

from portable_losses.core import checks
from portable_losses.core.axes import expand
from portable_losses.ops import eager


class Domain(NamedTuple):
    """Numbers from `low` to `high`; None means no bound.

    Args:
        rule: what the numbers are, for error messages.
        low: the smallest allowed number.
        high: the largest allowed number.
        last: the last layer of a model that gives such numbers.
        slack: how far a single number may lie outside.
        drift: how far the numbers may lie outside on average.
    """

    rule: str
    low: float | None
    high: float | None
    last: str
    slack: float
    drift: float


# Probabilities may lie outside of [0, 1] for two reasons. Half precision rounds them to
# 1.01 at most. Interpolation of a map overshoots at edges: for noise, bicubic by up to
# 0.37, and by 0.04 on average; lanczos3 by up to 0.56, and by 0.05 on average. About
# half of all logits lie outside, also those of an untrained model.
_SLACK, _DRIFT = 0.6, 0.06

DOMAINS: dict[str, Domain] = {
    "probabilities": Domain(
        "probabilities in [0, 1]", 0.0, 1.0, "a sigmoid or softmax", _SLACK, _DRIFT
    ),
    # Numbers above 1 are valid: the loss divides by the sum over the classes.
    "class probabilities": Domain(
        "class probabilities, which are >= 0", 0.0, None, "a softmax", _SLACK, _DRIFT
    ),
    # log(p + epsilon) is NaN below -epsilon.
    "rates": Domain(
        "rates >= 0", 0.0, None, "a softplus or an exponential", 1e-7, 1e-7
    ),
    # Half precision rounds the cosine of equal vectors to 1.02 at most.
    "cosines": Domain(
        "cosines in [-1, 1]", -1.0, 1.0, "portable_losses.CosineDense", 0.05, 0.02
    ),
}
KNOWN = ("any", "logits", *DOMAINS)

LOGARITHMS = ("log_rate", "log_mean")
"""Arguments that say that y_pred holds logarithms of rates, which are any numbers."""


class FirstLook:
    """Whether the check of the first predictions of a loss is still to be done.

    Copies that a loss makes of itself share this object. A copy that a user makes, or
    that is loaded from a file, gets a new one and checks again.
    """

    def __init__(self) -> None:
        self.pending = True

    def __reduce__(self) -> Any:
        return FirstLook, ()

    def at(self, loss: Any, y_true: Any, y_pred: Any, kept: Any | None) -> None:
        """Reject predictions outside of the range that the loss takes.

        Reading values waits for the device, so this happens once per loss, at its first
        call in eager mode. Calls in compiled code do not count.
        """
        domain = domain_of(loss, y_pred)
        if domain is not None:
            values = eager.known_values(y_pred)
            if values is None:
                return
            if not _all_within(domain, values):
                counted = _counted(loss, y_true, y_pred, kept)
                worst = evidence(domain, values, eager.known_values(counted))
                if worst is not None:
                    rule, remedy = domain.rule, remedy_of(loss, domain)
                    owner = type(loss).__name__
                    checks.reject_value(owner, "y_pred", rule, worst, remedy)
        self.pending = False


def of_predictions(loss: Any, cls: Any = None) -> str:
    """The domain of y_pred, by the class and the arguments of a loss.

    `cls` is the class that declares it for a loss that is not of this package.
    """
    declared = (cls or type(loss)).prediction_domain
    if declared == "any" or any(argument_of(loss, a) is True for a in LOGARITHMS):
        return "any"
    if declared == "cosines":  # its `from_logits` is about the cosines after scaling
        return "cosines"
    by_activation = argument_of(loss, "activation") is not None
    return "logits" if by_activation or _from_logits(loss) else str(declared)


def domain_of(loss: Any, y_pred: Any, word: str | None = None) -> Domain | None:
    """The range of numbers of y_pred, by its word if given; None if it may hold any.

    A single column is a probability of class 1, which nothing divides by a sum.
    """
    word = of_predictions(loss) if word is None else word
    if word == "class probabilities" and getattr(loss, "_single_column", False):
        word = "probabilities" if y_pred.shape[-1] == 1 else word
    return DOMAINS.get(word)


def remedy_of(loss: Any, domain: Domain) -> str:
    """The remedy of the error message for a y_pred outside of the domain."""
    end = f"end the model with {domain.last}"
    if domain is DOMAINS["cosines"]:
        return end
    if argument_of(loss, "from_logits") is not None:
        return f"pass from_logits=True if these are logits, or {end}"
    if hasattr(loss, "activation"):
        return f'pass activation="sigmoid" or "softmax" if these are logits, or {end}'
    for name in LOGARITHMS:
        if argument_of(loss, name) is not None:
            return f"pass {name}=True if these are logarithms, or {end}"
    return end


def evidence(domain: Domain, values: Any, counted: Any = None) -> float | None:
    """The number farthest outside; None if rounding or interpolation explains it.

    `values` and `counted` are arrays; `counted` is False for elements that are not
    checked. NaN is not checked here.
    """
    if counted is not None:
        values = values[counted]
    below = values[values < domain.low] if domain.low is not None else values[:0]
    above = values[values > domain.high] if domain.high is not None else values[:0]
    excess = [
        (float(abs(x - bound).max()), float(abs(x - bound).sum()), float(worst))
        for x, bound, worst in (
            (below, domain.low, below.min() if below.size else 0.0),
            (above, domain.high, above.max() if above.size else 0.0),
        )
        if x.size
    ]
    if not excess:
        return None
    most, _, worst = max(excess)
    drift = sum(total for _, total, _ in excess) / values.size
    return worst if most > domain.slack or drift > domain.drift else None


def is_ignored(loss: Any, y_true: Any, y_pred: Any) -> Any | None:
    """Which elements of y_pred the loss excludes by `ignore_class`; None for none.

    An element is ignored by its own target, by the argmax of one-hot or soft labels, or
    by its class index.
    """
    ignored = argument_of(loss, "ignore_class")
    if ignored is None or y_true is None:
        return None
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    if len(t) == len(p) - 1:
        y_true = keras.ops.expand_dims(y_true, -1)
    elif len(t) != len(p):
        return None
    if not checks.same((*t[: len(p) - 1], p[-1]), p):
        return None  # `call` raises for shapes that do not fit
    found = y_true == ignored
    if t == p and p[-1] > 1:
        most = keras.ops.argmax(y_true, axis=-1, keepdims=True)
        found = keras.ops.logical_or(found, most == ignored)
    return keras.ops.broadcast_to(found, p)


def _from_logits(loss: Any) -> bool:
    return argument_of(loss, "from_logits") is True


def _all_within(domain: Domain, values: Any) -> bool:
    """Whether an array is in the domain, without a copy of it; False for NaN."""
    if not values.size:
        return True
    above = domain.low is None or bool(values.min() >= domain.low)
    return above and (domain.high is None or bool(values.max() <= domain.high))


def _counted(loss: Any, y_true: Any, y_pred: Any, kept: Any | None) -> Any:
    """Which elements of y_pred are not masked, not of weight 0 and not ignored."""
    counted = keras.ops.ones_like(y_pred, dtype="bool")
    if kept is not None:
        counted = keras.ops.logical_and(counted, expand(kept, len(y_pred.shape)))
    ignored = is_ignored(loss, y_true, y_pred)
    if ignored is not None:
        counted = keras.ops.logical_and(counted, keras.ops.logical_not(ignored))
    return counted


def argument_of(loss: Any, name: str) -> Any:
    """The value of a loss's constructor argument, None where it has no such argument.

    The losses of Keras have each argument in their config, but not always as an
    attribute: SparseCategoricalCrossentropy does not since Keras 3.16.
    """
    if hasattr(loss, name):
        return getattr(loss, name)
    if type(loss).__module__.startswith("keras."):
        return loss.get_config().get(name)
    return None
