"""What the judge of `portable-losses check` makes of measured facts, by itself."""

import json

import numpy as np
import pytest

from portable_losses.parity.examine import (
    against,
    culprit,
    foreign,
    inner,
    numbers,
    per_item,
)
from portable_losses.parity.examine.findings import Finding, Report, plain
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.examine.measured import Measured
from portable_losses.parity.examine.table import Table

T, P = KINDS["regression"].inputs()["drawn 0"]
INPUTS = {"drawn 0": (T, P)}


def table(jax=1.0, torch=1.0, slope=1.0):
    gradient = np.ones_like(P)

    def facts(value, factor):
        return {"drawn 0": {"value": value, "gradient": (factor * gradient).tolist()}}

    wanted = {
        "value": 1.0,
        "largest": 1.0,
        "gradient": gradient.tolist(),
        "low": gradient.tolist(),
        "high": gradient.tolist(),
        "items": [1.0] * len(P),
    }
    main = {"jax": facts(jax, 1.0), "torch": facts(torch, slope)}
    return Table(main, {"drawn 0": wanted}, INPUTS, KINDS["regression"])


@pytest.mark.parametrize(
    ("arguments", "check"),
    [
        ({"jax": 1.001, "torch": 1.001}, "value"),
        ({"torch": 1.01}, "backends"),
        ({"torch": float("nan")}, "finite"),
        ({"slope": 1.1}, "backends"),
        ({"slope": float("inf")}, "finite"),
    ],
)
def test_a_wrong_number_is_a_fault(arguments, check):
    assert check in {fault.check for fault in numbers.faults(table(**arguments))}


def test_right_numbers_are_none():
    assert numbers.faults(table()) == []


def measured(items, lane="numpy", kind="regression", text="", file=""):
    source = {"text": text, "lines": [], "file": file}
    facts = {"source": source, "file": file, "line": 1}
    found = {"items": {lane: items}}
    return Measured(KINDS[kind], INPUTS, facts, ("jax",), found, False)


def fact(values):
    return {"items": values, "shape": list(np.shape(values))}


def test_items_that_differ_from_call_to_call():
    found = measured({"whole": fact([1.0] * 6), "again": fact([1.0] * 6)})
    assert per_item.deterministic(found) == []
    found = measured({"whole": fact([1.0] * 6), "again": fact([2.0] * 6)})
    assert [f.check for f in per_item.deterministic(found)] == ["deterministic"]


def test_items_of_a_column_and_of_a_pair():
    assert per_item.shapes(measured({"whole": fact([1.0] * 6)})) == []
    assert per_item.shapes(measured({"whole": fact(1.0)})) == []
    for wrong in ([1.0] * 4, np.ones((6, 6)).tolist()):
        (finding,) = per_item.shapes(measured({"whole": fact(wrong)}))
        assert finding.check == "shape"


def test_an_item_that_needs_the_others():
    whole, alone = [1.0, 2, 3, 4, 5, 6], [1.0, 2, 3]
    same = {"whole": fact(whole), "first half": fact(alone), "one": fact([2.0])}
    assert per_item.independent(measured(same)) == []
    other = {**same, "one": fact([2.5])}
    assert [f.check for f in per_item.independent(measured(other))] == ["independent"]
    assert per_item.independent(measured(other, kind="two_views")) == []


@pytest.mark.parametrize(
    ("body", "framework"),
    [("tf.abs(y_pred)", "tensorflow"), ("ops.abs(y_pred)", None)],
)
def test_an_import_counts_where_the_loss_uses_it(body, framework, tmp_path):
    file = tmp_path / "losses.py"
    text = f"def loss(y_true, y_pred):\n    return {body}\n"
    file.write_text("import tensorflow as tf\nfrom keras import ops\n" + text)
    facts = measured({}, text=text, file=str(file)).facts
    finding = foreign.of(facts | {"ops": ["abs", "exp"]})
    assert (finding is None) == (framework is None)
    if framework:
        assert "keras.ops.abs for tf.abs" in finding.remedy
        # No function is named that keras.ops does not have.
        assert "abs" not in foreign.of(facts | {"ops": ["exp"]}).remedy


def test_a_report_is_valid_json():
    values = {"jax": float("nan"), "torch": float("inf"), "float64": 1.0}
    finding = Finding("finite", "m", "r", values=values, gradients={"jax": [-np.inf]})
    found = Report("a.py:f", "regression", [finding]).as_json()
    (told,) = json.loads(json.dumps(found, allow_nan=False))["findings"]
    assert told["values"] == {"jax": "nan", "torch": "inf", "float64": 1.0}
    assert told["gradients"] == {"jax": ["-inf"]}
    assert found["verdict"] == "fault"
    assert plain((1.0, 2)) == [1.0, 2]


def in_modes(eager):
    gradient = np.ones_like(P).tolist()
    found = table()
    facts = {"drawn 0": {"value": eager, "gradient": gradient}}
    found.modes = {"eager": {"jax": facts}}
    return found


def test_modes_that_disagree():
    assert numbers.faults(in_modes(1.0)) == []
    assert [f.check for f in numbers.faults(in_modes(1.01))] == ["modes"]


def test_a_value_of_vmap_that_is_not_the_items():
    items = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]

    def mapped(values):
        found = measured({"whole": fact(items)})
        found.found["main"] = {"jax": {"drawn 0": {"value": 3.5}}}
        found.found["mapped"] = {"jax": {"values": values}}
        return inner.mapped(found)

    assert mapped(items) == []
    (finding,) = mapped([2.0, *items[1:]])
    assert (finding.check, finding.rank) == ("vmap", "fault")


def test_a_tie_of_several_parts_may_choose_its_sides():
    found = table(slope=1.4)
    del found.main["jax"]
    found.reference["drawn 0"]["high"] = np.full_like(P, 1.25).tolist()
    assert numbers.faults(found) == []
    found.reference["drawn 0"]["high"] = np.full_like(P, 1.1).tolist()
    assert [f.check for f in numbers.faults(found)] == ["gradient"]


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (4.0, "the loss is 0.25 times the reference"),
        (0.0, "term by term, at this input: the weights"),
    ],
)
def test_how_a_loss_differs_from_a_reference(theirs, words):
    found = table()
    found.reference["drawn 0"]["value"] = theirs
    assert words in against.remedy_of(found, "mine.py:right")


@pytest.mark.parametrize(
    ("said", "text", "words"),
    [
        ("divide by zero encountered in log", "ops.log(p)", "logarithm of 0"),
        ("invalid value encountered in log", "ops.log(p)", "negative number"),
        ("divide by zero encountered in log", "ops.log(ops.sigmoid(x))", "log_sigmoid"),
        ("divide by zero encountered in log", "ops.log(ops.softmax(x))", "log_softmax"),
        ("divide by zero encountered in divide", "a / b", "divisor can be 0:"),
        ("invalid value encountered in divide", "a / ops.norm(b)", "zero vector"),
        ("overflow encountered in cosh", "ops.cosh(x)", "log(cosh(x))"),
        ("overflow encountered in exp", "ops.exp(x)", "exp overflows"),
        ("invalid value encountered in power", "x ** 0.7", "broken power"),
        ("overflow encountered in square", "ops.square(x)", "overflows the dtype"),
    ],
)
def test_the_remedy_of_what_numpy_warns_of(said, text, words):
    error = {"message": said, "text": text}
    assert words in culprit.remedy_of(error, text)


def test_backends_that_choose_sides_of_a_point_are_no_fault():
    gradient = np.ones_like(P)
    exact = KINDS["regression"].inputs()["exact match"]
    wanted = {"value": 1.0, "largest": 1.0, "gradient": (0.5 * gradient).tolist()}
    wanted |= {"low": (0.0 * gradient).tolist(), "high": gradient.tolist()}

    def choice(other):
        main = {
            b: {"exact match": {"value": 1.0, "gradient": (x * gradient).tolist()}}
            for b, x in (("jax", 0.2), ("torch", other))
        }
        reference = {"exact match": {**wanted, "items": [1.0] * len(P)}}
        inputs = {"exact match": exact}
        found = Table(main, reference, inputs, KINDS["regression"])
        (fault,) = [f for f in numbers.faults(found) if f.check == "backends"]
        return numbers.is_choice(found, fault)

    assert choice(0.9)
    assert not choice(3.0)
