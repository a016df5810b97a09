"""The report of a run: a table for the terminal, a page, and Markdown."""

from portable_losses.parity.report.markdown import by_family as markdown_by_family
from portable_losses.parity.report.markdown import by_loss as markdown_by_loss
from portable_losses.parity.report.model import Results
from portable_losses.parity.report.page import html
from portable_losses.parity.report.terminal import matrix, rest, table

__all__ = [
    "Results",
    "html",
    "markdown_by_family",
    "markdown_by_loss",
    "matrix",
    "rest",
    "table",
]
