"""The cookbook's programs train alike on every backend, and go on where one stopped.

Each backend trains the model of every program from one start, saves it, and trains on;
the next of them loads it, knowing the program alone, and must get the same losses.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from portable_losses.parity.autodiff import BACKENDS
from portable_losses.parity.reload import TOLERANCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
# These show the package, or end where training does: they have no `build`.
OTHERS = {
    "classify_digits",
    "denoise_photographs",
    "find_boxes",
    "fix_your_loss",
    "imbalanced_classes",
    "learn_embeddings",
    "match_halves",
    "predict_intervals",
    "rank_patients",
    "segment_coins",
    "segment_digits",
    "suggest_tokens",
    "tag_tokens",
    "when_the_loss_is_nan",
    "where_keras_differs",
}
EPOCHS = 2

PROGRAM = """
import importlib, json, pathlib, sys, traceback
import keras, numpy as np
import portable_losses

examples, folder, epochs, job, saved_on = sys.argv[1:]
folder, epochs, here = pathlib.Path(folder), int(epochs), keras.config.backend()
sys.path.insert(0, examples)

def trained(program, model):
    losses = [float(loss) for loss in program.train(model, epochs)]
    if len(losses) != epochs:
        raise ValueError(f"{epochs} epochs gave the losses {losses}")
    return losses

def start(model):
    # Initializers draw other numbers on other backends.
    rng = np.random.default_rng(0)
    for weight in model.trainable_variables:
        if len(weight.shape) > 1:
            deviation = np.prod(weight.shape[:-1]) ** -0.5
            weight.assign(rng.normal(0.0, deviation, weight.shape))

def save(name, program):
    model = program.build()
    start(model)
    losses = trained(program, model)
    model.save(folder / f"{name}-{here}.keras")
    return losses + trained(program, model)

def load(name, program):
    model = keras.saving.load_model(folder / f"{name}-{saved_on}.keras")
    return trained(program, model)

found = {}
for path in sorted(pathlib.Path(examples).glob("*.py")):
    try:
        program = importlib.import_module(path.stem)
        if hasattr(program, "build") and hasattr(program, "train"):
            run = {"save": save, "load": load}[job]
            found[path.stem] = {"losses": run(path.stem, program)}
    except Exception:
        found[path.stem] = {"error": traceback.format_exc(limit=-3)}
(folder / f"{job}-{here}.json").write_text(json.dumps(found))
"""


@pytest.fixture(scope="module", name="found")
def _found(tmp_path_factory):
    """What was found by job, backend and program."""
    folder = tmp_path_factory.mktemp("cookbook")
    found = {}
    for job in ("save", "load"):
        running = {
            backend: subprocess.Popen(
                [
                    *(sys.executable, "-c", PROGRAM, str(EXAMPLES), str(folder)),
                    *(str(EPOCHS), job, before(backend)),
                ],
                # One thread each: three at a time share the cores of a small machine.
                env={**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for backend in BACKENDS
        }
        for backend, process in running.items():
            _, errors = process.communicate()
            assert process.returncode == 0, f"{backend}, {job}: {errors[-2000:]}"
        found[job] = {
            backend: json.loads((folder / f"{job}-{backend}.json").read_text())
            for backend in BACKENDS
        }
    return found


def before(backend):
    """The backend whose models this one loads."""
    return BACKENDS[BACKENDS.index(backend) - 1]


def different(pairs):
    """A line for each pair of lists of losses that differ, or are no numbers.

    What failed has no losses, and is the business of a test of its own.
    """
    return [
        f"{name}: apart by {difference:.1e}, {got} and not {wanted}"
        for name, (got, wanted) in pairs.items()
        if got and wanted and not (difference := apart(got, wanted)) <= TOLERANCE
    ]


def apart(got, wanted):
    """The largest difference over the largest loss; NaN if one is NaN."""
    size = np.max(np.abs(wanted)) or 1.0
    return float(np.max(np.abs(np.subtract(got, wanted))) / size)


def test_every_program_was_driven(found):
    programs = {path.stem for path in EXAMPLES.glob("*.py")} - OTHERS
    assert programs
    wrong = [
        f"{job} on {backend}: {', '.join(sorted(programs ^ set(by_program)))}"
        for job, by_backend in found.items()
        for backend, by_program in by_backend.items()
        if set(by_program) != programs
    ]
    assert not wrong, "\n".join(wrong)


def test_no_program_failed(found):
    failed = {
        f"{job} {name} on {backend}": result["error"]
        for job, by_backend in found.items()
        for backend, by_program in by_backend.items()
        for name, result in by_program.items()
        if "error" in result
    }
    assert not failed, "\n\n".join(f"{where}: {e}" for where, e in failed.items())


def test_the_backends_train_alike(found):
    first, *others = BACKENDS
    pairs = {
        f"{name} on {backend} and {first}": (
            found["save"][backend][name].get("losses"),
            result.get("losses"),
        )
        for name, result in found["save"][first].items()
        for backend in others
    }
    wrong = different(pairs)
    assert not wrong, "\n".join(wrong)


def test_training_goes_on_elsewhere_to_the_same_numbers(found):
    pairs = {
        f"{name} on {backend}, from {before(backend)}": (
            result.get("losses"),
            found["save"][before(backend)][name].get("losses", [])[EPOCHS:],
        )
        for backend, by_program in found["load"].items()
        for name, result in by_program.items()
    }
    wrong = different(pairs)
    assert not wrong, "\n".join(wrong)
