"""`Case`: a loss, inputs for it, and an independent reference of its value."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from portable_losses.parity.known import Known

Array = np.ndarray[Any, Any]
Pair = tuple[Any, Array]
"""Targets, which may be None, and predictions."""
Kind = Literal["items", "batch", "statistic"]

SAMPLES = 8
"""How many samples the harness draws where the case sets no number."""

LEAST_SAMPLES = 3
"""The fewest samples for a mask that drops some samples and keeps others."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One configuration of a loss, and everything that is needed to check it.

    Args:
        loss: public name of the loss.
        config: constructor arguments.
        label: name of this configuration among those of the same loss.
        kind: what one value depends on. `"items"`: each item depends on one sample
            only. `"batch"`: each item depends on the other samples too. `"statistic"`:
            there is one number per batch.
        draw: `draw(rng, n)` returns `(y_true, y_pred)` for n samples, float64 and
            integer arrays, away from non-differentiable points.
        reference: `reference(y_true, y_pred)` returns the items, or the statistic, in
            float64 NumPy, written from the definition and not from our code. It may
            return `(items, kept)`. A third argument, `frozen`, is the prediction once
            more, as a constant: terms that the definition has under `stop_gradient`
            are computed from it, and the finite differences do not change it. None for
            a user's loss without a reference: then the float64 value of the loss
            itself on the NumPy backend is the reference.
        edges: named inputs at non-differentiable points and extremes (an exact match,
            logits of 1e4, probabilities of 0 and 1, zero vectors). Values are compared
            with the reference; gradients must be finite, equal on all backends and
            between the one-sided gradients of the reference. Where the reference is
            infinite the value must be as well, and the gradient free of NaN. Trailing
            axes like those of `draw`.
        wrong: inputs at which every sample is confidently wrong, so that the gradient
            of every sample must not be 0.
        classes: for class indices, the number of classes. A class index out of range
            must raise an error or give NaN.
        samples: how many samples are drawn.
        sampled_gradient: whether the reference is differentiated at some elements and
            along some random directions only: for large inputs, such as images.
        exact: inputs whose integer targets half precision would round (class 257 of
            1000): their value must be the same with every `dtype` of the loss.
        known: known differences: the check of each is run on its backends, and must
            fail there.
        not_applicable: checks that have no meaning for this loss, `{check: reason}`.
        scale: multiplies the tolerances, for instance 4 for an iterative loss.
        why: the reason, where scale is not 1.
    """

    loss: str
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    label: str = ""
    kind: Kind = "items"
    draw: Callable[[np.random.Generator, int], Pair]
    reference: Callable[..., Any] | None
    edges: Mapping[str, Pair] = dataclasses.field(default_factory=dict)
    wrong: Pair | None = None
    classes: int | None = None
    samples: int = SAMPLES
    sampled_gradient: bool = False
    exact: Pair | None = None
    known: tuple[Known, ...] = ()
    not_applicable: Mapping[str, str] = dataclasses.field(default_factory=dict)
    scale: float = 1.0
    why: str = ""

    def __post_init__(self) -> None:
        if self.scale != 1.0 and not self.why:
            raise ValueError(
                f"Case: `why` must be the reason for a scale of {self.scale}; got "
                f"why='' for {self.id} (say why this loss needs more)."
            )

        if self.samples < LEAST_SAMPLES:
            raise ValueError(
                f"Case: `samples` must be >= {LEAST_SAMPLES}; got "
                f"samples={self.samples} for {self.id} (a mask must leave out some)."
            )

    def known_on(self, backend: str, check: str) -> Known | None:
        """The known difference for which a check must fail on a backend."""
        for mark in self.known:
            if mark.check == check and backend in mark.on:
                return mark
        return None

    @property
    def id(self) -> str:
        """The name of the case in tables and tests."""
        return f"{self.loss}[{self.label}]" if self.label else self.loss

    def inputs(self) -> Pair:
        """The drawn inputs, the same in every process."""
        seed = [ord(c) for c in self.id]
        return self.draw(np.random.default_rng(seed), self.samples)
