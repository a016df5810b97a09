"""Runs the workers side by side, compares what they found, and writes it down."""

import dataclasses
import json
import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from portable_losses.parity.autodiff import BACKENDS
from portable_losses.parity.compare import compare_backends
from portable_losses.parity.plan import Plan, Progress, Unavailable, require
from portable_losses.parity.process import Process
from portable_losses.parity.report.model import HistoryRow, Results, Training

UNITS = {"saves": "models saved", "reloads": "models loaded", "trainings": "trainings"}
"""What a worker does after the checks, by the name of its count."""


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
        compare_backends(self.cases.values(), self.plan)
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
