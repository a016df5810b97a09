"""What numbers a loss takes, and the one look at whether predictions are such.

A loss that takes probabilities trains on logits without a word, and badly. It says what
it takes as the class attributes `prediction_domain` and `target_domain`; here stands
what these words mean.
"""

import sys
from typing import Any, NamedTuple

import keras

from portable_losses.core import checks

# PyTorch compiles Python code itself, and shows it no tracers. The package imports no
# backend: Keras has loaded this one where it is in use.
_torch = sys.modules.get("torch") if keras.config.backend() == "torch" else None


class Domain(NamedTuple):
    """Numbers from `low` to `high`; None is no bound.

    Args:
        rule: what the numbers are, for messages.
        low: the least of them.
        high: the largest of them.
        last: which last layer gives such numbers.
        slack: how far one number may lie outside.
        drift: how far the numbers may lie outside on average.
    """

    rule: str
    low: float | None
    high: float | None
    last: str
    slack: float
    drift: float


# Half precision rounds probabilities up to 1.01, and interpolation of a map of them
# overshoots at its edges: measured of noise, bicubic by 0.37 at one place and by 0.04
# on average, lanczos3 by 0.56 and 0.05. Logits lie outside at half of all places, those
# of a model that has not learned anything included.
_SLACK, _DRIFT = 0.6, 0.06

DOMAINS: dict[str, Domain] = {
    "probabilities": Domain(
        "probabilities in [0, 1]", 0.0, 1.0, "a sigmoid or softmax", _SLACK, _DRIFT
    ),
    # Numbers above 1 are no fault: a row is divided by its sum.
    "class probabilities": Domain(
        "class probabilities, which are >= 0", 0.0, None, "a softmax", _SLACK, _DRIFT
    ),
    # log(p + epsilon) is NaN below -epsilon.
    "rates": Domain(
        "rates >= 0", 0.0, None, "a softplus or an exponential", 1e-7, 1e-7
    ),
}
KNOWN = ("any", "logits", *DOMAINS)


class FirstLook:
    """Whether a loss is still to look at its first predictions.

    The copies that a loss makes of itself share the object; a copy that a user makes,
    or a file restores, is a loss of its own and looks again.
    """

    def __init__(self) -> None:
        self.pending = True

    def __reduce__(self) -> Any:
        return FirstLook, ()

    def at(self, loss: Any, y_true: Any, y_pred: Any, kept: Any | None) -> None:
        """Reject predictions that are visibly not what the loss takes.

        To look at values waits for the device, so this happens once an object, at the
        first call in eager mode. Calls of compiled code do not count.
        """
        domain = DOMAINS.get(of_predictions(loss))
        if domain is not None:
            if _is_compiling():
                return
            values = checks.visible(y_pred)
            if values is None:
                return
            if not _all_within(domain, values):
                counted = _counted(loss, y_true, y_pred, kept)
                worst = evidence(domain, values, checks.visible(counted))
                if worst is not None:
                    rule, remedy = domain.rule, remedy_of(loss, domain)
                    owner = type(loss).__name__
                    checks.holds(owner, "y_pred", rule, worst, remedy)
        self.pending = False


def of_predictions(loss: Any, cls: Any = None) -> str:
    """The word for what y_pred holds, by the class and arguments of a loss.

    `cls` declares it for a loss that is not of this package.
    """
    declared = (cls or type(loss)).prediction_domain
    if declared == "any":
        return "any"
    by_activation = argument_of(loss, "activation") is not None
    return "logits" if by_activation or _from_logits(loss) else str(declared)


def remedy_of(loss: Any, domain: Domain) -> str:
    """What to change where y_pred is outside of the domain."""
    end = f"end the model with {domain.last}"
    if argument_of(loss, "from_logits") is not None:
        return f"pass from_logits=True if these are logits, or {end}"
    if hasattr(loss, "activation"):
        return f'pass activation="sigmoid" or "softmax" if these are logits, or {end}'
    return end


def evidence(domain: Domain, values: Any, counted: Any = None) -> float | None:
    """The number farthest outside, if rounding and interpolation do not explain it.

    `values` is an array, and so is `counted`, False for what does not count. NaN is
    another fault.
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
    """Which elements of y_pred the loss leaves out by `ignore_class`; None for none.

    Targets say so element by element, by the argmax of a row, or by class id.
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
        return None  # what does not fit is the business of `call`
    found = y_true == ignored
    if t == p and p[-1] > 1:
        most = keras.ops.argmax(y_true, axis=-1, keepdims=True)
        found = keras.ops.logical_or(found, most == ignored)
    return keras.ops.broadcast_to(found, p)


def _from_logits(loss: Any) -> bool:
    return argument_of(loss, "from_logits") is True


def _all_within(domain: Domain, values: Any) -> bool:
    """Whether an array is in the domain, without a copy of it; False with a NaN."""
    if not values.size:
        return True
    above = domain.low is None or bool(values.min() >= domain.low)
    return above and (domain.high is None or bool(values.max() <= domain.high))


def _counted(loss: Any, y_true: Any, y_pred: Any, kept: Any | None) -> Any:
    """Which elements of y_pred are neither removed nor ignored."""
    counted = keras.ops.ones_like(y_pred, dtype="bool")
    if kept is not None:
        missing = len(y_pred.shape) - len(kept.shape)
        if missing > 0:
            kept = keras.ops.expand_dims(kept, tuple(range(-missing, 0)))
        counted = keras.ops.logical_and(counted, kept)
    ignored = is_ignored(loss, y_true, y_pred)
    if ignored is not None:
        counted = keras.ops.logical_and(counted, keras.ops.logical_not(ignored))
    return counted


def _is_compiling() -> bool:
    return _torch is not None and bool(_torch.compiler.is_compiling())


def argument_of(loss: Any, name: str) -> Any:
    """The value of a loss's constructor argument, None where it has no such argument.

    Keras's own losses need not keep an argument as an attribute, but in their config:
    from Keras 3.16 on SparseCategoricalCrossentropy does not.
    """
    if hasattr(loss, name):
        return getattr(loss, name)
    if type(loss).__module__.startswith("keras."):
        return loss.get_config().get(name)
    return None
