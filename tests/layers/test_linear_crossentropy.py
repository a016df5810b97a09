"""LinearCrossentropy against Dense and SparseCategoricalCrossentropy."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import LinearCrossentropy, SparseCategoricalCrossentropy

V, D, B, T = 13, 6, 8, 5
RNG = np.random.default_rng(3)
TOKENS = RNG.integers(0, V, (B, T)).astype("int32")
NEXT = ((3 * TOKENS + 1) % V).astype("int32")
NEXT[:, -1] = -100
WEIGHTS = RNG.uniform(size=(B, T)).astype("float32")
CLASS_WEIGHTS = tuple(np.linspace(0.5, 2.0, V).round(3).tolist())


def fixed(seed):
    return keras.initializers.GlorotUniform(seed=seed)


def body():
    table = keras.layers.Embedding(V, D, embeddings_initializer=fixed(1))
    dense = keras.layers.Dense(D, "tanh", kernel_initializer=fixed(2))
    return lambda tokens: dense(table(tokens))


def inputs():
    return (
        keras.Input((None,), dtype="int32"),
        keras.Input((None,), dtype="int32"),
        keras.Input((None,)),
    )


def with_dense(config, weighted):
    tokens, _, _ = inputs()
    bias = config.pop("use_bias", False)
    head = keras.layers.Dense(V, use_bias=bias, kernel_initializer=fixed(3))
    model = keras.Model(tokens, head(body()(tokens)))
    loss = SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100, **config)
    model.compile(keras.optimizers.Adam(0.02), loss=loss)
    rest = {"sample_weight": WEIGHTS} if weighted else {}
    return model, (TOKENS, NEXT), rest, TOKENS


def with_head(config, weighted, **more):
    given = inputs()
    head = LinearCrossentropy(
        V,
        ignore_class=-100,
        chunk_size=7,
        kernel_initializer=fixed(3),
        **config,
        **more,
    )
    used = given if weighted else given[:2]
    model = keras.Model(used, head(body()(given[0]), *used[1:]))
    model.compile(keras.optimizers.Adam(0.02))
    x = [TOKENS, NEXT, WEIGHTS][: len(used)]
    return model, (x,), {}, x


CONFIGS = {
    "plain": {},
    "bias, smoothing, class weights": {
        "use_bias": True,
        "label_smoothing": 0.1,
        "class_weights": CLASS_WEIGHTS,
    },
    "sum": {"reduction": "sum"},
    "mean_with_sample_weight": {"reduction": "mean_with_sample_weight"},
}


@pytest.mark.parametrize(
    "config, weighted",
    [(config, name != "plain") for name, config in CONFIGS.items()],
    ids=CONFIGS,
)
def test_it_trains_as_dense_and_cross_entropy_do(config, weighted):
    curves, predictions = [], []
    for build in (with_dense, with_head):
        model, data, rest, x = build(dict(config), weighted)
        fit = {"batch_size": 4, "epochs": 3, "shuffle": False, "verbose": 0}
        curves.append(model.fit(*data, **rest, **fit).history["loss"])
        predictions.append(model.predict(x, verbose=0))
    np.testing.assert_allclose(*curves, rtol=1e-5)
    np.testing.assert_allclose(*predictions, rtol=1e-3, atol=1e-4)


def test_it_is_saved_and_trains_on(tmp_path):
    config = {"z_loss": 1e-3, "softcap": 5.0, "class_weights": {2: 3.0}}
    model, (x,), _, _ = with_head(config, True)
    model.fit(x, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.evaluate(x, verbose=0) == pytest.approx(model.evaluate(x, verbose=0))
    again.fit(x, verbose=0)


def test_a_tied_kernel_is_one_weight_after_loading_too(tmp_path):
    table = keras.layers.Embedding(V, D)
    tokens, targets, _ = inputs()
    head = LinearCrossentropy(V, ignore_class=-100, tied_to=table)
    model = keras.Model([tokens, targets], head(table(tokens), targets))
    model.compile(keras.optimizers.SGD(0.5))
    model.fit([TOKENS, NEXT], verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for one in (model, again):
        assert one.count_params() == V * D
        one.fit([TOKENS, NEXT], epochs=2, shuffle=False, verbose=0)
    x = [TOKENS, NEXT]
    np.testing.assert_allclose(
        again.evaluate(x, verbose=0), model.evaluate(x, verbose=0)
    )


def test_the_best_classes():
    model, _, _, x = with_head({"softcap": 3.0}, False)
    hidden = model.layers[-1].input[0]
    head = model.layers[-1]
    best = LinearCrossentropy(V, output="top_k", top_k=3, chunk_size=7)
    found = keras.Model(model.inputs[0], best(hidden))
    best.kernel.assign(keras.ops.convert_to_numpy(head.kernel))
    logits = model.predict(x, verbose=0)
    wanted = np.argsort(-logits, axis=-1)[..., :3]
    classes = found.predict(TOKENS, verbose=0)
    assert classes.dtype == "int32"
    np.testing.assert_array_equal(classes, wanted)


@pytest.mark.parametrize("output, none", [("logits", np.nan), ("top_k", -1)])
def test_while_it_trains_there_are_no_logits(output, none):
    head = LinearCrossentropy(V, output=output)
    hidden = RNG.normal(size=(B, T, D)).astype("float32")
    result = head(hidden, np.abs(NEXT) % V, training=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(result), none)
    assert len(head.losses) == 1
    result = keras.ops.convert_to_numpy(head(hidden, training=True))
    assert np.isfinite(result).all()


def test_the_value_by_hand():
    head = LinearCrossentropy(
        2, z_loss=0.5, label_smoothing=0.5, kernel_initializer="ones"
    )
    head(np.array([[1.0]], "float32"), np.array([0]))
    # two equal logits of 1: log p = -log 2, and the log-sum-exp 1 + log 2
    wanted = np.log(2) + 0.5 * (1 + np.log(2)) ** 2
    assert float(head.losses[0]) == pytest.approx(wanted, rel=1e-6)


def test_masked_tokens_do_not_matter():
    hidden = RNG.normal(size=(B, T, D)).astype("float32")
    ids = (np.abs(NEXT) % V).astype("int32")
    mask = RNG.uniform(size=(B, T)) < 0.6
    values = []
    for broken in (False, True):
        head = LinearCrossentropy(V, kernel_initializer=fixed(3))
        x = np.where(mask[..., None] | (not broken), hidden, np.nan)
        head(x, np.where(mask | (not broken), ids, 0), mask=mask)
        values.append(float(head.losses[0]))
    assert values[0] == pytest.approx(values[1], rel=1e-6)
    loss = SparseCategoricalCrossentropy(from_logits=True)
    logits = keras.ops.convert_to_numpy(head(hidden))
    assert values[0] == pytest.approx(float(loss(ids, logits, mask=mask)), rel=1e-5)


def test_half_precision_is_computed_in_float32():
    hidden = RNG.normal(size=(B, T, D)).astype("float32")
    ids = np.abs(NEXT) % V
    values = []
    for dtype in ("float32", "mixed_bfloat16"):
        head = LinearCrossentropy(V, kernel_initializer=fixed(3), dtype=dtype)
        head(keras.ops.cast(hidden, "bfloat16"), ids)
        values.append(float(head.losses[0]))
    assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_no_tokens_cost_nothing():
    head = LinearCrossentropy(V)
    head(np.zeros((0, T, D), "float32"), np.zeros((0, T), "int32"))
    assert float(head.losses[0]) == 0
    nothing = np.full((B, T), -100)
    head = LinearCrossentropy(V, ignore_class=-100)
    head(np.zeros((B, T, D), "float32"), nothing)
    assert float(head.losses[0]) == 0


@pytest.mark.parametrize(
    "config, message",
    [
        ({"vocabulary": 0}, "`vocabulary` must be"),
        ({"label_smoothing": 1.5}, "`label_smoothing` must be"),
        ({"z_loss": -1.0}, "`z_loss` must be"),
        ({"softcap": 0.0}, "`softcap` must be"),
        ({"output": "best"}, "`output` must be one of"),
        ({"top_k": 0}, "`top_k` must be"),
        ({"chunk_size": 0}, "`chunk_size` must be"),
        ({"reduction": "none"}, "`reduction` must be one of"),
    ],
)
def test_arguments_out_of_range_are_rejected(config, message):
    with pytest.raises(ValueError, match=f"^LinearCrossentropy: {message}"):
        LinearCrossentropy(**{"vocabulary": V, **config})


def test_a_table_of_another_size_is_rejected():
    table = keras.layers.Embedding(V + 1, D)
    table.build((None,))
    head = LinearCrossentropy(V, tied_to=table)
    with pytest.raises(ValueError, match="^LinearCrossentropy: `tied_to` must be"):
        head(np.zeros((1, D), "float32"))


def test_a_class_index_out_of_range_is_rejected():
    head = LinearCrossentropy(V)
    with pytest.raises(ValueError, match="LinearCrossentropy: `y_true` must be"):
        head(np.zeros((1, 1, D), "float32"), np.array([[V]]))


def test_it_is_exported():
    assert portable_losses.LinearCrossentropy is LinearCrossentropy
