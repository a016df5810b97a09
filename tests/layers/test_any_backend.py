"""Sums in chunks and layers, where the backend differentiates them.

Their gradient is written out, and the other tests check that. A backend that does not
use such a gradient, as MLX, differentiates the same sums: here torch does so, too.
"""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.ops import own_gradients
from portable_losses.parity import autodiff

BACKEND = keras.config.backend()
RNG = np.random.default_rng(4)
N, D, V = 7, 4, 6
X = RNG.normal(size=(N, D)).astype("float32")
KERNEL = RNG.normal(size=(D, V)).astype("float32")
BIAS = RNG.normal(size=V).astype("float32")
IDS = np.arange(N) % V
SHAPES = {"hidden": X, "kernel": KERNEL, "bias": BIAS}
STEPS, STATES = 3, 3
EMISSIONS = RNG.normal(size=(2, STEPS, STATES)).astype("float32")
TAGS = np.array([[0, 1, 1], [2, 0, 1]])
CHAIN = {
    "emissions": EMISSIONS,
    "transitions": RNG.normal(size=(STATES, STATES)).astype("float32"),
    "start": RNG.normal(size=STATES).astype("float32"),
    "end": RNG.normal(size=STATES).astype("float32"),
}

pytestmark = pytest.mark.skipif(
    BACKEND in ("tensorflow", "jax"),
    reason="compiles, which the form on trial need not",
)


@pytest.fixture(scope="module")
def adapter():
    found = autodiff.load(BACKEND)
    if not autodiff.facts(BACKEND).gradients:
        pytest.skip(f"{BACKEND} has no gradients")
    return found


@pytest.fixture(autouse=True)
def by_autodiff(monkeypatch):
    monkeypatch.setattr(own_gradients, "USED", False)


def compare(adapter, function, reference, t, p):
    """Value and gradient in each mode, against those of a function in float64."""
    value = reference(t, p.astype("float64"))
    gradient = np.zeros(p.shape)
    for at in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[at] = 1e-5
        higher, lower = (reference(t, p + sign * step) for sign in (1, -1))
        gradient[at] = (higher - lower) / 2e-5
    for mode in adapter.MODES:
        got = adapter.evaluate(lambda t, p, w, m: function(t, p), mode, t, p)
        np.testing.assert_allclose(got.value, value, rtol=1e-5, err_msg=mode)
        np.testing.assert_allclose(got.gradient, gradient, atol=2e-5, err_msg=mode)


def log_p(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("moved", SHAPES)
def test_linear_log_probability(adapter, moved):
    upstream = np.linspace(-1, 2, N, dtype="float32")

    def function(t, p):
        x, kernel, bias = (p if k == moved else v for k, v in SHAPES.items())
        found, _ = portable_losses.linear_log_probability(
            x, kernel, t, bias=bias, chunk_size=3
        )
        return keras.ops.sum(found * keras.ops.convert_to_tensor(upstream))

    def reference(t, p):
        x, kernel, bias = (p if k == moved else v for k, v in SHAPES.items())
        return np.sum(log_p(x @ kernel + bias)[np.arange(N), t] * upstream)

    compare(adapter, function, reference, IDS, SHAPES[moved])


@pytest.mark.parametrize("moved", SHAPES)
def test_linear_crossentropy(adapter, moved):
    head = portable_losses.LinearCrossentropy(
        V, use_bias=True, label_smoothing=0.1, z_loss=0.01, chunk_size=3
    )
    head.build((N, D))
    variables = {"kernel": head.kernel, "bias": head.bias}
    for name, variable in variables.items():
        variable.assign(SHAPES[name])

    def function(t, p):
        state = [variables[moved]] if moved != "hidden" else []
        weights = [
            p if any(v is s for s in state) else v.value
            for v in head.trainable_variables
        ]
        *_, losses = head.stateless_call(
            weights,
            [v.value for v in head.non_trainable_variables],
            X if state else p,
            t,
            return_losses=True,
        )
        return keras.ops.sum(losses[0])

    def reference(t, p):
        x, kernel, bias = (p if k == moved else v for k, v in SHAPES.items())
        z = x @ kernel + bias
        each = log_p(z)
        total = (z - each)[:, 0]
        items = -0.9 * each[np.arange(N), t] - 0.1 * each.mean(axis=-1)
        return np.mean(items + 0.01 * total**2)

    compare(adapter, function, reference, IDS, SHAPES[moved])


@pytest.mark.parametrize("moved", CHAIN)
def test_linear_chain_crf(adapter, moved):
    layer = portable_losses.LinearChainCRF(STATES)
    layer.build(EMISSIONS.shape)
    variables = {name: getattr(layer, name) for name in CHAIN if name != "emissions"}
    for name, variable in variables.items():
        variable.assign(CHAIN[name])

    def function(t, p):
        state = [(variables[moved], p)] if moved != "emissions" else []
        with keras.StatelessScope(state):
            found = layer.log_likelihood(t, EMISSIONS if state else p)
        return keras.ops.sum(found)

    def reference(t, p):
        e, transitions, start, end = (
            p if k == moved else v.astype("float64") for k, v in CHAIN.items()
        )
        total = 0.0
        for tags, scores in zip(t, e, strict=True):
            paths = {
                path: sum(scores[i, s] for i, s in enumerate(path))
                + sum(transitions[a, b] for a, b in zip(path, path[1:], strict=False))
                + start[path[0]]
                + end[path[-1]]
                for path in np.ndindex(*[STATES] * STEPS)
            }
            everything = np.log(sum(np.exp(list(paths.values()))))
            total += paths[tuple(map(int, tags))] - everything
        return total

    compare(adapter, function, reference, TAGS, CHAIN[moved])


VIEWS = RNG.normal(size=(N, 2, D)).astype("float32")
LOSSES = {
    "NTXent": {},
    "InfoNCE": {"temperature": 1.0, "normalize": False},
    "CLIP": {"temperature": 0.02},
    "SigLIP": {},
    "InBatchSoftmax": {},
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_in_chunks(adapter, name):
    make = getattr(portable_losses, name)
    made = make(**LOSSES[name]), make(**LOSSES[name], chunk_size=3)
    for mode in adapter.MODES:
        whole, chunked = (
            adapter.evaluate(lambda t, p, w, m, loss=loss: loss(t, p), mode, IDS, VIEWS)
            for loss in made
        )
        np.testing.assert_allclose(chunked.value, whole.value, rtol=1e-5)
        assert np.abs(whole.gradient).max() > 0.01
        np.testing.assert_allclose(
            chunked.gradient, whole.gradient, rtol=1e-4, atol=1e-5
        )
