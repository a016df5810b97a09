"""Connectionist temporal classification: labels whose positions in time are unknown."""

# Long because the states, the recursion over them and its gradient are one algorithm.

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments, checks, errors
from portable_losses.core.loss import Loss
from portable_losses.core.signature import DType, Reduction
from portable_losses.ops.classes import valid_ids
from portable_losses.ops.once import once

INF = float("inf")


class CTC(Loss):
    """Connectionist temporal classification (CTC loss).

    It penalizes a low probability of the label sequence, by the negative log-likelihood
    of the labels, summed over all their alignments with the frames.

    With p_t the softmax of the logits of frame t, an alignment is a class for each
    frame. Its labels are these classes, after repeated ones are merged and blanks are
    removed. The item is

        -log sum_{alignments a of the labels} prod_t p_t(a_t)

    Shapes: `y_true` is `(B, L)`, class indices; `y_pred` is `(B, T, C)`, logits, any
    real numbers; items are `(B,)`.

    Args:
        blank_index: the class index of "no label". In y_true this index and -1 are
            padding, at any position.
        zero_infinity: whether labels without a possible alignment cost 0; otherwise
            they cost inf. Their gradient is 0 in both cases.
        lengths_in_target: whether the first column of y_true is the number of frames of
            the sample, in [0, T], followed by the labels. Otherwise all frames that are
            not masked count.

    Edge cases: n labels of which r are equal to their predecessor need n + r frames;
    with fewer frames no alignment is possible. A sample without labels costs
    -sum_t log p_t(blank), and 0 without frames. Logits are exact up to 1e4 and beyond;
    a logit of -inf forbids its label, which may make all alignments impossible. A
    sample whose frames are all masked is excluded from the mean. The gradient is exact,
    but cannot be differentiated again: a second derivative is infinite or NaN.

    Raises:
        ValueError: if y_true is not `(B, L)` or y_pred not `(B, T, C)`, if blank_index
            is not a class, for indices that are not whole or out of range, or for
            lengths outside [0, T]. In compiled code the item of such a sample is NaN.

    Example:
        >>> loss = portable_losses.CTC()
        >>> round(float(loss([[1]], [[[0.0, 0.0], [0.0, 0.0]]])), 4)  # 3 of 4 paths
        0.2877

    Reference:
        Graves, Fernandez, Gomez, Schmidhuber, "Connectionist Temporal Classification:
        Labelling Unsegmented Sequence Data with Recurrent Neural Networks", 2006,
        equations 6 to 16.

    Differs: from Keras, where labels without a possible alignment cost 708, 1e5 or inf,
    depending on the backend, the last with a NaN gradient; where padding must not be -1
    or between labels; and where the mask of y_pred is ignored.
    """

    targets = "any"
    prediction_domain = "logits"

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = "ctc",
        dtype: DType = None,
        *,
        blank_index: int = 0,
        zero_infinity: bool = True,
        lengths_in_target: bool = False,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.blank_index = arguments.integer(
            self, "blank_index", blank_index, at_least=0
        )
        self.zero_infinity = arguments.flag(self, "zero_infinity", zero_infinity)
        self.lengths_in_target = arguments.flag(
            self, "lengths_in_target", lengths_in_target
        )

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        samples = kept
        if kept is not None and len(kept.shape) == 2:
            samples = ops.any(kept, axis=1)
        self._check(y_true, y_pred, samples)
        ids, active, wrong_length = self._frames(
            ops.cast(y_true, "int32"), y_pred, kept
        )
        labels, count, wrong = self._labels(ids, y_pred.shape[-1], samples)
        states, valid, skip = _states(labels, count, self.blank_index)
        log_p = ops.log_softmax(y_pred, axis=-1)
        shape = (*ops.shape(y_pred)[:2], states.shape[-1])
        at = ops.broadcast_to(ops.expand_dims(states, 1), shape)
        log_p = ops.take_along_axis(log_p, at, axis=-1)  # for each frame and state
        log_p = ops.where(ops.expand_dims(valid, 1), log_p, -INF)

        log_likelihood, occupied = _align(ops.stop_gradient(log_p), active, count, skip)
        log_likelihood = ops.stop_gradient(log_likelihood)
        occupied = ops.stop_gradient(occupied)
        # d log-likelihood / d log p_t(s) is the probability that state s is occupied at
        # t (equation 16). The gradient is added as a term of value 0 that has it.
        reached = ops.where(occupied == 0, 0.0, log_p)
        step = reached - ops.stop_gradient(reached)
        carrier = ops.sum(occupied * step, (1, 2)) + once(ops.sum(step, (1, 2)))
        none = 0.0 if self.zero_infinity else INF
        items = ops.where(log_likelihood == -INF, none, -log_likelihood) - carrier
        return ops.where(ops.logical_or(wrong, wrong_length), float("nan"), items)

    def _check(self, y_true: Any, y_pred: Any, samples: Any) -> None:
        owner = type(self).__name__
        checks.one_tensor(owner, "y_true", y_true)
        if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
            checks.reject_shapes(
                owner,
                tuple(y_true.shape),
                tuple(y_pred.shape),
                "be (B, L) class indices for a y_pred of (B, T, C) logits",
                "pad the labels of a batch to one length with -1",
            )
        if self.lengths_in_target and y_true.shape[1] == 0:
            checks.reject_shapes(
                owner,
                tuple(y_true.shape),
                tuple(y_pred.shape),
                "have a first column of lengths",
                "put it there, or pass lengths_in_target=False",
            )
        if self.blank_index >= y_pred.shape[-1]:
            rule = f"below {y_pred.shape[-1]}, the size of y_pred's class axis"
            remedy = "choose a class that y_pred has"
            errors.fail(owner, "blank_index", rule, self.blank_index, remedy)
        if keras.backend.is_float_dtype(y_true.dtype):
            checks.whole_ids(owner, y_true, samples)

    def _frames(self, y_true: Any, y_pred: Any, kept: Any) -> tuple[Any, Any, Any]:
        """The class indices, the frames that count, and the samples of wrong length."""
        shape = ops.shape(y_pred)[:2]
        active = ops.ones(shape, dtype="bool")
        if kept is not None:
            rows = kept if len(kept.shape) == 2 else ops.expand_dims(kept, 1)
            active = ops.logical_and(active, rows)
        if not self.lengths_in_target:
            return y_true, active, False
        lengths, ids = y_true[:, :1], y_true[:, 1:]
        wrong = ops.logical_or(lengths < 0, lengths > shape[1])
        if kept is not None:
            wrong = ops.logical_and(wrong, ops.any(rows, axis=1, keepdims=True))
        checks.reject_any(
            type(self).__name__,
            wrong,
            lambda: (
                f"`y_true` must begin with a length in [0, {shape[1]}], the frames of "
                f"y_pred; got a length of {checks.first(lengths, wrong)} (count the "
                "frames that the model puts out)"
            ),
        )
        on = ops.arange(shape[1], dtype="int32") < lengths
        return ids, ops.logical_and(active, on), wrong[:, 0]

    def _labels(self, ids: Any, classes: int, samples: Any) -> tuple[Any, Any, Any]:
        """The labels without padding, their number, and which samples are wrong.

        The labels come first, followed by blanks.
        """
        if ids.shape[1] == 0:
            ids = ops.pad(ids, ((0, 0), (0, 1)), constant_values=-1)
        is_label = ops.logical_and(ids != -1, ids != self.blank_index)
        ids = ops.where(is_label, ids, self.blank_index)
        checks.ids_in_range(type(self).__name__, ids, classes, samples)
        wrong = ops.logical_not(valid_ids(ids, classes))
        ids = ops.where(wrong, self.blank_index, ids)
        place = ops.arange(ids.shape[1], dtype="int32")
        order = ops.argsort(ops.where(is_label, place, place + ids.shape[1]), axis=1)
        count = ops.sum(ops.cast(is_label, "int32"), axis=1)
        return ops.take_along_axis(ids, order, axis=1), count, ops.any(wrong, axis=1)


def _states(labels: Any, count: Any, blank: int) -> tuple[Any, Any, Any]:
    """The states: the labels, with a blank before, between and after them.

    Returns the class of each state, which states a sample has, and which states can be
    entered by skipping a blank: labels that are not equal to their predecessor.
    """
    size = 2 * labels.shape[1] + 1
    states = ops.stack([ops.full_like(labels, blank), labels], axis=-1)
    states = ops.reshape(states, (-1, size - 1))
    states = ops.pad(states, ((0, 0), (0, 1)), constant_values=blank)
    before = ops.pad(states, ((0, 0), (2, 0)), constant_values=blank)[:, :size]
    skip = ops.logical_and(states != blank, states != before)
    valid = ops.arange(size, dtype="int32") <= 2 * ops.expand_dims(count, 1)
    return states, valid, skip


def _align(log_p: Any, active: Any, count: Any, skip: Any) -> tuple[Any, Any]:
    """The log-likelihood, and the probability of each state at each frame.

    The forward variables (equation 6) and the backward variables (equation 10) are
    computed in one loop: the backward variables are forward variables with time and
    states reversed. Both are logarithms, relative to the largest one of each frame.
    """
    (samples, length, _), size = ops.shape(log_p), log_p.shape[2]
    place, last = ops.arange(size, dtype="int32"), 2 * ops.expand_dims(count, 1)
    back = ops.flip(ops.pad(skip, ((0, 0), (0, 2)))[:, 2:], 1)
    fixed = ops.where(ops.concatenate([skip, back], axis=0), 0.0, -INF)
    fixed = ops.cast(fixed, log_p.dtype)
    is_forward = ops.cast(ops.arange(2 * samples) < samples, log_p.dtype)
    fixed = ops.concatenate([ops.expand_dims(is_forward, 1), fixed], axis=1)
    on = ops.expand_dims(ops.transpose(ops.cast(active, log_p.dtype)), -1)
    frames = ops.concatenate([on, ops.transpose(log_p, (1, 0, 2))], axis=2)
    turned = ops.transpose(ops.flip(log_p, (1, 2)), (1, 0, 2))
    turned = ops.concatenate([ops.flip(on, 0), turned], axis=2)
    frames = ops.concatenate([frames, turned], axis=1)
    fixed = ops.broadcast_to(fixed, (length, 2 * samples, size + 1))
    # One tensor, since Keras's scan over several needs a static number of frames.
    frames = ops.concatenate([fixed, frames], axis=2)

    # The start state is the first blank, or the last one in reversed order.
    start = ops.concatenate(
        [ops.broadcast_to(place, (samples, size)), place - (size - 1 - last)], axis=0
    )
    start = ops.cast(ops.where(start == 0, 0.0, -INF), log_p.dtype)
    (end, _), (seen, largest) = ops.scan(
        _step, (start, ops.zeros_like(start[:, :1])), frames
    )
    at_end = ops.logical_or(place == last, place == last - 1)
    at_end = ops.where(at_end, end[:samples], -INF)
    likelihood = ops.logsumexp(at_end, axis=1) + ops.sum(largest[:, :samples, 0], 0)
    both = seen[:, :samples] + ops.flip(seen[:, samples:], (0, 2))
    # 0 for every state if no alignment fits, where all are -inf
    occupied = ops.exp(ops.log_softmax(ops.transpose(both, (1, 0, 2)), axis=-1))
    return likelihood, ops.where(ops.expand_dims(active, -1), occupied, 0.0)


def _step(carry: tuple[Any, Any], frame: Any) -> tuple[Any, Any]:
    """One frame of the loop.

    It uses only its arguments: a closure would make JAX compile the loop again at every
    call in eager mode.
    """
    state, _ = carry
    size = state.shape[1]
    is_forward, skip = frame[:, :1] > 0, frame[:, 1 : size + 1]
    on, log_p = frame[:, size + 1 : size + 2] > 0, frame[:, size + 2 :]
    wide = ops.pad(state, ((0, 0), (2, 0)), constant_values=-INF)
    moves = ops.stack([state, wide[:, 1:-1], wide[:, :-2] + skip])
    reached = ops.logsumexp(moves, axis=0)
    new = reached + log_p
    largest = ops.max(new, axis=1, keepdims=True)
    largest = ops.where(on, largest, 0.0)
    largest = ops.where(largest == -INF, 0.0, largest)
    new = ops.where(on, new - largest, state)
    # Forward variables include the current frame, backward variables do not.
    return (new, largest), (ops.where(is_forward, new, reached), largest)
