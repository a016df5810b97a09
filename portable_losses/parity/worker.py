"""Runs one backend's part of the matrix, in a separate process.

`KERAS_BACKEND` is fixed when Keras is imported, so that every backend needs a process.
A worker reads its job as a line of JSON from standard input, reports `events` on
standard output while it works, and continues with the next line.
"""

import contextlib
import json
import os
import pickle
import sys
import time
import traceback
from functools import partial
from typing import Any

import keras
import numpy as np

import portable_losses
from portable_losses.parity import alone, autodiff, case_curve
from portable_losses.parity.case import Case
from portable_losses.parity.compare import ARRAYS
from portable_losses.parity.environment import MissingDevice, environment, modes
from portable_losses.parity.events import emit
from portable_losses.parity.histories import history
from portable_losses.parity.job import Job
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case
from portable_losses.parity.pasted import arguments
from portable_losses.parity.reload import Arrivals, train_and_save
from portable_losses.parity.shared_references import SharedReferences
from portable_losses.parity.stand_in import float64_items
from portable_losses.parity.training import curve as training_curve


class Worker:
    """Does the job it was asked to do on the backend of this process.

    Args:
        asked: what a `Job` is made of.
    """

    def __init__(self, asked: dict[str, Any]) -> None:
        self.backend = keras.config.backend()
        if not asked.get("target") and asked["module"] == portable_losses.__name__:
            alone.hide_other_backends(self.backend)
        self.autodiff = autodiff.load(self.backend)
        self.job = Job(asked)
        self.out = self.job.out / self.backend
        self.out.mkdir(parents=True, exist_ok=True)
        self.shared = SharedReferences(self.job.out)
        self.autodiff.strict_matmul(asked["precision"] == "float32")

    def ready(self) -> None:
        """Report what is planned, and what this worker actually runs on."""
        planned = self.job.planned()
        emit("ready", planned=planned, **environment(self.autodiff, self.job.asked))

    # --- the commands ---------------------------------------------------------------

    def check(self) -> None:
        """Run every check of every case; report each case as it ends."""
        arrays: dict[str, Any] = {}
        names = self.job.checks(self.backend)
        of_forms = self.job.asked.get("part") == "forms"
        for place, (family, case) in self._in_turn():
            start = time.process_time()
            lane = self.lane(case)
            if self.backend == "numpy" and self.job.target is not None:
                self._use_own_items(lane)
                self._save_references(lane)
            elif self.backend == "numpy" and not self.job.asked["checks"]:
                # The NumPy worker has the least work, so it computes references for the
                # others. An error here is reported by a check, which raises it again.
                with contextlib.suppress(Exception):
                    lane.references()
            with keras.saving.custom_object_scope(self.job.custom_objects()):
                outcomes = run_case(lane, names, partial(_tell, case.id))
            drawn = None if of_forms else _curve(lane)
            for label, (value, gradient, largest) in lane.recorded.items():
                arrays[f"{case.id}|{label}|value"] = value
                arrays[f"{case.id}|{label}|gradient"] = gradient
                arrays[f"{case.id}|{label}|largest"] = np.asarray(largest)
            emit(
                "case",
                id=case.id,
                place=place,
                loss=case.loss,
                family=family,
                kind=case.kind,
                scale=case.scale,
                why=case.why,
                arguments=arguments(case.config),
                value_error=lane.worst.value,
                gradient_error=lane.worst.gradient,
                seconds=time.process_time() - start,
                checks=outcomes,
                curve=drawn,
            )
        np.savez(self.out / ARRAYS[of_forms], **arrays)

    def _in_turn(self) -> list[tuple[int, tuple[str, Case]]]:
        """The cases and their places in the table, in the order of this backend.

        PyTorch begins at the end: it is as fast as NumPy, and in the same order the two
        would compute every reference twice.
        """
        cases = list(enumerate(self.job.cases()))
        return cases[::-1] if self.backend == "torch" else cases

    def save(self, places: list[int]) -> None:
        """Train a model with each loss at these places for two steps and save it."""
        for case in self._first_cases(places):
            emit("at", what=case.id)
            message = _message_of(train_and_save, case, self.job.maker(case), self.out)
            emit("saved", name=case.id, message=message)

    def reload(self, places: list[int], others: list[str]) -> None:
        """Load the models that other backends saved, and continue the training."""
        for case in self._first_cases(places):
            arrivals = Arrivals(case, self.job.custom_objects())
            for other in others:
                emit("at", what=f"{case.id} from {other}")
                message = _message_of(arrivals.go_on, self.job.out / other)
                emit("reloaded", name=case.id, saved_on=other, message=message)

    def _first_cases(self, places: list[int]) -> list[Case]:
        cases = self.job.first_cases()
        return [cases[place] for place in places]

    def train(self) -> None:
        """Report the training curves on real data, and the histories of the runs."""
        for task in self.job.tasks():
            emit("at", what=f"{task.loss} on {task.data}")
            outcome = training_curve(task, vars(self.job.module))
            emit("curve", name=task.data, outcome=outcome)
        for run in self.job.runs():
            emit("at", what=run.name)
            emit("history", name=run.name, outcome=history(run, portable_losses))

    # --- lanes ----------------------------------------------------------------------

    def lane(self, case: Case) -> Lane:
        """The lane of a case on this backend."""
        references = None
        if case.reference is None:
            references = self._references()
        return Lane(
            case,
            self.job.maker(case),
            self.autodiff,
            self.job.asked["device"],
            modes(self.autodiff, self.job.asked["mode"]),
            references,
            self.job.asked["precision"],
            self.job.original(case),
            None if case.reference is None else self.shared,
            one_mode=not self.job.compares_modes(case),
        )

    def _use_own_items(self, lane: Lane) -> None:
        """Use the float64 items of a user's loss as its reference."""
        if lane.case.reference is None:
            lane.stand_in(float64_items(lane.make))

    def _save_references(self, lane: Lane) -> None:
        with open(self.out / "references.pickle", "wb") as file:
            pickle.dump(lane.references(), file)

    def _references(self) -> Any:
        path = self.job.out / "numpy" / "references.pickle"
        if not path.exists():
            return None
        with open(path, "rb") as file:
            return pickle.load(file)  # written by our own NumPy worker a moment ago


def _curve(lane: Lane) -> dict[str, Any]:
    """The curve of a case; None for a loss that raises, which its checks report."""
    try:
        return case_curve.measure(lane)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}".strip()}


def _message_of(function: Any, *arguments: Any) -> str:
    try:
        function(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}".strip()
    return ""


def _tell(case_id: str, check: str) -> None:
    emit("at", what=f"{case_id}, {check}")


def main() -> None:
    """Do the jobs that arrive on standard input."""
    worker = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if command["do"] == "prepare":
                worker = Worker(command["job"])
                worker.ready()
            elif worker is not None:
                asked = {k: v for k, v in command.items() if k != "do"}
                getattr(worker, command["do"])(**asked)
        except Exception as error:
            message = str(error)
            if not isinstance(error, MissingDevice | ValueError):
                message = f"{type(error).__name__}: {message}"
            emit("error", message=message, traceback=traceback.format_exc())
        emit("done", do=command["do"])


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
