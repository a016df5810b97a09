"""What the runner makes of what its workers say; the workers here are made up."""

import numpy as np
import pytest
from rich.console import Console

from portable_losses.parity import runner
from portable_losses.parity.progress import Progress
from portable_losses.parity.report.digest import failures
from portable_losses.parity.runner import Plan, run
from portable_losses.parity.runs import RUNS


class MadeUp:
    """A worker of one healthy case, which may be unable to save its model."""

    unable = ()
    idle = ()
    lazy = ()
    broken = ()

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

    def _train(self, rest):
        yield {"event": "curves", "curves": {"digits": [2.0, 1.0]}}
        for name in (r.name for r in RUNS):
            outcome = [{"loss": [2.0, 1.0]}, ""]
            if self.backend in self.broken:
                outcome = [{}, "RuntimeError: frozen"]
            yield {"event": "history", "name": name, "outcome": outcome}


@pytest.fixture(name="results_of")
def _results_of(tmp_path, monkeypatch):
    def results_of(*backends, unable=(), idle=(), lazy=(), broken=(), training=False):
        monkeypatch.setattr(runner, "Process", MadeUp)
        monkeypatch.setattr(runner, "require", lambda backends: None)
        monkeypatch.setattr(MadeUp, "unable", unable)
        monkeypatch.setattr(MadeUp, "idle", idle)
        monkeypatch.setattr(MadeUp, "lazy", lazy)
        monkeypatch.setattr(MadeUp, "broken", broken)
        plan = Plan(backends=backends, training=training, out=tmp_path)
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


def test_the_histories_of_all_backends_are_among_the_results(results_of):
    results = results_of("jax", "torch", training=True)
    assert results["summary"]["ok"] and set(results["training"]) == {"digits"}
    assert list(results["histories"]) == [r.name for r in RUNS]
    for row in results["histories"].values():
        assert row["histories"] == dict.fromkeys(("jax", "torch"), {"loss": [2.0, 1.0]})


def test_a_run_that_breaks_on_one_backend_fails_the_matrix(results_of):
    results = results_of("jax", "torch", training=True, broken=("jax",))
    assert not results["summary"]["ok"]
    found = failures(results)
    assert [item.case for item in found] == [f"training with {r.name}" for r in RUNS]
    assert {item.message for item in found} == {"jax: RuntimeError: frozen"}
