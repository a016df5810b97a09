"""What the runner makes of what its workers say; the workers here are made up."""

import json
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
from rich.console import Console

import portable_losses
from portable_losses.parity import autodiff, compare, runner
from portable_losses.parity.autodiff import BACKENDS
from portable_losses.parity.job import Job
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case
from portable_losses.parity.plan import Plan, Unavailable
from portable_losses.parity.progress import Progress
from portable_losses.parity.report.findings import failures
from portable_losses.parity.runner import run
from portable_losses.parity.runs import RUNS
from portable_losses.parity.target import Target
from portable_losses.parity.training import TASKS


class MadeUp:
    """A worker of one healthy case, which may be unable to save its model."""

    unable = ()
    idle = ()
    lazy = ()
    broken = ()
    forgetful = ()
    dead = ()
    commands = []

    def __init__(self, backend, plan, name="", variables=None):
        self.backend, self.plan = backend, plan
        self.name, self.variables = name or backend, variables
        self.killed = threading.Event()

    def tell(self, do, **rest):
        self.commands.append((self.name, do))
        self.part = rest["job"]["part"] if do == "prepare" else self.part
        self.told = getattr(self, f"_{do}")(rest)

    def listen(self, until):
        yield from self.told

    def stop(self):
        pass

    def kill(self):
        self.killed.set()

    def _prepare(self, rest):
        planned = {"cases": 1, "saves": 1, "reloads": 1, "trainings": 1 + len(RUNS)}
        facts = {"device": "cpu", "modes": [], "precision": "float32", "versions": {}}
        return [
            {"event": "ready", "planned": planned, "backend": self.backend, **facts}
        ]

    def _check(self, rest):
        folder = self.plan.out / self.backend
        folder.mkdir(exist_ok=True)
        np.savez(folder / "arrays.npz")
        facts = {"id": "Huber", "loss": "Huber", "family": "regression", "scale": 1.0}
        facts |= {"place": 0, "why": "", "arguments": "", "curve": {"at": [0]}}
        numbers = {"value_error": 0.0, "gradient_error": 0.0, "seconds": 0.0}
        if self.name in self.idle:
            return []
        if self.backend in self.dead:
            raise Unavailable(f"{self.backend}: no more memory")
        if self.dead and not self.killed.wait(timeout=60):
            raise AssertionError("nobody ended this worker")
        passed = {"status": "passed", "message": ""}
        names = ["value", "gradient", "modes"]
        if self.part:
            names = ["modes"] if self.part == "forms" else names[:2]
        if self.name in self.lazy:
            names = names[:-1]
        checks = dict.fromkeys(names, passed)
        return [
            {"event": "case", "kind": "items", "checks": checks, **facts, **numbers}
        ]

    def _save(self, rest):
        message = "TypeError: no JSON" if self.backend in self.unable else ""
        return [{"event": "saved", "name": "Huber", "message": message}]

    def _reload(self, rest):
        if self.backend in self.forgetful:
            return []
        return [
            {
                "event": "reloaded",
                "name": "Huber",
                "saved_on": other,
                "message": "FileNotFoundError" if other in self.unable else "",
            }
            for other in rest["others"]
        ]

    def _train(self, rest):
        yield {"event": "curve", "name": "digits", "outcome": [2.0, 1.0]}
        if self.backend in self.forgetful:
            return
        for name in (r.name for r in RUNS):
            outcome = [{"loss": [2.0, 1.0]}, ""]
            if self.backend in self.broken:
                outcome = [{}, "RuntimeError: frozen"]
            yield {"event": "history", "name": name, "outcome": outcome}


@pytest.fixture(name="results_of")
def _results_of(tmp_path, monkeypatch):
    def results_of(*backends, checked=None, training=True, quick="", **faults):
        monkeypatch.setattr(runner, "Process", MadeUp)
        monkeypatch.setattr(runner, "require", lambda backends: None)
        monkeypatch.setattr(MadeUp, "commands", [])
        for fault, where in faults.items():
            monkeypatch.setattr(MadeUp, fault, where)
        plan = Plan(backends, training=training, quick=quick, out=tmp_path)
        with Progress(Console(quiet=True)) as progress:
            return run(plan, progress, checked)

    return results_of


def test_models_that_are_saved_and_reloaded_pass(results_of):
    assert results_of("jax")["summary"]["ok"]
    results = results_of("jax", "torch")
    assert results["summary"]["ok"] and not failures(results)
    pairs = {(item["saved_on"], item["loaded_on"]) for item in results["reload"]}
    assert pairs == {("jax", "torch"), ("torch", "jax")}


def test_results_say_what_was_asked_and_curves_lie_beside_them(results_of, tmp_path):
    results = results_of("jax", training=False)
    command = "python -m portable_losses.parity --backends jax --no-training"
    assert results["asked"]["command"] == command
    assert results["asked"]["whole"]
    assert results["summary"]["max_between_value"] is None  # with what?
    drawn = json.loads((tmp_path / "curves.json").read_text())
    assert drawn == {"Huber": {"jax": {"at": [0]}, "numpy": {"at": [0]}}}
    both = results_of("jax", "torch", training=False)
    assert both["summary"]["max_between_value"] == 0.0


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
    with pytest.raises(Unavailable, match=r"planned .* cases, ran .*'torch': 0"):
        results_of("jax", "torch", idle=("torch",))


def test_a_check_that_a_worker_leaves_out_is_no_silent_pass(results_of):
    with pytest.raises(Unavailable, match="Huber: not the same checks ran"):
        results_of("jax", "torch", lazy=("torch",))


def test_the_histories_of_all_backends_are_among_the_results(results_of):
    results = results_of("jax", "torch")
    assert results["summary"]["ok"] and set(results["training"]) == {"digits"}
    assert list(results["histories"]) == [r.name for r in RUNS]
    for row in results["histories"].values():
        assert row["histories"] == dict.fromkeys(("jax", "torch"), {"loss": [2.0, 1.0]})


def test_a_run_that_breaks_on_one_backend_fails_the_matrix(results_of):
    results = results_of("jax", "torch", broken=("jax",))
    assert not results["summary"]["ok"]
    found = failures(results)
    assert [item.case for item in found] == [f"training with {r.name}" for r in RUNS]
    assert {item.message for item in found} == {"jax: RuntimeError: frozen"}


# --- what is done, and when -----------------------------------------------------------


def test_the_results_of_the_checks_are_told_by_themselves(results_of):
    told = []
    results = results_of("jax", "torch", checked=told.append)
    (early,) = told
    assert early["cases"] == results["cases"] and early["summary"]["ok"]
    assert set(early["cases"][0]["between"]) == {"jax-torch"}
    assert not early["histories"] and not early["reload"]
    assert results["histories"] and results["reload"]


def test_without_training_the_checks_are_all_that_is_done(results_of):
    results = results_of("jax", "torch", training=False)
    assert {do for _, do in MadeUp.commands} == {"prepare", "check"}
    assert results["summary"]["ok"] and results["summary"]["checks"]["passed"] == 9
    assert not (results["training"] or results["histories"] or results["reload"])


@pytest.mark.parametrize("unit", ["models loaded", "trainings"])
def test_what_a_worker_leaves_untrained_is_no_silent_pass(
    results_of, unit, monkeypatch
):
    healthy = "_train" if unit == "models loaded" else "_reload"
    whole = getattr(MadeUp, healthy)

    def remembers(self, rest):
        self.forgetful = ()
        found = list(whole(self, rest))
        del self.forgetful
        return found

    monkeypatch.setattr(MadeUp, healthy, remembers)
    said = rf"planned .*'torch': \d+\}} {unit}, ran .*'torch': [01]\}}"
    with pytest.raises(Unavailable, match=said):
        results_of("jax", "torch", forgetful=("torch",))


def test_a_worker_that_dies_ends_the_others_at_once(results_of):
    with pytest.raises(Unavailable, match="torch: no more memory"):
        results_of("tensorflow", "jax", "torch", dead=("torch",))


QUICK = "--xla_backend_optimization_level=0"


def test_a_quick_worker_takes_the_forms_and_the_models(results_of, monkeypatch):
    flags = {}
    begin = MadeUp.__init__

    def begins(self, backend, plan, name="", variables=None):
        flags[name] = variables
        begin(self, backend, plan, name, variables)

    monkeypatch.setattr(MadeUp, "__init__", begins)
    results = results_of("tensorflow", "jax", "torch", quick=QUICK)
    assert results["summary"]["ok"]
    (case,) = results["cases"]
    for result in case["results"].values():
        assert list(result["checks"]) == ["value", "gradient", "modes"]
    assert len(results["environments"]) == 4
    assert flags == {
        "numpy": None,
        "tensorflow": None,
        "tensorflow, second": None,
        "jax": None,
        "torch": None,
        "jax, second": {"XLA_FLAGS": QUICK},
    }
    done = {n: [do for m, do in MadeUp.commands if m == n] for n in flags}
    own = {"jax": ["train"], "jax, second": []}
    for name, rest in own.items():
        asked = [do for do in done[name] if do not in ("save", "reload")]
        assert asked == ["prepare", "check", *rest]
    shared = sorted(do for name in own for do in done[name] if do in ("save", "reload"))
    assert shared == ["reload", "save"]  # one model, which one of the two takes
    assert done["torch"] == ["prepare", "check", "save", "train", "reload"]


@pytest.mark.parametrize("fault", ["idle", "lazy"])
@pytest.mark.parametrize("name", ["jax", "jax, second"])
def test_what_one_of_two_workers_leaves_out_is_no_silent_pass(results_of, fault, name):
    said = "planned" if fault == "idle" else "Huber: not the same checks ran"
    with pytest.raises(Unavailable, match=said):
        results_of("jax", "torch", quick=QUICK, **{fault: (name,)})


@pytest.mark.parametrize(("backend", "half"), [("jax", 1), ("tensorflow", 0)])
def test_a_check_is_of_numbers_or_of_forms(backend, half, tmp_path):
    asked = {"module": "portable_losses", "out": tmp_path, "checks": ()}
    jobs = [Job(asked | {"part": part}) for part in ("numbers", "forms")]
    parts = [job.checks(backend) for job in jobs]
    assert sorted(parts[0] + parts[1]) == sorted(Job(asked).checks(backend))
    assert {"value", "gradient", "vector"} <= set(parts[0])
    assert {"modes", "weights"} <= set(parts[1])
    assert {"half", "edges"} <= set(parts[half])


def test_two_workers_share_the_checks_of_values(tmp_path):
    asked = {"module": "portable_losses", "out": tmp_path, "checks": ()}
    jobs = [Job(asked | {"part": part}) for part in ("numbers", "forms")]
    first, second = (job.checks("openvino") for job in jobs)
    assert (first, second) == (("value", "edges"), ("sizes", "config", "drop_in"))


@pytest.mark.parametrize("quick", ["", QUICK])
def test_a_quick_run_compares_modes_for_the_first_case_of_a_loss(quick, tmp_path):
    asked = {"module": "portable_losses", "out": tmp_path, "checks": ()}
    job = Job(asked | {"families": (), "losses": ("SoftDice",), "quick": quick})
    first, *others = [case for _, case in job.cases()]
    assert others
    assert job.compares_modes(first)
    assert {job.compares_modes(case) for case in others} == {not quick}
    lane = Lane(others[0], portable_losses.SoftDice, autodiff.load("jax"))
    assert lane.compared == lane.modes[1:]
    lane = Lane(
        others[0], portable_losses.SoftDice, autodiff.load("jax"), one_mode=True
    )
    outcome = run_case(lane, ("modes",))["modes"]
    assert outcome["status"] == "not_applicable"
    assert "--quick" in outcome["message"]


def test_only_what_an_earlier_run_wrote_is_removed(results_of, tmp_path):
    for name in ("docs", "jax"):
        (tmp_path / name).mkdir()
    own = [tmp_path / "docs/guide.md", tmp_path / "jax/settings.json"]
    old = [tmp_path / "jax" / f"Huber.{ending}" for ending in ("keras", "json")]
    old.append(tmp_path / "jax/references.pickle")
    for path in (*own, *old):
        path.touch()
    results_of("jax")
    assert [path for path in own if not path.exists()] == []
    assert [path for path in old if path.exists()] == []


ALL = {task.data for task in TASKS}


@pytest.mark.parametrize(
    ("asked", "tasks", "runs"),
    [
        ({}, ALL, True),
        ({"losses": ("Huber",)}, {"diabetes"}, False),
        ({"losses": ("LogCosh", "Sum")}, set(), False),
        ({"families": ("regression",)}, {"diabetes"}, False),
        ({"families": ("classification",)}, {"digits", "breast_cancer"}, False),
        ({"families": ("training",)}, set(), True),
        ({"families": ("segmentation", "training")}, set(), True),
        ({"module": "keras.losses"}, ALL, False),
        ({"module": "keras.losses", "losses": ("Huber",)}, {"diabetes"}, False),
        ({"target": f"{__name__}:Own", "kind": "regression"}, set(), False),
    ],
)
def test_a_narrow_run_trains_what_was_asked_for(
    asked, tasks, runs, tmp_path, monkeypatch
):
    monkeypatch.setattr("portable_losses.parity.job.load_target", own_target)
    job = {"families": (), "losses": (), "module": "portable_losses", **asked}
    job = Job(job | {"out": tmp_path})
    assert {task.data for task in job.tasks()} == tasks
    assert job.runs() == (list(RUNS) if runs else [])
    planned = job.planned()
    assert planned["trainings"] == len(tasks) + runs * len(RUNS)
    assert planned["saves"] == planned["reloads"] <= planned["cases"]


def own_target(name, kind, reference):
    return Target(KINDS[kind], Own)


class Own(portable_losses.Loss):
    def call(self, y_true, y_pred):
        return portable_losses.ops.mean((y_true - y_pred) ** 2, axis=-1)


def test_a_worker_sees_no_backend_but_its_own():
    own = keras.config.backend()
    program = f"""
import keras
from portable_losses.parity import alone
alone.hide_other_backends({own!r})
import importlib, {own}, sys
for name in {[b for b in BACKENDS if b != own]}:
    if name in sys.modules:
        continue  # Keras itself has imported it
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        assert error.name == name, error
    else:
        raise AssertionError(name)
keras.saving.serialize_keras_object(keras.losses.Huber())
import sklearn.datasets
print("alone")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("alone\n"), done.stderr[-2000:]


@pytest.mark.parametrize(
    ("got", "wanted", "floor", "apart"),
    [
        ([1.0, 2.0], [1.0, 4.0], 1e-3, 0.5),
        ([np.inf, 2.0], [np.inf, 2.0], np.inf, 0.0),
        ([np.nan], [np.nan], np.inf, 0.0),
        ([np.nan], [1.0], 1e-3, np.inf),
        ([np.inf], [-np.inf], 1e-3, np.inf),
        ([], [], 1e-3, 0.0),
    ],
)
def test_infinite_and_missing_numbers_are_compared(got, wanted, floor, apart):
    assert compare.relative(np.array(got), np.array(wanted), floor) == apart


def test_numbers_of_both_workers_of_a_backend_are_compared(tmp_path):
    np.savez(tmp_path / compare.ARRAYS[False], drawn=1.0)
    np.savez(tmp_path / compare.ARRAYS[True], drawn=2.0, alone=3.0)
    assert compare._arrays(tmp_path) == {"drawn": 1.0, "alone": 3.0}
