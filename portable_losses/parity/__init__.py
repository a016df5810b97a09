"""The harness: checks that a loss has the same value and gradient on every backend.

`python -m portable_losses.parity --help` says how to run it.
"""

from portable_losses.parity.case import Case

__all__ = ["Case"]
