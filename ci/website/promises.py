"""The page of promises: versions, and the overhead that was measured."""

from __future__ import annotations

import json
import re
import statistics
import tomllib
from pathlib import Path
from typing import Any

import benchmarks.published
import make_docs

LANES = {
    "eager": "a call in eager mode",
    "eager-weights": "the same with sample weights",
    "eager-gradient": "value and gradient in eager mode",
    "compiled-gradient": "value and gradient, compiled",
}
"""The endings of the workloads of `call_overhead`, and what they time."""


def page(root: Path, backends: list[str]) -> str:
    """Versions, overhead, and what changed last."""
    lines = ["# Promises", "", "## Versions", ""]
    lines += ["Versions follow semver. A renamed argument keeps working for one minor"]
    lines += ["version, with a DeprecationWarning.", ""]
    lines += versions(root)
    kept = json.loads(benchmarks.published.KEPT.read_text(encoding="utf-8"))
    lines += ["", "## Overhead", "", *overhead(kept), ""]
    if backends:
        lines += ["## Plots", "", "The plots of this build were measured on"]
        lines += [
            f"{', '.join(backends)}, and the examples of the docstrings were run.",
            "",
        ]
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    latest = re.search(r"^## .*?(?=^## |\Z)", changes, re.M | re.S)
    if latest:
        lines += ["## Changes", "", latest[0].replace("## ", "### ", 1), ""]
    return "\n".join(lines)


def versions(root: Path) -> list[str]:
    """The table of what is supported, and what the tests run with."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pinned = (root / "ci" / "constraints" / "ci.txt").read_text()
    wanted = [*project["dependencies"]]
    for extra in ("tensorflow", "jax", "torch"):
        wanted += project["optional-dependencies"][extra]
    rows = []
    for requirement in wanted:
        name = re.split(r"[<>=]", requirement)[0]
        found = re.search(rf"^{name}==(\S+)", pinned, re.M)
        if found is None:
            raise ValueError(
                f"ci.txt: {name} must be pinned; got no line of it (pin it)"
            )
        rows.append(f"| {name} | `{requirement}` | {found[1]} |")
    pythons = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    rows.append(f"| Python | `{project['requires-python']}` | {', '.join(pythons)} |")
    return [*make_docs.head(["", "Supported", "Tested with"]), *rows]


def overhead(kept: dict[str, Any]) -> list[str]:
    """What a call costs beside its arithmetic, by lane and backend."""
    backends = list(kept["runs"])
    rows: dict[str, dict[str, list[float]]] = {lane: {} for lane in LANES}
    losses = set()
    for row in kept["rows"]:
        group, _, name = row["workload"].partition("/")
        if group == "call_overhead" and row.get("figure"):
            loss, _, lane = name.partition("-")
            losses.add(loss)
            figure = row["figure"]["median"]
            rows[lane].setdefault(row["backend"], []).append(figure)
    if not losses:
        raise ValueError("results.json has no call_overhead (publish a run of it)")
    count, cores = len(losses), {run["cores"] for run in kept["runs"].values()}
    lines = [
        f"The time of {count} losses over that of Keras's with the same names, for",
        "a batch of 32 rows of 10 columns, where Python and the framework take the",
        "time: the median of the losses, and in brackets the least and the most.",
        "",
        *make_docs.head(["", *backends]),
    ]
    for lane, about in LANES.items():
        cells = [_spread(rows[lane].get(backend, [])) for backend in backends]
        lines.append(f"| {about} | {' | '.join(cells)} |")
    processors = sorted({run["processor"] for run in kept["runs"].values()})
    lines += [
        "",
        f"Measured on {max(cores)} cores of {', '.join(processors)}; the",
        "[benchmarks](benchmarks.md) have each loss, its milliseconds and intervals,",
        "and the goals that are missed, with the reason.",
    ]
    return lines


def _spread(ratios: list[float]) -> str:
    if not ratios:
        return ""
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"
