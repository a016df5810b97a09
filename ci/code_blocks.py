"""Run the Python blocks of the README and of docs/, as a reader would who copies them.

    python ci/code_blocks.py             every page, on the backend of KERAS_BACKEND
    python ci/code_blocks.py docs/guide.md

The blocks of a page run in order, in one process and one namespace. Comments of the
page, which no reader sees, say the rest:

    <!-- run                             lines that run here, and are not shown
    y = ...
    -->
    <!-- not run: the reason -->         the next block is a fragment

A `text` block right after a Python block is what that block prints, on each backend. A
failure is printed as `page:line: error`, and the exit status is then 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 300.0
"""How long the blocks of a page may take."""

PIECE = re.compile(
    r"^<!-- run\n(?P<hidden>.*?)^-->$"
    r"|^<!-- not run: (?P<reason>[^\n]+?) -->$"
    r"|^```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^```$",
    re.M | re.S,
)
LANGUAGES = ("python", "py", "python3")


@dataclass(frozen=True)
class Block:
    """Code of a page.

    Args:
        line: the line of the page on which the code begins.
        code: the code.
        shown: whether readers see it.
        reason: why it is not run; empty for a block that runs.
        prints: what it must print, where the page shows that.
    """

    line: int
    code: str
    shown: bool = True
    reason: str = ""
    prints: str | None = None


def blocks(text: str) -> list[Block]:
    """The Python blocks of a page, and what runs beside them, in order."""
    found: list[Block] = []
    reason, end = "", -1
    for piece in PIECE.finditer(text):
        which = "code" if piece["code"] is not None else "hidden"
        if piece["reason"]:
            if reason:
                raise ValueError(f"line {_line(text, piece.start())}: two reasons")
            reason = piece["reason"]
            continue
        line = _line(text, piece.start(which)) if piece[which] else 0
        if which == "hidden":
            found.append(Block(line, piece["hidden"], shown=False))
        elif piece["language"] in LANGUAGES:
            found.append(Block(line, piece["code"], reason=reason))
            end, reason = piece.end(), ""
        elif (
            piece["language"] == "text"
            and end > 0
            and not text[end : piece.start()].strip()
        ):
            *rest, last = found
            shown = Block(last.line, last.code, True, last.reason, piece["code"])
            found = [*rest, shown]
        elif reason:
            raise ValueError(f"line {line}: `not run` stands before a Python block")
    if reason:
        raise ValueError("`not run` stands before a Python block, and none follows")
    return found


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def visible(text: str) -> str:
    """The page without the comments that are for this program."""
    return PIECE.sub(lambda m: "" if m["code"] is None else m[0], text)


# --- in a process of its own ----------------------------------------------------------


def execute(page: str, found: Sequence[dict[str, Any]]) -> None:
    """Run blocks in order; print a line of JSON before and after each."""
    module = types.ModuleType(Path(page).stem.lower())
    sys.modules[module.__name__] = module  # classes and functions are saved by it
    for block in found:
        print(json.dumps({"begins": block["line"]}), flush=True)
        printed = io.StringIO()
        # The lines of a traceback are then those of the page.
        code = "\n" * (block["line"] - 1) + block["code"]
        said: dict[str, Any] = {}
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(code, page, "exec"), module.__dict__)
        except BaseException as error:  # SystemExit, too: a block must not end the page
            frames = traceback.extract_tb(error.__traceback__)
            lines = [f.lineno for f in frames if f.filename == page]
            where = getattr(error, "lineno", None) if not lines else lines[-1]
            said = {
                "error": f"{type(error).__name__}: {error}",
                "line": where or block["line"],
            }
        keras = sys.modules.get("keras")
        said["backend"] = keras.config.backend() if keras else ""
        print(json.dumps({"printed": printed.getvalue(), **said}), flush=True)
        if "error" in said:
            return


# --- here -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """What a page did.

    Args:
        problems: `page:line: error`, of the first block that failed.
        printed: what each block printed that was run.
        backends: the backend of Keras after each.
    """

    problems: list[str]
    printed: list[str]
    backends: list[str]


def run(
    path: Path, environment: dict[str, str] | None = None, seconds: float = SECONDS
) -> Ran:
    """Run the blocks of a page in a process of their own, in an empty folder."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    found = [b for b in blocks(path.read_text(encoding="utf-8")) if not b.reason]
    given = {"page": name, "found": [{"line": b.line, "code": b.code} for b in found]}
    with tempfile.TemporaryDirectory() as folder:
        errors = Path(folder) / "errors.txt"
        with errors.open("w") as stream:
            try:
                done = subprocess.run(
                    [sys.executable, str(Path(__file__).resolve()), "--execute"],
                    input=json.dumps(given),
                    env={**os.environ, "MPLBACKEND": "Agg"}
                    if environment is None
                    else environment,
                    cwd=folder,
                    stdout=subprocess.PIPE,
                    stderr=stream,
                    text=True,
                    check=False,
                    timeout=seconds,
                )
                out, ended = done.stdout, f"the process ended with {done.returncode}"
            except subprocess.TimeoutExpired as error:
                out = (error.stdout or b"").decode()
                ended = f"not done after {seconds:g} s"
        tail = errors.read_text(errors="replace")[-2000:]
    said = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    begun = [each["begins"] for each in said if "begins" in each]
    after = [each for each in said if "printed" in each]
    problems = []
    for block, each in zip(found, after, strict=False):
        if "error" in each:
            problems.append(f"{name}:{each['line']}: {each['error']}")
        elif block.prints is not None and each["printed"] != block.prints:
            problems.append(
                f"{name}:{block.line}: prints something else than the page shows:\n"
                f"{each['printed']}"
            )
    if not problems and len(after) < len(found):
        line = begun[-1] if begun else 1
        problems.append(f"{name}:{line}: {ended}\n{tail}")
    return Ran(problems, [e["printed"] for e in after], [e["backend"] for e in after])


def pages() -> list[Path]:
    """The pages whose blocks run."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def report(paths: Sequence[Path]) -> int:
    """Run pages, and print what ran; return 1 where a block failed."""
    total, left_out, problems = 0, 0, []
    for path in paths:
        found = blocks(path.read_text(encoding="utf-8"))
        runs = [b for b in found if b.shown and not b.reason]
        fragments = [b for b in found if b.reason]
        total, left_out = total + len(runs), left_out + len(fragments)
        if not found:
            continue
        start = time.monotonic()
        failed = run(path).problems if runs else []
        problems += failed
        print(
            f"{path.name}: {len(runs)} blocks run, {len(fragments)} not, "
            f"{time.monotonic() - start:.0f} s{', FAILED' if failed else ''}",
            flush=True,
        )
        for block in fragments:
            print(f"  line {block.line} is not run: {block.reason}")
    print("\n".join(problems), file=sys.stderr)
    print(f"{total} blocks of Python run, {left_out} do not; {len(problems)} failed")
    return 1 if problems or not total else 0


def main() -> int:
    """Run pages; or, in a process of its own, the blocks of one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path)
    parser.add_argument("--execute", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.execute:
        # The folder of this file has a module `source` and others that are no one's.
        sys.path[0] = ""
        given = json.loads(sys.stdin.read())
        execute(given["page"], given["found"])
        return 0
    return report([p.resolve() for p in options.pages] or pages())


if __name__ == "__main__":
    sys.exit(main())
