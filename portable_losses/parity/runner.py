"""Runs the workers side by side, compares what they found, and writes it down."""

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from portable_losses.parity import shared_references
from portable_losses.parity.autodiff import facts
from portable_losses.parity.found import UNITS, Found
from portable_losses.parity.plan import Plan, Progress, require
from portable_losses.parity.process import Process
from portable_losses.parity.report.model import Results


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
    _remove_old(plan)
    matrix = _Matrix(plan, progress, checked)
    try:
        matrix.run()
    finally:
        matrix.stop()
    results = matrix.found.results()
    path = plan.out / "results.json"
    path.write_text(json.dumps(results, indent=1, allow_nan=True))
    (plan.out / "curves.json").write_text(json.dumps(matrix.found.drawn))
    return results


def _remove_old(plan: Plan) -> None:
    """Remove what workers of an earlier run wrote, and nothing else."""
    shared_references.remove(plan.out)
    for backend in plan.workers:
        folder = plan.out / backend
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
        self.found = Found(plan)
        self.processes: dict[str, Process] = {}
        self.unchecked = len(plan.workers)
        self.all_saved = threading.Barrier(max(len(plan.differentiating), 1))
        self.over = False
        self.unsaved: set[tuple[str, str]] = set()
        self._lock = threading.RLock()

    # --- the run --------------------------------------------------------------------

    def run(self) -> None:
        if self.plan.target is None:
            self._together(self.plan.workers)
            return
        # NumPy first: its float64 values are the reference of a user's loss.
        self._together(("numpy",))
        self._together(self.plan.workers[1:])

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
        if backend not in self.plan.differentiating or not self.plan.trains:
            return
        self._save(backend)
        self._train(backend)
        if len(self.plan.differentiating) > 1:
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
        if not facts(backend).gradients:
            job |= {"device": "cpu", "mode": "all"}
        process.tell(do="prepare", job=job)
        for event in process.listen("prepare"):
            planned = event.pop("planned")
            with self._lock:
                self.found.planned[backend] = planned
                self.found.done[backend] = dict.fromkeys(planned, 0)
                self.found.environments.append(
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
                self.checked(self.found.results_of({}, {}, []))

    def _keep_case(self, backend: str, event: dict[str, Any]) -> None:
        facts = ("id", "place", "loss", "family", "kind", "scale", "why", "arguments")
        numbers = ("value_error", "gradient_error", "seconds", "checks")
        with self._lock:
            case = self.found.cases.setdefault(
                event["id"], {**{k: event[k] for k in facts}, "results": {}}
            )
            case["results"][backend] = {k: event[k] for k in numbers}
            self.found.drawn.setdefault(event["id"], {})[backend] = event["curve"]
            self.found.done[backend]["cases"] += 1
        for name, outcome in event["checks"].items():
            if outcome["status"] == "failed":
                self.progress.fail(backend, event["id"], name, outcome["message"])
        self.progress.advance(backend, event["id"])

    def _phase(
        self, backend: str, which: str, *commands: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Give a worker commands; yield and count what it reports of each thing."""
        total = self.found.planned[backend][which] * len(commands)
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
                self.found.done[backend][which] += 1
                self.progress.advance(backend, event["name"])
        self.progress.done(backend)

    def _save(self, backend: str) -> None:
        for event in self._phase(backend, "saves", {"do": "save"}):
            if event["message"]:
                self.unsaved.add((backend, event["name"]))
                self._keep_reload(event, backend, backend)

    def _reload(self, backend: str) -> None:
        others = [b for b in self.plan.differentiating if b != backend]
        commands = [{"do": "reload", "from": other} for other in others]
        for event in self._phase(backend, "reloads", *commands):
            # What was not saved is a failure already, and with its true reason.
            if (event["from"], event["name"]) not in self.unsaved:
                self._keep_reload(event, event["from"], backend)

    def _keep_reload(self, event: dict[str, Any], saved: str, loaded: str) -> None:
        case, message = event["name"], event["message"]
        self.found.reloads.append(
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
            found, curve = self.found, event["event"] == "curve"
            kept = found.curves if curve else found.histories
            with self._lock:
                kept.setdefault(event["name"], {})[backend] = event["outcome"]
