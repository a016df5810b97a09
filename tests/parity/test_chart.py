"""The chart of keras.ops finds what is wrong, and says nothing of what is right."""

import json
import math
import types

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from keras import ops as raw
from rich.console import Console

from portable_losses.parity import autodiff
from portable_losses.parity.chart.expected import expect, rounded
from portable_losses.parity.chart.judge import judge_row
from portable_losses.parity.chart.measure import measure
from portable_losses.parity.chart.op import elementwise, op, point
from portable_losses.parity.chart.page import page
from portable_losses.parity.chart.rows import GROUPS, LEFT_OUT, ROWS, public, unknown
from portable_losses.parity.chart.runner import chart_of, worst
from portable_losses.parity.chart.terminal import show
from portable_losses.parity.chart.words import is_ok
from portable_losses.parity.cli import main

BACKEND = keras.config.backend()
INF, NAN = math.inf, math.nan


def title(row):
    return row.title


ABS = elementwise("abs", np.abs, (-2.0, 0.0, 3.0), promises={0.0: (0.0, 0.0)})
SQUARE = op("square", np.square, point("ordinary", [1.0, -2.0]), point("one", [3.0]))
SUM = op("sum", lambda x: np.sum(x, axis=-1), point("ordinary", [[1.0, 2.0]]))


def answers(row, **functions):
    """What functions under the name of the row's operation give, as JSON has it."""
    on = autodiff.load(BACKEND)
    spaces = {
        name: types.SimpleNamespace(**({row.name: f} if f else {}))
        for name, f in functions.items()
    }
    return json.loads(json.dumps(measure(row, spaces, on, on.MODES[0])))


def statuses(row, ours=False, **functions):
    found = judge_row(row, answers(row, **functions), "cpu", ours)
    return {name: worst(differences) for name, differences in found.items()}


def constant_gradient(x):
    return raw.stop_gradient(raw.square(x))


def nan_gradient(x):
    # The branch that is not taken has an infinite derivative, and 0 * inf is NaN.
    return raw.square(x) + raw.where(x > 0, 0.0, raw.sqrt(raw.relu(x) * 0.0))


def wrong_in_half(x):
    half = keras.backend.standardize_dtype(x.dtype) == "float16"
    return raw.square(x) + (1.0 if half else 0.0)


def raises(x):
    raise ValueError("not here")


def raises_at_one(x):
    if x.shape == (1,):
        raise ValueError("not of one")
    return raw.square(x)


FAULTS = {
    "a wrong value": (lambda x: raw.square(x) + 1e-3, "value"),
    "a value that is NaN": (lambda x: raw.square(x) * NAN, "value"),
    "a value that is infinite": (lambda x: raw.square(x) + INF, "value"),
    "a wrong shape": (lambda x: raw.square(x)[None], "value"),
    "an error at one point": (raises_at_one, "value"),
    "no gradient": (constant_gradient, "gradient"),
    "a gradient that is NaN": (nan_gradient, "gradient"),
    "half of a gradient": (
        lambda x: 0.5 * raw.square(x) + 0.5 * constant_gradient(x),
        "gradient",
    ),
    "a wrong value in half precision": (wrong_in_half, "value (half)"),
    "no such name": (None, "absent"),
    "an error everywhere": (raises, "absent"),
    "nothing wrong": (raw.square, "right"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_has_its_mark(fault):
    function, mark = FAULTS[fault]
    assert statuses(SQUARE, planted=function, right=raw.square) == {
        "planted": mark,
        "right": "right",
    }


def test_a_wrong_element_of_several_is_found_and_the_smallest_is_first():
    row = elementwise("square", np.square, (-5.0, 0.5, 3.0, 4.0))

    def wrong(x):
        return raw.where(raw.abs(x) > 1, raw.square(x) + 1, raw.square(x))

    found = judge_row(row, answers(row, planted=wrong), "cpu", False)["planted"]
    single = [d for d in found if d["dtype"] == "float32"]
    assert [d["label"] for d in single] == ["3", "4", "-5"]
    assert single[0]["message"] == "value 10, should be 9"


def test_an_error_of_the_gradient_alone_leaves_the_value_right():
    @raw.custom_gradient
    def square(x):
        def grad(*args, upstream=None):
            raise ValueError("no gradient")

        return raw.square(x), grad

    found = judge_row(SQUARE, answers(SQUARE, planted=square), "cpu", False)["planted"]
    assert worst(found) == "gradient"
    assert "raises" in found[0]["message"]


def slope_at_zero(slope):
    return lambda x: raw.where(raw.equal(x, 0), slope * x, raw.abs(x))


def test_subgradients_are_right_and_a_difference_of_two_is_a_choice():
    assert statuses(ABS, one=slope_at_zero(0.5)) == {"one": "right"}
    marks = statuses(ABS, one=slope_at_zero(0.0), two=slope_at_zero(1.0))
    assert marks == {"one": "choice", "two": "choice"}
    marks = statuses(ABS, one=slope_at_zero(0.0), two=slope_at_zero(1.5))
    assert marks == {"one": "right", "two": "gradient"}


def test_ours_is_held_to_what_it_promises():
    assert statuses(ABS, ours=True, one=slope_at_zero(0.0)) == {"one": "right"}
    assert statuses(ABS, ours=True, one=slope_at_zero(1.0)) == {"one": "gradient"}


def test_a_point_without_an_answer_is_no_success():
    found = answers(SQUARE, one=raw.square)
    del found["one"]["float32"]["1"]
    with pytest.raises(KeyError, match="1"):
        judge_row(SQUARE, found, "cpu", False)


# --- references ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "low", "high"),
    [
        (np.abs, 0.0, -1, 1),
        (np.abs, -3.0, -1, -1),
        (lambda x: np.maximum(x, 0), 0.0, 0, 1),
        (lambda x: np.clip(x, -1, 1), 1.0, 0, 1),
        (np.sqrt, 0.0, INF, INF),
        (np.cbrt, 0.0, INF, INF),
        (np.log, 0.0, INF, INF),
        (lambda x: -np.sqrt(-x), 0.0, INF, INF),
        (np.floor, 2.0, 0, 0),
        (np.sign, 0.0, 0, 0),
        (np.exp, 1.0, math.e, math.e),
        (np.sinc, 0.0, 0, 0),
        (lambda x: np.logaddexp(x, 1e4), 1e4, 0.5, 0.5),
        (np.square, 1e4, 2e4, 2e4),
        (np.log, -1.0, NAN, NAN),
        (np.square, NAN, NAN, NAN),
        (np.exp, 1e4, NAN, NAN),
    ],
)
def test_bounds_of_a_derivative(function, x, low, high):
    row = elementwise("any", function, (x,))
    found = expect(row, row.points[0], "float32")
    np.testing.assert_allclose(found.low[0], low, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.high[0], high, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("row", [r for r in ROWS if r.derivative], ids=title)
def test_a_stated_derivative_is_that_of_the_reference(row):
    compared = 0
    for at in row.points:
        found = expect(row, at, "float32")
        (x,), (low,), (high,) = at.inputs, found.low, found.high
        if at.gradients is None and low == high and 0.1 < abs(x) < 10:
            with np.errstate(all="ignore"):
                stated = rounded(row.derivative(x), "float32")
            np.testing.assert_allclose(stated, low, rtol=1e-6)
            compared += 1
    assert compared >= 2


@pytest.mark.parametrize("row", ROWS, ids=title)
def test_a_row_has_a_reference_at_every_point(row):
    judged = 0
    for at in row.points:
        found = expect(row, at, row.dtypes[0])
        assert [x.shape for x in found.low] == [x.shape for x in at.inputs]
        for low, high in zip(found.low, found.high, strict=True):
            known = ~np.isnan(low)
            assert np.all(low[known] <= high[known])
            judged += int(known.sum())
    assert judged, "no gradient of the row is judged"


# --- what is asked ------------------------------------------------------------------


def test_every_name_of_keras_ops_is_asked_or_left_out_with_a_reason():
    assert unknown(public(keras.ops)) == []
    assert {row.name for row in ROWS} & set(LEFT_OUT) == set()


def test_a_name_that_is_new_in_keras_is_told():
    assert unknown(["abs", "argmax", "brand_new"]) == ["brand_new"]


def test_no_two_rows_have_one_title():
    assert len({row.title for row in ROWS}) == len(ROWS)
    assert len(ROWS) == sum(map(len, GROUPS.values())) > 300


# --- reports ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chart():
    environments = [
        {
            "backend": name,
            "device": "cpu",
            "mode": "eager",
            "gradients": True,
            "unknown": ["brand_new"],
            "versions": {"keras": "3.15.1", name: "1.0"},
        }
        for name in ("one", "two")
    ]
    (row,) = (row for row in ROWS if row.title == "abs")
    found = answers(row, one=slope_at_zero(0.0), two=slope_at_zero(1.0))
    mine = answers(row, one=slope_at_zero(0.0), two=slope_at_zero(1.0))
    both = {
        name: {"abs": {"keras": found[name], "ours": mine[name]}}
        for name in ("one", "two")
    }
    return chart_of(environments, both, ("abs",), "cpu")


def test_the_chart_counts_and_judges(chart):
    assert chart["counts"]["keras"] == {"one": {"choice": 1}, "two": {"choice": 1}}
    assert chart["counts"]["ours"] == {"one": {"right": 1}, "two": {"gradient": 1}}
    assert not is_ok(chart)
    json.loads(json.dumps(chart))


def test_the_page_says_what_a_stranger_needs(chart):
    said = page(chart)
    assert "python -m portable_losses.parity --ops" in said
    assert chart["date"] in said
    assert "* one 1.0, keras 3.15.1, on cpu, eager" in said
    assert "| `abs` | ≠ | ≠ | **g** two |" in said
    assert "* two: `abs(0)` gradient 1; anything from -1 to 1 is right" in said
    wrong = "* `portable_losses.ops`, two: `abs(0)` gradient 1, should be 0"
    assert wrong in said
    assert "float32 4e-06 (2e-04)" in said
    assert "* new to this chart: `brand_new`" in said
    assert "* gives or takes integers: `argmax`" in said


def test_the_terminal_says_it_too(chart):
    console = Console(record=True, width=120, file=None, quiet=False)
    with console.capture() as captured:
        show(chart, console)
    said = captured.get()
    assert "FAILED  1 operation of keras.ops in 1 row" in said
    assert "portable_losses.ops: 0 of 1 row right" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--op", "abs"), "--op: goes with --ops"),
        (("--ops", "--op", "abbs"), "--op: must be one of abs, absolute,"),
        (("--ops", "--loss", "Huber"), "--loss: is about losses, which --ops leaves"),
    ],
)
def test_a_wrong_option_is_rejected(arguments, said):
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 2
    assert said in result.output


def test_the_command_makes_the_chart_in_processes_of_their_own(tmp_path):
    options = ("--ops", "--op", "abs,cumprod", "--backends", BACKEND)
    result = CliRunner().invoke(main, [*options, "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "ops.json").read_text())
    assert [row["op"] for row in found["rows"]] == ["abs", "cumprod"]
    assert found["counts"]["ours"][BACKEND] == {"right": 2}
    assert [e["gradients"] for e in found["environments"]] == [True, False]
    assert "`abs`" in (tmp_path / "ops.md").read_text()
