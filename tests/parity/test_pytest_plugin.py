import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import ops
from portable_losses.parity import one_loss, pytest_plugin
from portable_losses.parity.case import Case
from portable_losses.parity.inputs import single
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.one_loss import check_loss
from portable_losses.parity.reference import expect
from portable_losses.parity.stand_in import references

pytest_plugins = ["pytester"]
PLUGIN = "portable_losses.parity.pytest_plugin"
SOME = ("value", "gradient", "shapes")


class Cubic(portable_losses.Loss):
    def call(self, y_true, y_pred):
        error = ops.abs(y_pred - y_true)
        return ops.mean(error * error * error, axis=-1)


class Tripled(Cubic):
    def call(self, y_true, y_pred):
        return 3.0 * super().call(y_true, y_pred)


def cubic(y_true, y_pred):
    return np.mean(np.abs(y_pred - y_true) ** 3, axis=-1)


def absolute(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_pred - y_true), axis=-1)


# --- check_loss ---------------------------------------------------------------------


def test_a_loss_that_is_right_passes_and_says_what_ran():
    outcomes = check_loss(Cubic, kind="regression", reference=cubic, checks=SOME)
    assert {name: o["status"] for name, o in outcomes.items()} == dict.fromkeys(
        SOME, "passed"
    )


def test_an_unregistered_class_is_checked_whole():
    outcomes = check_loss(Cubic, kind="regression", reference=cubic)
    passed = [name for name, o in outcomes.items() if o["status"] == "passed"]
    assert {"value", "edges", "config"} <= set(passed)
    assert len(passed) >= 12


def test_every_failed_check_is_listed():
    with pytest.raises(AssertionError) as raised:
        check_loss(Tripled, kind="regression", reference=cubic, checks=SOME)
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("Tripled on ") and "2 of 3 checks failed" in lines[0]
    assert lines[1].startswith("  value: the value is ")
    assert lines[2].startswith("  gradient: the gradient at ")
    assert len(lines) == 3


def test_a_case_carries_everything():
    kind = KINDS["regression"]
    case = Case(loss="Cubic", draw=kind.draw, reference=cubic)
    check_loss(Cubic(), case, checks=SOME)
    with pytest.raises(AssertionError, match="2 of 3 checks failed"):
        check_loss(Tripled, case, checks=SOME)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "`kind` must be one of binary, .*; got kind=None"),
        ({"kind": "images"}, "`kind` must be one of .*; got kind='images'"),
        (
            {"kind": "regression", "checks": ["values"]},
            "`checks` must be among .*values",
        ),
        (
            {"kind": "regression", "device": "abacus"},
            "`device` must be one of .*abacus",
        ),
        ({"kind": "boxes", "case": KINDS["boxes"]}, "`kind` must be omitted"),
    ],
)
def test_bad_arguments_are_rejected(options, said):
    with pytest.raises(ValueError, match=said):
        check_loss(Cubic, **options)


# --- the reference that stands in ---------------------------------------------------


@pytest.mark.parametrize("loss", [Cubic, portable_losses.Huber(delta=0.3)])
def test_a_loss_without_a_reference_is_held_to_its_own_float64_values(loss):
    check_loss(loss, kind="regression", checks=SOME)


def test_a_function_is_held_to_its_own_float64_values():
    check_loss(absolute, kind="regression", checks=("value", "gradient"))


def test_the_stand_in_is_as_exact_as_a_reference():
    t, p = single(KINDS["regression"].inputs())
    found, wanted = references(Cubic, {"drawn": (t, p)})["drawn"], expect(cubic, t, p)
    assert found.items.dtype == "float64"
    np.testing.assert_allclose(found.items, wanted.items, rtol=1e-12)
    np.testing.assert_allclose(found.gradient, wanted.gradient, rtol=1e-7)


def test_the_stand_in_knows_which_items_the_loss_keeps():
    t, p = single(KINDS["sparse_logits"].inputs())
    loss = portable_losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=int(t[0])
    )
    found = references(loss, {"drawn": (t, p)})["drawn"]
    np.testing.assert_array_equal(found.kept, t != t[0])
    shifted = p.astype("float64") - p.max(axis=-1, keepdims=True)
    logs = np.log(np.exp(shifted).sum(axis=-1)) - shifted[np.arange(len(t)), t]
    assert found.value == pytest.approx(logs[t != t[0]].mean(), rel=1e-6)


def test_a_loss_that_no_other_process_finds_needs_a_reference():
    class Local(Cubic):
        pass

    with pytest.raises(ValueError, match="stands at the top of a module.*Local"):
        check_loss(Local, kind="regression", checks=SOME)
    check_loss(Local, kind="regression", checks=SOME, reference=cubic)


# --- the plugin ---------------------------------------------------------------------


@pytest.fixture
def outside(pytester, monkeypatch):
    """Somebody else's project, which finds the package that is tested here."""
    folder = pathlib.Path(portable_losses.__file__).parent.parent
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return pytester


def test_the_plugin_imports_neither_keras_nor_the_package():
    path = pathlib.Path(pytest_plugin.__file__)
    code = (
        "import sys, runpy; "
        f"runpy.run_path({str(path)!r}); "
        "print(sorted({'keras', 'numpy', 'portable_losses'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_fixture_checks_a_loss_of_ones_own(outside):
    outside.makepyfile(
        test_own="""
        import portable_losses
        from portable_losses import ops

        class Good(portable_losses.Loss):
            def call(self, y_true, y_pred):
                return ops.mean(ops.square(y_pred - y_true), axis=-1)

        class Bad(portable_losses.Loss):
            def call(self, y_true, y_pred):
                return ops.mean(ops.relu(y_pred), axis=-1)  # dead below 0

        def test_good(check_loss):
            outcomes = check_loss(Good, kind="regression", checks=["value", "live"])
            assert outcomes["value"]["status"] == "passed"

        def test_bad(check_loss):
            check_loss(Bad, kind="binary_logits", checks=["value", "live"])
        """
    )
    done = outside.runpytest_subprocess("-p", PLUGIN)
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*Bad on * 1 of 2 checks failed", "*live: *dead*"])


def test_a_missing_package_is_named_with_the_command(outside):
    outside.makeconftest(
        f"""
        import sys
        sys.modules[{one_loss.__name__!r}] = None
        """
    )
    outside.makepyfile("def test_own(check_loss): pass")
    done = outside.runpytest_subprocess("-p", PLUGIN)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["check_loss needs *pip install*"])
