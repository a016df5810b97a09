"""One backend's share of the matrix, in a process of its own.

`KERAS_BACKEND` is fixed when Keras is imported, so that every backend needs a fresh
process. A worker is told its job as a line of JSON on standard input, does it while
it reports events as lines of JSON on standard output, and goes on to the next line.
"""

import importlib
import inspect
import json
import os
import pathlib
import pickle
import platform
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

import portable_losses
from portable_losses.parity import alone, autodiff
from portable_losses.parity.case import Case
from portable_losses.parity.cases import families
from portable_losses.parity.checks import CHECKS, VALUES_ONLY, NotApplicable
from portable_losses.parity.histories import history
from portable_losses.parity.lane import Lane
from portable_losses.parity.originals import find_original
from portable_losses.parity.process import MARK
from portable_losses.parity.reload import go_on, train_and_save
from portable_losses.parity.runs import RUNS, Run
from portable_losses.parity.stand_in import float64_items
from portable_losses.parity.target import Target, load_target
from portable_losses.parity.training import TASKS, Task, curve

FAMILY = "training"
"""The family of what stands between a loss and a model, to which the runs belong."""

NO_SUPPORT = "(this backend has no build for such a device)"

Outcome = dict[str, str]


class MissingDevice(RuntimeError):
    """A device that was asked for is not there."""


def run_case(
    lane: Lane,
    names: tuple[str, ...] | None = None,
    begins: Callable[[str], None] | None = None,
) -> dict[str, Outcome]:
    """Run the checks of a lane; return status and message of each by name.

    `begins` is told the name of each check before it runs. The status is `passed`,
    `failed`, `known` for a known difference that shows, or `not_applicable`.
    """
    outcomes = {}
    for name, check in CHECKS.items():
        if names is not None and name not in names:
            continue
        if begins is not None:
            begins(name)
        outcomes[name] = _run_check(lane, name, check)
    return outcomes


def _run_check(lane: Lane, name: str, check: Any) -> Outcome:
    case = lane.case
    if name in case.not_applicable:
        return _outcome("not_applicable", case.not_applicable[name])
    try:
        remark = check(lane)
    except NotApplicable as reason:
        return _outcome("not_applicable", str(reason))
    except Exception as error:
        if name in case.known:
            return _outcome("known", case.known[name])
        message = str(error)
        if not isinstance(error, AssertionError):
            message = f"{type(error).__name__}: {message}"
        return _outcome("failed", message.strip())
    if name in case.known:
        return _outcome("failed", f"no longer a known difference: {case.known[name]}")
    return _outcome("passed", remark or "")


def _outcome(status: str, message: str) -> Outcome:
    return {"status": status, "message": message}


class Worker:
    """Does jobs on the backend of this process.

    Args:
        job: backend, device, modes, families, losses, checks, target, kind, training,
            out.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.backend = keras.config.backend()
        if not job.get("target") and job["module"] == portable_losses.__name__:
            alone.hide_other_backends(self.backend)
        self.autodiff = autodiff.load(self.backend)
        self.out = pathlib.Path(job["out"]) / self.backend
        self.out.mkdir(parents=True, exist_ok=True)
        self.module = importlib.import_module(job["module"])
        self.target: Target | None = None
        if job.get("target"):
            self.target = load_target(job["target"], job["kind"], job.get("reference"))
        self.autodiff.strict_matmul(job["precision"] == "float32")

    def environment(self) -> dict[str, Any]:
        """What this worker really runs; a missing device is an error."""
        wanted, present = self.job["device"], self.autodiff.devices()
        if wanted not in present:
            raise MissingDevice(
                f"{self.backend}: device {wanted!r} was asked for, and only "
                f"{', '.join(sorted(present))} is present. On a machine that has one, "
                f"install {self.backend} for it with\n  "
                f"{self.autodiff.INSTALL.get(wanted, NO_SUPPORT)}"
            )
        return {
            "backend": self.backend,
            "device": wanted,
            "modes": list(self.modes()),
            "precision": self.job["precision"],
            "versions": {
                "keras": keras.__version__,
                **self.autodiff.versions(),
                "python": platform.python_version(),
            },
        }

    def modes(self) -> tuple[str, ...]:
        """The modes that were asked for, in the backend's order."""
        asked, known = self.job["mode"], self.autodiff.MODES
        if asked == "all":
            return known
        if asked == "eager":
            chosen = tuple(m for m in known if m == "eager")
        else:
            chosen = tuple(
                m for m in (*known, *self.autodiff.ON_REQUEST) if m != "eager"
            )
        return chosen or known

    def cases(self) -> list[tuple[str, Case]]:
        """The cases that were asked for, with their families."""
        if self.target is not None:
            return [("target", self.target.case)]
        return [
            (family, case)
            for family, cases in families().items()
            for case in cases
            if not self.job["families"] or family in self.job["families"]
            if not self.job["losses"] or case.loss in self.job["losses"]
            if self._offers(case)
        ]

    def _offers(self, case: Case) -> bool:
        """Whether the module has the loss, with the arguments of the case."""
        if self.module is portable_losses:
            return True  # what ours lacks must fail, not shrink the matrix
        loss = getattr(self.module, case.loss, None)
        if loss is None:
            return False
        return set(case.config) <= set(inspect.signature(loss).parameters)

    def maker(self, case: Case) -> Any:
        """What makes the loss of a case."""
        if self.target is not None:
            return self.target.make
        return getattr(self.module, case.loss)

    def planned(self) -> dict[str, int]:
        """How many cases, and how many models are saved, loaded and trained."""
        models = len(self.first_cases())
        trainings = len(self.tasks()) + len(self.runs())
        return {
            "cases": len(self.cases()),
            "saves": models,
            "reloads": models,
            "trainings": trainings,
        }

    def lane(self, case: Case) -> Lane:
        """The lane of a case on this backend."""
        references = None
        if case.reference is None:
            references = self._references(case)
        return Lane(
            case,
            self.maker(case),
            self.autodiff,
            self.job["device"],
            self.modes(),
            references,
            self.job["precision"],
            self._original(case),
        )

    def _original(self, case: Case) -> Any:
        """What finds the loss of Keras that a loss of ours stands in for."""
        ours = self.target is None and self.module is portable_losses
        return find_original(case) if ours else None

    def check(self) -> None:
        """Run every check of every case; report each case as it ends."""
        arrays: dict[str, Any] = {}
        names = tuple(self.job["checks"] or CHECKS)
        if self.backend == "numpy":
            names = tuple(name for name in names if name in VALUES_ONLY)
        for family, case in self.cases():
            start = time.perf_counter()
            lane = self.lane(case)
            if self.backend == "numpy" and self.target is not None:
                self._stand_in(lane)
                self._save_references(lane)
            with keras.saving.custom_object_scope(self._named()):
                outcomes = run_case(lane, names, partial(_tell, case.id))
            for label, (value, gradient, largest) in lane.recorded.items():
                arrays[f"{case.id}|{label}|value"] = value
                arrays[f"{case.id}|{label}|gradient"] = gradient
                arrays[f"{case.id}|{label}|largest"] = np.asarray(largest)
            emit(
                "case",
                id=case.id,
                loss=case.loss,
                family=family,
                kind=case.kind,
                scale=case.scale,
                value_error=lane.value_error,
                gradient_error=lane.gradient_error,
                seconds=time.perf_counter() - start,
                checks=outcomes,
            )
        np.savez(self.out / "arrays.npz", **arrays)

    def first_cases(self) -> list[Case]:
        """One case a loss and family, for what is not about the arguments."""
        first: dict[tuple[str, str], Case] = {}
        for family, case in self.cases():
            first.setdefault((family, case.loss), case)
        return list(first.values())

    def save(self) -> None:
        """Train a model with each loss for two steps and save it."""
        for case in self.first_cases():
            emit("at", what=case.id)
            message = _message_of(train_and_save, case, self.maker(case), self.out)
            emit("saved", name=case.id, message=message)

    def reload(self, other: str) -> None:
        """Load what another backend saved, and train on."""
        for case in self.first_cases():
            emit("at", what=f"{case.id} from {other}")
            folder = self.out.parent / other
            message = _message_of(go_on, case, folder, self._named())
            emit("reloaded", name=case.id, message=message)

    def tasks(self) -> list[Task]:
        """The data sets that are trained on with a loss that was asked for."""
        if self.target is not None:
            return []
        asked = {case.loss for family, case in self.cases() if family != FAMILY}
        return [task for task in TASKS if task.loss in asked]

    def runs(self) -> list[Run]:
        """The runs: all of them where their family is asked for, else none."""
        asked = not self.job["losses"] and not self.target
        asked &= not self.job["families"] or FAMILY in self.job["families"]
        return list(RUNS) if asked and self.module is portable_losses else []

    def train(self) -> None:
        """Report the training curves on real data, and the histories of the runs."""
        for task in self.tasks():
            emit("at", what=f"{task.loss} on {task.data}")
            emit("curve", name=task.data, outcome=curve(task, vars(self.module)))
        for run in self.runs():
            emit("at", what=run.name)
            emit("history", name=run.name, outcome=history(run, portable_losses))

    def _named(self) -> dict[str, Any]:
        """A user's loss by name, since he may not have registered it."""
        return {} if self.target is None else self.target.custom_objects

    def _stand_in(self, lane: Lane) -> None:
        """Let the loss's own float64 items be the reference of a user's loss."""
        if lane.case.reference is None:
            lane.stand_in(float64_items(lane.make))

    def _save_references(self, lane: Lane) -> None:
        with open(self.out / "references.pickle", "wb") as file:
            pickle.dump(lane.references(), file)

    def _references(self, case: Case) -> Any:
        path = self.out.parent / "numpy" / "references.pickle"
        if not path.exists():
            return None
        with open(path, "rb") as file:
            return pickle.load(file)  # written by our own NumPy worker a moment ago


def _message_of(function: Any, *arguments: Any) -> str:
    try:
        function(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}".strip()
    return ""


def _tell(case_id: str, check: str) -> None:
    emit("at", what=f"{case_id}, {check}")


def emit(event: str, **facts: Any) -> None:
    """Report an event to the runner."""
    line = json.dumps({"event": event, **facts})
    sys.stdout.write(f"{MARK}{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Do the jobs that arrive on standard input."""
    worker = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if command["do"] == "prepare":
                worker = Worker(command["job"])
                emit("ready", planned=worker.planned(), **worker.environment())
            elif worker is not None and command["do"] in ("check", "save", "train"):
                getattr(worker, command["do"])()
            elif worker is not None and command["do"] == "reload":
                worker.reload(command["from"])
        except Exception as error:
            message = str(error)
            if not isinstance(error, MissingDevice | ValueError):
                message = f"{type(error).__name__}: {message}"
            emit("error", message=message, traceback=traceback.format_exc())
        emit("done", do=command["do"])


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
