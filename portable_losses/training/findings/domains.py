"""Logits in place of probabilities, or probabilities in place of logits."""

from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.core.config import arguments_of
from portable_losses.core.domain import (
    DOMAINS,
    Domain,
    argument_of,
    domain_of,
    evidence,
    is_ignored,
    of_predictions,
    remedy_of,
)
from portable_losses.ops import eager
from portable_losses.training._batch import Batch, Seen
from portable_losses.training._numbers import floats, samples_where, tensor
from portable_losses.training.findings._finding import Finding, some
from portable_losses.training.findings.rejected import declaring

SURELY = 10
"""So many predictions, all in (0, 1), are reported as probabilities.

Half of all logits are negative, so the chance that 10 logits lie in (0, 1) is below
1/1000.
"""


SUM_TO_ONE = 1e-3
"""The largest distance from 1 of the sum of class probabilities, in half precision."""


def logits(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """Predictions outside of the loss's range, or probabilities in place of logits."""
    outlier = outlier_of(batch, seen)
    if outlier is not None:
        worst, samples, domain = outlier
        yield Finding(
            "logits",
            f"{some(samples)}: y_pred goes to {worst:.3g}, where the loss takes "
            f"{domain.rule}",
            _remedy_of_values(seen.loss, domain),
            samples,
        )
    p = _predictions(batch, seen)
    if p is not None and _holds(seen.loss) == "logits" and _are_probabilities(p):
        yield Finding(
            "probabilities",
            "y_pred looks like probabilities, where the loss takes logits",
            f"{_or_from_probabilities(seen.loss)}drop the softmax or sigmoid of the "
            "last layer",
        )


def _remedy_of_values(loss: Any, domain: Domain) -> str:
    """The remedy; a loss of Keras may lack an argument that the loss here has."""
    known, remedy = declaring(loss), remedy_of(loss, domain)
    if known is None or argument_of(loss, "from_logits") is not None:
        return remedy
    if "from_logits" in arguments_of(known):
        name = f"portable_losses.{known.__name__}"
        return f"use {name}(from_logits=True) if these are logits, or {remedy}"
    return remedy


def outlier_of(
    batch: Batch, seen: Seen
) -> tuple[float, tuple[int, ...], Domain] | None:
    """The prediction farthest outside of the loss's range, and all samples outside."""
    p = _predictions(batch, seen)
    domain = None if p is None else domain_of(seen.loss, p, _holds(seen.loss))
    if domain is None:
        return None
    counted = _counted(batch, seen, p)
    worst = evidence(domain, eager.known_values(p), eager.known_values(counted))
    if worst is None:
        return None
    return worst, samples_where(_outside(domain, p) & counted), domain


def _predictions(batch: Batch, seen: Seen) -> Any | None:
    """The y_pred of `call`, or the given one if there was an error before `call`."""
    p = tensor(batch.y_pred) if seen.y_pred is None else seen.y_pred
    return None if p is None or not batch.size else floats(p)


def _holds(loss: Any) -> str:
    """The domain of y_pred, as declared, or by the argument `from_logits` of a user."""
    known = declaring(loss)
    word = "any" if known is None else of_predictions(loss, known)
    from_logits = argument_of(loss, "from_logits")
    if word == "any" and from_logits is not None:
        return "logits" if from_logits else "probabilities"
    return word


def _or_from_probabilities(loss: Any) -> str:
    """The argument with which a loss takes probabilities, if it has one."""
    known = declaring(loss)
    if known is not None and known.prediction_domain == "logits":
        return ""
    if argument_of(loss, "from_logits") is not None:
        return "pass from_logits=False, or "
    return "pass activation=None, or " if hasattr(loss, "activation") else ""


def _outside(domain: Domain, x: Any) -> Any:
    outside = keras.ops.zeros_like(x, dtype="bool")
    if domain.low is not None:
        outside = outside | (x < domain.low)
    return outside if domain.high is None else outside | (x > domain.high)


def _counted(batch: Batch, seen: Seen, x: Any) -> Any:
    """Which elements are not masked, not of weight 0 and not ignored."""
    counted = batch.counts(tuple(x.shape))
    if seen.y_pred is None:
        return counted
    ignored = is_ignored(seen.loss, seen.y_true, seen.y_pred)
    if ignored is not None and tuple(ignored.shape) == tuple(x.shape):
        counted = counted & ~ignored
    return counted


def _are_probabilities(p: Any) -> bool:
    """Whether predictions look like the output of a softmax or sigmoid."""
    sum_to_one = keras.ops.abs(keras.ops.sum(p, axis=-1) - 1.0) < SUM_TO_ONE
    if keras.ops.any((p < 0) | (p > 1)):
        return False
    if p.shape[-1] > 1 and keras.ops.all(sum_to_one):
        return True
    # 0 is excluded: a model whose weights are 0 has logits of 0.
    inside = (p > 0) & (p < 1)
    return bool(keras.ops.size(p) >= SURELY and keras.ops.all(inside))


def targets(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """Targets outside of the range that the loss declares."""
    known = declaring(seen.loss)
    word = "any" if known is None else known.target_domain
    if word == "any" and argument_of(seen.loss, "from_logits") is not None:
        word = "probabilities"
    t = tensor(batch.y_true) if seen.y_pred is None else seen.y_true
    prediction = _predictions(batch, seen)
    if word not in DOMAINS or t is None or prediction is None:
        return
    p = tuple(prediction.shape)
    if (*tuple(t.shape), 1) == p:  # the map of one class
        t = keras.ops.expand_dims(t, -1)
    if tuple(t.shape) != p:
        return  # class indices
    t, domain = floats(t), DOMAINS[word]
    counted = _counted(batch, seen, t)
    if evidence(domain, eager.known_values(t), eager.known_values(counted)) is None:
        return
    samples = samples_where(_outside(domain, t) & counted)
    if word == "rates":
        text, remedy = "targets below 0", "pass the counts as they are, not scaled"
    else:
        text = "targets outside 0 to 1"
        remedy = "map the labels to 0 and 1; for class indices, use the sparse form "
        remedy += "of the loss"
    yield Finding(
        "targets",
        f"{some(samples)}: {text}, where the loss takes {domain.rule}",
        remedy,
        samples,
    )
