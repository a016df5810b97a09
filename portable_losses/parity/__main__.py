"""Run the parity matrix."""

import importlib.util
import sys

PACKAGES = {
    "click": "click",
    "jinja2": "jinja2",
    "matplotlib": "matplotlib",
    "ml_dtypes": "ml-dtypes",
    "numpy": "numpy",
    "rich": "rich",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
}
"""What the harness imports, and the project that installs it."""


def main() -> None:
    """Run the command line, or name the packages that are missing."""
    missing = [
        project
        for name, project in PACKAGES.items()
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        sys.exit(
            f"parity: the harness needs {', '.join(missing)}, not installed here. "
            "Install, in a clone of the repository, with\n"
            '  pip install ".[parity]"'
        )
    from portable_losses.parity.cli import main as run

    run()


if __name__ == "__main__":
    main()
