"""Sums of losses: each term reduces itself, the sum adds scalars."""

import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Hyperparameter, Sum, ops

MSE, MAE = portable_losses.MeanSquaredError, portable_losses.MeanAbsoluteError
BACKEND = keras.config.backend()


class Total(portable_losses.Loss):
    """A statistic."""

    def call(self, y_true, y_pred):
        return ops.sum(ops.abs(y_pred - y_true))


class WholeCall(keras.losses.Loss):
    """One of Keras's that looks for itself."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        return keras.ops.mean(keras.ops.abs(y_pred - y_true))


def images():
    rng = np.random.default_rng(0)
    t = np.eye(2)[rng.integers(0, 2, (3, 4, 4))].astype("float32")
    return t, rng.dirichlet([1.0, 1.0], (3, 4, 4)).astype("float32")


@pytest.mark.parametrize(
    "loss",
    [
        0.7 * portable_losses.SoftDice() + portable_losses.SigmoidFocal(),
        portable_losses.SigmoidFocal() + portable_losses.SoftDice() * 0.7,
        Sum([(0.7, portable_losses.SoftDice()), portable_losses.SigmoidFocal()]),
        Sum(
            {
                "dice": (0.7, portable_losses.SoftDice()),
                "focal": (1.0, portable_losses.SigmoidFocal()),
            }
        ),
        sum(
            [
                np.float32(0.7) * portable_losses.SoftDice(),
                portable_losses.SigmoidFocal(),
            ]
        ),
    ],
    ids=["operators", "turned", "list", "dict", "builtin sum"],
)
def test_scalars_are_added_and_not_items(loss, gradient):
    # Items of (3,) and of (3, 4, 4): never to be broadcast against each other.
    t, p = images()
    dice, focal = portable_losses.SoftDice(), portable_losses.SigmoidFocal()
    found = gradient(loss, t, p)
    parts = [gradient(part, t, p) for part in (dice, focal)]
    for got, a, b in zip(found, *parts, strict=True):
        np.testing.assert_allclose(got, 0.7 * a + b, rtol=1e-6, atol=1e-8)


def test_sums_of_sums():
    t, p = np.zeros((2, 1)), np.full((2, 1), 3.0)
    flat = 2.0 * (0.5 * MSE() + MAE()) + MAE()
    assert list(flat.terms) == [
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_error_2",
    ]
    assert float(flat(t, p)) == 9.0 + 6.0 + 3.0
    nested = Sum({"inner": (2.0, 0.5 * MSE() + MAE()), "outer": MAE()})
    assert float(nested(t, p)) == 9.0 + 6.0 + 3.0
    assert [m.name for m in nested.metrics] == [
        "inner",
        "inner_mean_squared_error",
        "inner_mean_absolute_error",
        "outer",
    ]


def test_each_term_has_its_own_reduction_and_library(gradient):
    t, p = np.zeros((2, 1), "float32"), np.full((2, 1), 3.0, "float32")
    loss = Sum([MSE(reduction="sum"), keras.losses.MeanAbsoluteError(), Total()])
    assert float(gradient(loss, t, p)[0]) == 18.0 + 3.0 + 6.0
    ours_and_theirs = MSE() + keras.losses.MeanAbsoluteError()
    assert float(ours_and_theirs(t, p)) == 12.0
    assert float((keras.losses.MeanAbsoluteError() + MSE())(t, p)) == 12.0


def test_weights_and_masks_reach_the_terms(gradient):
    t, p = np.zeros((3, 2), "float32"), np.ones((3, 2), "float32")
    p[2] = np.nan
    weight, mask = np.array([1.0, 3.0, 0.0], "float32"), np.array([True, True, False])
    loss = MSE() + MAE()
    value, slope = gradient(loss, t, p, sample_weight=weight)
    assert float(value) == pytest.approx(2 * 4 / 3)
    assert not slope[2].any() and np.isfinite(slope).all()
    value, _ = gradient(loss, t, p, mask=mask)
    assert float(value) == pytest.approx(2.0)


@pytest.mark.parametrize("reduction", ["mean", "sum", "mean_with_sample_weight"])
def test_a_loss_of_keras_leaves_out_what_the_sum_leaves_out(
    reduction, gradient, compiled
):
    t, p = np.zeros((3, 2), "float32"), np.full((3, 2), 2.0, "float32")
    p[2] = np.nan
    t[2] = np.nan
    weight, mask = np.array([1.0, 3.0, 0.0], "float32"), np.array([True, True, False])
    theirs = keras.losses.MeanSquaredError(reduction=reduction)
    ours = MSE(reduction=reduction)
    for loss in (Sum([theirs]), Sum({"inner": (2.0, Sum([(0.5, theirs)]))})):
        for given in (
            {"mask": mask},
            {"sample_weight": weight},
            {"sample_weight": np.array([1.0, 3.0, 2.0], "float32"), "mask": mask},
        ):
            value, slope = gradient(loss, t, p, compiled=compiled, **given)
            wanted, wanted_slope = gradient(ours, t, p, compiled=compiled, **given)
            assert float(value) == pytest.approx(float(wanted))
            np.testing.assert_allclose(slope, wanted_slope, rtol=1e-6)
            assert np.isfinite(slope).all()


def test_a_loss_of_keras_keeps_its_weights_and_ignored_classes():
    t, p = np.zeros((3, 2), "float32"), np.ones((3, 2), "float32")
    weight = np.array([1.0, 2.0, 3.0], "float32")
    for theirs in (keras.losses.Dice(), keras.losses.Huber(), WholeCall()):
        assert float(Sum([theirs])(t, p, weight)) == float(theirs(t, p, weight))
    ids = np.array([[0, 1, -1], [2, -1, -1]])
    logits = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    ours = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    wanted = float(ours(ids, logits, mask=ids >= 0))
    padded = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ignored = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=-1
    )
    assert float(Sum([padded])(ids, logits, mask=ids >= 0)) == pytest.approx(wanted)
    some = np.array([[True, True, True], [True, False, True]])
    assert float(Sum([ignored])(ids, logits, mask=some)) == pytest.approx(wanted)


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("kind", ["embedding", "masking"])
def test_a_mask_of_a_layer_reaches_each_term_and_its_metric(kind, eagerly, still):
    keras.utils.set_random_seed(0)
    kept = np.array([[True, True, False], [True, False, False]])
    if kind == "embedding":
        x = np.where(kept, [[1, 2, 3], [3, 1, 1]], 0)
        inputs = keras.Input((3,), dtype="int32")
        hidden = keras.layers.Embedding(5, 2, mask_zero=True)(inputs)
    else:
        x = np.where(kept[..., None], np.float32(1.0), np.float32(0.0))
        inputs = keras.Input((3, 1))
        hidden = keras.layers.Masking()(inputs)
    dense = keras.layers.Dense(1, kernel_initializer="zeros")
    net = keras.Model(inputs, dense(hidden))
    y = np.where(kept, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], np.nan).astype("float32")
    loss = Sum({"ours": MSE(), "theirs": (2.0, keras.losses.MeanAbsoluteError())})
    net.compile(still, loss=loss, metrics=loss.metrics, run_eagerly=eagerly)
    fit = {"validation_data": (x, y[..., None]), "verbose": 0}
    seen = {k: v[0] for k, v in net.fit(x, y[..., None], **fit).history.items()}
    squares, sizes = np.mean(y[kept] ** 2), np.mean(y[kept])
    for prefix in ("", "val_"):
        assert seen[f"{prefix}ours"] == pytest.approx(squares)
        assert seen[f"{prefix}theirs"] == pytest.approx(sizes)
        assert seen[f"{prefix}loss"] == pytest.approx(squares + 2 * sizes)
    assert all(np.isfinite(w).all() for w in net.get_weights())


def test_arithmetic():
    t, p = np.zeros((2, 1), "float32"), np.full((2, 1), 3.0, "float32")
    w = Hyperparameter(2.0, name="w")
    mse, mae, theirs = MSE(), MAE(), keras.losses.MeanAbsoluteError()
    half = ops.convert_to_tensor(0.5)
    for loss, value in (
        (mse / 2, 4.5),
        (-mse, -9.0),
        (+mse, 9.0),
        (mse - mae, 6.0),
        (mse - theirs, 6.0),
        (theirs - mse, -6.0),
        (half * mse, 4.5),
        (mse * half, 4.5),
        (np.float32(0.5) * mse, 4.5),
        (np.array(0.5) * mse, 4.5),
        (mse * np.array(0.5), 4.5),
        (mse / w, 4.5),
        (mse - w * mae, 3.0),
        ((mse + mae) / 2, 6.0),
        (-(mse - mae) / 3, -2.0),
        (0 + mse, 9.0),
        (mse + 0, 9.0),
        (0 - mse, -9.0),
        (mse - 0.0, 9.0),
        (sum([mse, mae]), 12.0),
    ):
        assert isinstance(loss, Sum)
        assert float(loss(t, p)) == pytest.approx(value)


def test_it_shows_its_terms():
    w = Hyperparameter(2.0, name="w")
    theirs = keras.losses.Huber(delta=2.0)
    loss = Sum({"a": (w, portable_losses.Huber(delta=0.3)), "b": theirs, "c": -MSE()})
    assert repr(loss) == (
        "Sum({'a': (Hyperparameter(2.0, name='w'), Huber(delta=0.3)), "
        "'b': keras.losses.Huber(delta=2.0), "
        "'c': Sum({'mean_squared_error': (-1.0, MeanSquaredError())})})"
    )
    assert repr(MSE(reduction="sum", dtype="float64")) == (
        "MeanSquaredError(reduction='sum', dtype='float64')"
    )


def test_a_sum_is_as_wide_as_its_widest_term():
    wide, t, p = MSE(dtype="float64"), np.zeros((2, 1)), np.full((2, 1), 0.1)
    for loss in (wide + wide, 0.5 * wide, wide + MAE(), Sum([wide]), -wide - MAE()):
        assert loss.dtype == "float64"
        assert type(loss).from_config(loss.get_config()).dtype == "float64"
        if BACKEND != "jax":  # where float64 is what it says
            assert keras.backend.standardize_dtype(loss(t, p).dtype) == "float64"
    assert (MSE() + MAE()).dtype == keras.config.floatx()
    if BACKEND == "tensorflow":  # elsewhere Keras computes some of it in float32
        assert float((wide + wide)(t, p)) == pytest.approx(2 * 0.1**2, rel=1e-12)


def test_dtypes():
    t, p = np.zeros((2, 1)), np.full((2, 1), 3.0)
    loss = Sum([MSE(dtype="bfloat16"), MAE()], dtype="bfloat16")
    assert keras.backend.standardize_dtype(loss(t, p).dtype) == "bfloat16"
    big = Sum([(1e4, MSE(dtype="float16")), MAE(dtype="float16")], dtype="float16")
    assert float(big(t, p)) == pytest.approx(90003.0)  # beyond float16


REJECTED = {
    "no terms": (
        lambda: Sum([]),
        ValueError,
        "Sum: `terms` must be at least one loss; got terms=[]",
    ),
    "text": (
        lambda: Sum("mse"),
        TypeError,
        "Sum: `terms` must be losses; got terms='mse'",
    ),
    "no loss": (
        lambda: Sum({"a": (0.5, "mse")}),
        TypeError,
        "Sum: `terms['a']` must be a loss; got terms['a']='mse' (pass an instance",
    ),
    "a triple": (
        lambda: Sum({"a": (0.5, MSE(), MAE())}),
        TypeError,
        "Sum: `terms['a']` must be a loss or a pair of weight and loss; got",
    ),
    "items": (
        lambda: Sum({"a": MSE(reduction=None)}),
        ValueError,
        "Sum: `terms['a']` must be a loss that gives one number; got terms['a']=a "
        "mean_squared_error with reduction=None (give it",
    ),
    "a reduction": (
        lambda: Sum([MSE()], reduction=None),
        ValueError,
        "Sum: `reduction` must be left to the terms; got reduction=None (give the",
    ),
    "weight": (
        lambda: float("inf") * MSE(),
        ValueError,
        "Sum: `the weight of terms['mean_squared_error']` must be a finite number; got",
    ),
    "weights for items of another rank": (
        lambda: Sum({"dice": portable_losses.SoftDice(), "error": MSE()})(
            *images(), np.ones((3, 4))
        ),
        ValueError,
        "Sum: term 'dice': SoftDice: `sample_weight` must have the leading axes of the "
        "items; got sample_weight of shape (3, 4) and items of shape (3,)",
    ),
    "weights for a statistic": (
        lambda: (MSE() + Total(name="total"))(
            np.ones((2, 1)), np.ones((2, 1)), np.ones(2)
        ),
        ValueError,
        "Sum: term 'total': Total: `sample_weight` must be None for a statistic",
    ),
    "a number": (
        lambda: MSE() + 1.0,
        TypeError,
        "Sum: `terms` must be losses; got terms=1.0 (a constant has no gradient: drop "
        "it, or show it as a metric).",
    ),
    "a number less a loss": (
        lambda: 1 - MSE(),
        TypeError,
        "Sum: `terms` must be losses; got terms=1 (a constant",
    ),
    "a name": (
        lambda: MSE() + "mae",
        TypeError,
        "Sum: `terms` must be losses; got terms='mae' (pass an instance, such as",
    ),
    "a product of losses": (
        lambda: MSE() * MAE(),
        TypeError,
        "Sum: `weight` must be a number or a Hyperparameter; got weight=a "
        "MeanAbsoluteError (losses are added; write their product or quotient as a "
        "@loss function).",
    ),
    "a quotient of losses": (
        lambda: MSE() / MAE(),
        TypeError,
        "Sum: `divisor` must be a number or a Hyperparameter; got divisor=a "
        "MeanAbsoluteError (losses are added",
    ),
    "a quotient of a loss": (
        lambda: 2.0 / MSE(),
        TypeError,
        "Sum: `divisor` must be a number or a Hyperparameter; got divisor=a "
        "MeanSquaredError (loss / 2.0 divides a loss; write",
    ),
    "a quotient by zero": (
        lambda: MSE() / 0,
        ValueError,
        "Sum: `divisor` must be a finite number != 0; got divisor=0 (choose",
    ),
    "a power": (
        lambda: MSE() ** 2,
        TypeError,
        "Sum: `operator` must be +, -, * or /; got operator=** (write other arithmetic "
        "as a @loss function).",
    ),
    "a vector of weights": (
        lambda: np.ones(2) * MSE(),
        TypeError,
        "Sum: `weight` must be a number or a Hyperparameter; got weight=a ndarray of "
        "shape (2,) and float64 (a term has one weight; weight classes or samples",
    ),
    "a tensor of weights": (
        lambda: MSE() * ops.ones(2),
        TypeError,
        "Sum: `weight` must be a number or a Hyperparameter; got weight=a ",
    ),
    "a variable": (
        lambda: MSE() * keras.Variable(1.0),
        TypeError,
        "Sum: `weight` must be no trainable variable, which a loss cannot train",
    ),
    "a flag": (
        lambda: True * MSE(),
        TypeError,
        "Sum: `weight` must be a finite number; got weight=True",
    ),
    "an array of a loss": (
        lambda: np.asarray(MSE()),
        TypeError,
        "MeanSquaredError: `loss` must be a tensor; got loss=a MeanSquaredError (call",
    ),
    "a context for a loss of Keras": (
        lambda: Sum([keras.losses.MeanAbsoluteError()])(
            np.ones((2, 1)), np.ones((2, 1)), None, None, np.ones((2, 1))
        ),
        TypeError,
        "Sum: term 'mean_absolute_error': MeanAbsoluteError: `context` must be "
        "omitted; got context=1 tensor (a loss of Keras takes only y_true and y_pred: "
        "give it a LossEndpoint of its own, or write it as a Loss).",
    ),
    "a mask for a statistic of Keras": (
        lambda: Sum([keras.losses.Dice()])(
            np.ones((2, 1)), np.ones((2, 1)), mask=np.ones(2, "bool")
        ),
        ValueError,
        "Sum: term 'dice': Dice: `mask` must be None for this statistic, which cannot "
        "exclude samples; got mask=a mask of shape (2,) (use a loss of",
    ),
    "a mask for a loss with a call of its own": (
        lambda: Sum([WholeCall(name="whole")])(
            np.ones((2, 1)), np.ones((2, 1)), mask=np.ones(2, "bool")
        ),
        ValueError,
        "Sum: term 'whole': WholeCall: `mask` must be None for a loss with a "
        "`__call__` of its own, which takes no mask; got mask=a mask of shape (2,)",
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name):
    act, kind, message = REJECTED[name]
    with pytest.raises(kind, match=re.escape(message)):
        act()


def test_terms_in_the_history(model, still, data, tmp_path):
    x, y = data
    w = Hyperparameter(0.5, name="w")
    loss = Sum({"squares": (0.5, MSE()), "sizes": (w, MAE())})
    net = model()
    net.compile(still, loss=loss, metrics=loss.metrics)
    fit = {"batch_size": 20, "epochs": 2, "shuffle": False, "verbose": 0}
    seen = net.fit(x, y, validation_data=(x, y), **fit).history
    # Batches of 20 and 12 samples, each counted by its samples, as Keras counts.
    np.testing.assert_allclose(seen["squares"], 2 * [np.mean(y**2)], rtol=1e-5)
    np.testing.assert_allclose(seen["sizes"], 2 * [np.mean(np.abs(y))], rtol=1e-5)
    total = 0.5 * np.add(seen["squares"], seen["sizes"])
    np.testing.assert_allclose(seen["loss"], total, rtol=1e-5)
    np.testing.assert_allclose(seen["val_squares"], seen["squares"], rtol=1e-5)
    assert seen["w"] == [0.5, 0.5]
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    again = loaded.fit(x, y, **fit).history
    np.testing.assert_allclose(again["loss"], seen["loss"], rtol=1e-6)
    np.testing.assert_allclose(again["squares"], seen["squares"], rtol=1e-6)


def test_terms_with_sample_weights(model, still, data):
    x, y = data
    loss = 0.5 * MSE() + MAE()
    net = model()
    net.compile(still, loss=loss, weighted_metrics=loss.metrics)
    weight = np.linspace(0.0, 2.0, len(x)).astype("float32")
    seen = net.fit(x, y, sample_weight=weight, shuffle=False, verbose=0).history
    total = 0.5 * seen["mean_squared_error"][0] + seen["mean_absolute_error"][0]
    assert seen["loss"][0] == pytest.approx(total)


def test_terms_of_several_outputs(still, data):
    x, y = data
    loss = Sum({"squares": MSE(), "sizes": MAE()})
    inputs = keras.Input((3,))
    heads = {
        name: keras.layers.Dense(1, kernel_initializer="zeros", name=name)(inputs)
        for name in ("a", "b")
    }
    net = keras.Model(inputs, heads)
    net.compile(
        still,
        loss={"a": loss, "b": portable_losses.Huber()},
        metrics={"a": loss.metrics},
    )
    seen = net.fit(x, {"a": y, "b": y}, verbose=0).history
    assert seen["a_squares"][0] == pytest.approx(np.mean(y**2), rel=1e-5)
    assert seen["a_loss"][0] == pytest.approx(
        seen["a_squares"][0] + seen["a_sizes"][0], rel=1e-5
    )


@pytest.mark.parametrize("operator", ["*", "+", "-", "/", "**"])
def test_a_variable_is_no_operand_on_any_backend(operator):
    functions = {
        "*": lambda a, b: a * b,
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "/": lambda a, b: a / b,
        "**": lambda a, b: a**b,
    }
    loss = portable_losses.MeanSquaredError()
    for value in (keras.Variable(2.0), keras.Variable(2.0, trainable=False)):
        for pair in ((value, loss), (loss, value)):
            with pytest.raises(
                TypeError, match="^(Sum|MeanSquaredError): `.*` must be "
            ):
                functions[operator](*pair)


def test_a_scalar_tensor_is_no_list_of_terms():
    with pytest.raises(TypeError, match="^Sum: `terms` must be losses; got terms="):
        portable_losses.Sum(keras.ops.convert_to_tensor(0.5))
