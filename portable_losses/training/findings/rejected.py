"""Inputs that a loss rejects, or cannot use."""

import re
from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.domain import (
    argument_of,
)
from portable_losses.core.loss import Loss
from portable_losses.training._batch import Batch, Seen
from portable_losses.training._numbers import floats, samples_where, tensor
from portable_losses.training.findings._finding import Finding, some


def rejected(batch: Batch, seen: Seen) -> Finding:
    """The error that the loss raises."""
    own = own_words(seen.error)
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


def own_words(error: Exception | None) -> tuple[str, str] | None:
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


def class_ids(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """Class indices that are not whole numbers, or out of range."""
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
    if ours:  # in Keras an index out of range is an error even if its weight is 0
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


_SPARSE = tuple(
    getattr(keras.losses, name)
    for name in ("SparseCategoricalCrossentropy", "SparseCategoricalFocalCrossentropy")
    if hasattr(keras.losses, name)
)


def _by_id(loss: Any, y_true: Any, y_pred: Any) -> bool:
    declared = loss if isinstance(loss, Loss) else declaring(loss)
    targets = getattr(declared, "targets", "any")
    t, p = tuple(y_true.shape), tuple(y_pred.shape)
    dense = len(t) == len(p) and (t[-1] != 1 or p[-1] == 1)
    return targets == "ids" or (targets == "classes" and not dense)


def declaring(loss: Any) -> Any | None:
    """The class of this package that declares the inputs that a loss takes.

    For a loss of Keras it is the class of the same name in this package.
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


def empty(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """A batch in which no sample counts."""
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


def repeated(batch: Batch, seen: Seen) -> Iterator[Finding]:
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
