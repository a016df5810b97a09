"""Conventions that `portable_losses.Loss` guarantees and other losses need not follow.

Keras's base class returns NaN for zero samples, for instance. Without this module every
loss of a user would fail the checks, whether it is right or wrong.
"""

from typing import Any

import portable_losses
from portable_losses.parity.one_case import Outcome

WHOLE = ("weight_zero", "vector", "shapes", "dtypes", "class_ids")
"""Checks that only test a convention."""

PARTS = {
    "sizes": "no samples give",
    "config": "comes back with dtype",
}
"""Checks that test a convention among other things, with the message for it."""


def holds(loss: Any, strict: bool | None) -> bool:
    """Whether the conventions apply to a loss; by default if it derives from ours."""
    if strict is not None:
        return strict
    base: Any = portable_losses.Loss
    return isinstance(loss, base) or (isinstance(loss, type) and issubclass(loss, base))


def eased(loss: Any, strict: bool | None) -> dict[str, str]:
    """The checks that do not apply to a loss, with the reason."""
    if holds(loss, strict):
        return {}
    reason = "a convention of portable_losses.Loss (strict=True holds this loss to it)"
    return dict.fromkeys(WHOLE, reason)


def held(loss: Any, strict: bool | None, name: str, outcome: Outcome) -> Outcome:
    """The outcome of a check; `advice` where the loss only breaks a convention."""
    message = outcome["message"]
    if (
        outcome["status"] != "failed"
        or name not in PARTS
        or not message.startswith(PARTS[name])
        or holds(loss, strict)
    ):
        return outcome
    return {"status": "advice", "message": message}
