"""What `portable_losses.Loss` promises, and no other loss has to.

Keras's own base returns NaN for no samples, for instance, so that every loss of a user
would fail, right or wrong.
"""

from typing import Any

import portable_losses
from portable_losses.parity.one_case import Outcome

WHOLE = ("weight_zero", "vector", "shapes", "dtypes", "class_ids")
"""Checks that are about conventions alone."""

PARTS = {
    "sizes": "no samples give",
    "config": "comes back with dtype",
}
"""Checks of which one message is about a convention."""


def holds(loss: Any, strict: bool | None) -> bool:
    """Whether a loss is held to the conventions; by default if it derives from ours."""
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
    """The outcome of a check; `advice` where only a convention is broken."""
    message = outcome["message"]
    if (
        outcome["status"] != "failed"
        or name not in PARTS
        or not message.startswith(PARTS[name])
        or holds(loss, strict)
    ):
        return outcome
    return {"status": "advice", "message": message}
