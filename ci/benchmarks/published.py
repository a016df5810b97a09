"""`RESULTS.md`: the page of the last full run, from what `--publish` kept of it.

What is kept stands in `results.json` beside it, so that the page is never typed, and a
workload that is measured again replaces its own figures alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.registry import Registry, number_of
from benchmarks.result import MET, MISSED, UNCLEAR, milliseconds, ratio_of_peaks
from benchmarks.workload import Workload

HERE = Path(__file__).resolve().parent
KEPT, PAGE = HERE / "results.json", HERE / "RESULTS.md"
Row = Mapping[str, Any]

TITLES = {
    "P0": "drop-ins against Keras's own losses, pinned operations against raw ones",
    "P1": "the overhead of a call, 32 x 10",
    "P2": "robust regression losses, 4096 x 4096",
    "P3": "focal crossentropy from logits, 8 x 512 x 512 x 4",
    "P4": "sparse crossentropy, 4096 x 32000",
    "P5": "sparse crossentropy with ignore_class, 8 x 512 x 32000",
    "P6": "linear crossentropy, 2048 tokens, width 512, 32768 classes",
    "P7": "linear crossentropy, 8192 tokens, width 256, 65536 classes",
    "P8": "CLIP, 8192 pairs of width 256",
    "P9": "SigLIP, 8192 pairs of width 256",
    "P10": "SupervisedContrastive and NTXent, width 128",
    "P11": "triplets of 256 embeddings",
    "P12": "losses of regions, 8 x 256 x 256 x 21",
    "P13": "LovaszSoftmax, 2 x 256 x 256 x 15",
    "P14": "structural similarity, 4 x 256 x 256 x 3",
    "": "how cost grows, compile time, import time, schedules",
}
UNEXPLAINED = "not explained yet"
ENVIRONMENT = ("versions", "python", "machine", "processor", "cores")
RULES = """\
Value and gradient in float32, two threads, inputs on the device. A ratio is
ours / peer, the median of the ratios of interleaved rounds in random order, with
bounds that hold the true one in 95 of 100 runs; *A/A* is the peer against itself.
Value and gradient agree with the peer's before anything is timed. The *floor* is
what this machine's memory bandwidth and arithmetic allow at best. *Memory* is the
ratio of the peaks of two processes. A goal is *missed* where the whole interval
lies above it, and *unclear* where only the median does. First calls, bytes saved
for backward (torch) and temporaries (JAX) stand in `results.json`."""


def keep(folder: Path, registry: Registry) -> int:
    """Take over the figures of every JSON below a folder; return how many.

    The reasons of what misses its goal are those that the workloads have now.
    """
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"runs": {}, "rows": []}
    rows = {_key(row): row for row in kept["rows"]}
    taken = 0
    for path in sorted(folder.rglob("*.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        if run.get("size") != "full" or run.get("clock") != "wall":
            raise ValueError(
                f"bench: `publish` must be a folder of full sizes and the wall clock; "
                f"got publish={str(path)!r} of size {run.get('size')!r} (run it again "
                "without --size and --clock)"
            )
        kept["runs"][run["backend"]] = {name: run[name] for name in ENVIRONMENT}
        for result in run["results"]:
            row = _row(run, result)
            rows[_key(row)] = row
            taken += 1
    if not taken:
        raise ValueError(
            f"bench: `publish` must be a folder with results; got "
            f"publish={str(folder)!r} (run the benchmarks first)"
        )
    for row in rows.values():
        entry = registry.get(row["workload"])
        peer = entry.peers.get(row["peer"]) if isinstance(entry, Workload) else None
        if peer is not None:
            row["reason"] = peer.reasons.get(row["backend"], "")
            row["memory_reason"] = peer.memory_reasons.get(row["backend"], "")
    kept["rows"] = sorted(rows.values(), key=_key)
    KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    PAGE.write_text(page())
    return taken


def _key(row: Row) -> tuple[str, str, str]:
    return row["workload"], row["peer"], row["backend"]


def _row(run: Row, result: Row) -> dict[str, Any]:
    """What is kept of a result: three digits, and no fields that are empty."""
    row = {key: _short(value) for key, value in result.items() if value or value == 0}
    row.pop("points", None)
    facts = {"backend": run["backend"], "rounds": run["rounds"], "time": run["time"]}
    return {**row, **facts, "load": _short(run["load"])}


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {key: _short(each) for key, each in value.items()}
    return value


def page() -> str:
    """The page, from what was kept."""
    kept = json.loads(KEPT.read_text())
    rows = kept["rows"]
    backends = list(kept["runs"])
    parts = ["# Results of the benchmarks", _origin(kept, rows), RULES]
    parts += ["## Goals", _summary(rows, backends)]
    for number, title in TITLES.items():
        found = [row for row in rows if number_of(row["workload"]) == number]
        if not found:
            continue
        parts.append(f"## {number}: {title}" if number else f"## Beside: {title}")
        parts.append(_matrix(found, backends) if number == "P0" else _table(found))
    missed = [row for row in rows if _missed(row)]
    if missed:
        parts += ["## Goals that are missed, and why", _reasons(missed)]
    return "\n\n".join(parts) + "\n"


def _origin(kept: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Where and when the figures were measured."""
    days = sorted({row["time"][:10] for row in rows})
    run = next(iter(kept["runs"].values()))
    versions = {
        n: v for run in kept["runs"].values() for n, v in run["versions"].items()
    }
    said = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    load = max(row["load"] or 0 for row in rows)
    return (
        f"Written by `python ci/benchmarks --publish build/bench`. Measured {when} on "
        f"{run['cores']} cores of an {run['processor']} ({run['machine']}), Python "
        f"{run['python']}, {said}. The load of the machine was {load:.1f} at most, the "
        "benchmark's own threads included."
    )


def _summary(rows: Sequence[Row], backends: Sequence[str]) -> str:
    lines = ["| goals | " + " | ".join(backends) + " |", _rule(1, len(backends))]
    for title, verdict_of in (("time", _verdict), ("memory", _memory_verdict)):
        cells = []
        for backend in backends:
            count = Counter(verdict_of(r) for r in rows if r["backend"] == backend)
            told = [f"{count[v]} {v}" for v in (MET, UNCLEAR, MISSED) if count[v]]
            cells.append(", ".join(told))
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _rule(left: int, right: int) -> str:
    return "|" + ":--|" * left + "--:|" * right


def _verdict(row: Row) -> str:
    return str(row.get("verdict", ""))


def _peaks(row: Row) -> float | None:
    """Our peak of memory over the peer's."""
    return ratio_of_peaks(row.get("memory", {}), row["peer"])


def _memory_verdict(row: Row) -> str:
    goal, ratio = row.get("memory_goal"), _peaks(row)
    return "" if goal is None or ratio is None else MET if ratio <= goal else MISSED


def _missed(row: Row) -> bool:
    return MISSED in (_verdict(row), _memory_verdict(row)) or "disagreement" in row


def _name(row: Row) -> str:
    return str(row["workload"].partition("/")[2])


def _ratio(row: Row) -> str:
    """The figure with its bounds, bold where it misses its goal."""
    figure = row.get("figure")
    if figure is None:
        return "disagrees" if "disagreement" in row else ""
    unit = f" {row['unit']}" if row.get("unit") else ""
    text = f"{figure['median']:.2f}{unit}"
    return f"**{text}**" if _verdict(row) == MISSED else text


def _matrix(rows: Sequence[Row], backends: Sequence[str]) -> str:
    """One row a workload, one column a backend."""
    lines = ["| workload | goal | " + " | ".join(backends) + " |"]
    lines.append(_rule(1, 1 + len(backends)))
    for name in dict.fromkeys(row["workload"] for row in rows):
        its = {row["backend"]: row for row in rows if row["workload"] == name}
        goal = next(iter(its.values())).get("goal")
        cells = [_ratio(its[b]) if b in its else "" for b in backends]
        lines.append(f"| {name} | {goal:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


COLUMNS = ("workload", "backend", "peer", "ours ms", "peer ms", "floor ms", "ratio")
MORE = ("95 %", "A/A", "goal", "memory", "goal")


def _table(rows: Iterable[Row]) -> str:
    """One row a comparison."""
    lines = ["| " + " | ".join((*COLUMNS, *MORE)) + " |", _rule(3, 9)]
    for r in rows:
        figure, peaks = r.get("figure"), _peaks(r)
        bounds = f"{figure['low']:.2f} to {figure['high']:.2f}" if figure else ""
        again = f"{r['again']['median']:.2f}" if r.get("again") else ""
        memory = "" if peaks is None or r.get("memory_goal") is None else f"{peaks:.2f}"
        if memory and _memory_verdict(r) == MISSED:
            memory = f"**{memory}**"
        cells = (
            *(_name(r), r["backend"], r["peer"]),
            *(
                milliseconds(r.get("ours")),
                milliseconds(r.get("theirs")),
                milliseconds(r.get("floor")),
            ),
            *(_ratio(r), bounds, again, _goal(r.get("goal"))),
            *(memory, _goal(r.get("memory_goal"))),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _goal(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _reasons(missed: Sequence[Row]) -> str:
    lines = ["| workload | backend | peer | ratio | goal | reason |"]
    lines.append("|:--|:--|:--|--:|--:|:--|")
    for r in missed:
        peaks, memory_goal = f"{_peaks(r) or 0:.2f}", r.get("memory_goal")
        told = r.get("disagreement") or r.get("reason")
        for what, verdict, ratio, goal, why in (
            ("", _verdict(r), _ratio(r).strip("*"), r.get("goal"), told),
            ("memory ", _memory_verdict(r), peaks, memory_goal, r.get("memory_reason")),
        ):
            why = (why or UNEXPLAINED).replace("|", "\\|")  # it ends a cell
            if verdict == MISSED or (not what and "disagreement" in r):
                start = f"| {r['workload']} | {r['backend']} | {r['peer']} | {what}"
                lines.append(f"{start}{ratio} | {_goal(goal)} | {why} |")
    return "\n".join(lines)
