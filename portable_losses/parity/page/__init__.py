"""Pages as one HTML file that loads nothing, light and dark, with plots of curves."""

from portable_losses.parity.page.writing import data, write

__all__ = ["data", "write"]
