"""The tables and the JSON of what was measured."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import matrix
from rich.console import Console
from rich.table import Table

from benchmarks.registry import Entry, number_of
from benchmarks.result import MISSED, Result, milliseconds, ratio_of_peaks
from benchmarks.timing import Interval
from benchmarks.workload import BACKENDS, Study

COLORS = {"met": "green", "missed": "red", "unclear": "yellow", "": "default"}
PEERS = tuple(row.install for row in matrix.load().peers.values())
PACKAGES = ("keras", *BACKENDS, "numpy", *PEERS)


def console_for(file: Any) -> Console:
    """A console that is wide enough for every name where the output is a file."""
    return Console(file=file) if file.isatty() else Console(file=file, width=150)


def print_list(console: Console, entries: Iterable[Entry]) -> None:
    """Print what can be run."""
    table = Table(title="workloads")
    for column in ("name", "number", "size", "lane", "peers, each with its goal"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        if isinstance(entry, Study):
            peers = f"{entry.peer} {entry.goal:g} {entry.unit}"
            table.add_row(entry.full_name, "", entry.size, "", peers)
            continue
        peers = ", ".join(
            f"{name}{_goal_in_words(peer.goal)}" for name, peer in entry.peers.items()
        )
        number = number_of(entry.full_name)
        table.add_row(entry.full_name, number, entry.size, entry.lane, peers)
    console.print(table)


def _goal_in_words(goal: Any) -> str:
    if goal is None:
        return ""
    if isinstance(goal, float | int):
        return f" {goal:g}"
    return " " + " ".join(f"{backend} {value:g}" for backend, value in goal.items())


def print_tables(console: Console, results: Sequence[Result], title: str) -> None:
    """Print steady state, then first calls and memory."""
    timed = [r for r in results if r.figure is not None]
    if timed:
        console.print(steady_state(timed, title))
    if any(r.first_call or r.memory for r in timed):
        console.print(first_call_and_memory(timed, title))
    for result in results:
        if result.disagreement:
            console.print(
                f"[red]disagrees[/]: {result.workload} with {result.peer}: ",
                end="",
            )
            console.print(result.disagreement, markup=False)


def steady_state(results: Sequence[Result], title: str) -> Table:
    """What a call takes once it is compiled."""
    table = Table(title=f"{title}: steady state")
    table.add_column("workload", overflow="fold")
    table.add_column("peer")
    floors = any(r.floor is not None for r in results)
    numbers = ["peer ms", "ours ms", *(["floor ms"] if floors else [])]
    figure = "added" if all(r.unit for r in results) else "ours / peer"
    for column in (*numbers, figure, "95 %", "A/A", "goal"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict")
    reasons = any(r.verdict == MISSED and r.reason for r in results)
    if reasons:
        table.add_column("reason", overflow="fold")
    for r in results:
        color = COLORS[r.verdict]
        cells = [r.workload, r.peer, milliseconds(r.theirs), milliseconds(r.ours)]
        cells += [milliseconds(r.floor)] if floors else []
        cells += [
            f"[{color}]{_figure(r.figure, r.unit)}[/]",
            _bounds(r.figure),
            _figure(r.again, r.unit),
            "" if r.goal is None else f"{r.goal:.2f}",
            f"[{color}]{r.verdict}[/]",
        ]
        cells += [r.reason if r.verdict == MISSED else ""] if reasons else []
        table.add_row(*cells)
    return table


def _ratio_of_peaks(r: Result) -> str:
    """Ours / theirs, and the goal, where both were measured."""
    found = ratio_of_peaks(r.memory, r.peer)
    if found is None:
        return ""
    goal = "" if r.memory_goal is None else f" (goal {r.memory_goal:g})"
    missed = r.memory_goal is not None and found > r.memory_goal
    return f"[{'red' if missed else 'default'}]{found:.2f}{goal}[/]"


def first_call_and_memory(results: Sequence[Result], title: str) -> Table:
    """What the first call takes, with tracing and compiling, and what memory."""
    kinds = list(
        dict.fromkeys(k for r in results for who in r.memory.values() for k in who)
    )
    table = Table(title=f"{title}: first call and memory, ours / peer")
    table.add_column("workload", overflow="fold")
    table.add_column("peer")
    ratios = ["peak, ratio"] if "peak" in kinds else []
    for column in ("first call ms", *kinds, *ratios):
        table.add_column(column, justify="right", no_wrap=True)
    for r in results:
        if not r.first_call:
            continue
        cells = [" / ".join(f"{ms:.0f}" for ms in r.first_call.values())]
        for kind in kinds:
            sizes = [sizes[kind] for sizes in r.memory.values() if kind in sizes]
            color = "red" if len(sizes) == 2 and sizes[0] > sizes[1] else "default"
            cells.append(f"[{color}]{' / '.join(_bytes(size) for size in sizes)}[/]")
        cells += [_ratio_of_peaks(r)] if ratios else []
        table.add_row(r.workload, r.peer, *cells)
    return table


def write_json(path: Path, results: Sequence[Result], about: dict[str, Any]) -> None:
    """Write all figures, with what they were measured on."""
    entries = [{**asdict(r), "verdict": r.verdict} for r in results]
    text = json.dumps({**about, "results": entries}, indent=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def about(backend: str, **chosen: Any) -> dict[str, Any]:
    """Say what the figures were measured on."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # one backend a process
    return {
        "backend": backend,
        "versions": versions,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        **chosen,
    }


def processor() -> str:
    """The processor's own name where the system tells it: it decides the times."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(names, platform.processor())


def _figure(value: Interval | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value.median:.2f} {unit}" if unit else f"{value.median:.2f}"


def _bounds(value: Interval | None) -> str:
    return "" if value is None else f"{value.low:.2f} to {value.high:.2f}"


def _bytes(size: int) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"
        size = size / 1000  # type: ignore[assignment]  # a size in the next unit
    return f"{size:.3g} GB"
