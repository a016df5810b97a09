"""Pages that need nothing else: one file, light and dark, with pictures of curves."""

from portable_losses.parity.page.writing import data, write

__all__ = ["data", "write"]
