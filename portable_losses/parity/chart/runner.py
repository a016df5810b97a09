"""Runs a worker for each backend, and makes the chart from the reports."""

import dataclasses
import datetime
import json
import pathlib
import threading
from collections import Counter
from typing import Any

from portable_losses.parity.autodiff import facts
from portable_losses.parity.chart.judge import ORDER, judge_row
from portable_losses.parity.chart.rows import GROUPS, LEFT_OUT, chosen
from portable_losses.parity.plan import Plan, Progress, require
from portable_losses.parity.process import Process

Chart = dict[str, Any]
"""What ops.json holds: date, environments, rows, counts, what is left out."""

WORKER = "portable_losses.parity.chart.worker"
KINDS = ("keras", "ours")


def run(plan: Plan, ops: tuple[str, ...], progress: Progress) -> Chart:
    """Measure, judge and count; written to `plan.out` as ops.json.

    The results of every backend at every point are written to ops_answers.json.
    """
    gradients = tuple(name for name in plan.backends if name != "numpy")
    require(gradients)
    plan.out.mkdir(parents=True, exist_ok=True)
    reported = _Reported(plan, ops, progress)
    reported.gather(tuple(dict.fromkeys((*plan.backends, "numpy"))))
    answers = pathlib.Path(plan.out, "ops_answers.json")
    answers.write_text(json.dumps(reported.answers, allow_nan=True))
    chart = chart_of(reported.environments, reported.answers, ops, plan.device)
    path = pathlib.Path(plan.out, "ops.json")
    path.write_text(json.dumps(chart, indent=1, allow_nan=True))
    return chart


def on_those_present(plan: Plan) -> Plan:
    """The plan with the backends that are installed; others are skipped."""
    present = tuple(name for name in plan.backends if not facts(name).missing)
    return dataclasses.replace(plan, backends=present)


def chart_of(
    environments: list[dict[str, Any]],
    answers: dict[str, dict[str, Any]],
    ops: tuple[str, ...],
    device: str,
) -> Chart:
    """The chart of what the backends answered, by backend and title of the row."""
    names = [environment["backend"] for environment in environments]
    groups = {row.title: group for group, rows in GROUPS.items() for row in rows}
    rows: list[dict[str, Any]] = []
    for row in chosen(ops):
        differences: dict[str, Any] = {}
        for kind in KINDS:
            found = {
                name: answers[name][row.title][kind]
                for name in names
                if kind in answers[name].get(row.title, {})
            }
            if found:
                ours = kind == "ours"
                differences[kind] = judge_row(row, found, device, ours)
        rows.append(
            {
                "op": row.name,
                "title": row.title,
                "group": groups[row.title],
                "elementwise": row.elementwise,
                "points": len(row.points),
                "dtypes": list(row.dtypes),
                "status": {
                    kind: {name: worst(found) for name, found in by_backend.items()}
                    for kind, by_backend in differences.items()
                },
                "differences": differences,
            }
        )
    return {
        "date": datetime.date.today().isoformat(),
        "environments": environments,
        "counts": counts_of(rows, names),
        "rows": rows,
        "left_out": LEFT_OUT,
        "unknown": sorted({n for item in environments for n in item["unknown"]}),
    }


def worst(found: list[dict[str, Any]]) -> str:
    """The status of a cell: the worst of its differences, in single precision first.

    A status that occurs only in half precision has a note: "value (half)".
    """
    single = [d["status"] for d in found if d["dtype"] == "float32"]
    if single:
        return max(single, key=ORDER.index)
    half = [d["status"] for d in found]
    return f"{max(half, key=ORDER.index)} (half)" if half else "right"


def counts_of(rows: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
    """How many rows of each status, by kind and backend."""
    counts: dict[str, Any] = {}
    for kind in KINDS:
        counts[kind] = {}
        for name in names:
            every = [row["status"].get(kind, {}).get(name) for row in rows]
            counts[kind][name] = dict(Counter(s for s in every if s is not None))
    return counts


class _Reported:
    """What the workers report."""

    def __init__(self, plan: Plan, ops: tuple[str, ...], progress: Progress) -> None:
        self.plan, self.ops, self.progress = plan, ops, progress
        self.environments: list[dict[str, Any]] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self._processes: list[Process] = []
        self._lock = threading.Lock()

    def gather(self, backends: tuple[str, ...]) -> None:
        failures: list[BaseException] = []

        def attempt(backend: str) -> None:
            try:
                self._listen(backend)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=attempt, args=(b,)) for b in backends]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            for process in self._processes:
                process.stop()
        if failures:
            raise failures[0]
        order = list(backends)
        self.environments.sort(key=lambda item: order.index(item["backend"]))

    def _listen(self, backend: str) -> None:
        self.progress.launch(backend)
        process = Process(backend, self.plan, WORKER)
        self._processes.append(process)
        device = "cpu" if backend == "numpy" else self.plan.device
        job = {"ops": self.ops, "device": device, "precision": "float32"}
        mode = "all" if backend == "numpy" else self.plan.mode
        process.tell(do="chart", job=job | {"mode": mode})
        for event in process.listen("chart"):
            kind = event.pop("event")
            if kind == "ready":
                self.progress.start(backend, event.pop("planned"), "operations")
                with self._lock:
                    self.environments.append(event)
                    self.answers[backend] = {}
            elif kind == "at":
                self.progress.note(backend, event["what"])
            else:
                self.answers[backend][event["title"]] = event["answers"]
                self.progress.advance(backend, event["title"])
        self.progress.done(backend)
