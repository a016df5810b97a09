"""What the pages are made of: colors, words, pictures, inputs, and curves."""

import ast
import re

import numpy as np
import pytest

from portable_losses.parity import curve, pasted
from portable_losses.parity.checks import CHECKS
from portable_losses.parity.examine import curves as of_check
from portable_losses.parity.examine import looked
from portable_losses.parity.examine import page as check_page
from portable_losses.parity.examine.findings import Finding, Report
from portable_losses.parity.examine.showing import code_of
from portable_losses.parity.page import colors, plot, words
from portable_losses.parity.page.curves import curves
from portable_losses.parity.plan import Plan
from portable_losses.parity.reference import along

# --- colors and words -----------------------------------------------------------------

TEXT = ("ink", "soft", "bad", "good", "note", "link")
LINES = ("edge", "tensorflow", "jax", "torch", "other")


def contrast(one, other):
    """The contrast of two colors, as the guidelines for accessible pages have it."""

    def light(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = [
            x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts
        ]
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_lines_have_enough_contrast(scheme):
    of = {name: both[scheme] for name, both in colors.COLORS.items()}
    for ground in ("paper", "wash", "bad-wash"):
        for name in TEXT:
            assert contrast(of[name], of[ground]) >= 4.5, (name, ground)
    assert contrast(of["ink"], of["note-wash"]) >= 4.5
    for name in LINES:
        assert contrast(of[name], of["paper"]) >= 3, name


def test_every_check_is_explained():
    assert set(words.CHECKS) == set(CHECKS)
    for name in CHECKS:
        assert words.explained(name).endswith(".") and len(words.explained(name)) < 130
    for name in (*words.ASKED, *words.CONVENTIONS):
        assert words.asked(name).endswith(".")


def test_the_command_of_a_plan_runs_it_again():
    assert Plan().command == "python -m portable_losses.parity" and Plan().is_whole
    part = Plan(backends=("jax",), losses=("Huber", "LogCosh"), training=False)
    assert part.command.endswith("--backends jax --loss Huber,LogCosh --no-training")
    assert not part.is_whole
    own = Plan(target="my losses.py:Focal", kind="binary", device="gpu")
    assert own.command.endswith(
        "--device gpu --target 'my losses.py:Focal' --kind binary"
    )
    assert not Plan(checks=("value",)).is_whole
    assert not Plan(module="keras.losses").is_whole


# --- inputs as code -------------------------------------------------------------------


def run(code):
    found = {}
    exec(code, found)
    return found


def test_pasted_code_makes_the_very_arrays():
    given = {
        "y_true": np.array([[1, 0], [7, 2]], "int32"),
        "y_pred": np.array([[0.1, np.nan], [-np.inf, 1e-42]], "float32"),
        "sample_weight": np.array([1.0, 0.25], "float32"),
        "mask": np.array([True, False]),
    }
    found = run(pasted.code_of(given))
    for name, x in given.items():
        assert found[name].dtype == x.dtype
        np.testing.assert_array_equal(found[name], x)


def test_large_inputs_say_that_they_are_cut():
    x = np.zeros((8, 200), "float32")
    code = pasted.code_of({"y_true": x, "y_pred": x})
    assert code.count("# the first of 8") == 2
    assert run(code)["y_pred"].shape == (1, 200)


def test_arguments_without_a_plain_form_are_left_out():
    config = {"delta": 0.3, "name": "a", "fn": print, "weights": [1.0] * 99}
    assert pasted.arguments(config) == "delta=0.3, name='a', fn=..., weights=..."


# --- curves ---------------------------------------------------------------------------


def test_a_curve_goes_over_the_range_of_the_predictions():
    p = np.array([[0.25, 0.5]], "float32")
    found = curve.span(np.array([[1.0, 0.0]]), p, (0, 0))
    assert found[0] == 0 and found[-1] == 1 and 0.25 in found
    found = curve.span(None, p, (0, 0), logits=True)
    assert found[0] == -30 and found[-1] == 30
    found = curve.span(None, p, (0, 0), logits=True, cosines=True)
    assert found[0] == -1 and found[-1] == 1
    found = curve.span(None, np.array([2.0, 7.0]), (1,))
    assert found[0] == 0 and found[-1] == 7
    edges = [(None, np.array([-1.0, 1.0]))]
    assert curve.span(None, np.array([-0.5]), (0,), edges)[0] == -1
    found = curve.span(np.array([1.23]), np.array([-2.5]), (0,))
    assert found[0] == -6.5 and found[-1] == 1.5
    # A loss has a corner at its target, which would be missed between two points.
    assert np.float32(1.23) in found.astype("float32") and -2.5 in found
    assert len(np.unique(found)) == len(found)


def test_a_curve_has_what_is_not_finite_as_words():
    assert curve.shown([1 / 3, np.nan, np.inf, -np.inf]) == [
        0.333333,
        "nan",
        "inf",
        "-inf",
    ]


def test_the_number_that_moves_is_the_steepest():
    assert curve.steepest(np.array([[0.0, np.nan], [-3.0, 2.0]])) == (1, 0)
    assert curve.steepest(np.full((2, 2), np.nan)) == (0, 0)


def test_the_reference_has_value_and_gradient_along_a_number():
    p = np.array([[1.0, 2.0], [3.0, 4.0]])
    values, gradients = along(
        lambda t, q: np.square(q - t).sum(-1), p * 0, p, (1, 0), np.array([0.0, 3.0])
    )
    np.testing.assert_allclose(values, [(5 + 16) / 2, (5 + 25) / 2])
    np.testing.assert_allclose(gradients, [0, 3], atol=1e-6)
    # At the end of what it is defined for, the side that has a value.
    _, gradients = along(
        lambda t, q: np.sqrt(q.sum(-1)),
        None,
        np.array([[0.0]]),
        (0, 0),
        np.array([4.0]),
    )
    np.testing.assert_allclose(gradients, [0.25], rtol=1e-5)


POINTS = [float(x) for x in np.linspace(-4, 4, 41)]


def measured(value, gradient, **beside):
    def line(f):
        return [float(f(x)) for x in POINTS]

    found = {"points": POINTS, "here": 0.0}
    found["ours"] = {"value": line(value), "gradient": line(gradient)}
    for name, (v, g) in beside.items():
        found[name] = {"value": line(v), "gradient": line(g)}
    return found


def square(x):
    return x * x


def double(x):
    return 2 * x


def test_backends_that_agree_have_nothing_to_say():
    found = curves(
        "L", {b: measured(square, double) for b in ("numpy", "jax", "torch")}
    )
    assert list(found.lines) == ["float64", "jax", "torch"]
    assert found.notes == () and found.keras_fails == 0
    assert "NaN" not in found.pictures[1] and 'class="band"' not in found.pictures[1]
    # One line each, and the reference broad and first.
    paths = re.findall(r'<path d="M[^"]*L[^"]*" fill="none" [^>]*>', found.pictures[0])
    assert len(paths) == 3 and 'stroke-width="8"' in paths[0]
    offsets = re.findall(
        'stroke-dasharray="([^"]*)" stroke-dashoffset="([^"]*)"', found.pictures[0]
    )
    assert offsets == [("6 6", "0"), ("6 6", "-6")]  # their dashes take turns


def test_a_difference_between_backends_is_said_with_its_numbers():
    other = measured(square, lambda x: double(x) if x < 1 else 2.0)
    found = curves("L", {"jax": measured(square, double), "torch": other})
    (note,) = found.notes
    assert "differ from 1.2 to 4: 8 on jax, 2 on torch at 4" in note


def test_nan_is_marked_for_each_backend_and_said_once():
    def broken(x):
        return np.nan if x == 0 else 2 * x

    found = curves(
        "L",
        {
            "numpy": measured(square, double),
            "jax": measured(square, broken),
            "torch": measured(square, broken),
        },
        ours="the loss",
    )
    assert found.notes == ("The gradient of the loss on jax and torch is NaN at 0.",)
    crosses = re.findall(r'class="cross".*?translate\((\S+) (\S+)\)', found.pictures[1])
    assert len(crosses) == 2 and len(set(crosses)) == 2  # neither hides the other
    assert "nan" not in "".join(found.pictures)
    assert 'class="cross"' not in found.pictures[0]


def test_keras_is_marked_where_it_dies_beside_ours():
    def dying(x):
        return 0.0 if x > 2 else 2 * x

    both = {
        b: measured(square, double, keras=(square, dying)) for b in ("jax", "torch")
    }
    found = curves("L", both, ours="ours")
    assert list(found.lines) == ["jax", "torch", "Keras"]  # one line where they agree
    assert found.notes == (
        "The gradient of Keras is 0 from 2.2 to 4, where ours is alive.",
    )
    assert found.keras_fails and 'class="band"' in found.pictures[1]
    assert 'stroke-dasharray="1 4"' in found.pictures[1]


def test_kerass_backends_have_a_line_each_where_they_differ():
    found = curves(
        "L",
        {
            "jax": measured(square, double, keras=(square, double)),
            "torch": measured(square, double, keras=(square, lambda x: np.nan)),
        },
    )
    assert list(found.lines) == ["jax", "torch", "Keras on jax", "Keras on torch"]
    assert any("Keras on torch is NaN from -4 to" in note for note in found.notes)
    assert len(found.notes) == 1


def test_a_gradient_that_is_dead_beside_float64_is_marked():
    dead = measured(square, lambda x: 0.0 if x < -2 else 2 * x)
    found = curves(
        "L", {"numpy": measured(square, double), "jax": dead}, ours="the loss"
    )
    assert found.notes == (
        "The gradient of the loss on jax is 0 from -4 to -2.2, where that in float64 "
        "is not.",
    )
    # What float64 agrees with is marked where a check says that it is a fault.
    both = {b: dead | {"here": -3.0} for b in ("numpy", "jax")}
    assert curves("L", both).notes == ()
    assert "is 0 from -4 to -2.2" in curves("L", both, flat=True).notes[0]
    both = {b: dead | {"here": 3.0} for b in ("numpy", "jax")}
    assert curves("L", both, flat=True).notes == ()  # the input is elsewhere


def test_what_could_not_be_measured_has_no_curve():
    assert curves("L", {}) is None
    assert curves("L", {"jax": {"error": "no"}}) is None


def test_a_few_numbers_that_tower_do_not_flatten_the_rest():
    low, high = plot._range([np.array([*np.linspace(0, 1, 40), 1e7])])
    assert -1 < low < 0 and 1 < high < 10
    low, high = plot._range([np.full(5, 3.0)])
    assert low < 3 < high
    assert plot._range([np.full(5, np.nan)]) == (0, 1)


@pytest.mark.parametrize(
    ("low", "high"), [(-30, 30), (0, 1), (-1e-7, 3e-7), (2.4, 3.0), (1e5, 4e6), (0, 7)]
)
def test_ticks_are_few_round_and_inside(low, high):
    found = plot.ticks(low, high, 5)
    assert 2 <= len(found) <= 5
    assert all(low - 1e-9 <= x <= high + 1e-9 for x in found)
    assert len({plot.written(x) for x in found}) == len(found)


# --- the page of a check --------------------------------------------------------------

ASKED = looked.Asked(
    backends=("jax", "torch"),
    options=("--backends", "jax,torch"),
    said=False,
    reference="",
    own_inputs=False,
    strict=False,
    versions={"keras": "3.15.1", "jax": "0.10.2", "python": "3.11.7"},
    when="2026-11-26 14:09 UTC",
    machine="Own 1",
)


def finding(tmp_path, **changes):
    source = tmp_path / "losses.py"
    source.write_text("import keras\n\n\ndef loss(y_true, y_pred):\n    return 0 / 0\n")
    t = np.array([[0.0, 1.0]], "float32")
    given = {
        "check": "finite",
        "message": "The gradient at (0, 0) is nan on jax.",
        "remedy": "use portable_losses.ops.sqrt in place of keras.ops.sqrt",
        "backends": ("jax",),
        "input": code_of(t, t),
        "values": {"jax": 0.0, "torch": 0.0, "float64": 0.0},
        "gradients": {
            "jax": [[float("nan"), 0.0]],
            "torch": [[0.0, 0.0]],
            "float64": [[0.0, 0.0]],
        },
        "line": f"{source}:5: return 0 / 0",
    }
    return Finding(**given | changes)


def report(*findings, target="losses.py:loss", **changes):
    drawn = (np.zeros((6, 4), "float32"), np.ones((6, 4), "float32"))
    given = {"kind": "regression", "drawn": drawn}
    return Report(target, findings=list(findings), **given | changes)


def written(tmp_path, reports, measured=None, asked=ASKED):
    path = tmp_path / "out" / "page.html"
    targets = [r.target for r in reports]
    measured = measured or [{}] * len(reports)
    return check_page.page(path, reports, measured, targets, asked).read_text()


def test_the_page_of_a_loss_has_all_that_was_found(tmp_path):
    found = finding(tmp_path)
    page = written(tmp_path, [report(found)])
    assert page.count("<h1>losses.py:loss</h1>") == 1
    for said in (
        found.message,
        found.remedy,
        "y_true = np.array([[0.0, 1.0]], &#34;float32&#34;)",
        "<span class=here><i>5</i>    return 0 / 0",
        "real targets and predictions of one shape (--kind regression, as trying",
        "same ones on jax and torch?",
        "2026-11-26 14:09 UTC",
        "Own 1",
        "jax 0.10.2",
        "portable-losses check losses.py:loss --backends jax,torch",
        "Value and gradient are finite wherever those in float64 are.",
        "<td>nan, 0</td>",
    ):
        assert said in page, said
    assert page.count('<span class="bad">fault</span>') == 1
    assert "not judged: the fault above comes first" in page  # dtype, vmap


def test_one_backend_is_compared_with_none(tmp_path):
    import dataclasses

    one = dataclasses.replace(ASKED, backends=("torch",))
    page = written(tmp_path, [report()], asked=one)
    assert "Backends were not compared with each other" in page
    assert "not compared: only one backend ran" in page
    assert "not compared: torch ran in one mode" in page
    assert "No fault." in page


def test_a_loss_that_does_not_run_was_not_judged(tmp_path):
    gone = Report.unchecked(
        "a.py:b", {"jax": {"type": "ValueError", "message": "no b"}}
    )
    page = written(tmp_path, [gone])
    assert "Not checked." in page and "no b (jax)" in page
    assert "nothing found" not in page.split("What was looked at")[1]


def test_many_losses_have_an_index_with_counts(tmp_path):
    reports = [
        report(finding(tmp_path), target="a.py:bad"),
        report(target="a.py:good"),
        report(target="a.py:fine"),
    ]
    page = written(tmp_path, reports)
    assert "1 with a fault, 2 ok</strong>, of 3 losses." in page
    assert page.count('<details class="loss"') == 3
    assert '<b class="good">2</b> ok' in page


def test_code_of_an_input_is_read_back():
    t = np.array([[1, 2]], "int32")
    p = np.array([[np.nan, -np.inf], [-0.5, 1e-7]], "float32")
    back = of_check.arrays_of(code_of(t, p))
    np.testing.assert_array_equal(back[0], t)
    np.testing.assert_array_equal(back[1], p)
    assert back[0].dtype == t.dtype and back[1].dtype == p.dtype
    for other in ("y_true = open('x')", "import os", "y_true = (", ""):
        assert of_check.arrays_of(other) is None


def test_the_number_that_moves_is_the_one_at_fault(tmp_path):
    p = np.zeros((1, 2))
    assert of_check._where(finding(tmp_path), p) == (0, 0)
    apart = {"jax": [[0.0, -0.5]], "torch": [[0.0, 0.5]]}
    assert of_check._where(finding(tmp_path, gradients=apart), p) == (0, 1)
    assert of_check._where(None, p) == (0, 0)


def test_the_loss_beside_is_that_of_the_other_package():
    assert of_check._beside("keras.losses:Huber(delta=2.0)") == (
        "portable_losses:Huber(delta=2.0)"
    )
    assert of_check._beside("portable_losses:Huber") == "keras.losses:Huber"
    assert of_check._beside("mine.py:Huber") == ""


def test_names_of_findings_are_all_explained():
    import pathlib

    import portable_losses.parity.examine as room

    names = set()
    for path in pathlib.Path(room.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    names.add(first.value)
    assert len(names) > 10
    assert [name for name in names if not words.asked(name)] == []
