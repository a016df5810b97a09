"""Runs the workers side by side, compares what they found, and writes it down."""

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from portable_losses.parity import leftovers
from portable_losses.parity.autodiff import facts
from portable_losses.parity.found import UNITS, Found
from portable_losses.parity.plan import Plan, Progress, require
from portable_losses.parity.process import Process
from portable_losses.parity.report.model import Results
from portable_losses.parity.shared_models import SharedModels


def run(
    plan: Plan, progress: Progress, checked: Callable[[Results], None] | None = None
) -> Results:
    """Run the plan and return the results; they are written to `plan.out` as JSON.

    Args:
        plan: what to run.
        progress: shows how far each backend is.
        checked: called with the results of the checks once every backend has finished
            them, while models are still trained.
    """
    require(plan.backends)
    plan.out.mkdir(parents=True, exist_ok=True)
    leftovers.remove(plan)
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
        self.unchecked = len(plan.parts)
        self.models: dict[tuple[str, str], SharedModels] = {}
        self.saved = {backend: threading.Event() for backend in plan.differentiating}
        self.over = False
        self.unsaved: set[tuple[str, str]] = set()
        self._lock = threading.RLock()

    # --- the run --------------------------------------------------------------------

    def run(self) -> None:
        names = tuple(self.plan.parts)
        if self.plan.target is None:
            self._together(names)
            return
        # NumPy first: its float64 values are the reference of a user's loss.
        self._together(names[:1])
        self._together(names[1:])

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop()

    def _together(self, names: tuple[str, ...]) -> None:
        failures: list[BaseException] = []

        def attempt(name: str) -> None:
            try:
                self._share(name)
            except BaseException as error:
                failures.append(error)
                self._give_up()

        threads = [threading.Thread(target=attempt, args=(n,)) for n in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _give_up(self) -> None:
        """End all workers, whose results would not be shown."""
        with self._lock:
            self.over = True
            for process in self.processes.values():
                process.kill()
        for saved in self.saved.values():
            saved.set()  # nobody waits for models that do not come

    def _share(self, name: str) -> None:
        """What one worker does; none waits for another until models are exchanged."""
        self._check(name)
        self._tell_checked()
        backend, part = self.plan.parts[name]
        if backend not in self.plan.differentiating or not self.plan.trains:
            return
        self._save(name)
        if part != "forms":
            self._train(name)
        if len(self.plan.differentiating) > 1:
            self.progress.note(name, "waits for the models of the others")
            for saved in self.saved.values():
                saved.wait()
            if not self.over:
                self._reload(name)

    def _check(self, name: str) -> None:
        backend, part = self.plan.parts[name]
        self.progress.launch(name)
        quick = part == "forms" and facts(backend).xla
        flags = {"XLA_FLAGS": self.plan.quick} if quick else None
        process = Process(backend, self.plan, name=name, variables=flags)
        with self._lock:
            self.processes[name] = process
            if self.over:
                process.kill()
        job = {
            k: v for k, v in dataclasses.asdict(self.plan).items() if k != "backends"
        }
        job |= {"backend": backend, "part": part, "out": str(self.plan.out)}
        if not facts(backend).gradients:
            job |= {"device": "cpu", "mode": "all"}
        process.tell(do="prepare", job=job)
        for event in process.listen("prepare"):
            planned = event.pop("planned")
            with self._lock:
                self.found.keep_plan(name, planned, event)
            self.progress.start(name, planned["cases"])
        process.tell(do="check")
        for event in process.listen("check"):
            if event["event"] == "at":
                self.progress.note(name, event["what"])
            else:
                self._keep_case(name, event)
        self.progress.done(name)

    def _tell_checked(self) -> None:
        with self._lock:
            self.unchecked -= 1
            if self.unchecked == 0 and self.checked is not None:
                # Other backends may be training already; the results hold only the
                # checks.
                self.checked(self.found.results_of({}, {}, []))

    def _keep_case(self, name: str, event: dict[str, Any]) -> None:
        with self._lock:
            self.found.keep_case(name, event)
        for check, outcome in event["checks"].items():
            if outcome["status"] == "failed":
                self.progress.fail(name, event["id"], check, outcome["message"])
        self.progress.advance(name, event["id"])

    def _listen(
        self, name: str, which: str, shown: str, **command: Any
    ) -> Iterator[dict[str, Any]]:
        """Give a worker a command; yield and count what it reports of each thing."""
        process = self.processes[name]
        process.tell(**command)
        for event in process.listen(command["do"]):
            if event["event"] == "at":
                self.progress.note(shown, event["what"])
                continue
            yield event
            with self._lock:
                self.found.done[name][which] += 1
                self.progress.advance(shown, event["name"])

    def _exchange(
        self, name: str, which: str, times: int, **command: Any
    ) -> Iterator[dict[str, Any]]:
        """Let a worker do its share of the models of its backend."""
        backend, _ = self.plan.parts[name]
        with self._lock:
            total = self.found.planned[name][which]
            new = SharedModels(total, name)
            models = self.models.setdefault((backend, which), new)
            if models is new and total:
                self.progress.start(name, total * times, UNITS[which])
        if models.owner != name:
            self.progress.note(name, f"helps {models.owner}")
        while places := models.take():
            yield from self._listen(name, which, models.owner, places=places, **command)
            if models.finish(places):
                self.progress.done(models.owner)
        if which == "saves" and models.finished:
            self.saved[backend].set()

    def _save(self, name: str) -> None:
        backend, _ = self.plan.parts[name]
        for event in self._exchange(name, "saves", 1, do="save"):
            if event["message"]:
                self.unsaved.add((backend, event["name"]))
                self._keep_reload(event, backend, backend)

    def _reload(self, name: str) -> None:
        backend, _ = self.plan.parts[name]
        others = [b for b in self.plan.differentiating if b != backend]
        asked = {"do": "reload", "others": others}
        for event in self._exchange(name, "reloads", len(others), **asked):
            # A model that was not saved is a failure already, with the actual error.
            if (event["saved_on"], event["name"]) not in self.unsaved:
                self._keep_reload(event, event["saved_on"], backend)

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

    def _train(self, name: str) -> None:
        backend, _ = self.plan.parts[name]
        total = self.found.planned[name]["trainings"]
        if not total:
            return
        self.progress.start(name, total, UNITS["trainings"])
        for event in self._listen(name, "trainings", name, do="train"):
            found, curve = self.found, event["event"] == "curve"
            kept = found.curves if curve else found.histories
            with self._lock:
                kept.setdefault(event["name"], {})[backend] = event["outcome"]
        self.progress.done(name)
