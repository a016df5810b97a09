"""Finds the loss of the catalogue that equals a user's loss; in a worker.

Both are evaluated at drawn inputs of every kind that the user's loss can be called
with. Two losses are equal if gradients and values are equal up to a constant factor.
"""

# Long because the order in which losses are tried and the reasons for it are here.

import inspect
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import portable_losses
from portable_losses.parity import autodiff
from portable_losses.parity.as_function import as_function
from portable_losses.parity.examine.draws import Array, Pair
from portable_losses.parity.examine.float64 import wide
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.examine.matching_arguments import numbers_of
from portable_losses.parity.examine.subject import Subject

GRADIENT, VALUE = 2e-4, 2e-5
"""How far two float32 results may differ, relative to the largest."""

NUMBERS = 6
"""How many of the numbers in the user's code are tried as arguments."""

STEP, DIRECTIONS = 1e-5, 2

DRAWS = ("drawn 0", "drawn 1", "drawn 2")


class Point(NamedTuple):
    """Value and gradient at one input."""

    value: float
    gradient: Array


class Compared(NamedTuple):
    """A user's loss as `factor` times a loss of ours, plus `offset`."""

    factor: float
    offset: float
    gradient: float
    """The largest difference of gradients, relative to the user's largest gradient."""


class Matcher:
    """Compares a user's loss with those of the catalogue.

    Args:
        subject: the user's loss.
        on: the backend of this process.
    """

    def __init__(self, subject: Subject, on: Any) -> None:
        self.subject = subject
        self.on = on
        self.losses = dict(_catalogue())
        self.numbers = numbers_of(subject)
        self.differentiates = bool(autodiff.facts(on.NAME).gradients)

    def kinds(self) -> list[str]:
        """The kinds of inputs that the user's loss can be called with."""
        return [name for name in KINDS if self._usable(name)]

    def _usable(self, kind: str) -> bool:
        try:
            points = self._points(self.subject.value, kind, DRAWS[:1])
        except Exception:
            return False
        return all(
            np.isfinite(p.value) and np.isfinite(p.gradient).all() and p.gradient.any()
            for p in points
        )

    def compare_all(
        self, kinds: list[str], step: Any, only: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """The comparisons at inputs of each kind.

        Losses that were equal at one kind are tried first at the next kind. All others
        are tried only if none of them is equal there.

        Args:
            kinds: of the inputs.
            step: called with the name of each step.
            only: losses with arguments; no others are tried.
        """
        found: list[dict[str, Any]] = []
        known: dict[str, tuple[str, dict[str, Any]]] = {}
        for kind in kinds:
            step(f"inputs of kind {kind}")
            if only is not None:
                found.append(self.compare(kind, step, only))
                continue
            each = self.compare(kind, step, list(known.values())) if known else None
            if each is None or not each["equal"]:
                each = self.compare(kind, step)
            for match in each["equal"]:
                known[f"{match['loss']} {match['tried']}"] = (
                    match["loss"],
                    match["tried"],
                )
            found.append(each)
        return found

    def compare(
        self, kind: str, step: Any, only: list[tuple[str, dict[str, Any]]] | None = None
    ) -> dict[str, Any]:
        """The losses equal to the user's at inputs of a kind; if none, the nearest."""
        theirs = self._points(self.subject.value, kind, DRAWS)
        equal: list[dict[str, Any]] = []
        nearest: dict[str, Any] | None = None
        settled: set[str] = set()
        for name, arguments in only or self._candidates():
            if name in settled:
                continue
            step(f"{name} at inputs of kind {kind}")
            fn = self._function(name, arguments)
            first = self._try(fn, kind, DRAWS[:1])
            if first is None:
                continue
            at_one = compared(theirs[:1], first)
            facts = {"loss": name, "arguments": arguments, "kind": kind}
            facts["tried"] = arguments
            if at_one.gradient > GRADIENT:
                if nearest is None or at_one.gradient < nearest["difference"]:
                    ours = first[0].value
                    nearest = {
                        **facts,
                        "difference": at_one.gradient,
                        "factor": at_one.factor,
                        "value": theirs[0].value,
                        "ours": ours,
                    }
                continue
            found = self._confirmed(fn, kind, theirs)
            if found is None:
                continue
            settled.add(name)
            equal.append({**facts, **self._explained(name, arguments, kind, found)})
        return {"equal": equal, "nearest": nearest}

    def _confirmed(self, fn: Any, kind: str, theirs: list[Point]) -> Compared | None:
        """The comparison at all draws; None if the losses are not equal."""
        ours = self._try(fn, kind, DRAWS)
        if ours is None:
            return None
        found = compared(theirs, ours)
        size = max(abs(p.value) for p in theirs)
        offsets = [
            t.value - found.factor * o.value for t, o in zip(theirs, ours, strict=True)
        ]
        constant = np.ptp(offsets) <= VALUE * max(size, 1e-3) * 5
        return found if found.gradient <= GRADIENT and constant else None

    def _explained(
        self, name: str, arguments: dict[str, Any], kind: str, found: Compared
    ) -> dict[str, Any]:
        """The factor and offset, and the axes of a sum where ours has the mean."""
        factor, offset, note = found.factor, found.offset, ""
        shape = KINDS[kind].shape
        by = {"the batch": shape[0], "the last axis": shape[-1]}
        if abs(factor - 1) < 1e-4:
            factor = 1.0
        else:
            summed = {**arguments, "reduction": "sum"}
            again = self._try(self._function(name, summed), kind, DRAWS)
            theirs = self._points(self.subject.value, kind, DRAWS)
            if again is not None:
                sum_ = compared(theirs, again)
                if abs(sum_.factor - 1) < 1e-4 and sum_.gradient <= GRADIENT:
                    return {
                        "arguments": summed,
                        "factor": 1.0,
                        "offset": _small(sum_.offset, theirs),
                        "note": "",
                    }
            for what, size in by.items():
                if abs(factor - size) < 1e-3:
                    note = f"it sums over {what} where ours is the mean"
        theirs = self._points(self.subject.value, kind, DRAWS[:1])
        return {"factor": factor, "offset": _small(offset, theirs), "note": note}

    # --- evaluation -------------------------------------------------------------------

    def _candidates(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every loss with default arguments, then with other arguments."""
        for name in self.losses:
            yield name, {}
        for name, loss in self.losses.items():
            yield from ((name, grid) for grid in self._grid(loss))

    def _grid(self, loss: Any) -> Iterator[dict[str, Any]]:
        parameters = inspect.signature(loss).parameters
        choices: list[list[dict[str, Any]]] = [[{}]]
        if "from_logits" in parameters:
            default = parameters["from_logits"].default
            choices.append([{}, {"from_logits": not default}])
        if "activation" in parameters:
            choices.append([{}, {"activation": "softmax"}, {"activation": "sigmoid"}])
        numeric = [
            p
            for p, of in parameters.items()
            if isinstance(of.default, float | int) and not isinstance(of.default, bool)
        ]
        numbers: list[dict[str, Any]] = [{}]
        named = {p: self.numbers[p] for p in numeric if p in self.numbers}
        if named:
            numbers.append(named)
        values = dict.fromkeys(self.numbers.values())
        numbers += [
            {p: v}
            for p in numeric[:4]
            for v in list(values)[:NUMBERS]
            if v != parameters[p].default and {p: v} != named
        ]
        choices.append(numbers)
        for parts in itertools.product(*choices):
            arguments = {k: v for part in parts for k, v in part.items()}
            if arguments:
                yield arguments

    def _function(self, name: str, arguments: dict[str, Any]) -> Any:
        try:
            return as_function(self.losses[name](**arguments))
        except Exception:
            return None

    def _try(self, fn: Any, kind: str, draws: Any) -> list[Point] | None:
        if fn is None:
            return None
        try:
            points = self._points(fn, kind, draws)
        except Exception:
            return None
        return points if all(np.isfinite(p.gradient).all() for p in points) else None

    def _points(self, fn: Any, kind: str, draws: Any) -> list[Point]:
        found = []
        with np.errstate(all="ignore"):
            for pair in _inputs(kind, draws):
                if not self.differentiates:
                    found.append(by_differences(fn, *pair))
                    continue
                result = self.on.evaluate(fn, "eager", *pair)
                found.append(Point(float(result.value), result.gradient))
        return found


def by_differences(fn: Any, t: Array, p: Array) -> Point:
    """The value, and its derivatives along some directions by float64 differences.

    Losses with the same values have the same differences. If a loss uses stop_gradient,
    its gradient differs from them; only a backend with gradients can compare that.
    """
    with wide():
        q = np.asarray(p, "float64")
        rng = np.random.default_rng(q.size)
        along = [
            (_number(fn, t, q + v) - _number(fn, t, q - v)) / (2.0 * STEP)
            for v in STEP * rng.normal(size=(DIRECTIONS, *q.shape))
        ]
        return Point(_number(fn, t, q), np.array(along))


def _number(fn: Any, t: Array, p: Array) -> float:
    return float(np.asarray(fn(t, p, None, None)))


def compared(theirs: list[Point], ours: list[Point]) -> Compared:
    """The factor between two losses, by least squares, and the remaining error."""
    g = np.concatenate([p.gradient.ravel() for p in theirs])
    h = np.concatenate([p.gradient.ravel() for p in ours])
    if g.shape != h.shape or not h.any():
        return Compared(1.0, 0.0, np.inf)
    factor = float(g @ h / (h @ h))
    left = float(np.abs(g - factor * h).max() / np.abs(g).max())
    pairs = zip(theirs, ours, strict=True)
    offset = float(np.mean([t.value - factor * o.value for t, o in pairs]))
    # With a negative factor they are different losses.
    return Compared(factor, offset, left if factor > 0 else np.inf)


def _small(offset: float, theirs: list[Point]) -> float:
    """The offset, 0 if it is within rounding."""
    size = max(1e-3, *(abs(p.value) for p in theirs))
    return 0.0 if abs(offset) < 10 * VALUE * size else offset


def _inputs(kind: str, draws: Any) -> list[Pair]:
    inputs = KINDS[kind].inputs()
    return [inputs[name] for name in draws]


def _catalogue() -> Iterator[tuple[str, Any]]:
    """The losses of the catalogue that can be made without an argument."""
    for name in sorted(dir(portable_losses)):
        loss = getattr(portable_losses, name, None)
        base: Any = portable_losses.Loss
        if not inspect.isclass(loss) or not issubclass(loss, base) or loss is base:
            continue
        if name != "Sum":
            yield name, loss
