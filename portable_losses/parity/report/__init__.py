"""The report of a run: a table for the terminal, a page, and Markdown."""

from portable_losses.parity.report.markdown import markdown_by_family
from portable_losses.parity.report.model import Results
from portable_losses.parity.report.page import html
from portable_losses.parity.report.terminal import table

__all__ = ["Results", "html", "markdown_by_family", "table"]
