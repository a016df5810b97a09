"""Finds the loss of the catalogue that equals a user's loss; in a worker.

Both are evaluated at drawn inputs of every kind that the user's loss can be called
with. Two losses are equal if gradients and values are equal up to a constant factor.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

import portable_losses
from portable_losses.parity import autodiff
from portable_losses.parity.as_function import as_function
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.examine.matching_arguments import grid, numbers_of
from portable_losses.parity.examine.matching_points import (
    DRAWS,
    GRADIENT,
    VALUE,
    Compared,
    Point,
    by_differences,
    compared,
    drawn,
    rounded,
)
from portable_losses.parity.examine.subject import Subject


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
                known[_key(match)] = match["loss"], match["tried"]
            found.append(each)
        if only is None:
            self._drop_chance(kinds, found, known, step)
        return found

    def _drop_chance(
        self,
        kinds: list[str],
        found: list[dict[str, Any]],
        known: dict[str, tuple[str, dict[str, Any]]],
        step: Any,
    ) -> None:
        """Remove losses that differ at as many kinds of inputs as they are equal.

        Different losses can be equal at some inputs: the mean absolute error and the
        root of the mean squared error are, if there is one column.
        """
        for key, (name, arguments) in known.items():
            fn = self._function(name, arguments)
            equal = [key in map(_key, each["equal"]) for each in found]
            differ = 0
            for kind, same in zip(kinds, equal, strict=True):
                if not same:
                    step(f"{name} at inputs of kind {kind}")
                    differ += self._differs(fn, kind)
            if differ >= sum(equal):
                for each in found:
                    each["equal"] = [m for m in each["equal"] if _key(m) != key]

    def _differs(self, fn: Any, kind: str) -> bool:
        """Whether a loss of ours takes inputs of a kind, and is not equal there."""
        ours = self._try(fn, kind, DRAWS[:1])
        if ours is None:
            return False
        theirs = self._points(self.subject.value, kind, DRAWS[:1])
        return compared(theirs, ours).gradient > GRADIENT

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
                        "offset": rounded(sum_.offset, theirs),
                        "note": "",
                    }
            for what, size in by.items():
                if abs(factor - size) < 1e-3:
                    note = f"it sums over {what} where ours is the mean"
        theirs = self._points(self.subject.value, kind, DRAWS[:1])
        return {"factor": factor, "offset": rounded(offset, theirs), "note": note}

    # --- evaluation -------------------------------------------------------------------

    def _candidates(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every loss with default arguments, then with other arguments."""
        for name in self.losses:
            yield name, {}
        for name, loss in self.losses.items():
            yield from ((name, choice) for choice in grid(loss, self.numbers))

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
            for pair in drawn(kind, draws):
                if not self.differentiates:
                    found.append(by_differences(fn, *pair))
                    continue
                result = self.on.evaluate(fn, "eager", *pair)
                found.append(Point(float(result.value), result.gradient))
        return found


def _key(match: dict[str, Any]) -> str:
    return f"{match['loss']} {match['tried']}"


def _catalogue() -> Iterator[tuple[str, Any]]:
    """The losses of the catalogue that can be made without an argument."""
    for name in sorted(dir(portable_losses)):
        loss = getattr(portable_losses, name, None)
        base: Any = portable_losses.Loss
        if not inspect.isclass(loss) or not issubclass(loss, base) or loss is base:
            continue
        if name != "Sum":
            yield name, loss
