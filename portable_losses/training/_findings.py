"""What can be wrong with a batch, and what to do about it: a rule is a function."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.loss import Loss
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
"""The largest gradient of a sample that teaches nothing.

A step of it, at any usual learning rate, is lost in the rounding of float32.
"""

LEARNED = 1e-3
"""The largest loss of a sample that has nothing left to teach.

Without a gradient it is where it should be, and not dead.
"""

EXPLODING = 1e3
"""The least gradient of a sample that is exploding.

At a learning rate of 1e-3 one step moves the prediction by a whole unit. Cross-entropy
from logits and the absolute error have at most 1.
"""

SURELY = 10
"""How many predictions in (0, 1) look like probabilities.

Logits are as often negative: so many fall there by chance once in a thousand times.
"""

SUM_TO_ONE = 1e-3
"""How far from 1 rows may sum that look like probabilities, in half precision too."""

CULPRITS = {"y_true": "target", "y_pred": "prediction", "sample_weight": "weight"}


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something wrong, and what to do about it.

    Attributes:
        kind: "refused", "empty", "class ids", "repeated", "not finite",
            "no gradient" (it cannot be taken), "gradient not finite", "exploding",
            "dead", "logits", "probabilities" or "targets".
        text: what is wrong, in a sentence.
        remedy: what to change.
        samples: the samples with the fault, () where it is of the whole batch.
        culprit: of what is not finite: "y_true", "y_pred", "sample_weight", or "loss",
            which makes it of finite numbers.
        terms: the names of the terms that show it.
    """

    kind: str
    text: str
    remedy: str
    samples: tuple[int, ...] = ()
    culprit: str | None = None
    terms: tuple[str, ...] = ()


def findings(batch: Batch, terms: list[Seen]) -> list[Finding]:
    """Everything that is wrong; what several terms show alike, once."""
    found: dict[Finding, tuple[str, ...]] = {}
    for seen in terms:
        for finding in _of_term(batch, seen):
            found[finding] = (*found.get(finding, ()), seen.name)
    return [dataclasses.replace(f, terms=names) for f, names in found.items()]


def _of_term(batch: Batch, seen: Seen) -> Iterator[Finding]:
    ids = list(_class_ids(batch, seen))
    yield from ids
    if seen.error is not None and not ids:  # which are what it was refused for
        yield _refused(batch, seen)
    if seen.error is not None and seen.items is None:
        return
    for rule in (_empty, _repeated, _not_finite, _slope, _logits, _targets):
        yield from rule(batch, seen)


def some(samples: tuple[int, ...], most: int = 6) -> str:
    """The first few samples, and how many more there are."""
    shown = ", ".join(map(str, samples[:most]))
    more = len(samples) - most
    word = "sample" if len(samples) == 1 else "samples"
    return f"{word} {shown}" + (f" and {more} more" if more > 0 else "")


# --- what the loss refuses ------------------------------------------------------------


def _refused(batch: Batch, seen: Seen) -> Finding:
    message = " ".join(str(seen.error).split())
    own = re.fullmatch(r"(.*) \((.*)\)\.", message)  # the form of the package's errors
    text = own[1] if own else f"{type(seen.error).__name__}: {message}"
    remedy = own[2] if own else "read the whole error, which is the `error` of the term"
    if seen.items is not None:
        return Finding("no gradient", text, remedy)
    return Finding("refused", text, _looks_like(batch, seen) or remedy)


def _looks_like(batch: Batch, seen: Seen) -> str | None:
    """What targets of the wrong shape seem to be, judged by their values."""
    t, p = tensor(batch.y_true), tensor(batch.y_pred)
    if t is None or p is None or not batch.size or len(p.shape) < 2:
        return None
    rows, whole = tuple(t.shape), keras.ops.all(floats(t) == keras.ops.floor(floats(t)))
    classes = p.shape[-1]
    if rows == tuple(p.shape) and classes > 1:
        t = floats(t)
        one_hot = keras.ops.all((t == 0) | (t == 1)) & keras.ops.all(
            keras.ops.sum(t, axis=-1) == 1
        )
        if one_hot:
            return (
                "y_true looks one-hot, the loss takes ids: pass argmax(y_true, -1), or "
                "use its dense form"
            )
    elif whole and classes > 1 and rows in (p.shape[:-1], (*p.shape[:-1], 1)):
        return (
            "y_true looks like class ids: use the sparse form of the loss, or "
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
    ignored = getattr(seen.loss, "ignore_class", None)
    if ignored is not None:
        wrong = wrong & (ids != ignored)
    samples = _weighted(batch, samples_where(wrong))
    if samples:
        here = (keras.ops.take(x, samples[0], axis=0) for x in (ids, wrong))
        yield Finding(
            "class ids",
            f"{some(samples)}: class ids must be whole and in 0 to {count - 1}; "
            f"the first is {checks.first(*here)}",
            f"mend the labels, or give y_pred more than {count} classes",
            samples,
        )


def _by_id(loss: Any, y_true: Any, y_pred: Any) -> bool:
    if not isinstance(loss, Loss):
        return isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    rows = len(t) == len(p) and (t[-1] != 1 or p[-1] == 1)
    return loss._targets == "ids" or (loss._targets == "classes" and not rows)


def _weighted(batch: Batch, samples: tuple[int, ...]) -> tuple[int, ...]:
    """Those of the samples that do not have weight 0."""
    weight = tensor(batch.sample_weight)
    if weight is None or not len(weight.shape):
        return samples
    return tuple(sorted({*samples} & {*samples_where(weight != 0)}))


def _empty(batch: Batch, seen: Seen) -> Iterator[Finding]:
    weight = tensor(batch.sample_weight)
    if 0 in tuple(tensor(batch.y_pred).shape):
        remedy = "skip empty batches, or look at what filters the data"
        yield Finding("empty", "the batch is empty: nothing is learned", remedy)
    elif weight is not None and not keras.ops.any(weight != 0):
        remedy = "look at what makes the weights"
        yield Finding("empty", "all weights are 0: nothing is learned", remedy)


def _repeated(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """Targets that a plain Keras loss stretches over the predictions."""
    if isinstance(seen.loss, Loss) or seen.items is None:
        return
    if not keras.backend.is_float_dtype(tensor(batch.y_true).dtype):
        return  # of class ids, perhaps
    t, p = tuple(seen.y_true.shape), tuple(seen.y_pred.shape)
    # Keras's own losses bring (B,) and (B, 1) together, others rarely do.
    aligned = type(seen.loss).__module__.startswith("keras.")
    if t != p and not (aligned and (*t, 1) == p) and not (aligned and t == (*p, 1)):
        yield Finding(
            "repeated",
            f"y_true of shape {t} is repeated to fit y_pred of shape {p}",
            "give both one shape; the losses of this package refuse it",
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
    others = bad.difference(*faults.values())
    alone = _broken_alone(batch, seen, tuple(sorted(others)))
    # Where samples are coupled, one may spoil the others and be left out itself.
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
            else "look for a logarithm, root or quotient: portable_losses.ops has them "
            "finite",
            alone,
            "loss",
        )
    slope = tuple(s for s in broken(seen.slope) if s not in spoiled)
    if slope:
        yield Finding(
            "gradient not finite",
            f"{some(slope)}: the loss is finite, its gradient is not",
            "look for a root or norm at 0, or a `where` around a result: "
            "portable_losses.ops has them finite",
            slope,
        )


def _remedy_of_input(culprit: str, batch: Batch) -> str:
    if culprit == "y_true":
        return "mend these rows of the data, or drop them"
    if culprit == "sample_weight":
        return "mend the weights"
    if keras.backend.standardize_dtype(tensor(batch.y_pred).dtype) == "float16":
        return "float16 ends at 65504: make the last layer Dense(..., dtype='float32')"
    return "look at the inputs of these rows, and at the step before: a smaller rate"


def _broken_alone(batch: Batch, seen: Seen, rest: tuple[int, ...]) -> tuple[int, ...]:
    """Which samples of finite numbers are not finite without those of others.

    In a loss that couples samples, one of them spoils the rest.
    """
    if not rest or len(rest) == batch.size:
        return rest
    places = [i if i in rest else rest[0] for i in range(batch.size)]
    try:
        bad = broken(items_of(seen.loss, batch.rows(places)))
    except Exception:  # rows may not be samples, and then nothing is known
        return ()
    return rest if bad and seen.statistic else tuple(sorted({*bad} & {*rest}))


# --- gradients ------------------------------------------------------------------------


def _slope(batch: Batch, seen: Seen) -> Iterator[Finding]:
    if seen.slope is None or seen.weight == 0:
        return
    tops = largest(keras.ops.abs(seen.slope))
    far = tuple(i for i, top in enumerate(tops) if top * abs(seen.weight) >= EXPLODING)
    if far:
        yield Finding(
            "exploding",
            f"{some(far)}: the gradient explodes, to "
            f"{max(tops[i] for i in far) * abs(seen.weight):.3g}",
            "scale the targets to about 1, or clip: Adam(clipnorm=1.0)",
            far,
        )
    flat = {i for i, top in enumerate(tops) if top <= DEAD} - {*broken(seen.slope)}
    if seen.statistic or seen.items.shape[0] != batch.size:
        # Of a sample's share in it nothing is known.
        dead = tuple(flat) if len(flat) == batch.size and seen.value > LEARNED else ()
    else:
        dead = tuple(i for i, x in enumerate(largest(seen.items)) if x > LEARNED)
        dead = tuple(i for i in dead if i in flat)
    if dead:
        yield Finding(
            "dead",
            f"{some(dead)}: a loss without a gradient, nothing is learned of it",
            "take the last activation out of the model, and give from_logits=True"
            if getattr(seen.loss, "from_logits", None) is False
            else "look for what is flat in the loss: clip, round, relu, a comparison",
            dead,
        )


# --- logits and probabilities ---------------------------------------------------------


def _logits(batch: Batch, seen: Seen) -> Iterator[Finding]:
    from_logits = getattr(seen.loss, "from_logits", None)
    if from_logits is None or seen.y_pred is None:
        return
    p = floats(seen.y_pred)
    outside = samples_where((p < 0) | (p > 1))
    if outside and not from_logits:
        yield Finding(
            "logits",
            f"{some(outside)}: y_pred is outside 0 to 1, so it holds no probabilities",
            "pass from_logits=True, or end the model with softmax or sigmoid",
            outside,
        )
    if from_logits and not outside and _are_probabilities(p):
        yield Finding(
            "probabilities",
            "y_pred looks like probabilities, where the loss takes logits",
            "pass from_logits=False, or drop the softmax or sigmoid of the last layer",
        )


def _are_probabilities(p: Any) -> bool:
    """Whether numbers in [0, 1] look like what softmax or sigmoid returns."""
    rows = keras.ops.abs(keras.ops.sum(p, axis=-1) - 1.0) < SUM_TO_ONE
    if p.shape[-1] > 1 and keras.ops.all(rows):
        return True
    # Zeros are the logits of a model that begins with zeros.
    inside = (p > 0) & (p < 1)
    return bool(keras.ops.size(p) >= SURELY and keras.ops.all(inside))


def _targets(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """Targets of a cross-entropy that are no probabilities."""
    if not hasattr(seen.loss, "from_logits") or seen.y_true is None:
        return
    if tuple(seen.y_true.shape) != tuple(seen.y_pred.shape):
        return  # class ids
    t = floats(seen.y_true)
    outside = (t < 0) | (t > 1)
    ignored = getattr(seen.loss, "ignore_class", None)
    if ignored is not None:
        outside = outside & (t != ignored)
    samples = _weighted(batch, samples_where(outside))
    if samples:
        yield Finding(
            "targets",
            f"{some(samples)}: targets outside 0 to 1, where the loss takes "
            "probabilities",
            "map the labels to 0 and 1; of class ids, use the sparse form of the loss",
            samples,
        )
