"""`Lane`: a case on one backend and device, with the results computed there."""

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from portable_losses.parity.as_function import as_function
from portable_losses.parity.autodiff import Autodiff, LossFunction, Result
from portable_losses.parity.case import Array, Case
from portable_losses.parity.inputs import Inputs
from portable_losses.parity.reference import Expected, expect
from portable_losses.parity.shared_references import SharedReferences
from portable_losses.parity.together import Together
from portable_losses.parity.tolerances import Tolerance, tolerance, value_excess
from portable_losses.parity.worst_errors import WorstErrors


class Lane:
    """Runs a case's loss at its `inputs`, and remembers the results.

    The `worst` errors are kept for the report, and the `last` input for failures.

    Args:
        case: the case.
        make: makes the loss; called with the case's config and overrides.
        autodiff: the backend.
        device: where the results must be.
        modes: how to run the loss, the mode of most checks first.
        references: references by label that were computed elsewhere, for a case
            without a reference of its own.
        original: for a drop-in, the function that finds the loss of Keras; it returns
            None if this Keras has no such loss.
        shared: the store of references that the workers of a run share.
        one_mode: whether the modes are not compared.
    """

    def __init__(
        self,
        case: Case,
        make: Callable[..., Any],
        autodiff: Autodiff,
        device: str = "cpu",
        modes: tuple[str, ...] | None = None,
        references: Mapping[str, Expected] | None = None,
        precision: str = "float32",
        original: Callable[[], Any] | None = None,
        shared: SharedReferences | None = None,
        one_mode: bool = False,
    ) -> None:
        self.case = case
        self.original = original
        self.autodiff = autodiff
        self.device = device
        self.modes = modes or autodiff.MODES
        self.compared = () if one_mode else self.modes[1:]
        self.inputs = Inputs(case)
        self.worst = WorstErrors()
        self.recorded: dict[str, tuple[Array, Array, float]] = {}
        self.last: dict[str, Any] | None = None
        self._make = make
        self._precision = precision
        self._functions: dict[tuple[Any, Any], LossFunction] = {}
        self._results: dict[str, Result] = {}
        self._expected: dict[str, Expected] = dict(references or {})
        self._shared = shared
        self._together = Together(self)

    # --- the loss -------------------------------------------------------------------

    def make(self, **overrides: Any) -> Any:
        """Make the loss with some arguments changed."""
        return self._make(**{**self.case.config, **overrides})

    @property
    def takes_mask(self) -> bool:
        """Whether the loss's `__call__` has a mask argument."""
        return "mask" in inspect.signature(type(self.make()).__call__).parameters

    @property
    def takes_kept(self) -> bool:
        """Whether the loss can exclude samples of a batch, as by `ignore_index`."""
        return getattr(self.make(), "_takes_kept", False)

    @property
    def has_class_axis(self) -> bool:
        """Whether an item has a class axis, so that inputs `(B,)` have no meaning."""
        return getattr(self.make(), "_class_axis", False)

    @property
    def eager_is_cheap(self) -> bool:
        """Whether a new shape costs no compilation in eager mode."""
        return getattr(self.autodiff, "CHEAP_SHAPES", True) and "eager" in self.modes

    def function(
        self, reduction: str | None = "sum_over_batch_size", dtype: str | None = None
    ) -> LossFunction:
        """The loss as a function of targets, predictions, weights and mask."""
        key = (reduction, dtype)
        if key not in self._functions:
            loss = self.make(reduction=reduction, dtype=dtype)
            self._functions[key] = as_function(loss)
        return self._functions[key]

    # --- results --------------------------------------------------------------------

    def run(
        self,
        t: Array | None,
        p: Array,
        *,
        weight: Array | None = None,
        mask: Array | None = None,
        reduction: str | None = "sum_over_batch_size",
        mode: str | None = None,
        label: str | None = None,
    ) -> Result:
        """Value and gradient; a label records them for the other backends."""
        self.note(t, p, sample_weight=weight, mask=mask)
        if label is not None and label in self._results:
            return self._results[label]
        if p.dtype == np.float64:
            p = p.astype("float32")
        result = None if mode else self._together.run(t, p, weight, mask, reduction)
        if result is None:
            fn, mode = self.function(reduction), mode or self.modes[0]
            with self.autodiff.on(self.device):
                result = self.autodiff.evaluate(fn, mode, t, p, weight, mask)
        self._assert_device(result)
        if label is not None:
            self._results[label] = result
            if result.gradient is not None:
                largest = self.expected(label).largest
                self.recorded[label] = (result.value, result.gradient, largest)
        return result

    def _assert_device(self, result: Result) -> None:
        if result.device != self.device:
            raise AssertionError(
                f"the result lives on {result.device}, not on {self.device}"
            )

    def flattened(
        self, t: Array, p: Array, ways: Sequence[tuple[bool, bool]]
    ) -> list[Result]:
        """Results at (B, 1) inputs of which targets, predictions or both are (B,)."""
        self.note(t, p)
        together = self._together.flattened(t, p, ways)
        if together is not None:
            for result in together:
                self._assert_device(result)
            return together
        found = []
        for flat_t, flat_p in ways:
            s, q = t[:, 0] if flat_t else t, p[:, 0] if flat_p else p
            new = flat_t or flat_p  # no other check runs at this shape
            mode = "eager" if new and self.eager_is_cheap else None
            found.append(self.run(s, q, mode=mode))
        return found

    def value(
        self,
        t: Array | None,
        p: Array,
        *,
        weight: Array | None = None,
        mask: Array | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: str | None = None,
    ) -> Result:
        """The value alone, run eagerly."""
        self.note(t, p, sample_weight=weight, mask=mask)
        fn = self.function(reduction, dtype)
        with self.autodiff.on(self.device):
            return self.autodiff.value(fn, t, p, weight, mask)

    def value_of(self, loss: Any, t: Array | None, p: Array) -> Result:
        """The value of another loss, run eagerly."""
        self.note(t, p)
        with self.autodiff.on(self.device):
            return self.autodiff.value(as_function(loss), t, p)

    def at(self, label: str) -> Result:
        """Value and gradient at labelled inputs, for the other backends too."""
        return self.run(*self.inputs(label), label=label)

    def expected(self, label: str) -> Expected:
        """The reference at labelled inputs."""
        if label not in self._expected:
            t, p = self.inputs(label)
            few = self.case.sampled_gradient
            self._expected[label] = self.expect(label, t, p, sampled=few)
        return self._expected[label]

    def expect(
        self, label: str, t: Array | None, p: Array, *, sampled: bool = False
    ) -> Expected:
        """The reference at other inputs, kept under this label for the run."""
        reference = self.case.reference
        if reference is None:
            raise LookupError(f"{self.case.id} has no reference for {label!r}")

        def compute() -> Expected:
            return expect(reference, t, p, sampled=sampled)

        if self._shared is None:
            return compute()
        return self._shared.get(self.case.id, label, compute)

    def stand_in(self, reference: Callable[..., Any]) -> None:
        """Use a function as the reference of a case that has none."""
        self.case = dataclasses.replace(self.case, reference=reference)
        self._shared = None  # the other workers receive all references at once

    def references(self) -> dict[str, Expected]:
        """The references by label."""
        return {label: self.expected(label) for label in self.inputs.labels()}

    def note(self, t: Any, p: Array, **others: Any) -> None:
        """Keep an input as the last one."""
        named = {name: x for name, x in others.items() if x is not None}
        self.last = {"y_true": t, "y_pred": p, **named}

    # --- tolerances -------------------------------------------------------------------

    def tolerance(self, dtype: str) -> Tolerance:
        """The tolerance on this backend and device for inputs of a dtype."""
        if dtype == "float32":
            dtype = self._precision
        return tolerance(dtype, self.device, self.case.scale)

    def near(
        self,
        what: str,
        got: Array,
        wanted: float,
        size: float | None = None,
        slack: float | None = None,
    ) -> None:
        """Raise unless a value is within tolerance of another."""
        if slack is not None:
            close = abs(float(got) - wanted) <= slack * max(abs(wanted), 1e-6)
        else:
            size = abs(wanted) if size is None else size
            allowed = self.tolerance("float32")
            close = value_excess(got, np.asarray(wanted), size, allowed) <= 1
        if not close:
            raise AssertionError(f"{what}: {float(got):.9g}, not {wanted:.9g}")
