"""Losses for sequences."""

from portable_losses.losses.sequence.ctc import CTC
from portable_losses.losses.sequence.linear_log_probability import (
    linear_log_probability,
)
from portable_losses.losses.sequence.z_loss import ZLoss

__all__ = ["CTC", "ZLoss", "linear_log_probability"]

PROBLEMS = (
    ("sequences of labels without their times", "an alignment", ("CTC",)),
    (
        "tokens of a large vocabulary",
        "log-probabilities without the logits in memory",
        ("linear_log_probability",),
    ),
    ("logits of a large softmax", "logits that stay near 0", ("ZLoss",)),
)
"""What you have, what you want, and the losses that fit."""
