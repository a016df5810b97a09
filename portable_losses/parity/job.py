"""The job of a worker: which cases it checks, and which models it trains."""

import importlib
import inspect
import pathlib
from typing import Any

import portable_losses
from portable_losses.parity.autodiff import facts
from portable_losses.parity.case import Case
from portable_losses.parity.cases import families
from portable_losses.parity.checks import (
    CHECKS,
    MORE_NUMBERS,
    NUMBERS,
    NUMBERS_OF_VALUES,
    VALUES_ONLY,
)
from portable_losses.parity.originals import find_original
from portable_losses.parity.runs import RUNS, Run
from portable_losses.parity.target import Target, load_target
from portable_losses.parity.training import TASKS, Task

FAMILY = "training"
"""The family of the training tools (wrappers, callbacks), to which the runs belong."""


class Job:
    """The cases, models and runs of one worker.

    Args:
        asked: backend, device, modes, families, losses, checks, part, target, kind,
            training, out.
    """

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.out = pathlib.Path(asked["out"])
        self.module = importlib.import_module(asked["module"])
        self.target: Target | None = None
        if asked.get("target"):
            self.target = load_target(
                asked["target"], asked["kind"], asked.get("reference")
            )

    @property
    def is_of_the_package(self) -> bool:
        """Whether the losses are those of the catalogue of this package."""
        return self.target is None and self.module is portable_losses

    # --- cases ----------------------------------------------------------------------

    def cases(self) -> list[tuple[str, Case]]:
        """The requested cases, with their families."""
        if self.target is not None:
            return [("target", self.target.case)]
        return [
            (family, case)
            for family, cases in families().items()
            for case in cases
            if not self.asked["families"] or family in self.asked["families"]
            if not self.asked["losses"] or case.loss in self.asked["losses"]
            if self._offers(case)
        ]

    def _offers(self, case: Case) -> bool:
        """Whether the module has the loss, with the arguments of the case."""
        if self.module is portable_losses:
            return True  # a missing loss of ours must fail, not be skipped
        loss = getattr(self.module, case.loss, None)
        if loss is None:
            return False
        return set(case.config) <= set(inspect.signature(loss).parameters)

    def checks(self, backend: str) -> tuple[str, ...]:
        """The names of the checks that run on a backend."""
        names = tuple(self.asked["checks"] or CHECKS)
        if not facts(backend).gradients:
            names = tuple(name for name in names if name in VALUES_ONLY)
        if part := self.asked.get("part"):
            numbers = {*NUMBERS} if facts(backend).xla else {*NUMBERS, *MORE_NUMBERS}
            if not facts(backend).gradients:
                numbers = {*NUMBERS_OF_VALUES}
            of_numbers = part == "numbers"
            names = tuple(n for n in names if (n in numbers) == of_numbers)
        return names

    def compares_modes(self, case: Case) -> bool:
        """Whether a case runs in every mode: in a quick run, the first of each loss."""
        quick = bool(self.asked.get("quick"))
        return not quick or any(case is first for first in self.first_cases())

    def maker(self, case: Case) -> Any:
        """The function that makes the loss of a case."""
        if self.target is not None:
            return self.target.make
        return getattr(self.module, case.loss)

    def original(self, case: Case) -> Any:
        """The function that finds the loss of Keras that a drop-in of ours replaces."""
        return find_original(case) if self.is_of_the_package else None

    def custom_objects(self) -> dict[str, Any]:
        """A user's loss by name, since it may not be registered with Keras."""
        return {} if self.target is None else self.target.custom_objects

    # --- models ---------------------------------------------------------------------

    def first_cases(self) -> list[Case]:
        """One case per loss and family, for tests independent of the arguments."""
        first: dict[tuple[str, str], Case] = {}
        for family, case in self.cases():
            first.setdefault((family, case.loss), case)
        return list(first.values())

    def tasks(self) -> list[Task]:
        """The data sets on which a requested loss is trained."""
        if self.target is not None:
            return []
        asked = {case.loss for family, case in self.cases() if family != FAMILY}
        return [task for task in TASKS if task.loss in asked]

    def runs(self) -> list[Run]:
        """All training runs if their family is requested, else none."""
        if self.asked["losses"] or not self.is_of_the_package:
            return []
        named = self.asked["families"]
        return list(RUNS) if not named or FAMILY in named else []

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
