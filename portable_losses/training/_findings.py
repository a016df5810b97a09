"""The rules of `diagnose`: each function finds one kind of fault, with its remedy."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.config import arguments_of
from portable_losses.core.domain import (
    DOMAINS,
    Domain,
    argument_of,
    evidence,
    is_ignored,
    of_predictions,
    remedy_of,
)
from portable_losses.core.loss import Loss
from portable_losses.training._code import code_of
from portable_losses.training._seen import (
    Batch,
    Seen,
    broken,
    floats,
    items_of,
    largest,
    samples_where,
    tensor,
)

DEAD = 1e-7
"""The largest gradient of a sample that counts as no gradient.

A training step with it, at a usual learning rate, is lost in the rounding of float32.
"""

LEARNED = 1e-3
"""The largest loss of a sample that counts as learned.

Such a sample needs no gradient, and is not reported as dead.
"""

EXPLODING = 1e3
"""The smallest gradient of a sample that counts as exploding.

At a learning rate of 1e-3 one step changes the prediction by 1 or more. The gradient of
cross-entropy from logits and of the absolute error is at most 1.
"""

SURELY = 10
"""The number of predictions, all in (0, 1), that look like probabilities.

Half of all logits are negative: so many in (0, 1) happen by chance once in a thousand.
"""

SUM_TO_ONE = 1e-3
"""The largest distance from 1 of the sum of class probabilities, in half precision."""

OPERATORS = {"divide": "/", "power": "**"}
CULPRITS = {
    "y_true": "target",
    "y_pred": "prediction",
    "sample_weight": "weight",
    "context": "context",
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something wrong, and what to do about it.

    Attributes:
        kind: "rejected", "empty", "class indices", "repeated", "not finite",
            "no gradient" (it cannot be taken), "gradient not finite", "exploding",
            "dead", "logits" (or other predictions outside of the range that the loss
            takes), "probabilities" or "targets".
        text: what is wrong, in a sentence.
        remedy: what to change.
        samples: the samples with the fault, () for a fault of the whole batch.
        culprit: the cause of a value that is not finite: "y_true", "y_pred",
            "sample_weight", "context", or "loss" if all of these are finite.
        terms: the names of the terms with this fault.
    """

    kind: str
    text: str
    remedy: str
    samples: tuple[int, ...] = ()
    culprit: str | None = None
    terms: tuple[str, ...] = ()


def findings(batch: Batch, terms: list[Seen]) -> list[Finding]:
    """All findings; one that several terms have in common is reported once."""
    found: dict[Finding, tuple[str, ...]] = {}
    for seen in terms:
        for finding in _of_term(batch, seen):
            found[finding] = (*found.get(finding, ()), seen.name)
    return [dataclasses.replace(f, terms=names) for f, names in found.items()]


def _of_term(batch: Batch, seen: Seen) -> Iterator[Finding]:
    # Causes are reported before their effects.
    ids = list(_class_ids(batch, seen))
    values = [*_logits(batch, seen), *_targets(batch, seen)]
    yield from ids
    if seen.error is not None and not ids:  # else `ids` explains the error
        if not values or _own_words(seen.error):
            yield _rejected(batch, seen)
    yield from values
    if seen.error is not None and seen.items is None:
        return
    for rule in (_empty, _repeated, _not_finite, _gradients):
        yield from rule(batch, seen)


def some(samples: tuple[int, ...], most: int = 6) -> str:
    """The first few samples, and how many more there are."""
    shown = ", ".join(map(str, samples[:most]))
    more = len(samples) - most
    word = "sample" if len(samples) == 1 else "samples"
    return f"{word} {shown}" + (f" and {more} more" if more > 0 else "")


# --- what the loss rejects ------------------------------------------------------------


def _rejected(batch: Batch, seen: Seen) -> Finding:
    own = _own_words(seen.error)
    message = " ".join(str(seen.error).split())
    text, remedy = own or (
        f"{type(seen.error).__name__}: {message}",
        "read the whole error, which is the `error` of the term",
    )
    if seen.items is not None:
        return Finding("no gradient", text, remedy)
    if own is None or "of shape" in text:
        remedy = _looks_like(batch, seen) or remedy
    return Finding("rejected", text, remedy)


def _own_words(error: Exception | None) -> tuple[str, str] | None:
    """The fact and the remedy of an error in the package's form; None for others."""
    message = " ".join(str(error).split())
    if not re.fullmatch(r"[^`]*: `[^`]+` must .*; got .* \(.*\)\.", message):
        return None
    depth, at = 0, len(message) - 2
    for at in range(len(message) - 2, 0, -1):
        depth += (message[at] == ")") - (message[at] == "(")
        if depth == 0:
            break
    return message[:at].rstrip(), message[at + 1 : -2]


def _looks_like(batch: Batch, seen: Seen) -> str | None:
    """The remedy for targets of a wrong shape, guessed from their values."""
    t, p = tensor(batch.y_true), tensor(batch.y_pred)
    if t is None or p is None or not batch.size or len(p.shape) < 2:
        return None
    shape = tuple(t.shape)
    whole = keras.ops.all(floats(t) == keras.ops.floor(floats(t)))
    classes = p.shape[-1]
    if shape == tuple(p.shape) and classes > 1:
        t = floats(t)
        one_hot = keras.ops.all((t == 0) | (t == 1)) & keras.ops.all(
            keras.ops.sum(t, axis=-1) == 1
        )
        if one_hot:
            return (
                "y_true looks one-hot, the loss takes class indices: pass "
                "argmax(y_true, -1), or use its dense form"
            )
    elif _by_id(seen.loss, t, p):
        return None
    elif whole and classes > 1 and shape in (p.shape[:-1], (*p.shape[:-1], 1)):
        return (
            "y_true looks like class indices: use the sparse form of the loss, or "
            "keras.utils.to_categorical(y_true)"
        )
    return None


def _class_ids(batch: Batch, seen: Seen) -> Iterator[Finding]:
    ids, p = tensor(batch.y_true), tensor(batch.y_pred)
    if ids is None or p is None or not batch.size or not _by_id(seen.loss, ids, p):
        return
    ours = isinstance(seen.loss, Loss)
    if ours:
        p = keras.ops.moveaxis(p, type(seen.loss).feature_axis(seen.loss), -1)
    count = type(seen.loss).class_count(seen.loss, p) if ours else p.shape[-1]
    if len(ids.shape) == len(p.shape) and ids.shape[-1] == 1:
        ids = keras.ops.squeeze(ids, -1)
    if count is None or tuple(ids.shape) != tuple(p.shape[:-1]):
        return
    wrong = (ids < 0) | (ids >= count) | (floats(ids) != keras.ops.floor(floats(ids)))
    ignored = argument_of(seen.loss, "ignore_class")
    if ignored is not None:
        wrong = wrong & (ids != ignored)
    if ours:  # in Keras an index of weight 0 is an error of the backend, too
        wrong = wrong & batch.counts(tuple(ids.shape))
    samples = samples_where(wrong)
    if samples:
        here = (keras.ops.take(x, samples[0], axis=0) for x in (ids, wrong))
        yield Finding(
            "class indices",
            f"{some(samples)}: class indices must be whole and in 0 to {count - 1}; "
            f"the first is {checks.first(*here)}",
            f"fix the labels, or give y_pred more than {count} classes",
            samples,
        )


# The second one exists from Keras 3.16 on.
_SPARSE = tuple(
    getattr(keras.losses, name)
    for name in ("SparseCategoricalCrossentropy", "SparseCategoricalFocalCrossentropy")
    if hasattr(keras.losses, name)
)


def _by_id(loss: Any, y_true: Any, y_pred: Any) -> bool:
    declared = loss if isinstance(loss, Loss) else declaring(loss)
    targets = getattr(declared, "_targets", "any")
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    dense = len(t) == len(p) and (t[-1] != 1 or p[-1] == 1)
    return targets == "ids" or (targets == "classes" and not dense)


def declaring(loss: Any) -> Any | None:
    """The class of this package that declares the inputs that a loss takes.

    For a loss of Keras it is our class of the same name.
    """
    if isinstance(loss, Loss):
        return type(loss)
    for cls in type(loss).__mro__:
        if cls.__module__.startswith("keras."):
            found = keras.saving.get_registered_object(
                f"portable_losses>{cls.__name__}"
            )
            if found is not None and issubclass(found, Loss):
                return found
    return None


def _empty(batch: Batch, seen: Seen) -> Iterator[Finding]:
    weight = tensor(batch.sample_weight)
    if 0 in tuple(tensor(batch.y_pred).shape):
        remedy = "skip empty batches, or look at what filters the data"
        yield Finding("empty", "the batch is empty: nothing is learned", remedy)
    elif weight is not None and not keras.ops.any(weight != 0):
        remedy = "look at what makes the weights"
        yield Finding("empty", "all weights are 0: nothing is learned", remedy)
    elif batch.mask is not None and not keras.ops.any(batch.mask):
        remedy = "look at what makes the mask: False is masked"
        yield Finding("empty", "all is masked: nothing is learned", remedy)


def _repeated(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """Targets that a plain Keras loss broadcasts to the shape of the predictions."""
    if isinstance(seen.loss, Loss) or seen.items is None:
        return
    if not keras.backend.is_float_dtype(tensor(batch.y_true).dtype):
        return  # these may be class indices
    t, p = tuple(seen.y_true.shape), tuple(seen.y_pred.shape)
    # Keras's own losses align (B,) with (B, 1); most other losses do not.
    aligned = type(seen.loss).__module__.startswith("keras.")
    if t != p and not (aligned and (*t, 1) == p) and not (aligned and t == (*p, 1)):
        yield Finding(
            "repeated",
            f"y_true of shape {t} is repeated to fit y_pred of shape {p}",
            "give both the same shape; the losses of this package reject it",
        )


# --- what is not finite ---------------------------------------------------------------


def _not_finite(batch: Batch, seen: Seen) -> Iterator[Finding]:
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
    # In a loss that couples samples, a faulty sample may make others not finite, while
    # it is excluded itself.
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
            if _outlier(batch, seen) is None
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
    """What to change in a loss that is not finite for finite inputs."""
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
    """Which samples with finite inputs have a loss that is not finite by themselves.

    In a loss that couples samples, one faulty sample makes the others not finite.
    """
    if not rest or len(rest) == batch.size:
        return rest
    places = [i if i in rest else rest[0] for i in range(batch.size)]
    try:
        bad = broken(items_of(seen.loss, batch.of_samples(places)))
    except Exception:  # the first axis may not be that of samples
        return ()
    return rest if bad and seen.statistic else tuple(sorted({*bad} & {*rest}))


# --- gradients ------------------------------------------------------------------------


def _gradients(batch: Batch, seen: Seen) -> Iterator[Finding]:
    if seen.gradient is None or seen.weight == 0:
        return
    tops = largest(keras.ops.abs(seen.gradient))
    far = tuple(i for i, top in enumerate(tops) if top * abs(seen.weight) >= EXPLODING)
    if far:
        yield Finding(
            "exploding",
            f"{some(far)}: the gradient explodes, to "
            f"{max(tops[i] for i in far) * abs(seen.weight):.3g}",
            "scale the targets to about 1, or clip: Adam(clipnorm=1.0)",
            far,
        )
    flat = {i for i, top in enumerate(tops) if top <= DEAD} - {*broken(seen.gradient)}
    if seen.statistic or seen.items.shape[0] != batch.size:
        # The share of each sample in a statistic is not known.
        dead = tuple(flat) if len(flat) == batch.size and seen.value > LEARNED else ()
    else:
        dead = tuple(i for i, x in enumerate(largest(seen.items)) if x > LEARNED)
        dead = tuple(i for i in dead if i in flat)
    outlier = _outlier(batch, seen)
    if outlier is not None:  # then this explains the missing gradient
        dead = tuple(i for i in dead if i not in outlier[1])
    if dead:
        yield Finding(
            "dead",
            f"{some(dead)}: a loss without a gradient, nothing is learned from it",
            "take the last activation out of the model, and give from_logits=True"
            if argument_of(seen.loss, "from_logits") is False
            else "look for what is flat in the loss: clip, round, relu, a comparison",
            dead,
        )


# --- logits and probabilities ---------------------------------------------------------


def _logits(batch: Batch, seen: Seen) -> Iterator[Finding]:
    outlier = _outlier(batch, seen)
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
    """What to change; a loss of Keras may not have an argument that ours has."""
    known, remedy = declaring(loss), remedy_of(loss, domain)
    if known is None or argument_of(loss, "from_logits") is not None:
        return remedy
    if "from_logits" in arguments_of(known):
        name = f"portable_losses.{known.__name__}"
        return f"use {name}(from_logits=True) if these are logits, or {remedy}"
    return remedy


def _outlier(batch: Batch, seen: Seen) -> tuple[float, tuple[int, ...], Domain] | None:
    """The prediction farthest outside of the loss's range, and all samples outside."""
    domain, p = DOMAINS.get(_holds(seen.loss)), _predictions(batch, seen)
    if domain is None or p is None:
        return None
    counted = _counted(batch, seen, p)
    worst = evidence(domain, checks.known_values(p), checks.known_values(counted))
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
    """The argument by which a loss of logits takes probabilities, if it has one."""
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
    # A model whose weights are 0 has logits of 0.
    inside = (p > 0) & (p < 1)
    return bool(keras.ops.size(p) >= SURELY and keras.ops.all(inside))


def _targets(batch: Batch, seen: Seen) -> Iterator[Finding]:
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
    if evidence(domain, checks.known_values(t), checks.known_values(counted)) is None:
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
