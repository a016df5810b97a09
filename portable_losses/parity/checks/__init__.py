"""The checks: each is a named function of a lane that raises if it fails.

A *lane* is a case on one backend and device. A check raises `Mismatch` for a fault,
and `NotApplicable`, with the reason, where it has no meaning.
"""

from collections.abc import Callable

from portable_losses.parity.checks import batches, forms, values
from portable_losses.parity.checks._outcomes import Mismatch as Mismatch
from portable_losses.parity.checks._outcomes import NotApplicable as NotApplicable
from portable_losses.parity.lane import Lane

Check = Callable[[Lane], str | None]
"""Raises if the check fails; may return a remark on a lane that passed."""

_IN_ORDER: tuple[Check, ...] = (
    values.value,
    values.gradient,
    values.modes,
    values.edges,
    values.half,
    values.live,
    values.nan,
    batches.weights,
    batches.weight_zero,
    batches.mask,
    batches.sizes,
    batches.vector,
    batches.permutation,
    forms.shapes,
    forms.dtypes,
    forms.exact_targets,
    forms.class_ids,
    forms.config,
    forms.drop_in,
)
CHECKS = {check.__name__: check for check in _IN_ORDER}
"""Every check by name, in the order in which they run."""

NUMBERS = (
    "value",
    "gradient",
    "live",
    "nan",
    "vector",
    "drop_in",
)
"""Checks of compiled code at one shape and dtype, as XLA compiles it for users.

The others test behavior, or run the loss in every mode and dtype: code that is compiled
quickly serves them, since every compiler pass before the last is the same.
"""

MORE_NUMBERS = ("edges", "half", "exact_targets")
"""Checks of the first worker too, where the second does not compile more quickly."""

NUMBERS_OF_VALUES = ("value", "edges")
"""Checks of the first worker where there are no gradients, and few checks."""

VALUES_ONLY = ("value", "edges", "sizes", "config", "drop_in")
"""Checks that apply to the NumPy backend, which has no gradients."""
