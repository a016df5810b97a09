"""Paths through a chain of states: their sum, their probabilities, the best one."""

# Long because the sum, its gradient and the search share the recursion over the steps.

from typing import Any, NamedTuple

from portable_losses import ops
from portable_losses.ops.known import found
from portable_losses.ops.log_sums import gaps, infinite_if_none, largest_of
from portable_losses.ops.own_gradients import with_gradient

INF = float("inf")
LOOPS_HAVE_GRADIENTS = found(
    "the gradient of a loop works in compiled code, or is never compiled",
    "tests/layers/test_linear_chain_crf.py",
    jax="0.10.2",
    numpy="2.4.6",
    torch="2.13.0",
)


class Chain(NamedTuple):
    """The scores of all paths through C states, for B sequences of T steps.

    The largest entry is subtracted from all scores (for emissions: the largest of each
    step). This changes no probability, and makes their logarithms accurate for large
    scores.

    Args:
        emissions: `(B, T, C)`, the score of a state at a step.
        on: `(B, T)`, 1 for steps that count, and 0 for those that are skipped.
        transitions: `(C, C)`, the score of a state (columns) after another (rows).
        start: `(C,)`, the score of a first state.
        end: `(C,)`, the score of a last state.
    """

    emissions: Any
    on: Any
    transitions: Any
    start: Any
    end: Any


def chain(
    emissions: Any, on: Any | None, transitions: Any, start: Any, end: Any
) -> Chain:
    """Make a chain of scores; `on` is boolean, or None for all steps."""
    if on is None:
        on = ops.ones_like(emissions[..., 0])
    else:
        emissions = ops.where(ops.expand_dims(on, -1), emissions, 0.0)
        on = ops.cast(on, emissions.dtype)
    return Chain(
        _relative(emissions, (2,)),
        on,
        _relative(transitions, (0, 1)),
        _relative(start, (0,)),
        _relative(end, (0,)),
    )


def _relative(x: Any, axes: tuple[int, ...]) -> Any:
    largest = largest_of(x, axes)
    return gaps(x, largest) - infinite_if_none(largest)


def log_likelihood(ids: Any, x: Chain) -> Any:
    """The logarithm of the probability of each path `(B, T)`; 0 without a step.

    It is -inf for a path that is impossible. `ids` are class indices in range.
    """
    if LOOPS_HAVE_GRADIENTS:
        total = _log_partition(*x)
    else:  # not every backend can compile the gradient of a loop
        total = with_gradient(_log_partition_with_gradient, _log_partition, *x)
    # If no path is possible the score is -inf, and -inf - (-inf) would be NaN.
    value = _score(ids, x) - ops.where(total == -INF, 0.0, total)
    return ops.where(ops.any(x.on > 0, axis=1), value, 0.0)


def marginals(x: Chain) -> Any:
    """The probability of each state at each step, `(B, T, C)`; 0 at skipped steps."""
    return _posterior(*x)[0]


def best_path(x: Chain) -> Any:
    """The most probable path (Viterbi), `(B, T)`, -1 at skipped steps.

    Of states with equal scores the one with the lower index is taken.
    """
    x = Chain(*(ops.stop_gradient(part) for part in x))
    frames = _frames(x.emissions, x.on, x.transitions, x.start)
    state = ops.zeros_like(x.emissions[:, 0])
    pointer = ops.cast(state, "int32")
    (state, _), (_, pointers) = ops.scan(_best_step, (state, pointer), frames)
    last = _first_largest(state + x.end, axis=1)
    backward = ops.flip(pointers, axis=0)
    _, path = ops.scan(_step_back, last, backward)
    path = ops.transpose(ops.flip(path, axis=0))
    return ops.where(x.on > 0, path, -1)


# --- the recursion ------------------------------------------------------------------


def _frames(emissions: Any, on: Any, transitions: Any, start: Any) -> Any:
    """All inputs of a step of the loop, `(T, B + C + 1, C + 2)`, in one tensor.

    The functions of the loop use only their arguments: a closure would make JAX compile
    it again at every call in eager mode. And Keras's scan over several tensors needs a
    static number of steps.
    """
    first = on * ops.cast(ops.cumsum(on, axis=1) == 1, on.dtype)
    flags = ops.stack([first, on], axis=-1)
    moving = ops.transpose(ops.concatenate([flags, emissions], axis=-1), (1, 0, 2))
    fixed = ops.concatenate([transitions, ops.expand_dims(start, 0)], axis=0)
    fixed = ops.pad(fixed, ((0, 0), (2, 0)))
    shape = (ops.shape(emissions)[1], *fixed.shape)
    fixed = ops.broadcast_to(ops.expand_dims(fixed, 0), shape)
    return ops.concatenate([moving, fixed], axis=1)


def _parts(frame: Any, classes: int) -> tuple[Any, ...]:
    """first, on, emissions, transitions and start of a step, with leading axes."""
    at = -classes - 1
    moving, fixed = frame[..., :at, :], frame[..., at:, 2:]
    first, on = moving[..., :1] > 0, moving[..., 1:2] > 0
    return first, on, moving[..., 2:], fixed[..., :-1, :], fixed[..., -1:, :]


def _step(carry: tuple[Any, Any, Any], frame: Any) -> tuple[Any, Any]:
    """One step of the sum over all paths, in `D` directions at once.

    The state `(D, B, C)` is the logarithm of the sum over the paths that end in a state
    at this step, minus the total `(D, B, 1)`, the sum of the largest of each step.
    """
    state, _, total = carry
    first, on, e, transitions, start = _parts(frame, state.shape[-1])
    moves = ops.expand_dims(state, -1) + ops.expand_dims(transitions, 1)
    reached = ops.where(first, start, ops.logsumexp(moves, axis=-2))
    new = reached + e
    largest = largest_of(new, (2,))
    largest = ops.where(largest == -INF, 0.0, largest)
    state = ops.where(on, new - largest, state)
    total = total + ops.where(on, largest, 0.0)
    carry = (state, reached, total)
    return carry, carry


def _run(frames: Any, like: Any) -> tuple[Any, Any]:
    """The loop of `_step`; `like` has the shape `(D, B, C)` of its state."""
    state = ops.zeros_like(like)
    return ops.scan(_step, (state, state, state[..., :1]), frames)


def _log_partition(
    emissions: Any, on: Any, transitions: Any, start: Any, end: Any
) -> Any:
    """log sum over all paths of exp(score), `(B,)`."""
    frames = ops.expand_dims(_frames(emissions, on, transitions, start), 1)
    (state, _, total), _ = _run(frames, ops.expand_dims(emissions[:, 0], 0))
    return total[0, :, 0] + ops.logsumexp(state[0] + end, axis=-1)


def _posterior(
    emissions: Any, on: Any, transitions: Any, start: Any, end: Any
) -> tuple[Any, Any]:
    """The probabilities of states, `(B, T, C)`, and of pairs, `(T, B, C, C)`.

    A pair consists of the state at the previous step that counts and that at a step.
    """
    forward = _frames(emissions, on, transitions, start)
    turned = ops.flip(emissions, axis=1), ops.flip(on, axis=1)
    backward = _frames(*turned, ops.transpose(transitions), end)
    frames = ops.stack([forward, backward], axis=1)
    like = ops.stack([emissions[:, 0], emissions[:, 0]])
    _, (states, reached, _) = _run(frames, like)
    later = ops.flip(states[:, 1], axis=0)  # of the paths that begin in a state
    on = ops.transpose(on) > 0
    after_first = ops.cumsum(ops.cast(on, "int32"), axis=0) > 1
    p = ops.softmax(reached[:, 0] + later, axis=-1)
    p = ops.where(ops.expand_dims(on, -1), p, 0.0)
    before = ops.concatenate([ops.zeros_like(states[:1, 0]), states[:-1, 0]], axis=0)
    pairs = ops.expand_dims(before, -1) + transitions + ops.expand_dims(later, -2)
    inner = ops.logical_and(on, after_first)
    pairs = ops.softmax(pairs, axis=(2, 3))
    pairs = ops.where(ops.expand_dims(inner, (-2, -1)), pairs, 0.0)
    return ops.transpose(p, (1, 0, 2)), pairs


def _log_partition_with_gradient(*given: Any) -> tuple[Any, Any]:
    """`_log_partition`, and its gradient, the probabilities, from a separate loop.

    The loop starts from the arguments, so it can be differentiated again.
    """
    value = _log_partition(*(ops.stop_gradient(x) for x in given))

    def gradient(*args: Any, upstream: Any = None) -> tuple[Any, ...]:
        if upstream is None:
            (upstream,) = args
        on = given[1]
        p, pairs = _posterior(*given)
        weight = ops.reshape(upstream, (-1, 1, 1))
        p = p * weight
        place = ops.cumsum(on, axis=1)
        at_start = on * ops.cast(place == 1, on.dtype)
        at_end = on * ops.cast(place == place[:, -1:], on.dtype)
        return (
            p,
            ops.zeros_like(on),
            ops.sum(pairs * ops.expand_dims(weight, 0), axis=(0, 1)),
            ops.sum(p * ops.expand_dims(at_start, -1), axis=(0, 1)),
            ops.sum(p * ops.expand_dims(at_end, -1), axis=(0, 1)),
        )

    return value, gradient


# --- the score of a path ------------------------------------------------------------


def _score(ids: Any, x: Chain) -> Any:
    """The score of each path, `(B,)`."""
    on = x.on > 0
    ids = ops.where(on, ids, 0)
    picked = ops.take_along_axis(x.emissions, ops.expand_dims(ids, -1), axis=-1)
    score = ops.sum(ops.where(on, picked[..., 0], 0.0), axis=1)
    # The steps that count come first.
    length = ops.shape(ids)[1]
    place = ops.arange(length, dtype="int32")
    order = ops.argsort(ops.where(on, place, place + length), axis=1)
    ids = ops.take_along_axis(ids, order, axis=1)
    count = ops.sum(ops.cast(on, "int32"), axis=1, keepdims=True)
    last = ops.take_along_axis(ids, ops.maximum(count - 1, 0), axis=1)[:, 0]
    score = score + ops.take(x.start, ids[:, 0]) + ops.take(x.end, last)
    classes = x.start.shape[0]
    moves = ops.take(
        ops.reshape(x.transitions, (-1,)), ids[:, :-1] * classes + ids[:, 1:]
    )
    return score + ops.sum(ops.where(place[1:] < count, moves, 0.0), axis=1)


# --- the search ---------------------------------------------------------------------


def _best_step(carry: tuple[Any, Any], frame: Any) -> tuple[Any, Any]:
    """One step of the search: the best score of each state, and its predecessor."""
    state, pointer = carry
    classes = state.shape[-1]
    first, on, e, transitions, start = _parts(frame, classes)
    moves = ops.expand_dims(state, -1) + transitions
    reached = ops.where(first, start, ops.max(moves, axis=1))
    new = reached + e
    largest = ops.max(new, axis=1, keepdims=True)
    new = new - ops.where(largest == -INF, 0.0, largest)
    same_state = ops.zeros_like(pointer) + ops.arange(classes, dtype="int32")
    carry = (
        ops.where(on, new, state),
        ops.where(on, _first_largest(moves, axis=1), same_state),
    )
    return carry, carry


def _step_back(state: Any, pointer: Any) -> tuple[Any, Any]:
    """The previous state, and the current one."""
    before = ops.take_along_axis(pointer, ops.expand_dims(state, 1), axis=1)
    return before[:, 0], state


def _first_largest(x: Any, axis: int) -> Any:
    """The first index of the largest entry; `argmax` may return another one at ties."""
    size, rank = x.shape[axis], len(x.shape)
    place = ops.arange(size, dtype="int32")
    place = ops.reshape(place, [-1 if i == axis else 1 for i in range(rank)])
    is_largest = x == ops.max(x, axis=axis, keepdims=True)
    found = ops.min(ops.where(is_largest, place, size), axis=axis)
    return ops.minimum(found, size - 1)  # a NaN is equal to nothing
