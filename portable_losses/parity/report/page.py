"""The report as one page that needs nothing else."""

from pathlib import Path

from portable_losses.parity.report.model import Results


def html(results: Results, path: Path) -> None:
    """Write the page."""
