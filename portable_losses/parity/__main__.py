"""Run the parity matrix."""

import sys


def main() -> None:
    """Run the command line, or say which of its packages is missing."""
    try:
        from portable_losses.parity.cli import main as run
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("portable_losses"):
            raise
        sys.exit(
            f"parity: the harness needs {missing.name}, which is not installed. "
            "Install, in a clone of the repository, with\n"
            '  pip install ".[parity]"'
        )
    run()


if __name__ == "__main__":
    main()
