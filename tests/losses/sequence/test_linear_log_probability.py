"""linear_log_probability against the logits of all tokens, in float64 NumPy."""

import keras
import numpy as np
import pytest

from portable_losses import linear_log_probability
from portable_losses.ops import linear_head

BACKEND = keras.config.backend()
COMPILED = {"jax": [False, "jit"], "tensorflow": [False, "graph", "xla"]}
MODES = COMPILED.get(BACKEND, [False])
MODE = MODES[-1]
N, D, V, K = 7, 3, 11, 4
RNG = np.random.default_rng(5)
X, W, BIAS = (
    RNG.normal(size=shape).astype("float32") for shape in ((N, D), (D, V), (V,))
)
IDS = RNG.integers(0, V, (N, K)).astype("int32")
UP = RNG.normal(size=(N, K + 1)).astype("float32")  # of log-probabilities, and of sums


def reference(x, w, b, ids, softcap=None, temperature=1.0, up=UP):
    """The sum of the results times `up`, and its gradients, by hand."""
    x, w, b, up = (np.asarray(a, "float64") for a in (x, w, b, up))
    z = plain = x @ w + b
    if softcap is not None:
        z = softcap * np.tanh(plain / softcap)
    inside = 1.0 if softcap is None else 1.0 - (z / softcap) ** 2
    z, inside = z / temperature, inside / temperature
    largest = z.max(axis=-1, keepdims=True)
    total = np.log(np.exp(z - largest).sum(axis=-1)) + largest[:, 0]
    log_p = np.take_along_axis(z, ids, axis=-1) - total[:, None]
    p = np.exp(z - total[:, None])
    of_z = p * (up[:, -1:] - up[:, :-1].sum(axis=-1, keepdims=True))
    for n, row in enumerate(ids):
        for k, c in enumerate(row):
            of_z[n, c] += up[n, k]
    of_z = of_z * inside
    value = (log_p * up[:, :-1]).sum() + (total * up[:, -1]).sum()
    return log_p, total, value, (of_z @ w.T, x.T @ of_z, of_z.sum(axis=0))


def run(f, arrays, mode):
    """f(*arrays), a number, and its gradients."""
    if BACKEND == "jax":
        import jax

        both = jax.value_and_grad(f, argnums=tuple(range(len(arrays))))
        value, gradients = (jax.jit(both) if mode else both)(*arrays)
    elif BACKEND == "torch":
        import torch

        leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
        value = f(*leaves)
        gradients = torch.autograd.grad(value, leaves)
    else:
        import tensorflow as tf

        def both(*leaves):
            with tf.GradientTape() as tape:
                tape.watch(leaves)
                value = f(*leaves)
            return value, tape.gradient(value, leaves)

        if mode:
            both = tf.function(both, jit_compile=mode == "xla", autograph=False)
        value, gradients = both(*map(tf.constant, arrays))
    numpy = keras.ops.convert_to_numpy
    return float(value), [numpy(g) for g in gradients]


def of_sums(ids=IDS, up=UP, **config):
    """The sum of the results times `up`, as a function of hidden, kernel and bias."""
    up = keras.ops.convert_to_tensor(up)

    def f(x, w, b):
        log_p, total = linear_log_probability(x, w, ids, b, **config)
        return keras.ops.sum(log_p * up[:, :-1]) + keras.ops.sum(total * up[:, -1])

    return f


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("chunk_size", [1, 3, 7, 100, "auto", None])
@pytest.mark.parametrize("softcap, temperature", [(None, 1.0), (2.0, 0.5)])
def test_value_and_gradients(mode, chunk_size, softcap, temperature):
    config = {"softcap": softcap, "temperature": temperature}
    f = of_sums(chunk_size=chunk_size, **config)
    value, gradients = run(f, (X, W, BIAS), mode)
    _, _, wanted, slopes = reference(X, W, BIAS, IDS, **config)
    assert value == pytest.approx(wanted, rel=1e-5)
    for mine, right in zip(gradients, slopes, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("ids", [IDS, IDS[:, :1]], ids=["many classes", "one class"])
@pytest.mark.parametrize("size", [D, 4 * D, 100 * D])
def test_the_gradient_of_the_kernel_in_pieces(monkeypatch, size, ids):
    monkeypatch.setattr(linear_head, "TAKES_MEMORY_ANEW", True)
    monkeypatch.setattr(linear_head, "REUSED", size)
    up = UP[:, -1 - ids.shape[1] :]
    value, gradients = run(of_sums(ids, up, chunk_size=3), (X, W, BIAS), False)
    _, _, wanted, slopes = reference(X, W, BIAS, ids, up=up)
    assert value == pytest.approx(wanted, rel=1e-5)
    for mine, right in zip(gradients, slopes, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("anew", [False, True])
def test_chunks_are_of_equal_size_and_their_logits_in_memory_that_is_used_again(
    monkeypatch, anew
):
    monkeypatch.setattr(linear_head, "TAKES_MEMORY_ANEW", anew)
    at_once = linear_head.tokens_at_once
    assert at_once(None, 512, 2**15) == (240 if anew else 256)
    assert at_once(2048, 512, 2**15) == (228 if anew else 256)  # nine or eight chunks
    assert at_once(8192, 8192, 2**18) == 4096  # half of the width, however many
    assert at_once(9000, 8192, 2**18) == 3000
    assert at_once(5, 512, 2**15) == 5
    assert at_once(0, 512, 2**15) == 1


def test_one_class_a_token_of_any_leading_axes():
    x = X[:6].reshape(2, 3, D)
    ids = IDS[:6, 0].reshape(2, 3)
    log_p, total = linear_log_probability(x, W, ids)
    assert tuple(log_p.shape) == tuple(total.shape) == (2, 3)
    wanted, totals, _, _ = reference(X, W, 0 * BIAS, IDS)
    numpy = keras.ops.convert_to_numpy
    np.testing.assert_allclose(numpy(log_p).ravel(), wanted[:6, 0], rtol=1e-5)
    np.testing.assert_allclose(numpy(total).ravel(), totals[:6], rtol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_large_logits_do_not_overflow(mode):
    value, gradients = run(of_sums(), (1e4 * X, W, BIAS), mode)
    _, _, wanted, slopes = reference(1e4 * X, W, BIAS, IDS)
    assert value == pytest.approx(wanted, rel=1e-5)
    for mine, right in zip(gradients, slopes, strict=True):
        atol = np.abs(right).max() / 1e4
        np.testing.assert_allclose(mine, right, rtol=1e-3, atol=atol)


@pytest.mark.parametrize("mode", MODES)
def test_a_forbidden_class(mode):
    bias, ids = BIAS.copy(), IDS.copy()
    bias[2], ids[ids == 2] = -np.inf, 3
    value, gradients = run(of_sums(ids, chunk_size=3), (X, W, bias), mode)
    rest = np.delete(np.arange(V), 2)
    moved = np.searchsorted(rest, ids)
    _, _, wanted, slopes = reference(X, W[:, rest], bias[rest], moved)
    assert value == pytest.approx(wanted, rel=1e-5)
    np.testing.assert_allclose(gradients[0], slopes[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradients[1][:, rest], slopes[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(gradients[1][:, 2], 0)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(dtype):
    x, w = (keras.ops.cast(a, dtype) for a in (X, W))
    log_p, total = linear_log_probability(x, w, IDS)
    assert {keras.backend.standardize_dtype(a.dtype) for a in (log_p, total)} == {
        "float32"
    }
    numpy = keras.ops.convert_to_numpy
    x, w = (numpy(keras.ops.cast(a, "float32")) for a in (x, w))
    wanted, totals, _, _ = reference(x, w, 0 * BIAS, IDS)
    np.testing.assert_allclose(numpy(log_p), wanted, rtol=1e-5)
    np.testing.assert_allclose(numpy(total), totals, rtol=1e-5)


def test_no_tokens():
    log_p, total = linear_log_probability(X[:0], W, IDS[:0])
    assert tuple(log_p.shape) == (0, K)
    assert tuple(total.shape) == (0,)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only TensorFlow has unknown sizes")
def test_an_unknown_number_of_tokens():
    import tensorflow as tf

    shapes = [tf.TensorSpec((None, D)), tf.TensorSpec((None, K), tf.int32)]

    @tf.function(input_signature=shapes)
    def both(x, ids):
        with tf.GradientTape() as tape:
            tape.watch(x)
            log_p, total = linear_log_probability(x, W, ids, BIAS, chunk_size=3)
        return log_p, total, tape.gradient(log_p, x)

    for n in (7, 2, 0):
        log_p, total, gradient = both(X[:n], IDS[:n])
        up = np.concatenate([np.ones((N, K)), np.zeros((N, 1))], axis=-1)
        wanted, totals, _, slopes = reference(X, W, BIAS, IDS, up=up)
        np.testing.assert_allclose(log_p, wanted[:n], rtol=1e-5)
        np.testing.assert_allclose(total, totals[:n], rtol=1e-5)
        np.testing.assert_allclose(gradient, slopes[0][:n], rtol=1e-4, atol=1e-5)


def test_a_class_index_out_of_range_is_rejected():
    with pytest.raises(ValueError, match="^linear_log_probability: `ids` must be"):
        linear_log_probability(X, W, np.full((N,), V))


@pytest.mark.skipif(BACKEND == "torch", reason="nothing is compiled here")
def test_a_class_index_out_of_range_is_nan_in_compiled_code():
    ids = IDS.copy()
    ids[1, 2] = V

    if BACKEND == "jax":
        import jax

        value = jax.jit(lambda ids: linear_log_probability(X, W, ids, BIAS)[0])(ids)
    else:
        import tensorflow as tf

        value = tf.function(lambda ids: linear_log_probability(X, W, ids, BIAS)[0])(
            tf.constant(ids)
        )
    np.testing.assert_array_equal(np.isnan(value), ids == V)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"hidden": X[0]}, "`hidden` must be of shape"),
        ({"kernel": W.T}, "`kernel` must be of shape"),
        ({"bias": BIAS[1:]}, "`bias` must be of shape"),
        ({"ids": IDS[1:]}, "`ids` must be of shape"),
        ({"ids": IDS + 0.5}, "`ids` must be"),
        ({"softcap": 0}, "`softcap` must be"),
        ({"temperature": -1.0}, "`temperature` must be"),
        ({"chunk_size": 0}, "`chunk_size` must be"),
        ({"chunk_size": "all"}, "`chunk_size` must be"),
    ],
)
def test_what_does_not_fit_is_rejected(change, message):
    given = {"hidden": X, "kernel": W, "ids": IDS, **change}
    with pytest.raises(ValueError, match=f"^linear_log_probability: {message}"):
        linear_log_probability(**given)
