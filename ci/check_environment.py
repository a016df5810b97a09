"""State the versions of this environment, and fail where it is not what it should be.

With `--only NAME` that backend must be the only one, with `--keras PROJECT` that
project the only one that installed a Keras: keras and keras-nightly are one package.

A test that passes because another backend happens to be there proves nothing about the
users who have only one.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import sys
from importlib import metadata

import matrix


def main() -> int:
    """Print one line, and return 1 where the wrong backends are installed."""
    backends = matrix.load().backends
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(backends))
    parser.add_argument("--keras", metavar="PROJECT")
    options = parser.parse_args()
    only, keras = options.only, options.keras

    found = [name for name in backends if importlib.util.find_spec(name)]
    # A nightly release has the module's name but not the project's.
    projects = metadata.packages_distributions()
    versions = [
        f"{project} {metadata.version(project)}"
        for name in ["keras", *found, "numpy"]
        for project in sorted(set(projects.get(name, [])))
    ]
    print(f"Python {platform.python_version()}, {', '.join(versions)}")
    if only and found != [only]:
        print(
            f"this environment must have {only} and no other backend; it has "
            f"{', '.join(found) or 'none'}: run nox with `--reuse-venv never`",
            file=sys.stderr,
        )
        return 1
    installed = sorted(set(projects.get("keras", [])))
    if keras and installed != [keras]:
        print(
            f"Keras must come from {keras} alone; it comes from "
            f"{', '.join(installed) or 'nowhere'}: run nox with `--reuse-venv never`",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
