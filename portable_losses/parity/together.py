"""Compiles variants of a loss as one program, where compilation takes most of the time.

The mean and the sum with weights and the mean with a mask compute the same items, and
so do inputs of shape (B,) and (B, 1): in one program the compiler compiles them once.
Each variant is traced separately, and its value and gradient are outputs of the
program. The loss at plain inputs, which is what users compile, stays a separate
program.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from portable_losses.parity.autodiff import LossFunction, Result
from portable_losses.parity.case import Array

if TYPE_CHECKING:
    from portable_losses.parity.lane import Lane

Asked = tuple[bool, str | None]
"""Whether the variant takes the mask (otherwise weights), and the reduction."""

VARIANTS: tuple[Asked, ...] = (
    (False, "sum_over_batch_size"),
    (False, "sum"),
    (True, "sum_over_batch_size"),
)


class Together:
    """Runs variants of the loss of a lane at once, on a backend that can.

    Args:
        lane: the lane.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._functions: dict[Asked, LossFunction] | None = None
        self._flat: dict[tuple[bool, bool], LossFunction] = {}
        # One program only saves time in compiled mode.
        self._able = hasattr(lane.autodiff, "evaluate_all") and lane.modes[0] == "jit"

    def run(
        self,
        t: Array | None,
        p: Array,
        weight: Array | None,
        mask: Array | None,
        reduction: str | None,
    ) -> Result | None:
        """Value and gradient of one variant; None if it must be run alone."""
        asked = (mask is not None, reduction)
        if not self._able or (weight is None) == (mask is None):
            return None
        if asked not in self._variants():
            return None
        if weight is None:
            weight = np.ones(len(p), "float32")
        if mask is None:
            mask = np.ones(len(p), "bool")
        found = self._evaluate(list(self._variants().values()), t, p, weight, mask)
        return None if found is None else found[list(self._variants()).index(asked)]

    def flattened(
        self, t: Array, p: Array, ways: Sequence[tuple[bool, bool]]
    ) -> list[Result] | None:
        """Results at (B, 1) inputs that the program flattens; None where it cannot."""
        if not self._able:
            return None
        for way in ways:
            self._flat.setdefault(way, self._flattening(*way))
        return self._evaluate([self._flat[way] for way in ways], t, p, None, None)

    def _evaluate(
        self, functions: list[LossFunction], t: Any, p: Array, weight: Any, mask: Any
    ) -> list[Result] | None:
        lane: Any = self._lane
        try:
            with lane.autodiff.on(lane.device):
                return list(
                    lane.autodiff.evaluate_all(tuple(functions), t, p, weight, mask)
                )
        except Exception:
            return None  # run alone, the variant at fault raises its error

    def _variants(self) -> dict[Asked, LossFunction]:
        """The variants that the loss of the lane has."""
        if self._functions is None:
            self._functions = {}
            # A statistic rejects weights, so that there is nothing to share.
            if self._lane.case.kind != "statistic":
                for masked, reduction in VARIANTS:
                    if masked and not self._lane.takes_mask:
                        continue
                    # A `Sum` has no reduction argument and raises here. The check that
                    # needs one makes the loss itself, and reports the error.
                    with contextlib.suppress(Exception):
                        variant = self._variant(masked, reduction)
                        self._functions[masked, reduction] = variant
        return self._functions

    def _variant(self, masked: bool, reduction: str | None) -> LossFunction:
        function = self._lane.function(reduction)

        def variant(t: Any, p: Any, w: Any, m: Any) -> Any:
            return function(t, p, None, m) if masked else function(t, p, w, None)

        return variant

    def _flattening(self, flat_t: bool, flat_p: bool) -> LossFunction:
        function = self._lane.function()

        def flattening(t: Any, p: Any, w: Any, m: Any) -> Any:
            return function(t[:, 0] if flat_t else t, p[:, 0] if flat_p else p, w, m)

        return flattening
