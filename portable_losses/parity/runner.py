"""Runs the workers side by side, compares what they found, and writes it down."""

import contextlib
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
from collections.abc import Callable, Iterator
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

INSTALL = 'pip install ".[{backend}]"'
"""The command that installs a backend, in a clone of the repository."""

UNITS = {"saves": "models saved", "reloads": "models loaded", "trainings": "trainings"}
"""What a worker does after the checks, by the name of its count."""


class Progress(Protocol):
    """What the runner tells while it works."""

    def launch(self, backend: str) -> None: ...
    def start(self, backend: str, total: int, unit: str = "cases") -> None: ...
    def note(self, backend: str, text: str) -> None: ...
    def advance(self, backend: str, note: str) -> None: ...
    def fail(self, backend: str, case_id: str, check: str, message: str) -> None: ...
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
        training: whether models are trained once the checks are through: saved on one
            backend and loaded on another, and on real data.
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
    def trains(self) -> bool:
        """Whether models are trained too, and not only checks run."""
        return self.training and not self.checks and self.precision != "tf32"


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
            # Threads that wait for each other lose most of their time to the threads of
            # the other workers. The arrays here are too small to be shared out.
            environment.setdefault("OMP_NUM_THREADS", "1")
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
            with contextlib.suppress(BrokenPipeError):
                self.popen.stdin.close()
        try:
            self.popen.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.popen.kill()

    def kill(self) -> None:
        """End the worker at once, whatever it is doing."""
        self.popen.kill()


def require(backends: tuple[str, ...]) -> None:
    """Reject a backend that is not installed, with the command that installs it."""
    if importlib.util.find_spec("jax") is None:
        raise Unavailable(
            "not installed: jax. Keras's NumPy backend, a lane of every run, imports "
            "it. Install it, in a clone of the repository, with\n  "
            + INSTALL.format(backend="jax")
        )
    missing = [b for b in backends if importlib.util.find_spec(b) is None]
    if missing:
        commands = "\n".join("  " + INSTALL.format(backend=b) for b in missing)
        present = [b for b in BACKENDS if importlib.util.find_spec(b) is not None]
        instead = ""
        if present:
            instead = f"\nor run what is installed: --backends {','.join(present)}"
        raise Unavailable(
            f"not installed: {', '.join(missing)}. Install, in a clone of the "
            f"repository, with\n{commands}{instead}"
        )


def run(
    plan: Plan, progress: Progress, checked: Callable[[Results], None] | None = None
) -> Results:
    """Run the plan and return the results; they are written to `plan.out` as JSON.

    Args:
        plan: what to run.
        progress: is told how far each backend is.
        checked: is given the results of the checks as soon as every backend is through
            with them, while models are still trained.
    """
    require(plan.backends)
    plan.out.mkdir(parents=True, exist_ok=True)
    _remove_old(plan.out)
    matrix = _Matrix(plan, progress, checked)
    try:
        matrix.run()
    finally:
        matrix.stop()
    results = matrix.results()
    path = plan.out / "results.json"
    path.write_text(json.dumps(results, indent=1, allow_nan=True))
    return results


def _remove_old(out: pathlib.Path) -> None:
    """Remove what workers of an earlier run wrote, and nothing else."""
    for backend in ("numpy", *BACKENDS):
        folder = out / backend
        for model in folder.glob("*.keras"):
            model.with_suffix(".json").unlink(missing_ok=True)
            model.unlink()
        for name in ("arrays.npz", "references.pickle"):
            (folder / name).unlink(missing_ok=True)


class _Matrix:
    """The workers of one run and what they reported."""

    def __init__(
        self,
        plan: Plan,
        progress: Progress,
        checked: Callable[[Results], None] | None = None,
    ) -> None:
        self.plan = plan
        self.progress = progress
        self.checked = checked
        self.began = time.perf_counter()
        self.processes: dict[str, Process] = {}
        self.environments: list[dict[str, Any]] = []
        self.planned: dict[str, dict[str, int]] = {}
        self.done: dict[str, dict[str, int]] = {}
        self.unchecked = len(plan.backends) + 1  # and NumPy
        self.all_saved = threading.Barrier(len(plan.backends))
        self.over = False
        self.cases: dict[str, dict[str, Any]] = {}
        self.unsaved: set[tuple[str, str]] = set()
        self.reloads: list[dict[str, Any]] = []
        self.curves: dict[str, dict[str, list[float]]] = {}
        self.histories: dict[str, dict[str, Any]] = {}
        self._lock = threading.RLock()

    # --- the run --------------------------------------------------------------------

    def run(self) -> None:
        if self.plan.target is None:
            self._together(("numpy", *self.plan.backends))
            return
        # NumPy first: its float64 values are the reference of a user's loss.
        self._together(("numpy",))
        self._together(self.plan.backends)

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop()

    def _together(self, backends: tuple[str, ...]) -> None:
        failures: list[BaseException] = []

        def attempt(backend: str) -> None:
            try:
                self._share(backend)
            except BaseException as error:
                failures.append(error)
                self._give_up()

        threads = [threading.Thread(target=attempt, args=(b,)) for b in backends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _give_up(self) -> None:
        """End all workers: what they find would never be shown."""
        self.all_saved.abort()
        with self._lock:
            self.over = True
            for process in self.processes.values():
                process.kill()

    def _share(self, backend: str) -> None:
        """What one backend does; none waits for another until models are exchanged."""
        self._check(backend)
        self._tell_checked()
        if backend == "numpy" or not self.plan.trains:
            return
        self._save(backend)
        self._train(backend)
        if len(self.plan.backends) > 1:
            self.progress.note(backend, "waits for the models of the others")
            self.all_saved.wait()
            self._reload(backend)

    def _check(self, backend: str) -> None:
        self.progress.launch(backend)
        process = Process(backend, self.plan)
        with self._lock:
            self.processes[backend] = process
            if self.over:
                process.kill()
        job = {
            k: v for k, v in dataclasses.asdict(self.plan).items() if k != "backends"
        }
        job |= {"backend": backend, "out": str(self.plan.out)}
        if backend == "numpy":
            job |= {"device": "cpu", "mode": "all"}
        process.tell(do="prepare", job=job)
        for event in process.listen("prepare"):
            planned = event.pop("planned")
            with self._lock:
                self.planned[backend] = planned
                self.done[backend] = dict.fromkeys(planned, 0)
                self.environments.append(
                    {k: v for k, v in event.items() if k != "event"}
                )
            self.progress.start(backend, planned["cases"])
        process.tell(do="check")
        for event in process.listen("check"):
            if event["event"] == "at":
                self.progress.note(backend, event["what"])
            else:
                self._keep_case(backend, event)
        self.progress.done(backend)

    def _tell_checked(self) -> None:
        with self._lock:
            self.unchecked -= 1
            if self.unchecked == 0 and self.checked is not None:
                # Others may be training by now, of which nothing is complete.
                self.checked(self._results({}, {}, []))

    def _keep_case(self, backend: str, event: dict[str, Any]) -> None:
        facts = ("id", "loss", "family", "kind", "scale")
        numbers = ("value_error", "gradient_error", "seconds", "checks")
        with self._lock:
            case = self.cases.setdefault(
                event["id"], {**{k: event[k] for k in facts}, "results": {}}
            )
            case["results"][backend] = {k: event[k] for k in numbers}
            self.done[backend]["cases"] += 1
        for name, outcome in event["checks"].items():
            if outcome["status"] == "failed":
                self.progress.fail(backend, event["id"], name, outcome["message"])
        self.progress.advance(backend, event["id"])

    def _phase(
        self, backend: str, which: str, *commands: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Give a worker commands; yield and count what it reports of each thing."""
        total = self.planned[backend][which] * len(commands)
        if not total:
            return
        process = self.processes[backend]
        self.progress.start(backend, total, UNITS[which])
        for command in commands:
            process.tell(**command)
            for event in process.listen(command["do"]):
                if event["event"] == "at":
                    self.progress.note(backend, event["what"])
                    continue
                yield event | {"from": command.get("from")}
                self.done[backend][which] += 1
                self.progress.advance(backend, event["name"])
        self.progress.done(backend)

    def _save(self, backend: str) -> None:
        for event in self._phase(backend, "saves", {"do": "save"}):
            if event["message"]:
                self.unsaved.add((backend, event["name"]))
                self._keep_reload(event, backend, backend)

    def _reload(self, backend: str) -> None:
        others = [b for b in self.plan.backends if b != backend]
        commands = [{"do": "reload", "from": other} for other in others]
        for event in self._phase(backend, "reloads", *commands):
            # What was not saved is a failure already, and with its true reason.
            if (event["from"], event["name"]) not in self.unsaved:
                self._keep_reload(event, event["from"], backend)

    def _keep_reload(self, event: dict[str, Any], saved: str, loaded: str) -> None:
        case, message = event["name"], event["message"]
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
        for event in self._phase(backend, "trainings", {"do": "train"}):
            kept = self.curves if event["event"] == "curve" else self.histories
            with self._lock:
                kept.setdefault(event["name"], {})[backend] = event["outcome"]

    # --- the results ----------------------------------------------------------------

    def results(self) -> Results:
        """The results of the whole run."""
        self._count_trained()
        training = _training(self.curves, self.plan.device)
        histories = _histories(self.histories, self.plan.device)
        return self._results(training, histories, self.reloads)

    def _results(
        self,
        training: dict[str, Training],
        histories: dict[str, HistoryRow],
        reloads: list[dict[str, Any]],
    ) -> Results:
        self._count()
        self._compare_backends()
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
            and all(r["status"] == "passed" for r in reloads)
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
                "seconds": time.perf_counter() - self.began,
            },
            "environments": sorted(self.environments, key=lambda e: e["backend"]),
            "cases": cases,
            "training": training,
            "histories": histories,
            "reload": reloads,
        }
        return cast(Results, results)

    def _count(self) -> None:
        """A worker that ran fewer cases than were planned must not pass in silence."""
        planned = {backend: plan["cases"] for backend, plan in self.planned.items()}
        ran = {
            backend: sum(backend in case["results"] for case in self.cases.values())
            for backend in planned
        }
        if set(planned.values()) == {0}:
            raise Unavailable("nothing to run: no case fits --family and --loss")
        if len(set(planned.values())) != 1 or ran != planned:
            raise Unavailable(f"planned {planned} cases, ran {ran}")
        for case in self.cases.values():
            checks = {
                b: sorted(case["results"][b]["checks"]) for b in self.plan.backends
            }
            if len({tuple(names) for names in checks.values()}) != 1:
                raise Unavailable(f"{case['id']}: not the same checks ran, {checks}")

    def _count_trained(self) -> None:
        """Likewise for the models that were to be saved, loaded and trained."""
        if not self.plan.trains:
            return
        others = len(self.plan.backends) - 1
        for which, unit in UNITS.items():
            times = others if which == "reloads" else 1
            planned = {b: self.planned[b][which] * times for b in self.plan.backends}
            ran = {b: self.done[b][which] for b in self.plan.backends}
            if len(set(planned.values())) != 1 or ran != planned:
                raise Unavailable(f"planned {planned} {unit}, ran {ran}")

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
            if "between" in case:
                continue
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
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, np.abs(got - wanted))
    difference = np.where(np.isnan(difference), np.inf, difference)
    worst = float(np.max(difference, initial=0.0))
    size = float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=floor))
    return worst / size if 0.0 < worst < np.inf else worst


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
