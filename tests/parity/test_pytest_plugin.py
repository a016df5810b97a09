import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import ops
from portable_losses.parity import live, one_loss, pytest_plugin
from portable_losses.parity.case import Case
from portable_losses.parity.inputs import single
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.one_loss import check_loss
from portable_losses.parity.reference import expect
from portable_losses.parity.stand_in import references

pytest_plugins = ["pytester"]
PLUGIN = "portable_losses.parity.pytest_plugin"
LOADED = ("-p", "no:portable_losses", "-p", PLUGIN)
"""The plugin of this tree, and not one that may be installed."""
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


@keras.saving.register_keras_serializable("test_pytest_plugin")
class Registered(Cubic):
    pass


class Forgetful(keras.losses.Loss):
    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * ops.mean(ops.square(y_pred - y_true), axis=-1)


def scaled(factor):
    def scaled(y_true, y_pred):
        return factor * ops.mean(ops.square(y_pred - y_true), axis=-1)

    return scaled


halved = scaled(0.5)


def crossentropy(y_true, y_pred):
    return keras.ops.binary_crossentropy(y_true, y_pred, from_logits=True)


def dead_for_mistakes(y_true, logits):
    p = keras.ops.clip(keras.ops.sigmoid(logits), 1e-7, 1.0 - 1e-7)
    wrong = y_true * keras.ops.log(p) + (1.0 - y_true) * keras.ops.log(1.0 - p)
    return -keras.ops.mean(wrong, axis=-1)


def squared_root(y_true, y_pred):
    return keras.ops.sqrt(keras.ops.mean(keras.ops.square(y_pred - y_true), axis=-1))


class Plain(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_pred - y_true), axis=-1)


def absolute(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_pred - y_true), axis=-1)


# --- check_loss ---------------------------------------------------------------------


def test_a_loss_that_is_right_passes_and_says_what_ran():
    outcomes = check_loss(Cubic, kind="regression", reference=cubic, checks=SOME)
    assert {name: o["status"] for name, o in outcomes.items()} == dict.fromkeys(
        SOME, "passed"
    )


def test_a_loss_is_judged_as_by_the_command():
    outcomes = check_loss(Registered, kind="regression", reference=cubic)
    passed = [name for name, o in outcomes.items() if o["status"] == "passed"]
    assert {"finite", "value", "gradient", "saved", "second derivative"} <= set(passed)
    with pytest.raises(AssertionError) as raised:
        check_loss(Tripled, kind="regression", reference=cubic, strict=False)
    title, finding, *rest = str(raised.value).splitlines()
    backend = keras.config.backend()
    assert re.match(rf"Tripled \(regression\) on {backend}: 1 of \d+ checks", title)
    assert finding.startswith("  value: The value is ")
    assert "    remedy: the loss is 3 times the reference" in "\n".join(rest)


@pytest.mark.parametrize(
    ("loss", "kind"), [(absolute, "regression"), (crossentropy, "binary_logits")]
)
def test_the_kind_is_found_out(loss, kind):
    # Keras's own crossentropy on NumPy has an end for confident mistakes.
    outcomes = check_loss(loss)
    assert "failed" not in {o["status"] for o in outcomes.values()}
    with pytest.raises(AssertionError, match=r"\(binary_logits\) on .*\n  dead: "):
        check_loss(dead_for_mistakes)


def test_what_an_instance_has_besides_its_config_is_kept():
    with pytest.raises(AssertionError, match="`scale` is lost on saving"):
        check_loss(Forgetful(scale=3.0), kind="regression")
    # The float64 values are those of scale 3: else the value would be a fault, too.


def test_what_a_function_made_is_found_by_its_name():
    outcomes = check_loss(halved, kind="regression")
    assert outcomes["value"]["status"] == "passed"


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
        ({"checks": SOME}, "`kind` must be one of binary, .*; got kind=None"),
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

    for asked in ({"checks": SOME}, {"strict": False}):
        with pytest.raises(ValueError, match="stands at the top of a module.*Local"):
            check_loss(Local, kind="regression", **asked)
        check_loss(Local, kind="regression", reference=cubic, **asked)


# --- conventions ----------------------------------------------------------------------


@pytest.mark.parametrize("loss", [Plain, Plain(), absolute])
def test_a_healthy_loss_of_keras_has_no_fault(loss):
    outcomes = check_loss(loss, kind="regression")
    ran = {name for name, o in outcomes.items() if o["status"] == "passed"}
    assert {"value", "gradient", "finite", "dead", "vmap"} <= ran
    assert outcomes["conventions"]["status"] == "advice"
    assert "zero samples gives NaN" in outcomes["conventions"]["message"]
    outcomes = check_loss(loss, kind="regression", checks=("sizes", "weight_zero"))
    assert outcomes["sizes"]["status"] == "advice"
    assert outcomes["weight_zero"]["message"].startswith("a convention of portable")


def test_strict_holds_it_to_the_conventions():
    with pytest.raises(AssertionError) as raised:
        check_loss(Plain, kind="regression", strict=True)
    found = [line.split(":")[0] for line in str(raised.value).splitlines()[1:]]
    assert {"  zero samples", "  NaN of weight 0", "  broadcasting"} <= set(found)


# --- expected -------------------------------------------------------------------------


def test_an_expected_failure_is_known():
    expected = {"gradient": "three times as large", "value": "likewise"}
    options = {"kind": "regression", "reference": cubic, "checks": SOME}
    outcomes = check_loss(Tripled, expected=expected, **options)
    assert outcomes["gradient"]["status"] == "known"
    assert outcomes["gradient"]["message"].startswith("three times as large: the grad")
    with pytest.raises(AssertionError, match="1 of 2 checks failed\n  gradient: "):
        check_loss(Tripled, expected=["value"], **options)


def test_an_expected_failure_that_does_not_show_is_one():
    said = "value: no longer fails, though it is expected to: once it was off"
    with pytest.raises(AssertionError, match=said):
        check_loss(
            Cubic,
            kind="regression",
            reference=cubic,
            checks=SOME,
            expected={"value": "once it was off"},
        )


@pytest.mark.parametrize("expected", ["value", ["valeu"], {"edges": "did not run"}])
def test_what_is_expected_has_to_be_a_check_that_runs(expected):
    with pytest.raises(ValueError, match="`expected` must be "):
        check_loss(Cubic, kind="regression", checks=SOME, expected=expected)


# --- workers that live on -------------------------------------------------------------


def test_one_worker_serves_every_loss():
    check_loss(Cubic, kind="regression", checks=SOME)
    first = live.processes()["references on numpy"]
    check_loss(absolute, kind="regression", checks=("value",))
    check_loss(absolute, kind="regression")
    assert live.processes()["references on numpy"] == first


def test_a_worker_that_ended_is_started_again():
    check_loss(Cubic, kind="regression", checks=("value",))
    first = live.processes()["references on numpy"]
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ValueError, match="ended by SIGKILL"):
        check_loss(Cubic, kind="regression", checks=("value",))
    check_loss(Cubic, kind="regression", checks=("value",))
    assert live.processes()["references on numpy"] != first


def test_other_backends_run_in_workers():
    other = "torch" if keras.config.backend() == "jax" else "jax"
    asked = {"kind": "regression", "checks": SOME, "backends": [other]}
    outcomes = check_loss(Cubic, reference=cubic, **asked)
    names = [*SOME, *(f"{name} on {other}" for name in SOME)]
    assert {n: o["status"] for n, o in outcomes.items()} == dict.fromkeys(
        names, "passed"
    )
    with pytest.raises(AssertionError) as raised:
        check_loss(Tripled, reference=cubic, **asked)
    assert f"  gradient on {other}: the gradient at " in str(raised.value)
    asked["expected"] = dict.fromkeys(["value", "gradient"], "off everywhere")
    with pytest.raises(AssertionError, match="2 of 4 checks failed\n  value on "):
        check_loss(Tripled, reference=cubic, **asked)


def test_other_backends_are_judged_beside_this_one():
    other = "torch" if keras.config.backend() == "jax" else "jax"
    with pytest.raises(AssertionError) as raised:
        check_loss(squared_root, kind="regression", backends=[other])
    said = str(raised.value)
    assert f"(on {keras.config.backend()}, {other})" in said
    assert "use portable_losses.ops.sqrt in place of keras.ops.sqrt" in said
    assert f"\n    {other}: 0, gradient nan" in said


def test_the_next_loss_takes_less_than_two_seconds():
    check_loss(absolute, kind="regression")
    own = resource.getrusage(resource.RUSAGE_SELF)
    check_loss(halved, kind="regression")
    after = resource.getrusage(resource.RUSAGE_SELF)
    # Of processors, since another process may have them; the worker takes less.
    assert after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime < 2.0


@pytest.mark.parametrize("backends", ["numpy", ["abacus"]])
def test_other_backends_have_to_have_gradients(backends):
    with pytest.raises(ValueError, match="`backends` must be 'all', or among "):
        check_loss(Cubic, kind="regression", backends=backends)


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
    done = outside.runpytest_subprocess(*LOADED)
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
    done = outside.runpytest_subprocess(*LOADED)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["check_loss needs *pip install*"])


OWN = """
import os, pathlib, time
import pytest
from keras import ops
from portable_losses.parity import live


def squared(y_true, y_pred):
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


def absolute(y_true, y_pred):
    return ops.mean(ops.abs(y_pred - y_true), axis=-1)


def dead(y_true, y_pred):
    return ops.mean(ops.relu(y_pred) * 0.0 + y_true, axis=-1)


def note():
    name = os.environ.get("PYTEST_XDIST_WORKER", "only")
    pids = list(live.processes().values())
    pathlib.Path(f"pids.{name}").write_text("\\n".join(map(str, pids)))


@pytest.mark.parametrize("loss", [squared, absolute, dead])
def test_own(check_loss, loss):
    check_loss(loss, kind="regression")
    note()
"""


def noted(outside):
    """The workers that each process of pytest noted."""
    files = sorted(outside.path.glob("pids.*"))
    return {path.suffix: list(map(int, path.read_text().split())) for path in files}


def gone(pid):
    """Whether a process ends within some seconds."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_several_losses_share_a_worker_that_ends_with_the_session(outside):
    outside.makepyfile(test_own=OWN)
    done = outside.runpytest_subprocess(*LOADED, "--junitxml=junit.xml")
    done.assert_outcomes(passed=2, failed=1)
    (pids,) = noted(outside).values()
    assert len(pids) == 1 and gone(pids[0])
    report = xml.etree.ElementTree.parse(outside.path / "junit.xml")
    (failure,) = report.iter("failure")
    assert "dead (regression) on " in failure.get("message")
    assert "dead: The gradient is zero everywhere" in failure.get("message")


def test_each_worker_of_xdist_has_its_own(outside):
    outside.makepyfile(test_own=OWN)
    done = outside.runpytest_subprocess(*LOADED, "-n", "2", "--dist", "load")
    done.assert_outcomes(passed=2, failed=1)
    found = noted(outside)
    pids = {pid for each in found.values() for pid in each}
    assert len(found) == len(pids) == 2
    assert all(map(gone, pids))


def test_workers_end_where_the_session_is_interrupted(outside):
    waits = "\n\ndef test_waits(check_loss):\n    note()\n    time.sleep(600)\n"
    outside.makepyfile(test_own=OWN + waits)
    command = [sys.executable, "-m", "pytest", *LOADED, "-k", "waits"]
    pytest_ = subprocess.Popen(
        command,
        cwd=outside.path,
        stdout=subprocess.DEVNULL,
        # Only pytest is told: its workers must not depend on the terminal.
        start_new_session=True,
        # A shell makes what it starts in the background ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for _ in range(600):
        if noted(outside).get(".only"):
            break
        time.sleep(0.1)
    (pids,) = noted(outside).values()
    pytest_.send_signal(signal.SIGINT)
    assert pytest_.wait(timeout=60) == pytest.ExitCode.INTERRUPTED
    assert pids and all(map(gone, pids))
