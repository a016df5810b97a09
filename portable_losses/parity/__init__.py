"""The harness: proves that a loss gives the same value and gradient everywhere.

`python -m portable_losses.parity --help` tells how to run it.
"""

from portable_losses.parity.case import Case

__all__ = ["Case"]
