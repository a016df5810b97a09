"""Runs the workers side by side, compares what they found, and writes it down."""

import dataclasses
import importlib.util
import itertools
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Protocol, cast

import numpy as np

from portable_losses.parity.autodiff import BACKENDS
from portable_losses.parity.report.model import HistoryRow, Results, Training
from portable_losses.parity.tolerances import (
    BETWEEN_BACKENDS,
    SMALL_GRADIENT,
    SMALL_VALUE,
    gradient_excess,
    tolerance,
    value_excess,
)

MARK = "@parity "
"""What a line of a worker's event begins with; others are a backend's own chatter."""

INSTALL = 'pip install "portable-losses[{backend}]"'


class Progress(Protocol):
    """What the runner tells while it works."""

    def start(self, backend: str, total: int) -> None: ...
    def advance(self, backend: str, case_id: str) -> None: ...
    def fail(self, backend: str, case_id: str, check: str, message: str) -> None: ...
    def phase(self, text: str) -> None: ...
    def done(self, backend: str) -> None: ...


class Unavailable(RuntimeError):
    """A backend or a device that was asked for is missing."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to run.

    Args:
        backends: backends with gradients; the NumPy backend runs beside them.
        families: families to run; all if empty.
        losses: losses to run; all if empty.
        checks: checks to run; all if empty.
        device: cpu, gpu, tpu or mps.
        mode: all, eager or compiled.
        precision: float32, or tf32 to leave the accelerator's defaults on.
        module: where the catalogue's losses are looked up by name, in place of ours.
        target: a user's loss, `file.py:name`, in place of the catalogue.
        kind: what the target takes.
        reference: a NumPy function of the target's items, `file.py:name`.
        training: whether to end with training parity on real data.
        out: where results are written.
    """

    backends: tuple[str, ...] = BACKENDS
    families: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    device: str = "cpu"
    mode: str = "all"
    precision: str = "float32"
    module: str = "portable_losses"
    target: str | None = None
    kind: str | None = None
    reference: str | None = None
    training: bool = True
    out: pathlib.Path = pathlib.Path("build/parity")

    @property
    def whole(self) -> bool:
        """Whether models are saved and reloaded too, and not only checks run."""
        return not self.checks


class Process:
    """A worker and what it says."""

    def __init__(self, backend: str, plan: Plan) -> None:
        self.backend = backend
        self.log = plan.out / f"{backend}.log"
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        environment = {
            **os.environ,
            "KERAS_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONUNBUFFERED": "1",
        }
        if plan.device == "cpu":
            environment |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "portable_losses.parity.worker"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def tell(self, **command: Any) -> None:
        """Give the worker a job; its events end with one of its own name."""
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(json.dumps(command) + "\n")
            self.popen.stdin.flush()
        except BrokenPipeError:
            pass  # its end is among the events

    def _read(self) -> None:
        assert self.popen.stdout is not None
        with self.log.open("w") as log:
            for line in self.popen.stdout:
                if line.startswith(MARK):
                    self.events.put(json.loads(line.removeprefix(MARK)))
                else:
                    log.write(line)
        self.events.put({"event": "end", "code": self.popen.wait()})

    def listen(self, until: str) -> Iterator[dict[str, Any]]:
        """Yield events until the job of that name is done."""
        while True:
            event = self.events.get()
            if event["event"] == "error":
                raise Unavailable(event["message"])
            if event["event"] == "end":
                tail = self.log.read_text()[-2000:] if self.log.exists() else ""
                raise Unavailable(
                    f"{self.backend}: the worker ended with code {event['code']} "
                    f"before it was done\n{tail}"
                )
            if event["event"] == "done" and event["do"] == until:
                return
            yield event

    def stop(self) -> None:
        """End the worker."""
        if self.popen.stdin is not None:
            self.popen.stdin.close()
        try:
            self.popen.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.popen.kill()


def require(backends: tuple[str, ...]) -> None:
    """Refuse a backend that is not installed, with the command that installs it."""
    missing = [b for b in backends if importlib.util.find_spec(b) is None]
    if missing:
        commands = "\n".join("  " + INSTALL.format(backend=b) for b in missing)
        present = [b for b in BACKENDS if importlib.util.find_spec(b) is not None]
        instead = ""
        if present:
            instead = f"\nor run what is installed: --backends {','.join(present)}"
        raise Unavailable(
            f"not installed: {', '.join(missing)}. Install with\n{commands}{instead}"
        )


def run(plan: Plan, progress: Progress) -> Results:
    """Run the plan and return the results; they are written to `plan.out` as JSON."""
    require(plan.backends)
    start = time.perf_counter()
    plan.out.mkdir(parents=True, exist_ok=True)
    for old in plan.out.glob("*/*.*"):
        old.unlink()
    matrix = _Matrix(plan, progress)
    try:
        matrix.run()
    finally:
        matrix.stop()
    results = matrix.results(time.perf_counter() - start)
    path = plan.out / "results.json"
    path.write_text(json.dumps(results, indent=1, allow_nan=True))
    return results


class _Matrix:
    """The workers of one run and what they reported."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self.plan = plan
        self.progress = progress
        self.processes: dict[str, Process] = {}
        self.environments: list[dict[str, Any]] = []
        self.totals: dict[str, int] = {}
        self.cases: dict[str, dict[str, Any]] = {}
        self.unsaved: set[tuple[str, str]] = set()
        self.reloads: list[dict[str, Any]] = []
        self.curves: dict[str, dict[str, list[float]]] = {}
        self.histories: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    # --- the run --------------------------------------------------------------------

    def run(self) -> None:
        # NumPy first: its float64 values are the reference of a user's loss.
        self._together(("numpy",), self._check)
        self._together(self.plan.backends, self._check)
        if self.plan.whole and not self.plan.precision == "tf32":
            self.progress.phase("training with each loss, saving")
            self._together(self.plan.backends, self._save)
            if len(self.plan.backends) > 1:
                self.progress.phase("loading on another backend, training on")
                self._together(self.plan.backends, self._reload)
            if self.plan.training and self.plan.target is None:
                self.progress.phase("training on real data")
                self._together(self.plan.backends, self._train)

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop()

    def _together(self, backends: tuple[str, ...], job: Any) -> None:
        failures: list[BaseException] = []

        def attempt(backend: str) -> None:
            try:
                job(backend)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=attempt, args=(b,)) for b in backends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _check(self, backend: str) -> None:
        process = Process(backend, self.plan)
        with self._lock:
            self.processes[backend] = process
        job = {
            k: v for k, v in dataclasses.asdict(self.plan).items() if k != "backends"
        }
        job |= {"backend": backend, "out": str(self.plan.out)}
        if backend == "numpy":
            job |= {"device": "cpu", "mode": "all"}
        process.tell(do="prepare", job=job)
        for event in process.listen("prepare"):
            total = event.pop("total")
            with self._lock:
                self.totals[backend] = total
                self.environments.append(
                    {k: v for k, v in event.items() if k != "event"}
                )
            self.progress.start(backend, total)
        process.tell(do="check")
        for event in process.listen("check"):
            self._keep_case(backend, event)
        self.progress.done(backend)

    def _keep_case(self, backend: str, event: dict[str, Any]) -> None:
        facts = ("id", "loss", "family", "kind", "scale")
        numbers = ("value_error", "gradient_error", "seconds", "checks")
        with self._lock:
            case = self.cases.setdefault(
                event["id"], {**{k: event[k] for k in facts}, "results": {}}
            )
            case["results"][backend] = {k: event[k] for k in numbers}
        for name, outcome in event["checks"].items():
            if outcome["status"] == "failed":
                self.progress.fail(backend, event["id"], name, outcome["message"])
        self.progress.advance(backend, event["id"])

    def _save(self, backend: str) -> None:
        process = self.processes[backend]
        process.tell(do="save")
        for event in process.listen("save"):
            if event["message"]:
                self.unsaved.add((backend, event["case"]))
                self._keep_reload(event, backend, backend)

    def _reload(self, backend: str) -> None:
        process = self.processes[backend]
        for other in self.plan.backends:
            if other == backend:
                continue
            process.tell(do="reload", **{"from": other})
            for event in process.listen("reload"):
                # What was not saved is a failure already, and with its true reason.
                if (other, event["case"]) not in self.unsaved:
                    self._keep_reload(event, other, backend)

    def _keep_reload(self, event: dict[str, Any], saved: str, loaded: str) -> None:
        case, message = event["case"], event["message"]
        self.reloads.append(
            {
                "case": case,
                "saved_on": saved,
                "loaded_on": loaded,
                "status": "failed" if message else "passed",
                "message": message,
            }
        )
        if message:
            check = "save" if saved == loaded else "reload"
            self.progress.fail(loaded, case, check, message)

    def _train(self, backend: str) -> None:
        process = self.processes[backend]
        process.tell(do="train")
        for event in process.listen("train"):
            with self._lock:
                if event["event"] == "history":
                    by_backend = self.histories.setdefault(event["name"], {})
                    by_backend[backend] = event["outcome"]
                    continue
                for name, curve in event["curves"].items():
                    self.curves.setdefault(name, {})[backend] = curve

    # --- the results ----------------------------------------------------------------

    def results(self, seconds: float) -> Results:
        self._count()
        self._compare_backends()
        training = _training(self.curves, self.plan.device)
        histories = _histories(self.histories, self.plan.device)
        cases = list(self.cases.values())
        outcomes = [
            outcome["status"]
            for case in cases
            for result in case["results"].values()
            for outcome in result["checks"].values()
        ]
        counts = {
            status: outcomes.count(status)
            for status in ("passed", "failed", "known", "not_applicable")
        }
        between = [b for case in cases for b in case["between"].values()]
        ok = (
            counts["failed"] == 0
            and all(b["ok"] for b in between)
            and all(r["status"] == "passed" for r in self.reloads)
            and all(t["ok"] for t in training.values())
            and all(h["ok"] for h in histories.values())
        )
        results = {
            "summary": {
                "ok": ok,
                "cases": len(cases),
                "losses": len({case["loss"] for case in cases}),
                "checks": counts,
                "max_value_error": self._maxima("value_error"),
                "max_gradient_error": self._maxima("gradient_error"),
                "max_between_value": max((b["value"] for b in between), default=0.0),
                "max_between_gradient": max(
                    (b["gradient"] for b in between), default=0.0
                ),
                "seconds": seconds,
            },
            "environments": sorted(self.environments, key=lambda e: e["backend"]),
            "cases": cases,
            "training": training,
            "histories": histories,
            "reload": self.reloads,
        }
        return cast(Results, results)

    def _count(self) -> None:
        """A worker that ran fewer cases than were planned must not pass in silence."""
        totals = set(self.totals.values())
        ran = {
            backend: sum(backend in case["results"] for case in self.cases.values())
            for backend in self.totals
        }
        if totals == {0}:
            raise Unavailable("nothing to run: no case fits --family and --loss")
        if len(totals) != 1 or ran != self.totals:
            raise Unavailable(f"planned {self.totals} cases, ran {ran}")
        for case in self.cases.values():
            checks = {
                b: sorted(case["results"][b]["checks"]) for b in self.plan.backends
            }
            if len({tuple(names) for names in checks.values()}) != 1:
                raise Unavailable(f"{case['id']}: not the same checks ran, {checks}")

    def _maxima(self, which: str) -> dict[str, float]:
        maxima: dict[str, float] = {}
        for case in self.cases.values():
            for backend, result in case["results"].items():
                if result[which] is not None:
                    maxima[backend] = max(maxima.get(backend, 0.0), result[which])
        return maxima

    def _compare_backends(self) -> None:
        arrays = {
            backend: np.load(self.plan.out / backend / "arrays.npz")
            for backend in self.plan.backends
        }
        for case in self.cases.values():
            case["between"] = {}
            for one, two in itertools.combinations(self.plan.backends, 2):
                case["between"][f"{one}-{two}"] = self._between(
                    case, arrays[one], arrays[two]
                )

    def _between(self, case: dict[str, Any], one: Any, two: Any) -> dict[str, Any]:
        worst_value = worst_gradient = 0.0
        message = ""
        labels = [
            key.removesuffix("|value")
            for key in one.files
            if key.startswith(f"{case['id']}|") and key.endswith("|value")
        ]
        for label in labels:
            name = label.split("|", 1)[1]
            if f"{label}|value" not in two.files:
                message = f"{name}: only one backend ran it"
                continue
            dtype = name.removeprefix("drawn ") if name.startswith("drawn ") else None
            row = dtype or self.plan.precision
            allowed = tolerance(row, self.plan.device, case["scale"])
            allowed = allowed.times(BETWEEN_BACKENDS)
            value, other = one[f"{label}|value"], two[f"{label}|value"]
            largest = float(one[f"{label}|largest"])
            gradient, its = one[f"{label}|gradient"], two[f"{label}|gradient"]
            if dtype is None:
                floor = max(largest, SMALL_VALUE)
                worst_value = max(worst_value, _relative(value, other, floor))
                worst_gradient = max(worst_gradient, _relative(gradient, its))
            if value_excess(value, other, largest, allowed) > 1:
                message = f"{name}: values {float(value):.9g} and {float(other):.9g}"
            elif gradient_excess(gradient, its, allowed) > 1:
                message = f"{name}: the gradients differ"
        return {
            "value": worst_value,
            "gradient": worst_gradient,
            "ok": not message,
            "message": message,
        }


def _relative(got: Any, wanted: Any, floor: float = SMALL_GRADIENT) -> float:
    """The largest difference over the largest element; inf for a NaN on one side."""
    with np.errstate(invalid="ignore"):
        difference = np.where(got == wanted, 0.0, np.abs(got - wanted))
    difference = np.where(np.isnan(difference), np.inf, difference)
    size = np.max(np.abs(wanted[np.isfinite(wanted)]), initial=floor)
    return float(np.max(difference, initial=0.0) / size)


def _training(
    curves: dict[str, dict[str, list[float]]], device: str
) -> dict[str, Training]:
    if not curves:
        return {}
    from portable_losses.parity.training import compare

    return compare(curves, device)


def _histories(found: dict[str, dict[str, Any]], device: str) -> dict[str, HistoryRow]:
    if not found:
        return {}
    from portable_losses.parity.histories import compare

    return compare(found, device)
