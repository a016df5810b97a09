"""Run every program of docs/examples in this process, and print a table of seconds.

One process for all of them, since importing a backend takes longer than most of them. A
name restricts the run: `run_examples.py segmentation`.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys
import time
import traceback
from pathlib import Path

PROJECTS = {"sklearn": "scikit-learn", "rich": "rich"}
"""What the programs and this table need beside the package and a backend."""

missing = [p for name, p in PROJECTS.items() if importlib.util.find_spec(name) is None]
if missing:
    sys.exit(
        f"docs/examples needs {', '.join(missing)}, not installed here. Install, in a "
        'clone of the repository, with\n  pip install ".[parity]"'
    )

import keras  # noqa: E402 - the test above is quicker
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"


def run(program: Path) -> tuple[float, str]:
    """Run one program as a person would; return its seconds and what went wrong."""
    start = time.perf_counter()
    arguments, sys.argv = sys.argv, [str(program)]
    try:
        namespace = runpy.run_path(str(program), run_name="__main__")
        problem = "" if callable(namespace.get("main")) else "has no main()"
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        problem = f"{type(error).__name__}: {error}"
    finally:
        sys.argv = arguments
        # What one program sets must not reach the next one.
        keras.utils.clear_session()
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    return time.perf_counter() - start, problem


def main() -> int:
    """Return 1 where a program fails, or where none is found."""
    found = {p.stem: p for p in sorted(EXAMPLES.glob("*.py"))}
    names = sys.argv[1:] or list(found)
    unknown = [name for name in names if name not in found]
    if unknown or not names:
        print(
            f"no example {', '.join(unknown) or 'at all'} in docs/examples; it has "
            f"{', '.join(found) or 'no programs'}",
            file=sys.stderr,
        )
        return 1

    console = Console()
    backend = keras.config.backend()
    table = Table("example", "seconds", "result", title=f"docs/examples on {backend}")
    failed = 0
    for name in names:
        console.rule(f"{name} on {backend}")
        seconds, problem = run(found[name])
        failed += bool(problem)
        table.add_row(name, f"{seconds:.1f}", problem or "ok")
    console.print(table)
    console.print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
