"""A tagger that was trained and saved on one backend decodes equally on the others.

Each backend trains and saves a tagger, and notes the tags that its CRF finds; the
others load it in safe mode, after `import portable_losses` alone, and must find these.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from portable_losses.parity.autodiff import BACKENDS

PROGRAM = """
import json, pathlib, sys
import keras, numpy as np
import portable_losses

folder, job = pathlib.Path(sys.argv[1]), sys.argv[2]
here = keras.config.backend()
rng = np.random.default_rng(0)
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


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
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
    return folder


@pytest.mark.parametrize("saved", BACKENDS)
@pytest.mark.parametrize("loaded", BACKENDS)
def test_it_decodes_equally(saved, loaded, folder):
    wanted = json.loads((folder / f"{saved}.json").read_text())
    found = json.loads((folder / f"{saved}-on-{loaded}.json").read_text())
    assert found[0] == wanted[0]
    for got, expected in zip(found[1:], wanted[1:], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)
