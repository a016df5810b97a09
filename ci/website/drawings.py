"""Run the programs of docs/examples that draw, and keep what they draw.

    KERAS_BACKEND=jax python ci/website/drawings.py

A drawing in build/examples is kept while neither its program nor the losses have
changed; the programs of the others run again.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
KEPT = ROOT / "build" / "examples"
ROOMS = ("ops", "core", "losses", "layers", "training")
"""What a program's numbers depend on."""


def draws(program: str) -> bool:
    """Whether a program writes a picture of its name."""
    return bool(re.search(r"\.savefig\(\"build/\w+\.png\"", program))


def state(path: Path) -> str:
    """A digest of a program and of the losses."""
    files = [
        p for room in ROOMS for p in (ROOT / "portable_losses" / room).rglob("*.py")
    ]
    digest = hashlib.sha256()
    for file in (path, *sorted(files)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def kept(path: Path, folder: Path = KEPT) -> Path | None:
    """The picture of a program, where it is that of today."""
    picture, of = folder / f"{path.stem}.png", folder / f"{path.stem}.sha256"
    if picture.exists() and of.exists() and of.read_text() == state(path):
        return picture
    return None


def draw(paths: Iterable[Path], folder: Path = KEPT) -> list[str]:
    """Run programs, and keep their pictures; return what went wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [path.stem for path in paths]
    drawn = {path: ROOT / "build" / f"{path.stem}.png" for path in paths}
    for picture in drawn.values():
        picture.unlink(missing_ok=True)
    run = (sys.executable, str(ROOT / "ci" / "run_examples.py"), *names)
    problems = []
    if names and subprocess.run(run, cwd=ROOT, check=False).returncode:
        problems.append("a program of docs/examples failed, see above")
    for path, picture in drawn.items():
        if not picture.exists():
            problems.append(f"docs/examples/{path.name} drew no {picture.name}")
            continue
        (folder / f"{path.stem}.sha256").write_text(state(path))
        picture.replace(folder / picture.name)
    return problems


def main() -> int:
    """Draw what is not that of today; return 1 where a program fails."""
    found = [p for p in sorted(EXAMPLES.glob("*.py")) if draws(p.read_text("utf-8"))]
    old = [path for path in found if kept(path) is None]
    print(f"{len(found)} programs draw, {len(old)} of them run again", flush=True)
    problems = draw(old)
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems or not found else 0


if __name__ == "__main__":
    sys.exit(main())
