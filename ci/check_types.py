"""Check what users' type checkers see: run mypy and basedpyright over `ci/typing`.

The file has right and wrong calls. A line that ends in `# error` must be an error to
both checkers, and no other line may be.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
USER = ROOT / "ci" / "typing" / "user.py"


def wanted(path: Path) -> set[int]:
    """Return the lines that must be errors."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {number for number, text in enumerate(lines, 1) if text.endswith("# error")}


def by_mypy(path: Path) -> dict[int, str]:
    """Return what mypy says, by line."""
    # Keras has no types of its own, which its users tell mypy to ignore.
    options = ("--no-error-summary", "--no-pretty", "--config-file=", "--cache-dir")
    of_keras = "--disable-error-code=import-untyped"
    shown = run("mypy", *options, ROOT / "build" / "mypy-users", of_keras, path)
    pattern = re.compile(rf"{re.escape(path.name)}:(\d+): error: (.*)")
    return {int(line): text for line, text in pattern.findall(shown)}


def by_pyright(path: Path) -> dict[int, str]:
    """Return what basedpyright says, by line, with pyright's standard rules."""
    options = ("--outputjson", "--level=error", "--pythonpath", sys.executable)
    shown = run("basedpyright", *options, path)
    found = json.loads(shown)["generalDiagnostics"]
    return {item["range"]["start"]["line"] + 1: item["message"] for item in found}


def run(*command: object) -> str:
    """Run a checker, from the folder of the file, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=USER.parent,
        env={**os.environ, "MYPYPATH": str(ROOT)},  # the package, installed or not
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode > 1 or done.stderr.strip():
        raise SystemExit(f"{command[0]} did not run:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> int:
    """Print where the checkers and the file disagree; return 1 if they do."""
    expected, problems = wanted(USER), []
    for name, found in (("mypy", by_mypy(USER)), ("basedpyright", by_pyright(USER))):
        for line in sorted(expected - set(found)):
            problems.append(f"line {line}: no error to {name}, and there must be one")
        for line in sorted(set(found) - expected):
            problems.append(f"line {line}: {name} says: {found[line]}")
    for text in problems:
        print(f"{USER.relative_to(ROOT).as_posix()}: {text}")
    print(f"types: {len(problems)} problems, {len(expected)} errors wanted of each")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
