"""Run every program of docs/examples, and print a table of seconds.

Few processes for all of them, since importing a backend takes longer than most of them:
one, or `--processes N`. A name restricts the run: `run_examples.py segment_coins`. Each
asserts what one seed can show; `--claims` asserts what those that compare losses claim,
for five seeds.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import itertools
import multiprocessing
import runpy
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

PROJECTS = {"matplotlib": "matplotlib", "rich": "rich", "sklearn": "scikit-learn"}
"""What the programs and this table need beside the package and a backend."""
PHOTOGRAPHS = {"skimage": "scikit-image"}
"""What some of the programs need."""

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
CLAIMS = "--claims"
SEEDS = range(5)


def as_a_person(program: Path) -> str:
    """Run a program; return what went wrong."""
    namespace = runpy.run_path(str(program), run_name="__main__")
    return "" if callable(namespace.get("main")) else "has no main()"


def claim(program: Path) -> str:
    """Judge what a program claims by `SEEDS`; return what does not hold.

    Its CLAIMS are names of scores and the sign between them. Each has to hold for the
    means, and for most seeds.
    """
    namespace = runpy.run_path(str(program), run_name="claims")
    if not namespace.get("CLAIMS"):
        return "claims nothing"
    trials = []
    for seed in SEEDS:
        scores, _ = namespace["trial"](seed)
        print(f"seed {seed}:", ", ".join(f"{n} {x:.3f}" for n, x in scores.items()))
        trials.append(scores)
    problems = []
    for better, sign, other in namespace["CLAIMS"]:
        pairs = [(scores[better], scores[other]) for scores in trials]
        won = sum(holds(sign, *pair) for pair in pairs)
        a, b = (statistics.fmean(column) for column in zip(*pairs, strict=True))
        said = f"{better} {sign} {other}: {a:.3f} and {b:.3f}, {won} of {len(pairs)}"
        print(said)
        if not holds(sign, a, b) or won <= len(pairs) / 2:
            problems.append(said)
    return "; ".join(problems)


def holds(sign: str, a: float, b: float) -> bool:
    """Whether a claim holds; never for NaN."""
    return {">": a > b, "<": a < b}[sign]


def run(program: Path, way: Callable[[Path], str]) -> tuple[float, str]:
    """Run one program in one of these ways; return its seconds and what went wrong."""
    Console().rule(f"{program.stem} on {keras.config.backend()}")
    start = time.perf_counter()
    arguments, sys.argv = sys.argv, [str(program)]
    try:
        problem = way(program)
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


def text(program: Path) -> str:
    """What is in a program."""
    return program.read_text(encoding="utf-8")


def run_aside(program: Path, way: Callable[[Path], str]) -> tuple[float, str, str]:
    """Run one program among others; return what it printed, too."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        seconds, problem = run(program, way)
    return seconds, problem, said.getvalue()


def runs(
    programs: list[Path], way: Callable[[Path], str], processes: int
) -> Iterator[tuple[Path, float, str]]:
    """Run the programs; yield each with its seconds and what went wrong."""
    if processes == 1:
        for program in programs:
            yield program, *run(program, way)
        return
    # Not forked: threads of a backend do not survive it.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        found = pool.map(run_aside, programs, itertools.repeat(way))
        for program, (seconds, problem, said) in zip(programs, found, strict=True):
            print(said, end="", flush=True)
            yield program, seconds, problem


def main() -> int:
    """Return 1 where a program fails, or where none is found."""
    parser = argparse.ArgumentParser(description="Run the programs of docs/examples.")
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument(CLAIMS, action="store_true", help="assert claims, five seeds")
    parser.add_argument("--processes", type=int, default=1, help="how many at once")
    asked = parser.parse_args()

    found = {p.stem: p for p in sorted(EXAMPLES.glob("*.py"))}
    names = asked.names or list(found)
    unknown = [name for name in names if name not in found]
    if unknown or not names:
        print(
            f"no example {', '.join(unknown) or 'at all'} in docs/examples; it has "
            f"{', '.join(found) or 'no programs'}",
            file=sys.stderr,
        )
        return 1

    lacking = [
        f"{name} needs {project}, not installed here: pip install {project}"
        for name in names
        for module, project in PHOTOGRAPHS.items()
        if module in text(found[name]) and importlib.util.find_spec(module) is None
    ]
    if lacking:
        print("\n".join(lacking), file=sys.stderr)
        return 1

    # Those that claim nothing are not asked, unless by name.
    programs = [
        found[name]
        for name in names
        if not asked.claims or asked.names or "CLAIMS = " in text(found[name])
    ]
    console = Console()
    table = Table("example", "seconds", "result")
    table.title = f"docs/examples on {keras.config.backend()}"
    failed = 0
    way = claim if asked.claims else as_a_person
    for program, seconds, problem in runs(programs, way, asked.processes):
        failed += bool(problem)
        table.add_row(program.stem, f"{seconds:.1f}", problem or "ok")
    console.print(table)
    console.print(f"{len(programs) - failed} passed, {failed} failed")
    return 1 if failed or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
