"""The options of `portable-losses check`, in workers that all tests share."""

import json
import textwrap

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from portable_losses.command import check
from portable_losses.parity.examine.session import Options, Session

BACKEND = keras.config.backend()

LOSSES = """
import keras
from keras import ops


def squared(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def reciprocal(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred) / y_true, axis=-1)


def of_maps(y_true, y_pred):
    if len(y_pred.shape) != 4 or y_pred.shape[1:] != (2, 2, 1):
        raise ValueError("y_pred must be (B, 2, 2, 1)")
    return ops.mean(ops.square(y_true - y_pred), axis=(1, 2, 3))


def of_indices(y_true, y_pred):
    ids = ops.cast(y_true, "int32")
    if len(ids.shape) != 1:
        raise ValueError("y_true must be class indices")
    hot = ops.one_hot(ids, y_pred.shape[-1])
    return -ops.sum(hot * ops.log_softmax(y_pred, axis=-1), axis=-1)


class Scaled(keras.losses.Loss):
    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * squared(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def talks_much(y_true, y_pred):
    print("x" * 20_000)
    return squared(y_true, y_pred)


def shifted(y_true, y_pred):
    return squared(y_true, y_pred) + 3.0


def rises(y_true, y_pred):
    return ops.mean(ops.exp(y_pred) / 0.0 - y_true, axis=-1)
"""

REFERENCES = """
import numpy as np


def right(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2, axis=-1)


def summed(y_true, y_pred):
    return np.sum((y_true - y_pred) ** 2, axis=-1)


def fails(y_true, y_pred):
    return undefined(y_true)
"""


class Shared(Session):
    """Workers that live for the module; each run brings its own options."""

    def close(self):
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("options")
    (folder / "own.py").write_text(textwrap.dedent(LOSSES))
    (folder / "reference.py").write_text(textwrap.dedent(REFERENCES))
    package = folder / "own_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text("FACTOR = 2.0\n")
    (package / "losses.py").write_text(
        "from keras import ops\nfrom .parts import FACTOR\n\n\n"
        "def halved(y_true, y_pred):\n"
        "    return ops.mean(ops.square(y_true - y_pred), axis=-1) / FACTOR\n"
    )
    return folder


@pytest.fixture(scope="module")
def workers(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # workers look where the command was called
        session = Shared(Options((BACKEND,)))
        yield session
        Session.close(session)


@pytest.fixture
def ask(folder, workers, monkeypatch):
    def made(options, note):
        workers.options = options
        return workers

    monkeypatch.setattr(check, "Session", made)

    def ask(*arguments):
        output = folder / "found.json"
        given = [*arguments, "--backends", BACKEND, "--json", str(output)]
        done = CliRunner().invoke(check.command, list(map(str, given)))
        assert done.exception is None or isinstance(done.exception, SystemExit)
        found = json.loads(output.read_text(), parse_constant=_no_constant)
        return done.exit_code, found["targets"], " ".join(done.output.split())

    return ask


def _no_constant(name):
    raise AssertionError(f"JSON has no {name}")


def faults(target):
    return [f for f in target["findings"] if f["rank"] == "fault"]


def test_arguments_in_the_target_and_a_class_that_needs_them(ask):
    status, (target,), _ = ask("own.py:Scaled(scale=3.0)", "--kind", "regression")
    assert (status, target["verdict"]) == (0, "ok")
    status, (target,), said = ask("own.py:Scaled")
    assert (status, target["verdict"]) == (2, "unchecked")
    assert 'give them in the target: "own.py:Scaled(scale=...)"' in said


def test_a_module_of_a_package_with_relative_imports(ask):
    for target in ("own_package.losses:halved", "own_package/losses.py:halved"):
        status, _, _ = ask(target, "--kind", "regression")
        assert status == 0


def test_what_a_loss_prints_is_cut(ask, workers):
    status, (target,), said = ask("own.py:talks_much", "--kind", "regression")
    assert (status, target["verdict"]) == (0, "ok")
    assert "xxxx" not in said
    assert all(len(c.printed) <= 200_000 for c in workers._channels.values())


def test_inputs_of_ones_own(ask, folder):
    t, p = np.random.default_rng(0).uniform(1.0, 2.0, (2, 5, 3))
    zero = t.copy()
    zero[2, 1] = 0.0
    np.savez(folder / "fine.npz", y_true=t, y_pred=p)
    both = {"y_true": t, "y_pred": p, "y_true_zero": zero, "y_pred_zero": p}
    np.savez(folder / "both.npz", **both)
    np.savez(folder / "lacks.npz", y_true=t)
    status, (target,), _ = ask("own.py:reciprocal", "--inputs", "fine.npz")
    assert (status, faults(target)) == (0, [])
    status, (target,), _ = ask("own.py:reciprocal", "--inputs", "both.npz")
    (fault,) = faults(target)
    assert status == 1 and fault["check"] == "finite"
    assert "at the input 'zero'" in fault["message"]
    assert "/ y_true" in fault["line"] and "divide_no_nan" in fault["remedy"]
    assert fault["values"][BACKEND] == "inf"
    done = CliRunner().invoke(check.command, ["own.py", "--inputs", "lacks.npz"])
    assert done.exit_code == 2
    assert "must have the arrays y_true and y_pred" in " ".join(done.output.split())


def test_the_shape_of_the_predictions(ask):
    options = ("own.py:of_maps", "--kind", "segmentation")
    status, (target,), _ = ask(*options, "--shape", "4,2,2,1")
    assert (status, target["kind"]) == (0, "segmentation")
    status, _, said = ask("own.py:squared", "--kind", "quantiles", "--shape", "8")
    assert status == 2 and "--shape 8 does not fit the kind quantiles" in said


def test_a_kind_that_does_not_fit_is_said(ask):
    status, (target,), said = ask("own.py:of_indices", "--kind", "boxes")
    assert (status, target["verdict"]) == (2, "unchecked")
    assert "it does not take inputs of the kind boxes" in said
    assert "y_true must be class indices" in said
    assert "it runs at those of the kind sparse_logits" in said


@pytest.mark.parametrize(
    ("reference", "status", "words"),
    [
        ("right", 0, ""),
        ("summed", 1, "is 0.25 times the reference at every drawn input"),
        ("fails", 2, "the reference reference.py:fails raises an error: NameError"),
    ],
)
def test_a_reference_of_ones_own(ask, reference, status, words):
    options = ("--reference", f"reference.py:{reference}", "--kind", "regression")
    found, (target,), said = ask("own.py:squared", *options)
    assert found == status
    assert words in said
    assert "--reference" not in "".join(f["remedy"] for f in faults(target))


def test_a_constant_too_many(ask):
    options = ("--reference", "reference.py:right", "--kind", "regression")
    status, (target,), _ = ask("own.py:shifted", *options)
    assert status == 1
    assert "the loss is the reference and 3" in faults(target)[0]["remedy"]


def test_a_fault_counts_before_what_could_not_be_checked(ask):
    both = ("own.py:rises", "own.py:of_indices", "--kind", "regression")
    status, (first, second), _ = ask(*both)
    assert (first["verdict"], second["verdict"], status) == ("fault", "unchecked", 1)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("/proc/found.json", "cannot be written"),
        ("/proc/1/x/found.json", "cannot be written"),
        (".", "is a directory"),
        ("own.py/found.json", "cannot be written"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_at_once(ask, output, said):
    done = CliRunner().invoke(check.command, ["own.py:squared", "--json", output])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
