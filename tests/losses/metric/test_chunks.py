"""Contrastive losses in linear memory: the values and gradients of the full form."""

import functools

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import CLIP, InfoNCE, NTXent, SigLIP, SupervisedContrastive
from portable_losses.ops import pairs

BACKEND = keras.config.backend()
MODE = {"jax": "jit", "tensorflow": "graph"}.get(BACKEND)
B, D = 11, 3
RNG = np.random.default_rng(8)
VIEWS = RNG.normal(size=(B, 2, D)).astype("float32")
LABELS = RNG.integers(0, 4, B)
WEIGHTS = RNG.uniform(0.5, 2.0, B).astype("float32")
MASK = RNG.uniform(size=B) < 0.7

LOSSES = [
    (CLIP, {}),
    (InfoNCE, {"symmetric": False}),
    (InfoNCE, {"temperature": 0.01}),
    (InfoNCE, {"temperature": 0.3, "normalize": False}),
    (NTXent, {}),
    (NTXent, {"temperature": 0.02}),
    (SigLIP, {}),
    (SigLIP, {"scale": 1.0, "bias": 0.5, "normalize": False}),
    (SupervisedContrastive, {}),
    (SupervisedContrastive, {"temperature": 0.01}),
]


def value_and_gradient(loss, y_true, x, weights=None, mask=None, mode=None):
    """The loss of `x` and its gradient, as NumPy."""

    def f(x):
        return loss(y_true, x, sample_weight=weights, mask=mask)

    if BACKEND == "jax":
        import jax

        run = jax.value_and_grad(f)
        value, gradient = (jax.jit(run) if mode else run)(x)
    elif BACKEND == "torch":
        import torch

        leaf = torch.tensor(x, requires_grad=True)
        value = f(leaf)
        (gradient,) = torch.autograd.grad(value, leaf)
        value = value.detach()
    else:
        import tensorflow as tf

        def run(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = f(x)
            return value, tape.gradient(value, x)

        if mode is not None:
            run = tf.function(run, jit_compile=mode == "xla")
        value, gradient = run(tf.constant(x))
    return np.asarray(value), np.asarray(gradient)


def inputs(cls):
    return (LABELS, VIEWS[:, 0]) if cls is SupervisedContrastive else (None, VIEWS)


def are_those_of_the_full_form(cls, config, size, mode, **given):
    y_true, x = inputs(cls)
    wanted = value_and_gradient(cls(**config), y_true, x, **given)
    loss = cls(**config, chunk_size=size)
    found = value_and_gradient(loss, y_true, x, **given, mode=mode)
    np.testing.assert_allclose(found[0], wanted[0], rtol=2e-6)
    largest = np.abs(wanted[1]).max()
    np.testing.assert_allclose(found[1], wanted[1], atol=3e-6 * largest)
    assert largest > 0


@pytest.mark.parametrize("cls, config", LOSSES)
def test_value_and_gradient_are_those_of_the_full_form(cls, config):
    are_those_of_the_full_form(cls, config, 4, MODE, weights=WEIGHTS, mask=MASK)


@pytest.mark.parametrize("size", [1, 4, 11, 20])
def test_chunks_of_any_size(size):
    are_those_of_the_full_form(CLIP, {}, size, MODE)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="XLA compiles all of it on JAX")
@pytest.mark.parametrize("cls", [CLIP, SigLIP])
def test_under_xla(cls):
    are_those_of_the_full_form(cls, {}, 4, "xla")


@pytest.mark.parametrize("cls", [CLIP, NTXent, SigLIP, SupervisedContrastive])
def test_few_samples_cost_what_they_cost_at_once(cls):
    y_true, x = inputs(cls)
    for count in (0, 1, 2):
        labels = None if y_true is None else y_true[:count]
        wanted = cls()(labels, x[:count])
        found = cls(chunk_size="auto")(labels, x[:count])
        assert float(found) == pytest.approx(float(wanted), rel=1e-6)


@pytest.mark.parametrize("cls", [InfoNCE, NTXent])
def test_logits_far_from_0_and_confident_ones(cls):
    x = np.repeat(np.eye(4, dtype="float32")[:, None], 2, axis=1)
    for scale in (4.0, 100.0):
        loss = cls(normalize=False, temperature=1.0)
        wanted = value_and_gradient(loss, None, scale * x)
        loss = cls(normalize=False, temperature=1.0, chunk_size=3)
        found = value_and_gradient(loss, None, scale * x, mode=MODE)
        assert np.isfinite(found[1]).all()
        np.testing.assert_allclose(found[0], wanted[0], rtol=1e-6)
        largest = np.abs(wanted[1]).max()
        np.testing.assert_allclose(found[1], wanted[1], atol=1e-5 * largest)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only TensorFlow has unknown sizes")
def test_a_batch_of_unknown_size():
    import tensorflow as tf

    for cls in (CLIP, SigLIP, NTXent):
        for size in (4, "auto"):
            loss = cls(chunk_size=size)
            spec = tf.TensorSpec((None, 2, D), "float32")
            called = functools.partial(lambda loss, x: loss(None, x), loss)
            run = tf.function(called, input_signature=[spec])
            for count in (4, 7, 11):
                wanted = float(cls()(None, VIEWS[:count]))
                assert float(run(VIEWS[:count])) == pytest.approx(wanted, rel=1e-6)


def test_a_learned_temperature_learns_equally():
    ends = []
    for size in (None, 4):
        keras.utils.set_random_seed(1)
        first, second = keras.Input((D,)), keras.Input((D,))
        dense = keras.layers.Dense(4)
        stack = portable_losses.StackViews(learn_temperature=True)
        model = keras.Model([first, second], stack([dense(first), dense(second)]))
        loss = CLIP(temperature=1.0, normalize=False, chunk_size=size)
        model.compile(keras.optimizers.SGD(0.1), loss=loss)
        x = [VIEWS[:, 0], VIEWS[:, 1]]
        history = model.fit(x, np.zeros(B), epochs=3, batch_size=B, verbose=0)
        ends.append(history.history["loss"])
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-5)
    assert ends[0][-1] < ends[0][0]


def test_the_chunks_of_auto():
    assert pairs.pairs_at_once(8192) == 256
    assert pairs.pairs_at_once(10) == 10
    assert pairs.pairs_at_once(None) == 256
    assert pairs.pairs_at_once(10**7) == 32


@pytest.mark.parametrize(
    "value, error", [(0, ValueError), ("all", ValueError), (1.5, TypeError)]
)
def test_a_chunk_size_that_is_none_is_rejected(value, error):
    with pytest.raises(error, match="^CLIP: `chunk_size` must be a whole number"):
        CLIP(chunk_size=value)


def test_labels_beyond_float32_are_exact():
    labels = np.array([16777216, 16777217, 16777216, 16777217])
    x = VIEWS[:4, 0]
    wanted = SupervisedContrastive()(np.array([0, 1, 0, 1]), x)
    assert float(SupervisedContrastive()(labels, x)) == float(wanted)
