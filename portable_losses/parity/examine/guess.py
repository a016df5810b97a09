"""Finds the kind of inputs of a loss by calling it on NumPy; its name is not used.

Each question is one call or two, at inputs that distinguish two kinds.
"""

import re
from typing import Any

import numpy as np

from portable_losses.parity.curve import takes_cosines
from portable_losses.parity.examine import costs, meetings, said
from portable_losses.parity.examine.subject import Subject
from portable_losses.parity.examine.trial import B, C, Trial


def guess(subject: Subject) -> dict[str, Any]:
    """The kind of inputs of a loss, with the reason.

    Returns `kind`, None if nothing fits; `why`; `shape` of the predictions, unless it
    is the usual one; `sure`, whether a right prediction must give a lower value than a
    wrong one; `error`, the exception at the most likely inputs; `samples`, if only one
    number of samples works; `certain`, whether the error is a fault on any backend.
    """
    return _kind(Trial(subject))


def _kind(loss: Trial) -> dict[str, Any]:
    return _of_classes(loss, C) or _of_other_shapes(loss)


def _of_classes(loss: Trial, classes: int) -> dict[str, Any] | None:
    """The kind of a loss of class indices, or of targets and predictions `(B, C)`."""
    onehot = loss.one_hot((B, classes))
    p = loss.rng.uniform(0.1, 0.9, onehot.shape)
    ids = onehot.argmax(axis=1)
    same = loss.items(onehot, p) is not None
    if loss.runs(ids, p) and (not same or meetings.picks(loss, ids, p)):
        return _of_ids(loss, ids, p)
    if not same:
        return None
    found = _of_one_shape(loss, onehot, p)
    return found if classes == C else {**found, "shape": list(p.shape)}


def _of_ids(loss: Trial, ids: Any, p: Any) -> dict[str, Any]:
    classes = p.shape[-1]
    renamed = (ids + 1) % classes
    if np.isclose(loss.total(ids, p), loss.total(renamed, p), rtol=1e-9):
        # Renaming the labels changes nothing, so only equality of labels matters.
        if loss.runs(ids + 10, p):
            return _found("embeddings", "labels may be renamed")
    shape = p.shape if p.shape != (B, C) else None
    onehot = np.eye(classes)[ids]
    real = np.isfinite(loss.total(ids, loss.rng.normal(size=p.shape)))
    if p.ndim == 2 and meetings.is_ordinal(loss, ids, p):
        return _found("ordinal_logits" if real else "ordinal", "ordered classes")
    if said.says_probabilities(loss):
        return _found("sparse", "it says so", shape)
    if takes_cosines(loss.subject.loss):
        return _found("sparse_cosines", "it says so", shape)
    if costs.is_of_cosines(loss, ids, onehot):
        return _found("sparse_cosines", "beyond -1 and 1 nothing changes", shape)
    if costs.takes_logits(loss, ids, p.shape) or (
        real
        and costs.is_monotone(loss, ids, onehot)
        and not costs.clips(loss, ids, p.shape)
    ):
        return _found("sparse_logits", "class indices, and any shift of y_pred", shape)
    if not real and (hint := said.hint(loss)):
        return _found("sparse_logits", hint, shape)
    return _found("sparse", "class indices", shape)


def _of_other_shapes(loss: Trial) -> dict[str, Any]:
    frames = loss.rng.uniform(0.1, 0.9, (B, 5, C))
    ids = loss.rng.integers(0, C, (B, 5))
    if loss.runs(1 + ids[:, :2] % (C - 1), frames):
        return _found("sequence", "fewer labels than frames")
    if loss.runs(ids, frames):
        return _of_ids(loss, ids, frames)
    for classes in _class_counts(loss):
        if found := _of_classes(loss, classes):
            return found
    numbers = [n for n in range(2, 12) if n not in (B, C)]
    for columns in numbers:
        q = loss.rng.normal(size=(B, columns))
        if loss.runs(q[:, :1], q):
            return _found("quantiles", f"{columns} quantiles", (B, columns))
    column = loss.rng.uniform(0.1, 0.9, (B, 1))
    t = (column > 0.5).astype("float64")
    if loss.runs(t, column):
        return {**_of_one_shape(loss, t, column), "shape": [B, 1]}
    for columns in numbers:
        q = loss.rng.normal(size=(B, columns))
        if loss.runs(q, q):
            found = _of_one_shape(loss, (q > 0).astype("float64"), np.abs(q) / 4)
            return {**found, "shape": [B, columns]}
    return _of_arrays(loss)


def _class_counts(loss: Trial) -> list[int]:
    """Numbers of classes that an argument may mean: its length, or its value."""
    config: dict[str, Any] = getattr(loss.subject.loss, "get_config", dict)()
    values = [x for x in config.values() if not isinstance(x, bool | str)]
    counts = [len(x) if isinstance(x, list | tuple) else x for x in values]
    found = (n for n in counts if isinstance(n, int) and 1 < n <= 4096 and n != C)
    return list(dict.fromkeys(found))


def _of_arrays(loss: Trial) -> dict[str, Any]:
    """The kind of a loss whose predictions have more than two axes."""
    weighed = [(B, 3, 5, n) for n in _class_counts(loss)]
    volumes = (B, 2, 3, 2, 2), (B, 2, 3, 2, 1)
    for shape in (*weighed, (B, 3, 5, 2), (B, 3, 5, 1), *volumes):
        maps = loss.rng.uniform(0.1, 0.9, shape)
        classes = max(2, shape[-1])
        drawn = loss.rng.integers(0, classes, shape[:-1])
        labels = np.eye(classes)[drawn][..., : shape[-1]]
        if loss.runs(labels, maps):
            return _found("segmentation", f"maps of {shape[-1]} classes", shape)
    maps = loss.rng.uniform(0.1, 0.9, (B, 3, 5, 2))
    ids = loss.rng.integers(0, 2, maps.shape[:-1])
    if loss.runs(ids, maps):
        return _of_ids(loss, ids, maps)
    labels, frames = loss.one_hot((B, 5, C)), loss.rng.uniform(0.1, 0.9, (B, 5, C))
    if loss.runs(labels, frames):
        return {**_of_one_shape(loss, labels, frames), "shape": [B, 5, C]}
    pattern = "integer|int64|float ind|out of bounds|out of range"
    errors = list(loss.errors)
    telling = [e for e in errors if re.search(pattern, e["message"])]
    error = (telling or errors)[0]
    samples = None if telling else _samples(loss)
    certain = bool(samples or re.search("out of (bounds|range)", error["message"]))
    return {"kind": None, "error": error, "samples": samples, "certain": certain}


def _samples(loss: Trial) -> int | None:
    """A number of samples that a loss takes, if it takes no other number."""
    said_numbers = map(int, re.findall(r"\b[1-9]\d{0,3}\b", said.code(loss)))
    for n in dict.fromkeys((*said_numbers, 1, 2, 8, 16, 32, 64, 128, 256)):
        t, p = loss.one_hot((n, C)), loss.rng.uniform(0.1, 0.9, (n, C))
        for pair in ((t, p), (t.argmax(axis=1), p), (t[:, :1], p[:, :1])):
            if loss.runs(*pair):
                return n
    return None


def _of_one_shape(loss: Trial, t: Any, p: Any) -> dict[str, Any]:
    shape = p.shape
    real = loss.rng.normal(size=shape)
    if shape == (B, C):
        if meetings.needs_four(loss) and meetings.is_of_boxes(loss):
            return _found("boxes", "four columns, and no other number")
        if meetings.couples(loss):
            return _found("two_views", "samples are compared with each other")
    if said.says_probabilities(loss):
        return _of_probabilities(loss, t, shape, "it says so")
    if shape[-1] > 1 and costs.is_of_cosines(loss, t, t):
        return _found("cosines", "beyond -1 and 1 nothing changes")
    values = [loss.total(t, q) for q in (real, 3.0 * real, -np.abs(real))]
    if not np.isfinite(values).all():
        return _hinted(loss, shape) or _of_positive(loss, t, shape)
    if np.isclose(values[0], values[1], rtol=1e-5):
        return _found("regression", "the size of y_pred does not matter")
    if costs.clips(loss, t, shape):
        why = "values beyond 0 and 1 change nothing"
        return _of_probabilities(loss, t, shape, why)
    if costs.is_product(
        loss, t, shape
    ):  # as for a Wasserstein critic: no direction is right
        return {**_found("regression", "a product with y_pred"), "sure": False}
    monotone = costs.is_monotone(loss, t, t)
    if monotone and shape[-1] > 1 and costs.takes_logits(loss, t, shape):
        return _found("categorical_logits", "any shift of y_pred changes nothing")
    if monotone:
        sure = loss.total(t, 30.0 * (2.0 * t - 1.0))
        if sure < -1e-3 and monotone < 0 and not said.hint(loss):
            return _of_probabilities(loss, t, shape, "a cost below 0 beyond 1")
        if shape[-1] > 1 and not costs.is_additive(loss, t, shape):
            return _found("categorical_logits", "columns are compared")
        return _found("binary_logits", "surer is cheaper, without an end")
    if costs.is_least_at_match(loss, shape):
        return _found("regression", "least where y_pred is y_true")
    return _hinted(loss, shape) or _of_unknown(loss, t, shape)


def _hinted(loss: Trial, shape: tuple[int, ...]) -> dict[str, Any] | None:
    """Logits, if the code of the loss says so; the values may be infinite or NaN."""
    why = said.hint(loss)
    if not why:
        return None
    softmax = shape[-1] > 1 and "softmax" in said.code(loss)
    return _found("categorical_logits" if softmax else "binary_logits", why)


def _of_unknown(loss: Trial, t: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    """The kind of a loss that is not smallest where y_pred equals y_true."""
    if costs.is_of_logarithms(loss, shape):
        return _found("counts_logits", "least where y_pred is the logarithm")
    moved = [loss.total(t, a * t + (1 - a) * (1 - t)) for a in (1.0, 0.9, 0.5, 0.0)]
    steps = np.diff(moved)
    if (steps < -1e-6).all() and re.search("margin|dist", said.code(loss)):
        return _found("pairs", "what is alike is near", (B, 1))
    if (steps > 1e-6).all() or (steps < -1e-6).all():
        return _of_probabilities(loss, t, shape, "least at the labels themselves")
    return {**_found("regression", "real numbers"), "sure": False}


def _of_positive(loss: Trial, t: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    """The kind of a loss that is not finite where y_pred is below 0."""
    large = [loss.total(t, np.full(shape, v)) for v in (1.5, 4.0)]
    if not np.isfinite(large).all():
        return _of_probabilities(loss, t, shape, "not finite beyond 0 and 1")
    three = np.full(shape, 3.0)
    at = loss.total(three, three)
    if at < loss.total(three, 2.0 * three) and at < loss.total(three, three / 2):
        zero = loss.total(0.0 * three, three)
        if np.isfinite(zero):
            return _found("counts", "least where y_pred is y_true, and 0 is a count")
        return _found("positive", "least where y_pred is y_true, both above 0")
    return _of_probabilities(loss, t, shape, "not finite below 0")


def _of_probabilities(
    loss: Trial, t: Any, shape: tuple[int, ...], why: str
) -> dict[str, Any]:
    if shape[-1] == 1:
        return _found("binary", why)
    t = loss.one_hot(shape)
    p = np.full(shape, 0.2)
    other = p + 0.15 * np.roll(t, 1, axis=-1)  # another column than the target's
    before, after = loss.total(t, p), loss.total(t, other)
    scaled = loss.total(t, 0.5 * p)
    unmoved = np.isclose(before, after, rtol=1e-6)
    if unmoved or np.isclose(before, scaled, rtol=1e-4):
        return _found("categorical", why)
    return _found("binary", why)


def _found(kind: str, why: str, shape: tuple[int, ...] | None = None) -> dict[str, Any]:
    return {
        "kind": kind,
        "why": why,
        "shape": list(shape) if shape else None,
        "sure": True,
    }
