"""A model saved with any of Keras's optimizers trains on, wherever it is loaded.

Each backend saves one model an optimizer, and notes the losses of two more steps; the
others load it in safe mode, after `import portable_losses` alone, and must get them.
"""

import json
import os
import subprocess
import sys

import pytest

from portable_losses.parity.autodiff import BACKENDS

PROGRAM = """
import json, pathlib, sys
import keras, numpy as np
import portable_losses

folder, job = pathlib.Path(sys.argv[1]), sys.argv[2]
here = keras.config.backend()
rng = np.random.default_rng(0)
x = rng.normal(size=(8, 3)).astype("float32")
y = 2 * x[:, :2]

def optimizer(name):
    if name == "LossScaleOptimizer":
        return keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    return getattr(keras.optimizers, name)()

def fit(model):
    history = model.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0)
    return history.history["loss"]

if job == "save":
    not_plain = {"Optimizer", "MultiOptimizer", "OptimizerMap"}
    for name in sorted(set(dir(keras.optimizers)) - not_plain):
        if not isinstance(getattr(keras.optimizers, name), type):
            continue
        keras.utils.set_random_seed(0)
        start = keras.initializers.Constant(0.1)
        layer = keras.layers.Dense(2, kernel_initializer=start)
        model = keras.Sequential([keras.Input((3,)), layer])
        loss = portable_losses.Huber(delta=0.5, class_weights=np.array([1.0, 2.0]))
        # Compiling is for the speed of long training: here it costs a second a model.
        model.compile(optimizer(name), loss=loss, jit_compile=False)
        fit(model)
        model.save(folder / f"{here}-{name}.keras")
        (folder / f"{here}-{name}.json").write_text(json.dumps(fit(model)))
else:
    found = {}
    for path in sorted(folder.glob("*-*.keras")):
        saved_on, name = path.stem.split("-")
        if saved_on != here:
            wanted = json.loads(path.with_suffix(".json").read_text())
            try:
                got = fit(keras.saving.load_model(path))
                found[f"{name} {saved_on}"] = max(
                    abs(a - b) for a, b in zip(got, wanted, strict=True)
                )
            except Exception as error:
                found[f"{name} {saved_on}"] = f"{type(error).__name__}: {error}"
    (folder / f"found-on-{here}.txt").write_text(json.dumps(found))
"""
TOLERANCE = 1e-5
# In Keras 3.15 this one takes other steps on JAX than elsewhere from the same start,
# with a loss of Keras's own too.
KNOWN = "ScheduleFreeAdamW"


@pytest.fixture(scope="module", name="found")
def _found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("optimizers")
    for job in ("save", "load"):
        running = {
            backend: subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(folder), job],
                env={**os.environ, "KERAS_BACKEND": backend},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for backend in BACKENDS
        }
        for backend, process in running.items():
            _, errors = process.communicate()
            assert process.returncode == 0, f"{backend}, {job}: {errors[-2000:]}"
    return {
        (name, backend): difference
        for backend in BACKENDS
        for name, difference in json.loads(
            (folder / f"found-on-{backend}.txt").read_text()
        ).items()
    }


def test_every_optimizer_was_tried(found):
    names = {name.split()[0] for name, _ in found}
    assert {"Adam", "Ftrl", "LossScaleOptimizer", "Muon", "SGD"} <= names
    assert len(found) == 6 * len(names)


def test_training_goes_on_to_the_same_numbers(found):
    wrong = {
        where: difference
        for where, difference in found.items()
        if not where[0].startswith(KNOWN)
        and not (isinstance(difference, float) and difference <= TOLERANCE)
    }
    assert wrong == {}


def test_the_known_difference_is_small_and_there(found):
    differences = [d for (name, _), d in found.items() if name.startswith(KNOWN)]
    assert all(isinstance(d, float) and d < 1e-3 for d in differences), differences
    assert max(differences) > TOLERANCE, "Keras fixed it: drop KNOWN"
