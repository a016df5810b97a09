"""What one backend trained and saved goes on alike wherever it is loaded.

Each backend saves a model with each of Keras's optimizers, and notes the losses of two
more steps, and a tagger, and notes the tags that its CRF finds; the others load them in
safe mode, in a process that has done no more than `import portable_losses`, and must
get the same. Both share these processes, since each of them costs seconds of imports.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from portable_losses.parity.autodiff import BACKENDS

START = """
import json, pathlib, sys
import keras, numpy as np
import portable_losses

root, job = pathlib.Path(sys.argv[1]), sys.argv[2]
here = keras.config.backend()
"""
OPTIMIZERS = """
folder, rng = root / "optimizers", np.random.default_rng(0)
folder.mkdir(exist_ok=True)
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
TAGGER = """
folder, rng = root / "tagger", np.random.default_rng(0)
folder.mkdir(exist_ok=True)
words = rng.integers(1, 6, (12, 5)).astype("int32")
words[::3, 3:] = 0
words[1::3, :2] = 0
tags = words % 3

def outputs(model):
    predicts = keras.Model(model.inputs[0], model.get_layer("emissions").output)
    e, crf = predicts.predict(words, verbose=0), model.get_layer("crf")
    crf_of = crf.decode, crf.marginals
    found = [keras.ops.convert_to_numpy(f(e, words > 0)).tolist() for f in crf_of]
    ll = crf.log_likelihood(tags, e, words > 0)
    return [*found, keras.ops.convert_to_numpy(ll).tolist()]

if job == "save":
    x, y = keras.Input((5,), dtype="int32"), keras.Input((5,), dtype="int32")
    h = keras.layers.Embedding(6, 4, mask_zero=True)(x)
    h = keras.layers.Dense(3, name="emissions")(h)
    crf = portable_losses.LinearChainCRF(3, name="crf")
    model = keras.Model([x, y], crf(h, y))
    model.compile(keras.optimizers.Adam(0.05), jit_compile=False)
    model.fit([words, tags], epochs=5, batch_size=6, verbose=0)
    assert abs(keras.ops.convert_to_numpy(crf.transitions)).max() > 0.01
    model.save(folder / f"{here}.keras")
    (folder / f"{here}.json").write_text(json.dumps(outputs(model)))
else:
    for path in sorted(folder.glob("*.keras")):
        found = outputs(keras.saving.load_model(path))
        (folder / f"{path.stem}-on-{here}.json").write_text(json.dumps(found))
"""
TOLERANCE = 1e-5
# In Keras 3.15 this one takes other steps on JAX than elsewhere from the same start,
# with a loss of Keras's own too.
KNOWN = "ScheduleFreeAdamW"


@pytest.fixture(scope="module", name="root")
def _root(tmp_path_factory):
    root = tmp_path_factory.mktemp("travel")
    for job in ("save", "load"):
        running = {
            backend: subprocess.Popen(
                [sys.executable, "-c", START + OPTIMIZERS + TAGGER, str(root), job],
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
    return root


# --- every optimizer --------------------------------------------------------------


@pytest.fixture(scope="module", name="found")
def _found(root):
    return {
        (name, backend): difference
        for backend in BACKENDS
        for name, difference in json.loads(
            (root / "optimizers" / f"found-on-{backend}.txt").read_text()
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


# --- a tagger ---------------------------------------------------------------------


@pytest.mark.parametrize("saved", BACKENDS)
@pytest.mark.parametrize("loaded", BACKENDS)
def test_it_decodes_equally(saved, loaded, root):
    wanted = json.loads((root / "tagger" / f"{saved}.json").read_text())
    found = json.loads((root / "tagger" / f"{saved}-on-{loaded}.json").read_text())
    assert found[0] == wanted[0]
    for got, expected in zip(found[1:], wanted[1:], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)
