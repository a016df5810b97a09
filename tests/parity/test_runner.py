"""What the runner makes of what its workers say; the workers here are made up."""

import numpy as np
import pytest
from rich.console import Console

from portable_losses.parity import runner
from portable_losses.parity.progress import Progress
from portable_losses.parity.report.digest import failures
from portable_losses.parity.runner import Plan, run


class MadeUp:
    """A worker of one healthy case, which may be unable to save its model."""

    unable = ()
    idle = ()
    lazy = ()

    def __init__(self, backend, plan):
        self.backend, self.plan = backend, plan

    def tell(self, do, **rest):
        self.told = getattr(self, f"_{do}")(rest)

    def listen(self, until):
        yield from self.told

    def stop(self):
        pass

    def _prepare(self, rest):
        facts = {"device": "cpu", "modes": [], "precision": "float32", "versions": {}}
        return [{"event": "ready", "total": 1, "backend": self.backend, **facts}]

    def _check(self, rest):
        folder = self.plan.out / self.backend
        folder.mkdir(exist_ok=True)
        np.savez(folder / "arrays.npz")
        facts = {"id": "Huber", "loss": "Huber", "family": "regression", "scale": 1.0}
        numbers = {"value_error": 0.0, "gradient_error": 0.0, "seconds": 0.0}
        if self.backend in self.idle:
            return []
        passed = {"status": "passed", "message": ""}
        names = ["value"] if self.backend in self.lazy else ["value", "gradient"]
        checks = dict.fromkeys(names, passed)
        return [
            {"event": "case", "kind": "items", "checks": checks, **facts, **numbers}
        ]

    def _save(self, rest):
        message = "TypeError: no JSON" if self.backend in self.unable else ""
        return [{"event": "saved", "case": "Huber", "message": message}]

    def _reload(self, rest):
        absent = "FileNotFoundError" if rest["from"] in self.unable else ""
        return [{"event": "reloaded", "case": "Huber", "message": absent}]


@pytest.fixture(name="results_of")
def _results_of(tmp_path, monkeypatch):
    def results_of(*backends, unable=(), idle=(), lazy=()):
        monkeypatch.setattr(runner, "Process", MadeUp)
        monkeypatch.setattr(runner, "require", lambda backends: None)
        monkeypatch.setattr(MadeUp, "unable", unable)
        monkeypatch.setattr(MadeUp, "idle", idle)
        monkeypatch.setattr(MadeUp, "lazy", lazy)
        plan = Plan(backends=backends, training=False, out=tmp_path)
        with Progress(Console(quiet=True)) as progress:
            return run(plan, progress)

    return results_of


def test_models_that_are_saved_and_reloaded_pass(results_of):
    assert results_of("jax")["summary"]["ok"]
    results = results_of("jax", "torch")
    assert results["summary"]["ok"] and not failures(results)
    pairs = {(item["saved_on"], item["loaded_on"]) for item in results["reload"]}
    assert pairs == {("jax", "torch"), ("torch", "jax")}


@pytest.mark.parametrize("backends", [("jax",), ("jax", "torch")])
def test_a_model_that_cannot_be_saved_is_a_failure_once_and_with_its_reason(
    results_of, backends
):
    results = results_of(*backends, unable=("jax",))
    assert not results["summary"]["ok"]
    (found,) = failures(results)
    assert (found.case, found.where, found.check) == ("Huber", ("jax",), "save")
    assert found.message == "TypeError: no JSON"


def test_a_case_that_a_worker_leaves_out_is_no_silent_pass(results_of):
    with pytest.raises(runner.Unavailable, match=r"planned .* cases, ran .*'torch': 0"):
        results_of("jax", "torch", idle=("torch",))


def test_a_check_that_a_worker_leaves_out_is_no_silent_pass(results_of):
    with pytest.raises(runner.Unavailable, match="Huber: not the same checks ran"):
        results_of("jax", "torch", lazy=("torch",))
