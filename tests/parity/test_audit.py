"""An audit: the losses of a package, each once, and what those of ours declare."""

import inspect
import io
import json
import os
import pathlib
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
from rich.console import Console

import portable_losses
from portable_losses.command import summary
from portable_losses.parity.examine import declared
from portable_losses.parity.examine.finding import find
from portable_losses.parity.examine.findings import ADVICE, Finding, Report
from portable_losses.parity.examine.float64 import first_of_equal
from portable_losses.parity.examine.kinds import KINDS, of_declared
from portable_losses.parity.examine.listing import listed
from portable_losses.parity.examine.subject import Subject
from portable_losses.parity.examine.table import Table

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def of_keras():
    return listed("keras.losses")


def test_a_class_stands_for_its_function(of_keras):
    assert of_keras["also"]["keras.losses:MeanSquaredError"] == ["mean_squared_error"]
    assert of_keras["also"]["keras.losses:Huber"] == ["huber"]
    assert not [t for t in of_keras["names"] if t.split(":")[1].islower()]


def test_every_loss_of_keras_is_listed(of_keras):
    found = {target.split(":")[1].split("(")[0] for target in of_keras["names"]}
    classes = {
        name
        for name, thing in vars(keras.losses).items()
        if inspect.isclass(thing) and issubclass(thing, keras.losses.Loss)
    }
    assert found == classes - {"Loss"}


def test_logits_and_probabilities_are_two_losses(of_keras):
    focal = [t for t in of_keras["names"] if ":BinaryFocal" in t]
    assert focal == [
        "keras.losses:BinaryFocalCrossentropy",
        "keras.losses:BinaryFocalCrossentropy(from_logits=True)",
    ]


@pytest.mark.parametrize("name", ["Huber", "MixedStructuralSimilarity"])
def test_a_loss_of_ours_by_its_name_has_the_arguments_of_its_cases(name):
    target = f"portable_losses:{name}"
    found = listed(target)["names"]
    assert found
    for target in found:
        assert declared.case_of(Subject(target, find(target)).loss) is not None


PACKAGE = {
    "__init__.py": "from audited_package.losses import *\n",
    "losses.py": """
import keras
from keras.losses import Huber, mean_squared_error
from keras.src.losses.losses import LossFunctionWrapper

def squared(y_true, y_pred, power=2.0):
    return keras.ops.mean((y_true - y_pred) ** power, axis=-1)

mse = squared

class Squared(LossFunctionWrapper):
    def __init__(self, power=2.0, **kwargs):
        super().__init__(squared, power=power, **kwargs)

class Cubed(LossFunctionWrapper):
    def __init__(self, power=3.0, **kwargs):
        super().__init__(squared, power=power, **kwargs)

class BaseDistance(keras.losses.Loss):
    def call(self, y_true, y_pred):
        raise NotImplementedError

class Distance(BaseDistance):
    def __init__(self, weights, **kwargs):
        super().__init__(**kwargs)
        self.weights = weights

    def call(self, y_true, y_pred):
        return keras.ops.mean(self.weights * (y_true - y_pred) ** 2, axis=-1)

class OfClasses(keras.losses.Loss):
    def __init__(self, num_classes, from_logits, **kwargs):
        super().__init__(**kwargs)

    def call(self, y_true, y_pred):
        return keras.ops.mean(y_true - y_pred, axis=-1)
""",
    "metrics.py": "def gap(y_true, y_pred):\n    return y_true - y_pred\n",
    "layers.py": "import no_such_module_of_a_layer\n",
    "more_losses.py": "import no_such_module_of_a_loss\n",
}


@pytest.fixture
def of_package(tmp_path, monkeypatch):
    folder = tmp_path / "audited_package"
    folder.mkdir()
    for name, text in PACKAGE.items():
        folder.joinpath(name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield listed("audited_package")
    for name in [n for n in sys.modules if n.partition(".")[0] == "audited_package"]:
        del sys.modules[name]


def test_a_package_is_listed_without_what_is_beside_its_losses(of_package):
    assert [target.split(":")[1] for target in of_package["names"]] == [
        "Squared",
        "Cubed",
        "Distance",
        "OfClasses(num_classes=4, from_logits=False)",
        "OfClasses(num_classes=4, from_logits=True)",
    ]
    assert list(of_package["unread"]) == ["audited_package.more_losses"]


def test_other_names_and_defaults_tell_losses_apart(of_package):
    (also,) = of_package["also"].values()
    assert also == ["squared", "mse"]


def test_what_a_loss_needs_is_said(of_package):
    (target,) = [t for t in of_package["names"] if t.endswith("Distance")]
    said = f'Distance needs arguments; give them in the target: "{target}(weights=...)"'
    with pytest.raises(ValueError, match=re.escape(said)):
        Subject(target, find(target))


# --- what our losses declare ----------------------------------------------------------


@pytest.fixture(scope="module")
def of_ours():
    return listed("portable_losses")["names"]


def test_every_loss_of_ours_is_listed_with_arguments_of_a_case(of_ours):
    found = {target.split(":")[1].split("(")[0] for target in of_ours}
    losses = {
        name
        for name in portable_losses.__all__
        if inspect.isclass(thing := getattr(portable_losses, name))
        and issubclass(thing, portable_losses.Loss)
        and thing is not portable_losses.Loss
    }
    assert found == losses
    assert "portable_losses:Quantile(quantiles=0.3)" in of_ours
    assert len([t for t in of_ours if ":BinaryCrossentropy(" in t]) == 2


def test_what_is_declared_are_finite_inputs_that_the_loss_takes(of_ours):
    checked = 0
    for target in of_ours[::8]:
        loss = find(target)
        loss = loss() if inspect.isclass(loss) else loss
        case = declared.case_of(loss)
        assert case is not None, target
        kind, inputs = of_declared(declared.facts(case))
        assert set(kind.edges(kind.shape)) == set(inputs) - {"drawn 0", "drawn 1"} - {
            "drawn 2"
        }
        for name, (t, p) in inputs.items():
            assert np.isfinite(t).all() and np.isfinite(p).all()
            assert declared._is_finite(case, t, p), (target, name)
            checked += 1
    assert checked > 50
    assert np.isfinite(declared.reference(case)(*inputs["drawn 0"])["value"])


def test_a_loss_of_others_declares_nothing():
    class Own(portable_losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(y_true - y_pred, axis=-1)

    assert declared.case_of(Own()) is None
    assert declared.targets("file.py:Own", Own) == []


def test_the_counterpart_of_a_loss_of_keras_has_its_arguments():
    ours = declared.counterpart(keras.losses.Huber(delta=2.5, reduction="sum"))
    assert type(ours) is portable_losses.Huber
    assert ours.delta == 2.5 and ours.reduction == "sum"
    focal = declared.counterpart(
        keras.losses.CategoricalFocalCrossentropy(from_logits=True, gamma=1.5)
    )
    assert focal.from_logits is True and focal.gamma == 1.5

    class Huber(keras.losses.Huber):
        """A user's own, of the same name."""

    assert declared.counterpart(Huber()) is None


def facts(value):
    return {"value": value, "gradient": [[0.0]]}


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"jax": 1.0, "torch": 1.0}, 1.0),  # all have Keras's formula
        ({"jax": 1.0, "torch": 0.0}, 0.0),  # they disagree, and the definition decides
        ({"jax": 0.0, "torch": 0.0}, 0.0),
    ],
)
def test_another_definition_on_which_all_agree_is_no_fault(values, wanted):
    main = {b: {"empty": facts(v)} for b, v in values.items()}
    reference = {"empty": {**facts(0.0), "own": facts(1.0)}}
    table = Table(main, reference, {"empty": ()}, KINDS["binary"])
    assert table.wanted("empty")["value"] == wanted


def test_the_first_of_equal_values_is_on_top_in_float64():
    values, at = first_of_equal([[0.0, 3.0, 3.0, 1.0], [1.0, 1.0, 1.0, 1.0]], 3)
    np.testing.assert_array_equal(values, [[3.0, 3.0, 1.0], [1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(at, [[1, 2, 3], [0, 1, 2]])


# --- the table at the end -------------------------------------------------------------


def printed(show, reports):
    console = Console(file=io.StringIO(), width=100)
    show(reports, console)
    return " ".join(console.file.getvalue().split())


def test_the_summary_has_a_line_a_loss_and_the_worst_fault():
    reports = [
        Report("a.b:Fine", "regression", [], also=("fine",)),
        Report(
            "a.b:Bad",
            "binary",
            [Finding("saved", "Not saved.", ""), Finding("finite", "It is NaN.", "")],
        ),
        Report("a.b:Odd", None, [], "needs arguments"),
    ]
    said = printed(summary.show_summary, reports)
    assert said == (
        "a.b verdict faults the worst Fine (fine) ok Bad fault 2 finite: It is NaN. "
        "Odd ? needs arguments"
    )


def test_advice_is_said_once_with_the_losses():
    advice = Finding("conventions", "Zero samples give NaN.", "", ADVICE)
    reports = [Report(f"a.b:L{i}", "regression", [advice]) for i in range(5)]
    said = printed(summary.show_advice, reports)
    assert said == "advice: Zero samples give NaN. (L0, L1, L2 and 2 more)"


def test_other_names_are_among_the_findings_of_a_package_alone():
    assert "also" not in Report("a.b:Fine", None, []).as_json()
    assert Report("a.b:Fine", None, [], also=("f",)).as_json()["also"] == ["f"]


# --- the whole command ----------------------------------------------------------------

SMALL = {
    "__init__.py": "",
    "losses.py": """
import keras

def squared(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

def root(y_true, y_pred):
    return keras.ops.sqrt(keras.ops.mean((y_true - y_pred) ** 2, axis=-1))

class Weighted(keras.losses.Loss):
    def __init__(self, weights, **kwargs):
        super().__init__(**kwargs)

distance = root
""",
}


def test_a_package_is_checked_in_one_run_that_a_table_ends(tmp_path):
    package = tmp_path / "small_package"
    package.mkdir()
    for name, text in SMALL.items():
        package.joinpath(name).write_text(text)
    program = ROOT / "portable_losses" / "command" / "entry.py"
    found = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, str(program), "check", "small_package"]
        + ["--backends", "jax", "--json", str(found)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    targets = json.loads(found.read_text())["targets"]
    verdicts = {t["target"].split(":")[1]: t["verdict"] for t in targets}
    assert verdicts == {"squared": "ok", "root": "fault", "Weighted": "unchecked"}
    assert [t.get("also") for t in targets] == [None, ["distance"], None]
    (fault,) = [f for f in targets[1]["findings"] if f["rank"] == "fault"]
    # One number is enough to show it, of the batch of six samples of four.
    assert fault["input"] == (
        'y_true = np.array([[0.0]], "float32")\ny_pred = np.array([[0.0]], "float32")'
    )
    said = " ".join(done.stdout.split())
    assert said.count("advice:") <= 2
    table = said.partition("small_package.losses verdict faults the worst ")[2]
    assert re.match(r"squared ok root \(distance\) fault 1 finite: The grad", table)
    assert 'Weighted ? Weighted needs arguments; give them in the target: "' in table
    assert "1 ok, 1 with a fault, 1 not checked on jax" in said
