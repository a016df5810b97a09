"""What the workers of a run reported, and the results that are made from it."""

import dataclasses
import datetime
import platform
import time
from typing import Any, cast

from portable_losses.parity.checks import CHECKS
from portable_losses.parity.compare import compare_backends
from portable_losses.parity.plan import Plan, Unavailable
from portable_losses.parity.report.model import HistoryRow, Results, Training

UNITS = {"saves": "models saved", "reloads": "models loaded", "trainings": "trainings"}
"""What a worker does after the checks, by the name of the count in its report."""


@dataclasses.dataclass
class Found:
    """The results so far.

    Args:
        plan: what is run.
        environments: what each worker actually runs on.
        planned: how many tasks of each kind each worker is to do.
        done: how many of them it did.
        cases: the results of each case, by its id.
        reloads: the outcome of each saved model.
        drawn: the curve of each case, by its id and backend.
        curves: losses of the trainings, by task and backend.
        histories: what `fit` returned, by run and backend.
        began: when the run began, on the monotonic clock.
        date: when the run began, in UTC.
    """

    plan: Plan
    environments: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    planned: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    done: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    reloads: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    drawn: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    curves: dict[str, dict[str, list[float]]] = dataclasses.field(default_factory=dict)
    histories: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    began: float = dataclasses.field(default_factory=time.perf_counter)
    date: datetime.datetime = dataclasses.field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC)
    )

    def keep_plan(
        self, name: str, planned: dict[str, int], event: dict[str, Any]
    ) -> None:
        """Keep what a worker plans to do and runs on, when it is about to begin."""
        self.planned[name] = planned
        self.done[name] = dict.fromkeys(planned, 0)
        environment = {k: v for k, v in event.items() if k != "event"}
        if self.plan.parts[name][1] != "forms":
            self.environments.append(environment)

    def keep_case(self, name: str, event: dict[str, Any]) -> None:
        """Keep a worker's results of a case; two workers may share its checks."""
        facts = ("id", "place", "loss", "family", "kind", "scale", "why", "arguments")
        numbers = ("value_error", "gradient_error", "seconds", "checks")
        backend, _ = self.plan.parts[name]
        case = self.cases.setdefault(
            event["id"], {**{k: event[k] for k in facts}, "results": {}}
        )
        result = {k: event[k] for k in numbers}
        if (other := case["results"].get(backend)) is not None:
            for error in ("value_error", "gradient_error"):
                both = [x for x in (result[error], other[error]) if x is not None]
                result[error] = max(both, default=None)
            result["seconds"] += other["seconds"]
            checks = result["checks"] | other["checks"]
            result["checks"] = {n: checks[n] for n in CHECKS if n in checks}
        case["results"][backend] = result
        if event["curve"] is not None:
            self.drawn.setdefault(event["id"], {})[backend] = event["curve"]
        self.done[name]["cases"] += 1

    def results(self) -> Results:
        """The results of the whole run."""
        self._count_trained()
        training = _training(self.curves, self.plan.device)
        histories = _histories(self.histories, self.plan.device)
        return self.results_of(training, histories, self.reloads)

    def results_of(
        self,
        training: dict[str, Training],
        histories: dict[str, HistoryRow],
        reloads: list[dict[str, Any]],
    ) -> Results:
        """The results of the checks, joined with those of reloads and trainings."""
        self._count()
        compare_backends(self.cases.values(), self.plan)
        # The backends run the cases in different orders.
        cases = sorted(self.cases.values(), key=lambda case: int(case["place"]))
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
                "date": self.date.date().isoformat(),
                "time": f"{self.date:%H:%M} UTC",
                "machine": machine(),
                "cases": len(cases),
                "losses": len({case["loss"] for case in cases}),
                "checks": counts,
                "max_value_error": self._maxima("value_error"),
                "max_gradient_error": self._maxima("gradient_error"),
                "max_between_value": max((b["value"] for b in between), default=None),
                "max_between_gradient": max(
                    (b["gradient"] for b in between), default=None
                ),
                "seconds": time.perf_counter() - self.began,
            },
            "asked": {
                "command": self.plan.command,
                "whole": self.plan.is_whole,
                "module": self.plan.module,
                "modes": self.plan.mode,
                "backends": list(self.plan.backends),
                "checks": list(self.plan.checks),
            },
            "environments": sorted(self.environments, key=lambda e: e["backend"]),
            "cases": cases,
            "training": training,
            "histories": histories,
            "reload": reloads,
        }
        return cast(Results, results)

    def _count(self) -> None:
        """A worker that ran fewer cases than planned is reported as a failure."""
        planned = {name: plan["cases"] for name, plan in self.planned.items()}
        ran = {name: done["cases"] for name, done in self.done.items()}
        if set(planned.values()) == {0}:
            raise Unavailable("nothing to run: no case fits --family and --loss")
        if len(set(planned.values())) != 1 or ran != planned:
            raise Unavailable(f"planned {planned} cases, ran {ran}")
        for case in self.cases.values():
            checks = {
                b: sorted(case["results"][b]["checks"])
                for b in self.plan.differentiating
            }
            if len({tuple(names) for names in checks.values()}) > 1:
                raise Unavailable(f"{case['id']}: not the same checks ran, {checks}")

    def _count_trained(self) -> None:
        """The same for the models to be saved, loaded and trained."""
        if not self.plan.trains:
            return
        backends = self.plan.differentiating
        others = len(backends) - 1
        for which, unit in UNITS.items():
            times = others if which == "reloads" else 1
            planned, ran = dict.fromkeys(backends, 0), dict.fromkeys(backends, 0)
            for name, (backend, _) in self.plan.parts.items():
                if backend in backends:  # two workers of one do their share each
                    planned[backend] = self.planned[name][which] * times
                    ran[backend] += self.done[name][which]
            if len(set(planned.values())) != 1 or ran != planned:
                raise Unavailable(f"planned {planned} {unit}, ran {ran}")

    def _maxima(self, which: str) -> dict[str, float]:
        maxima: dict[str, float] = {}
        for case in self.cases.values():
            for backend, result in case["results"].items():
                if result[which] is not None:
                    maxima[backend] = max(maxima.get(backend, 0.0), result[which])
        return maxima


def machine() -> str:
    """The kind of this machine, such as `Linux x86_64`."""
    return f"{platform.system()} {platform.machine()}"


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
