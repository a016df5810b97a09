"""LinearChainCRF against all paths, one by one, in float64 NumPy."""

import itertools

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import LinearChainCRF

BACKEND = keras.config.backend()
# JAX compiles each operation of eager mode by itself: few tests need that, too.
COMPILED = {"jax": ["jit"], "tensorflow": ["graph", "xla"]}.get(BACKEND, [False])
MODE = {"jax": "jit", "tensorflow": "xla"}.get(BACKEND, False)
INF = float("inf")
RNG = np.random.default_rng(11)
B, T, C = 5, 4, 3
E = (2 * RNG.normal(size=(B, T, C))).astype("float32")
TAGS = RNG.integers(0, C, (B, T)).astype("int32")
WEIGHTS = {
    "transitions": RNG.normal(size=(C, C)).astype("float32"),
    "start": RNG.normal(size=C).astype("float32"),
    "end": RNG.normal(size=C).astype("float32"),
}
# All steps; padded on the right, on the left; with holes; no step at all.
MASK = np.array(
    [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 1], [0, 0, 0, 0]], "bool"
)


def numpy_of(x):
    return keras.ops.convert_to_numpy(x)


def made(weights=WEIGHTS, **config):
    classes = len(weights["transitions"])
    layer = LinearChainCRF(classes, **config)
    for name, value in weights.items():
        if getattr(layer, name) is not None:
            getattr(layer, name).assign(value)
    return layer


def paths(e, on, transitions, start, end):
    """All paths through the steps that count, and their scores."""
    e = np.asarray(e, "float64")[np.asarray(on, "bool")]
    every = list(itertools.product(range(e.shape[-1]), repeat=len(e)))
    scores = []
    for path in every:
        score = sum(e[t, k] for t, k in enumerate(path))
        score += sum(transitions[i, j] for i, j in itertools.pairwise(path))
        scores.append(score + start[path[0]] + end[path[-1]] if path else 0.0)
    return np.array(every), np.array(scores, "float64")


def logsumexp(x):
    largest = x.max()
    return largest + np.log(np.sum(np.exp(x - largest)))


def reference(tags, e, mask, weights=WEIGHTS):
    """log-likelihood, marginals and best path, sequence by sequence."""
    weights = {k: np.asarray(v, "float64") for k, v in weights.items()}
    ll, p = np.zeros(len(e)), np.zeros(e.shape)
    best = np.full(e.shape[:2], -1)
    for b, on in enumerate(mask):
        if not on.any():
            continue
        every, scores = paths(e[b], on, **weights)
        share = np.exp(scores - logsumexp(scores))
        at = np.flatnonzero((every == tags[b][on]).all(axis=1))[0]
        ll[b] = scores[at] - logsumexp(scores)
        for k in range(e.shape[-1]):
            p[b, on, k] = ((every == k) * share[:, None]).sum(axis=0)
        best[b, on] = every[np.argmax(scores)]
    return ll, p, best


def compile_of(function, how):
    if how == "jit":
        import jax

        return jax.jit(function)
    if how:
        import tensorflow as tf

        return tf.function(function, jit_compile=how == "xla", autograph=False)
    return function


def tensors(*arrays):
    return [None if x is None else keras.ops.convert_to_tensor(x) for x in arrays]


def of_layer(layer, tags, e, mask, how=False):
    def all_three(tags, e, *mask):
        mask = mask[0] if mask else None
        return (
            layer.log_likelihood(tags, e, mask),
            layer.marginals(e, mask),
            layer.decode(e, mask),
        )

    given = (tags, e) if mask is None else (tags, e, mask)
    return [numpy_of(x) for x in compile_of(all_three, how)(*tensors(*given))]


def agrees(got, wanted, rtol=1e-5):
    np.testing.assert_allclose(got[0], wanted[0], rtol=rtol, atol=1e-5)
    np.testing.assert_allclose(got[1], wanted[1], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(got[2], wanted[2])


def of_tags(layer):
    """The log-likelihood as `gradient` calls a loss."""

    def function(tags, e, weight=None, mask=None):
        return layer.log_likelihood(tags, e, mask)

    return function


# --- values -----------------------------------------------------------------------


def test_it_is_the_sum_over_all_paths(compiled):
    layer = made()
    every = np.ones((B, T), "bool")
    if compiled == MODE:
        agrees(of_layer(layer, TAGS, E, None, compiled), reference(TAGS, E, every))
    agrees(of_layer(layer, TAGS, E, MASK, compiled), reference(TAGS, E, MASK))


def test_without_boundaries():
    layer = made(use_boundaries=False)
    assert layer.start is None and layer.end is None and len(layer.weights) == 1
    weights = {**WEIGHTS, "start": np.zeros(C), "end": np.zeros(C)}
    agrees(of_layer(layer, TAGS, E, MASK, MODE), reference(TAGS, E, MASK, weights))


@pytest.mark.parametrize("compiled", COMPILED)
def test_skipped_steps_may_hold_anything(gradient, compiled):
    layer = made()
    e, tags = E.copy(), TAGS.copy()
    e[~MASK], tags[~MASK] = np.nan, -1
    agrees(of_layer(layer, tags, e, MASK, compiled), reference(TAGS, E, MASK))
    _, slope = gradient(of_tags(layer), tags, e, mask=MASK, compiled=compiled)
    assert np.isfinite(slope).all()
    assert not slope[~MASK].any() and (slope[MASK] != 0).all()


def test_the_weights_are_0_at_first():
    layer = LinearChainCRF(C)
    ll, p, best = of_layer(layer, TAGS, 0 * E, MASK, MODE)
    np.testing.assert_allclose(ll, -MASK.sum(axis=1) * np.log(C), rtol=1e-6)
    np.testing.assert_allclose(p[MASK], 1 / C, rtol=1e-6)
    np.testing.assert_array_equal(best, np.where(MASK, 0, -1))  # the lower of equals


def test_one_step_is_a_softmax_and_one_tag_is_certain():
    weights = {"start": np.zeros(C), "end": np.zeros(C)}
    layer = made({**WEIGHTS, **weights})
    wanted = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    ll, _, _ = of_layer(layer, TAGS[:, :1], E[:, :1], None, MODE)
    wanted = float(wanted(TAGS[:, :1], E[:, :1]))
    np.testing.assert_allclose(-ll.mean(), wanted, rtol=1e-5)
    agrees(
        of_layer(made(), TAGS[:, :1], E[:, :1], MASK[:, :1], MODE),
        reference(TAGS[:, :1], E[:, :1], MASK[:, :1]),
    )
    one = {"transitions": np.array([[3.0]]), "start": [2.0], "end": [-1.0]}
    ll, p, best = of_layer(made(one), 0 * TAGS, E[..., :1], MASK, MODE)
    assert not ll.any()
    np.testing.assert_allclose(p[..., 0], MASK)
    np.testing.assert_array_equal(best, np.where(MASK, 0, -1))


def test_no_steps_and_no_sequences():
    layer = made()
    for shape in ((2, 0, C), (0, T, C)):
        e, tags = np.zeros(shape, "float32"), np.zeros(shape[:2], "int32")
        assert numpy_of(layer.log_likelihood(tags, e)).tolist() == [0.0] * shape[0]
        assert numpy_of(layer.decode(e)).shape == shape[:2]
        assert numpy_of(layer.marginals(e)).shape == shape
        layer(*tensors(e, tags))
        assert float(layer.losses[0]) == 0


@pytest.mark.parametrize("compiled", COMPILED)
def test_scores_of_1e4_are_exact(gradient, compiled):
    e = (1e4 * np.sign(E) + E).astype("float32")
    layer = made({k: 1e4 * np.sign(v) + v for k, v in WEIGHTS.items()})
    # The scores as float32 has them: the reference sees the same numbers.
    seen = {k: numpy_of(getattr(layer, k)) for k in WEIGHTS}
    # The tags, and the best ones.
    best = np.maximum(0, reference(TAGS, e, MASK, seen)[2])
    tags = np.concatenate([TAGS, best]).astype("int32")
    e, mask = np.concatenate([e, e]), np.concatenate([MASK, MASK])
    wanted = reference(tags, e, mask, seen)
    assert wanted[0][:3].min() < -1e4 and wanted[0][B:].min() > -2
    ll, p, found = of_layer(layer, tags, e, mask, compiled)
    np.testing.assert_allclose(ll, wanted[0], rtol=1e-5, atol=4e-3)
    np.testing.assert_allclose(p, wanted[1], atol=4e-3)
    np.testing.assert_array_equal(found, wanted[2])
    _, slope = gradient(of_tags(layer), tags, e, mask=mask, compiled=compiled)
    one_hot = np.eye(C)[tags] * mask[..., None]
    np.testing.assert_allclose(slope, one_hot - wanted[1], atol=4e-3)


def test_a_common_offset_changes_no_digit():
    offset = np.array([1e4, -1e4, 8192.0, 0.0], "float32")[:, None]
    e = np.round(E * 64) / 64  # exact in float32 beside the offsets
    weights = {k: np.round(v * 64) / 64 for k, v in WEIGHTS.items()}
    plain = of_layer(made(weights), TAGS, e, MASK, MODE)
    moved = {k: v - 8192.0 for k, v in weights.items()}
    got = of_layer(made(moved), TAGS, (e + offset).astype("float32"), MASK, MODE)
    agrees(got, plain, rtol=1e-6)


@pytest.mark.parametrize("compiled", COMPILED)
def test_a_score_of_minus_infinity_forbids(gradient, compiled):
    weights = {**WEIGHTS, "transitions": WEIGHTS["transitions"].copy()}
    weights["transitions"][0, 1] = -INF
    e = E.copy()
    e[0, 1] = [-INF, 0.3, 0.1]
    tags = np.array([[0, 2, 2, 1], [0, 1, 0, 0], *TAGS[2:]], "int32")
    with np.errstate(invalid="ignore"):
        wanted = reference(tags, e, MASK, weights)
    assert wanted[0][1] == -INF and np.isfinite(wanted[0][0])
    e[2, 3] = -INF  # in this sequence no path is left
    wanted[0][2], wanted[1][2], wanted[2][2] = -INF, 0.0, [-1, -1, -1, 0]
    layer = made(weights)
    agrees(of_layer(layer, tags, e, MASK, compiled), wanted)
    _, slope = gradient(of_tags(layer), tags, e, mask=MASK, compiled=compiled)
    assert np.isfinite(slope).all() and slope[0].any()


def test_long_sequences():
    """The recursion in float64, over 400 steps."""
    steps = 400
    e = (3 * RNG.normal(size=(2, steps, C))).astype("float32")
    tags = RNG.integers(0, C, (2, steps)).astype("int32")
    mask = RNG.uniform(size=(2, steps)) < 0.8
    a, start, end = (WEIGHTS[k].astype("float64") for k in WEIGHTS)
    wanted = []
    for b in range(2):
        x, y = e[b][mask[b]].astype("float64"), tags[b][mask[b]]
        state, score = start + x[0], start[y[0]] + x[0, y[0]]
        for t in range(1, len(x)):
            column = [logsumexp(state + a[:, j]) for j in range(C)]
            state = np.array(column) + x[t]
            score += a[y[t - 1], y[t]] + x[t, y[t]]
        wanted.append(score + end[y[-1]] - logsumexp(state + end))
    got = numpy_of(made().log_likelihood(tags, e, mask))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


# --- gradients --------------------------------------------------------------------


def gradients(layer, tags, e, mask, how, upstream=None):
    """Of the weighted sum of the log-likelihoods, in emissions and weights."""
    weights = [w for w in (layer.transitions, layer.start, layer.end) if w is not None]

    def total(e, *values):
        with keras.StatelessScope(list(zip(weights, values, strict=True))):
            items = layer.log_likelihood(tags, e, mask)
        return keras.ops.sum(items if upstream is None else items * upstream)

    given = tensors(e, *(numpy_of(w) for w in weights))
    (upstream,) = tensors(upstream)
    if BACKEND == "torch":
        import torch

        given = [x.clone().requires_grad_() for x in given]
        found = torch.autograd.grad(total(*given), given)
    elif BACKEND == "jax":
        import jax

        function = jax.grad(total, argnums=tuple(range(len(given))))
        found = compile_of(function, how)(*given)
    else:
        import tensorflow as tf

        def function(*given):
            with tf.GradientTape() as tape:
                tape.watch(given)
                value = total(*given)
            return tape.gradient(value, given)

        found = compile_of(function, how)(*given)
    return [numpy_of(x) for x in found]


def differences(tags, e, mask, upstream, step=1e-5):
    """Central differences of the reference, in all its arguments."""
    arrays = {"e": e.astype("float64")}
    arrays |= {k: v.astype("float64") for k, v in WEIGHTS.items()}

    def value():
        weights = {k: arrays[k] for k in WEIGHTS}
        return np.sum(upstream * reference(tags, arrays["e"], mask, weights)[0])

    found = []
    for x in arrays.values():
        slope = np.zeros(x.shape)
        for at in np.ndindex(x.shape):
            kept = x[at]
            x[at] = kept + step
            above = value()
            x[at] = kept - step
            slope[at] = (above - value()) / (2 * step)
            x[at] = kept
        found.append(slope)
    return found


def test_gradients_are_differences(compiled):
    upstream = np.array([1.0, -2.0, 0.5, 3.0, 1.0], "float32")
    found = gradients(made(), TAGS, E, MASK, compiled, upstream)
    for got, wanted in zip(found, differences(TAGS, E, MASK, upstream), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def second_derivative(layer, how):
    """The derivative of `sum(direction * gradient)`, and two gradients nearby."""
    direction = RNG.normal(size=E.shape).astype("float32")
    loss = layer.log_likelihood

    def total(e):
        return keras.ops.sum(loss(TAGS, e, MASK))

    (e,) = tensors(E)
    if BACKEND == "torch":
        import torch

        e = e.requires_grad_()
        (slope,) = torch.autograd.grad(total(e), e, create_graph=True)
        (found,) = torch.autograd.grad((slope * torch.tensor(direction)).sum(), e)
    elif BACKEND == "jax":
        import jax

        def along(e):
            return keras.ops.sum(jax.grad(total)(e) * direction)

        found = compile_of(jax.grad(along), how)(e)
    else:
        import tensorflow as tf

        def twice(e):
            with tf.GradientTape() as outer:
                outer.watch(e)
                with tf.GradientTape() as inner:
                    inner.watch(e)
                    value = total(e)
                along = tf.reduce_sum(inner.gradient(value, e) * direction)
            return outer.gradient(along, e)

        found = compile_of(twice, how)(e)
    h = 1e-2
    near = [
        gradients(layer, TAGS, E + s * h * direction, MASK, False)[0] for s in (1, -1)
    ]
    return numpy_of(found), (near[0] - near[1]) / (2 * h)


def test_the_second_derivative_is_right_or_an_error(compiled):
    if compiled == "xla":
        with pytest.raises(Exception, match=r"(?i)xla|compile|TensorList|iterations"):
            second_derivative(made(), compiled)
        return
    got, wanted = second_derivative(made(), compiled)
    np.testing.assert_allclose(got, wanted, rtol=1e-2, atol=1e-3)
    assert np.abs(got).max() > 0.1


# --- the layer --------------------------------------------------------------------


def added(layer, *args, **kwargs):
    out = layer(*args, **kwargs)
    (value,) = layer.losses
    return out, float(numpy_of(value))


def test_it_adds_the_mean_of_the_sequences_and_returns_the_emissions():
    ll = reference(TAGS, E, MASK)[0]
    layer = made()
    e, tags, mask = tensors(E, TAGS, MASK)
    out, value = added(layer, e, tags, mask=mask)
    np.testing.assert_array_equal(numpy_of(out), E)
    assert value == pytest.approx(-ll[:4].mean(), rel=1e-5)  # the last has no step
    w = np.array([1.0, 0.0, 2.0, 0.5, 9.0], "float32")
    _, value = added(layer, e, tags, sample_weight=tensors(w)[0], mask=mask)
    assert value == pytest.approx(-np.sum(w * ll) / 4, rel=1e-5)
    _, value = added(layer, e, tags, mask=tensors(0 * MASK)[0])
    assert value == 0
    for ids in (TAGS[..., None], TAGS.astype("int64"), TAGS.astype("float32")):
        _, value = added(layer, e, tensors(ids)[0], mask=mask)
        assert value == pytest.approx(-ll[:4].mean(), rel=1e-5)
    layer(e)
    assert layer.losses == []


def test_a_mask_of_keras_is_used():
    words = np.array([[3, 1, 0, 2], [1, 2, 3, 1], [0, 0, 0, 2]])
    inputs = keras.Input((4,), dtype="int32")
    target = keras.Input((4,), dtype="int32")
    embedding = keras.layers.Embedding(5, C, mask_zero=True)
    layer = made()
    net = keras.Model([inputs, target], layer(embedding(inputs), target))
    net.compile("sgd", jit_compile=False)
    tags = TAGS[:3]
    e = numpy_of(embedding.embeddings)[words]
    wanted = -reference(tags, e, words > 0)[0].mean()
    assert net.evaluate([words, tags], verbose=0) == pytest.approx(wanted, rel=1e-5)
    emissions = embedding(keras.ops.convert_to_tensor(words))
    best = numpy_of(layer.decode(emissions))
    np.testing.assert_array_equal(best, reference(tags, e, words > 0)[2])


def tagger(policy):
    """Tags depend on the word and on the tag before; 0 is padding."""
    keras.utils.set_random_seed(3)
    words, tags = (
        keras.Input((None,), dtype="int32"),
        keras.Input((None,), dtype="int32"),
    )
    x = keras.layers.Embedding(6, 8, mask_zero=True, dtype=policy)(words)
    emissions = keras.layers.Dense(3, dtype=policy, name="emissions")(x)
    crf = LinearChainCRF(3, name="crf", dtype=policy)
    return keras.Model([words, tags], crf(emissions, tags))


def sentences():
    rng = np.random.default_rng(5)
    words = rng.integers(1, 6, (48, 7))
    tags = np.zeros(words.shape, "int32")
    for t in range(1, 7):  # word 5 repeats the tag before it
        tags[:, t] = np.where(words[:, t] == 5, tags[:, t - 1], words[:, t] % 3)
    lengths = rng.integers(2, 8, (48, 1))
    return np.where(np.arange(7) < lengths, words, 0).astype("int32"), tags


def test_a_tagger_trains_is_saved_and_decodes_equally(tmp_path):
    words, tags = sentences()
    net = tagger("mixed_bfloat16")
    net.compile(keras.optimizers.Adam(0.1))
    fit = {"batch_size": 16, "epochs": 12, "shuffle": False, "verbose": 0}
    losses = net.fit([words, tags], **fit).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    assert all(np.abs(numpy_of(w)).max() > 0.1 for w in net.get_layer("crf").weights)

    def decoded(net):
        predicts = keras.Model(net.inputs[0], net.get_layer("emissions").output)
        emissions = predicts.predict(words, verbose=0)
        return numpy_of(net.get_layer("crf").decode(emissions, words > 0))

    best = decoded(net)
    assert (best == tags)[words > 0].mean() > 0.9
    assert (best[words == 0] == -1).all()
    net.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(decoded(loaded), best)
    again = loaded.fit([words, tags], **{**fit, "epochs": 1}).history["loss"]
    assert again[0] < 1.5 * losses[-1]


def test_called_twice_it_adds_both():
    x, y = keras.Input((T, C)), keras.Input((T,), dtype="int32")
    layer = made()
    outputs = [layer(x, y), layer(2.0 * x, y)]
    net = keras.Model([x, y], outputs)
    net.compile(keras.optimizers.SGD(0.0))
    every = np.ones((B, T), "bool")
    wanted = sum(-reference(TAGS, k * E, every)[0].mean() for k in (1.0, 2.0))
    assert net.evaluate([E, TAGS], verbose=0) == pytest.approx(wanted, rel=1e-5)
    seen = net.fit([E, TAGS], verbose=0).history["loss"]
    assert seen[0] == pytest.approx(wanted, rel=1e-5)


def test_the_config_makes_an_equal_layer():
    layer = made(use_boundaries=False, name="tags")
    again = LinearChainCRF.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (again.num_classes, again.use_boundaries, again.name) == (C, False, "tags")
    again.set_weights(layer.get_weights())
    for a, b in zip(
        of_layer(again, TAGS, E, MASK), of_layer(layer, TAGS, E, MASK), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_symbolic_calls_and_shapes():
    layer = LinearChainCRF(C)
    for shape in ((None, None, C), (None, 7, C), (2, 7, C)):
        out = layer(keras.KerasTensor(shape), keras.KerasTensor(shape[:2], "int32"))
        assert out.shape == shape and out.dtype == "float32"
        assert layer.compute_output_shape(shape) == shape
    out = layer(keras.KerasTensor((2, 7, C), "float16"))
    assert keras.backend.standardize_dtype(out.dtype) == "float16"


def test_a_policy_of_half_precision_does_not_round_the_weights():
    found = []
    for policy in ("float32", "mixed_bfloat16"):
        layer = portable_losses.LinearChainCRF(3, dtype=policy)
        layer.transitions.assign(np.full((3, 3), 1 / 3) + np.eye(3) / 7)
        layer.start.assign(np.arange(3) / 7)
        layer(tensors(E)[0], TAGS)
        found.append(float(layer.losses[0]))
    assert found[0] == pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(dtype):
    layer = made(dtype=f"mixed_{dtype}")
    assert keras.backend.standardize_dtype(layer.transitions.dtype) == "float32"
    (half,) = tensors(200 * E)
    half = keras.ops.cast(half, dtype)
    e = numpy_of(keras.ops.cast(half, "float32"))
    ll = layer.log_likelihood(TAGS, half, MASK)
    assert keras.backend.standardize_dtype(ll.dtype) == "float32"
    np.testing.assert_allclose(
        numpy_of(ll), reference(TAGS, e, MASK)[0], rtol=1e-5, atol=1e-4
    )
    assert keras.backend.standardize_dtype(layer.marginals(half).dtype) == "float32"
    assert keras.backend.standardize_dtype(layer(half).dtype) == dtype


@pytest.mark.parametrize("compiled", [False, True])
def test_an_unknown_number_of_steps(compiled):
    if BACKEND != "tensorflow":
        pytest.skip("only TensorFlow traces an unknown size")
    import tensorflow as tf

    layer = made()

    def function(tags, e, mask):
        with tf.GradientTape() as tape:
            tape.watch(e)
            ll = layer.log_likelihood(tags, e, mask)
        slope = tape.gradient(ll, e)
        return ll, layer.marginals(e, mask), layer.decode(e, mask), slope

    spec = [
        tf.TensorSpec((None, None), tf.int32),
        tf.TensorSpec((None, None, C), tf.float32),
        tf.TensorSpec((None, None), tf.bool),
    ]
    traced = tf.function(function, input_signature=spec, jit_compile=compiled)
    for steps in (T, 1):
        cut = TAGS[:, :steps], E[:, :steps], MASK[:, :steps]
        *got, slope = traced(*cut)
        wanted = reference(*cut)
        agrees(got, wanted)
        one_hot = np.eye(C)[cut[0]] * cut[2][..., None]
        np.testing.assert_allclose(slope, one_hot - wanted[1], rtol=1e-4, atol=1e-6)


# --- what is rejected -------------------------------------------------------------


@pytest.mark.parametrize("tag", [-1, C])
def test_a_tag_out_of_range_is_rejected_or_nan(tag, gradient, compiled):
    layer = made()
    tags = TAGS.copy()
    tags[0, 2] = tag
    loss = of_tags(layer)
    if compiled:
        value, _ = gradient(loss, tags, E, mask=MASK, compiled=compiled)
        assert np.isnan(value[0]) and np.isfinite(value[1:]).all()
        return
    message = rf"LinearChainCRF: `y_true` must be class indices in \[0, 3\); .* {tag} "
    with pytest.raises(ValueError, match=message):
        loss(tags, E, mask=MASK)
    with pytest.raises(ValueError, match=message):
        layer(*tensors(E, tags))


ERRORS = [
    (
        lambda: LinearChainCRF(0),
        "LinearChainCRF: `num_classes` must be a whole number >= 1; got num_classes=0 "
        "(choose a value in that range).",
    ),
    (
        lambda: LinearChainCRF(3)(np.ones((2, 4, 5), "float32")),
        "LinearChainCRF: `emissions` must be of shape (B, T, 3), one score per class "
        "and step; got emissions=an array of shape (2, 4, 5) (end the model in "
        "Dense(3)).",
    ),
    (
        lambda: LinearChainCRF(3)(keras.KerasTensor((None, 3))),
        "got emissions=an array of shape (None, 3) (end the model in Dense(3)).",
    ),
    (
        lambda: LinearChainCRF(3).decode(np.ones((2, 3))),
        "got emissions=an array of shape (2, 3) (end the model in Dense(3)).",
    ),
    (
        lambda: made().marginals(E, np.ones((B, T, C), "bool")),
        "LinearChainCRF: `mask` must have the leading axes of the steps; got mask of "
        "shape (5, 4, 3) and steps of shape (5, 4) (pass one value per sample or one "
        "per item).",
    ),
    (
        lambda: made().log_likelihood(TAGS[:, :3], E),
        "LinearChainCRF: `y_true` must be class indices of shape y_pred.shape[:-1], or "
        "with a trailing 1; got y_true of shape (5, 3) and y_pred of shape (5, 4, 3) "
        "(pass one class index per item).",
    ),
    (
        lambda: made().log_likelihood(TAGS + 0.5, E),
        "LinearChainCRF: `y_true` must be whole class indices; got y_true that holds",
    ),
    (
        lambda: made()(*tensors(E, TAGS, np.ones((B, T), "float32"))),
        "LinearChainCRF: `sample_weight` must have the leading axes of the items",
    ),
]


@pytest.mark.parametrize(("make", "message"), ERRORS)
def test_messages(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert message in str(caught.value)


def test_kinds_that_are_rejected():
    with pytest.raises(TypeError, match="`num_classes` must be a whole number >= 1"):
        LinearChainCRF(3.0)
    with pytest.raises(TypeError, match="`use_boundaries` must be True or False"):
        LinearChainCRF(3, use_boundaries=1)
    with pytest.raises(TypeError, match="a symbolic KerasTensor .pass what the model"):
        LinearChainCRF(3).decode(keras.KerasTensor((None, 4, 3)))
