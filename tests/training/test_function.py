"""`loss`: a plain function as a loss that can be saved."""

import collections
import copy
import importlib.util
import pickle
import re
import subprocess
import sys

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Hyperparameter, loss, ops

BACKEND = keras.config.backend()


@loss(package="test_function")
def scaled(y_true, y_pred, *, weight=1.0, power=2):
    """Scaled errors."""
    return weight * ops.mean(ops.power(ops.abs(y_pred - y_true), power), axis=-1)


@loss(package="test_function")
def by_column(y_true, y_pred, *, class_weights=None):
    terms = ops.square(y_pred - y_true)
    if class_weights is not None:
        terms = terms * class_weights
    return ops.mean(terms, axis=-1)


@loss(package="test_function")
def of_batch(y_true, y_pred, *, weight):
    return weight * ops.sqrt(ops.mean(ops.square(y_pred - y_true)))


@loss(package="test_function")
def of_ids(y_true, y_pred, *, costs):
    assert keras.backend.standardize_dtype(y_true.dtype).startswith("int")
    return ops.take(costs, y_true) * ops.mean(y_pred, axis=-1)


@loss(package="test_function")
def with_input(y_true, y_pred, x, *, weight=1.0):
    return ops.mean(ops.square(y_pred - y_true), axis=-1) + weight * ops.mean(
        x, axis=-1
    )


@loss(package="test_function")
def kinds(y_true, y_pred, *, a=1, b=(1, 2), c=None, d=True, e="text", f=((1,), (2,))):
    dtype = y_pred.dtype
    assert ops.is_tensor(a) and a.dtype == dtype and a.shape == ()
    assert ops.is_tensor(b) and b.dtype == dtype and tuple(b.shape) == (2,)
    assert c is None or (ops.is_tensor(c) and c.dtype == dtype)
    assert (d, e) == (True, "text")
    assert tuple(f.shape) == (2, 1)
    return ops.mean(y_pred, axis=-1)


ZEROS, TWOS = np.zeros((4, 3), "float32"), np.full((4, 3), 2.0, "float32")


def test_its_arguments_make_a_loss(gradient):
    half = scaled(weight=0.5)
    assert isinstance(half, portable_losses.Loss)
    assert (half.name, half.weight, half.power) == ("scaled", 0.5, 2)
    value, slope = gradient(half, ZEROS, TWOS)
    assert float(value) == 2.0
    np.testing.assert_allclose(slope, np.full((4, 3), 0.5 * 4 / 12), rtol=1e-6)
    items = scaled(weight=0.5, reduction=None)(ZEROS, TWOS)
    assert tuple(items.shape) == (4,)
    assert scaled(name="other").name == "other"


def test_it_still_is_the_function():
    assert (scaled.__name__, scaled.__doc__) == ("scaled", "Scaled errors.")
    zeros, twos = ops.convert_to_tensor(ZEROS), ops.convert_to_tensor(TWOS)
    for found in (
        scaled(zeros, twos, weight=3.0),
        scaled(y_true=zeros, y_pred=twos, weight=3.0),
    ):
        np.testing.assert_allclose(ops.convert_to_numpy(found), 4 * [12.0])


def test_it_pickles_and_copies():
    assert pickle.loads(pickle.dumps(scaled)) is scaled
    assert copy.deepcopy(scaled) is scaled
    for again in (
        pickle.loads(pickle.dumps(scaled(weight=0.5, dtype="bfloat16"))),
        copy.deepcopy(scaled(weight=0.5, dtype="bfloat16")),
    ):
        assert type(again) is type(scaled(weight=0.5))
        assert (again.weight, again.dtype) == (0.5, "bfloat16")


def plain(y_true, y_pred, *, weight=1.0):
    return weight * ops.mean(ops.square(y_pred - y_true), axis=-1)


decorated = loss(plain, package="test_function")  # and `plain` stays as it is


def test_one_of_another_name_pickles_too():
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    assert pickle.loads(pickle.dumps(decorated(weight=0.5))).weight == 0.5


@pytest.mark.parametrize("which", ["uncalled", "called"])
def test_uncalled_it_means_its_defaults(which, model, data, tmp_path):
    x, y = data
    given = scaled if which == "uncalled" else scaled()
    net = model()
    net.compile(keras.optimizers.SGD(0.1), loss=given)
    fit = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    seen = net.fit(x, y, **fit).history["loss"]
    plain = model()
    plain.compile(keras.optimizers.SGD(0.1), loss=portable_losses.MeanSquaredError())
    wanted = plain.fit(x, y, **fit).history["loss"]
    np.testing.assert_allclose(seen, wanted, rtol=1e-5)
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(
        loaded.fit(x, y, **fit).history["loss"],
        plain.fit(x, y, **fit).history["loss"],
        rtol=1e-4,
    )


def test_uncalled_it_takes_weights_and_masks(model, data):
    x, y = data
    net = model()
    net.compile(keras.optimizers.SGD(0.0), loss=scaled)
    weight = np.linspace(0, 2, len(x)).astype("float32")
    seen = net.fit(x, y, sample_weight=weight, verbose=0).history["loss"][0]
    assert seen == pytest.approx(np.mean(weight * y[:, 0] ** 2), rel=1e-5)
    total = portable_losses.Sum({"a": scaled, "b": (2.0, scaled)})
    assert float(total(ZEROS, TWOS)) == 12.0


def test_arguments_arrive_as_tensors_of_the_losses_dtype():
    array, tensor = np.array([1, 2]), ops.convert_to_tensor([1.0, 2.0])
    for arguments in ({}, {"a": 2.5, "b": [3, 4.0]}, {"b": array}, {"c": tensor}):
        kinds(**arguments)(ZEROS, TWOS)
    kinds(a=Hyperparameter(1.0), b=[1.0, Hyperparameter(2.0)])(ZEROS, TWOS)
    if BACKEND == "tensorflow":  # where float64 is what it says
        kinds(dtype="float64")(ZEROS, TWOS)


def test_a_hyperparameter_moves_an_argument(model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net = model()
    net.compile(still, loss=scaled(weight=w, power=w + 1.0))
    ramp = portable_losses.HyperparameterScheduler(w, lambda epoch: 1.0 + epoch)
    seen = net.fit(x, y, epochs=2, verbose=0, callbacks=[ramp]).history["loss"]
    wanted = [np.mean(y**2), 2 * np.mean(np.abs(y) ** 3)]
    np.testing.assert_allclose(seen, wanted, rtol=1e-5)


def test_class_weights():
    plain = by_column(class_weights=[0.5, 1.0, 2.0])
    assert float(plain(ZEROS, TWOS)) == pytest.approx(4 * 3.5 / 3)
    assert float(by_column(class_weights={2: 2.5})(ZEROS, TWOS)) == 4 * 4.5 / 3
    with pytest.raises(ValueError, match=r"length 3, .* \(it has length 2, pass one"):
        by_column(class_weights=np.array([1.0, 2.0]))(ZEROS, TWOS)


def test_targets():
    weighted = scaled(weight=1.0)
    column = np.arange(4.0, dtype="float32")
    for t, p in (
        (column, column + 1),
        (column, column[:, None] + 1),
        (column[:, None], column + 1),
        (column.astype("int32"), column + 1),
    ):
        assert float(weighted(t, p)) == 1.0
    booleans = np.array([[True, False, True]] * 4)
    assert float(weighted(booleans, ZEROS)) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match=r"y_true of shape \(4, 1\) .* \(4, 3\)"):
        weighted(column[:, None], TWOS)
    # Class indices arrive as they are, whatever the dtype of the loss.
    ids = np.array([0, 1, 2, 257])
    costs = np.arange(300.0)
    for dtype in ("float32", "bfloat16"):
        items = of_ids(costs=costs, dtype=dtype, reduction="sum")(ids, TWOS)
        assert float(items) == pytest.approx(520.0, rel=4e-3)


def test_a_scalar_is_a_statistic():
    root = of_batch(weight=2.0)
    assert float(root(ZEROS, TWOS)) == 4.0
    with pytest.raises(ValueError, match=r"`sample_weight` must be None .*axis=-1"):
        root(ZEROS, TWOS, np.ones(4))
    with pytest.raises(ValueError, match=r"`mask` must be None .*axis=-1"):
        root(ZEROS, TWOS, mask=np.ones(4, "bool"))


def test_context():
    assert float(with_input(weight=2.0)(ZEROS, TWOS, None, None, TWOS)) == 8.0
    assert tuple(with_input(ZEROS, TWOS, x=TWOS).shape) == (4,)
    weights = np.array([1.0, 1.0, 0.0, 0.0])
    assert float(with_input(ZEROS, TWOS, sample_weight=weights, x=TWOS)) == 3.0
    with pytest.raises(TypeError, match="`context` must be x, which the loss takes"):
        with_input()(ZEROS, TWOS)


@loss(package="test_function")
def natural(y_true, y_pred, slope=2.0):
    return slope * ops.mean(ops.square(y_pred - y_true), axis=-1)


def test_weights_are_weights(model, data):
    x, y = data
    weight = np.linspace(0, 2, len(x)).astype("float32")
    wanted = np.mean(2.0 * weight * y[:, 0] ** 2)
    for given in (natural, natural(), portable_losses.Sum([natural])):
        net = model()
        rest = keras.optimizers.SGD(0.0)
        net.compile(rest, loss=given, weighted_metrics=[natural])
        run = {"sample_weight": weight, "verbose": 0, "return_dict": True}
        seen = net.evaluate(x, y, **run)
        assert seen["loss"] == pytest.approx(wanted, rel=1e-5)
        shown = np.sum(2.0 * weight * y[:, 0] ** 2) / np.sum(weight)
        assert seen["natural"] == pytest.approx(shown, rel=1e-5)
        seen = net.train_on_batch(x, y, sample_weight=weight, return_dict=True)
        assert seen["loss"] == pytest.approx(wanted, rel=1e-5)
    got = keras.losses.get(natural)
    assert float(got(ZEROS, TWOS, np.array([1.0, 1.0, 0.0, 0.0]))) == 4.0
    assert float(got(ZEROS, TWOS, None)) == 8.0
    assert float(natural(slope=0.5)(ZEROS, TWOS)) == 2.0
    items = natural(ops.convert_to_tensor(ZEROS), TWOS, slope=0.5)
    np.testing.assert_allclose(ops.convert_to_numpy(items), 4 * [2.0])
    weighted = natural(ZEROS, TWOS, sample_weight=np.ones(4), slope=0.5)
    assert float(weighted) == 2.0


def test_a_context_is_no_weight(model, data):
    x, y = data
    net = model()
    net.compile("sgd", loss=with_input)
    with pytest.raises(TypeError, match=r"`x` must be given by its name; .*LossEndpoi"):
        net.train_on_batch(x, y)
    with pytest.raises(TypeError, match=r"x has a default .*drop the default to make"):
        optional()(ZEROS, TWOS, None, None, TWOS)


@loss(package="test_function")
def optional(y_true, y_pred, x=None):
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


@loss(package="test_function")
def looked_up(y_true, y_pred, factor=1.0):
    log_p = ops.log_softmax(y_pred)
    return -factor * ops.sum(ops.one_hot(y_true, y_pred.shape[-1]) * log_p, axis=-1)


@loss(package="test_function", targets="ids")
def declared(y_true, y_pred):
    ids = ops.expand_dims(y_true, -1)
    return ops.squeeze(ops.take_along_axis(y_pred, ids, axis=-1), -1)


SHAPES = {
    "(3,)": ((3,), (3, 3)),
    "(3, 1)": ((3, 1), (3, 3)),
    "(3, 3)": ((3, 3), (3, 3, 3)),
    "one position": ((3, 1), (3, 1, 3)),
    "a column": ((3, 1, 3), (3, 3, 3)),
    "one row": ((1, 3), (3, 3)),
}


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool", "float32"])
@pytest.mark.parametrize("shapes", SHAPES)
def test_nothing_is_broadcast(shapes, dtype):
    true, pred = SHAPES[shapes]
    t, p = np.ones(true, dtype), np.zeros(pred, "float32")
    for act in (natural(), natural, natural(slope=Hyperparameter(1.0))):
        with pytest.raises(ValueError, match=r"`y_true` must have y_pred's"):
            act(t, p)


def test_class_indices_are_told_by_what_the_function_does(still):
    for true, pred in (((3,), (3, 3)), ((3, 3), (3, 3, 3)), ((3, 1), (3, 1, 3))):
        t, p = np.ones(true, "int64"), np.zeros(pred, "float32")
        for act in (
            looked_up(),
            looked_up(factor=Hyperparameter(1.0)),
            looked_up(reduction=None),
            looked_up,
        ):
            value = ops.convert_to_numpy(ops.mean(act(t, p)))
            assert float(value) == pytest.approx(np.log(3.0))
    p = np.eye(3, dtype="float32")
    for t in (np.arange(3), np.arange(3)[:, None], np.arange(3.0)):
        assert float(declared()(t, p)) == 1.0
        np.testing.assert_allclose(ops.convert_to_numpy(declared(t, p)), np.ones(3))
    # The last batch is as large as there are classes; on TensorFlow none has a size.
    x, y = np.ones((8, 3), "float32"), np.array([0, 1, 2, 0, 1, 2, 0, 1])
    layers = [keras.Input((3,)), keras.layers.Dense(3, kernel_initializer="zeros")]
    net = keras.Sequential(layers)
    net.compile(still, loss=looked_up)
    seen = net.fit(x, y, batch_size=5, verbose=0).history["loss"]
    assert seen[0] == pytest.approx(np.log(3.0))
    net.compile(still, loss=natural)
    with pytest.raises(ValueError, match='targets="ids" takes class indices'):
        net.fit(x[:3], y[:3], batch_size=3, verbose=0)


def test_the_function_aligns_as_the_loss_does():
    column = np.arange(4.0, dtype="float32")
    for dtype in ("float32", "int32"):
        t = column.astype(dtype)
        for act in (
            lambda t=t: natural(t, column[:, None] + 1),
            lambda t=t: natural(t[:, None], column + 1),
            lambda t=t: natural(t[:, None], column[:, None] + 1),
        ):
            np.testing.assert_allclose(ops.convert_to_numpy(act()), 4 * [2.0])
        whole = natural(t, column + 1)  # vectors are a row, as in plain Python
        assert float(whole) == 2.0


@loss(package="test_function")
def any_name(
    y_true,
    y_pred,
    *,
    keep=0.5,
    targets=1.0,
    call=1.0,
    metrics=1.0,
    function=1.0,
    get_config=1.0,
    from_config=1.0,
    hyperparameters=1.0,
    arguments=1.0,
    loss=1.0,
    terms=1.0,
    weight=1.0,
    axis=-1,
    self=1.0,
    cls=1.0,
    args=1.0,
    kwargs=1.0,
    config=1.0,
    class_name="text",
    module="text",
    shape=1.0,
    owner=1.0,
    given=1.0,
    with_defaults=1.0,
    _dtype=1.0,
    _moving=1.0,
    _arguments=1.0,
):
    factor = keep * targets * call * metrics * function * self * cls * _dtype
    return factor * _arguments * ops.mean(ops.square(y_pred - y_true), axis=-1)


def test_an_argument_has_any_name():
    w = Hyperparameter(2.0, name="w")
    changed = any_name(keep=w, self=3.0, _dtype=0.5, targets=1.0)
    column = np.arange(4.0, dtype="float32")
    for again in (
        changed,
        type(changed).from_config(changed.get_config()),
        keras.losses.deserialize(keras.losses.serialize(changed)),
        pickle.loads(pickle.dumps(changed)),
        copy.copy(changed),
        copy.deepcopy(changed),
    ):
        assert float(again(ZEROS, TWOS)) == 12.0
        assert float(again(column, column[:, None] + 1)) == 3.0  # aligned
        assert (again.dtype, again.weight, again.reduction) == (
            "float32",
            1.0,
            "sum_over_batch_size",
        )
        assert [x.name for x in again.hyperparameters] == ["w"]
    w.assign(1.0)
    assert float(changed(ZEROS, TWOS)) == 6.0
    assert float(any_name(self=2.0)(ZEROS, TWOS)) == 4.0
    assert float(ops.mean(any_name(ZEROS, TWOS, self=2.0))) == 4.0
    changed.weight = 5.0
    assert changed.get_config()["weight"] == 5.0


def test_a_namedtuple_keeps_its_fields(tmp_path, model, data):
    pair = Pair(Hyperparameter(2.0, name="w"), 3.0)
    x, y = data
    made = of_pair(pair=pair)
    net = model()
    net.compile("sgd", loss=made, metrics=made.metrics)
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for again in (made, copy.deepcopy(made), loaded.loss, Holds(pair)):
        assert float(again(ZEROS, TWOS)) == 20.0
        assert [w.name for w in again.hyperparameters] == ["w"]
    held = Holds(pair)
    assert float(Holds.from_config(held.get_config())(ZEROS, TWOS)) == 20.0


Pair = collections.namedtuple("Pair", ["low", "high"])


@loss(package="test_function")
def of_pair(y_true, y_pred, *, pair):
    return (pair.low + pair[1]) * ops.mean(ops.square(y_pred - y_true), axis=-1)


class Holds(portable_losses.Loss):
    def __init__(self, pair, **kwargs):
        super().__init__(**kwargs)
        self.pair = pair

    def call(self, y_true, y_pred):
        low, high = self.pair
        return (low + self.pair.high) * ops.mean(ops.square(y_pred - y_true), axis=-1)


def test_functions_in_sums():
    value = {
        "f + g": scaled + natural,
        "0.5 * f": 0.5 * natural,
        "f - g": natural - scaled,
        "f / 2": natural / 2.0,
        "f": portable_losses.Sum([natural]),
    }
    found = {name: float(loss(ZEROS, TWOS)) for name, loss in value.items()}
    assert list(found.values()) == [12.0, 4.0, 4.0, 4.0, 8.0]
    assert repr(0.5 * natural) == "Sum({'natural': (0.5, natural(slope=2.0))})"
    assert repr(natural) == "<@loss function natural(y_true, y_pred, slope=2.0)>"


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_uncalled_it_is_saved_uncalled(ending, model, data, tmp_path):
    x, y = data
    net = model()
    net.compile("sgd", loss=natural, metrics=[natural])
    seen = net.evaluate(x, y, batch_size=20, verbose=0)
    net.save(tmp_path / f"model.{ending}")
    loaded = keras.saving.load_model(tmp_path / f"model.{ending}")
    assert loaded.loss is natural
    np.testing.assert_allclose(
        loaded.evaluate(x, y, batch_size=20, verbose=0), seen, rtol=1e-5
    )


@loss(package="test_function")
def forgets_to_return(y_true, y_pred):
    ops.mean(y_pred, axis=-1)


def closure():
    tensor = ops.ones(3)

    def closes(y_true, y_pred):
        return ops.mean(tensor * y_pred, axis=-1)

    return closes


def second():
    def scaled(y_true, y_pred, *, weight=2.0):
        return weight * ops.mean(y_pred, axis=-1)

    return scaled


def no_prediction(y_true): ...
def any_argument(y_true, y_pred, **arguments): ...
def common(y_true, y_pred, *, reduction=None): ...
def weighs(y_true, y_pred, sample_weight=None): ...
def masks(y_true, y_pred, *, mask=None): ...
def turned(y_pred, y_true): ...
def by_place(y_true, y_pred, a=1, /): ...
def behind(y_true, y_pred, a=1, *context): ...


REJECTED = {
    "lambda": (
        lambda: loss(lambda y_true, y_pred: y_pred),
        ValueError,
        "loss: `function` must be a function with a name, by which a saved model finds",
    ),
    "closure over a tensor": (
        lambda: loss(closure()),
        ValueError,
        "loss: `function` must be a function that closes over no tensors, which are "
        "not saved with it; got function=closes, closing over tensor (make tensor an",
    ),
    "another of the name": (
        lambda: loss(second(), package="test_function"),
        ValueError,
        "loss: `function` must be the only function with the name "
        "test_function>scaled; ",
    ),
    "no function": (
        lambda: loss(portable_losses.Huber()),
        TypeError,
        "loss: `function` must be a function; got function=Huber",
    ),
    "without y_pred": (
        lambda: loss(no_prediction),
        TypeError,
        "loss: `function` must be a function of y_true and y_pred; got function="
        "no_prediction(y_true)",
    ),
    "nameless arguments": (
        lambda: loss(any_argument),
        TypeError,
        "loss: `function` must be a function whose arguments have names; got",
    ),
    "arguments of every loss": (
        lambda: loss(common),
        ValueError,
        "loss: `function` must be a function without the arguments of every loss; got "
        "function=common(y_true, y_pred, *, reduction=None) (rename reduction).",
    ),
    "weights": (
        lambda: loss(weighs),
        ValueError,
        "loss: `function` must be a function without the argument sample_weight, which "
        "is every call's; got function=weighs(y_true, y_pred, sample_weight=None) "
        "(drop or rename it: the loss multiplies its items by the weights).",
    ),
    "a mask": (
        lambda: loss(masks),
        ValueError,
        "loss: `function` must be a function without the argument mask, which is every "
        "call's; got function=masks(y_true, y_pred, *, mask=None) (drop or rename it: "
        "the loss excludes masked items; `kept` is False for masked samples).",
    ),
    "y_pred first": (
        lambda: loss(turned),
        TypeError,
        "loss: `function` must be a function of y_true and y_pred; got function="
        "turned(y_pred, y_true) (name y_true first).",
    ),
    "a default before /": (
        lambda: loss(by_place),
        TypeError,
        "got function=by_place(y_true, y_pred, a=1, /) (put a after *).",
    ),
    "a default before a context": (
        lambda: loss(behind),
        TypeError,
        "got function=behind(y_true, y_pred, a=1, *context) (put a after *context).",
    ),
    "an argument in the place of the weights": (
        lambda: natural(ZEROS, TWOS, 0.5),
        TypeError,
        "natural: `sample_weight` must be a tensor of one weight per sample; got "
        "sample_weight=0.5 (a third argument without a name is the sample weights, as "
        "Keras passes them: write natural(y_true, y_pred, slope=0.5)).",
    ),
    "a context in the place of the weights": (
        lambda: with_input(ZEROS, TWOS, TWOS),
        TypeError,
        "with_input: `x` must be given by its name; got x=nothing (a third argument "
        "without a name is the sample weights, as Keras passes them: write "
        "with_input(y_true, y_pred, x=...); in a model LossEndpoint(with_input) passes",
    ),
    "a context as an argument": (
        lambda: with_input(x=TWOS),
        TypeError,
        "with_input: `argument` must be one of dtype, name, reduction, weight; got "
        "argument=x (it has no default and is a context: LossEndpoint passes it; give",
    ),
    "a reduction of the function": (
        lambda: natural(ZEROS, TWOS, reduction="sum"),
        TypeError,
        "natural: `reduction` must be an argument of the loss; got reduction='sum' "
        "(write natural(reduction=...)(y_true, y_pred)).",
    ),
    "y_pred twice": (
        lambda: natural(ZEROS, TWOS, y_pred=TWOS),
        TypeError,
        "natural: `y_pred` must be given once; got y_pred=two of them",
    ),
    "unknown argument": (
        lambda: scaled(wieght=1.0),
        TypeError,
        "scaled: `argument` must be one of dtype, name, power, reduction, weight; got "
        "argument=wieght",
    ),
    "argument without a default": (
        lambda: of_batch(name="x"),
        TypeError,
        "of_batch: `weight` must be given; got weight=nothing (the function has no",
    ),
    "uncalled, without a default": (
        lambda: of_batch(ZEROS, TWOS, None),
        TypeError,
        "of_batch: `weight` must be given; got weight=nothing",
    ),
    "lambda as an argument": (
        lambda: scaled(weight=lambda: 1.0),
        ValueError,
        "scaled: `weight` must be a value that can be saved; got weight=<function",
    ),
    "trainable variable as an argument": (
        lambda: scaled(weight=keras.Variable(1.0)),
        TypeError,
        "scaled: `weight` must be no trainable variable, which a loss cannot train; "
        "got weight=a ",
    ),
    "argument without a name": (
        lambda: scaled(0.5),
        TypeError,
        "scaled: `arguments` must be named; got arguments=one without a name (write "
        "scaled(argument=...) for a loss of these arguments, scaled(y_true, y_pred)",
    ),
    "returns nothing": (
        lambda: forgets_to_return()(ZEROS, TWOS),
        TypeError,
        "forgets_to_return: `call` must be a function that returns a tensor: the "
        "items, or one number for the batch; got call=one that returns None",
    ),
    "negative class weight": (
        lambda: by_column(class_weights=[1.0, -1.0]),
        ValueError,
        "by_column: `class_weights[1]` must be a finite number >= 0; got",
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name):
    act, kind, message = REJECTED[name]
    with pytest.raises(kind, match=re.escape(message)):
        act()


MODULE = """
import sys
import numpy as np
import portable_losses
from portable_losses import ops


@portable_losses.loss
def tripled(y_true, y_pred, *, times=3.0):
    return times * ops.mean(ops.square(y_pred - y_true), axis=-1)


def model():
    import keras

    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    net.compile("sgd", loss=tripled(times=2.0))
    net.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)
    return net


def float_of(loss):
    return float(loss.times)


if __name__ == "__main__":
    print(portable_losses.Loss.__module__, type(tripled()).__module__)
    import keras
    print(keras.saving.get_registered_name(type(tripled())))
    model().save(sys.argv[1])
    import multiprocessing
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(float_of, [tripled(times=2.0)]))
"""


def test_a_program_saves_what_an_import_of_it_loads(tmp_path):
    program, saved = tmp_path / "my_program.py", tmp_path / "model.keras"
    program.write_text(MODULE)
    done = subprocess.run(
        [sys.executable, str(program), str(saved)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-2:] == ["my_program>tripled", "[2.0]"]
    # Before the import, the file says which module to import.
    message = (
        "tripled: `function` must be a @loss function that is defined when a model "
        "with it is loaded; got function=my_program>tripled, which is not "
        "(import my_program, which defines it, before you load)."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        keras.saving.load_model(saved, safe_mode=True)
    spec = importlib.util.spec_from_file_location("my_program", program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    spec.loader.exec_module(module)  # the same definition once more, as by a reload
    loaded = keras.saving.load_model(saved, safe_mode=True)
    assert (type(loaded.loss).__name__, float(loaded.loss.times)) == ("tripled", 2.0)


def test_a_notebook_may_change_its_definition():
    program = (
        "import sys; sys.ps1 = '>>> '\n"  # as at a prompt
        "import portable_losses\n"
        "for times in ('2', '3'):\n"
        "    exec('@portable_losses.loss\\n'\n"
        "         'def cell(y_true, y_pred):\\n'\n"
        "         f'    return {times} * y_pred\\n')\n"
        "import keras\n"
        "print(keras.saving.get_registered_name(type(cell.with_defaults())))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "notebook>cell"


TWO, THREE = [[2.0, 2.0]] * 3, [[3.0, 3.0]] * 3


@loss(package="test_function", targets="ids")
def likelihood(y_true, y_pred, *, weight=2.0, class_weights=(1.0, 2.0, 3.0)):
    chosen = ops.one_hot(y_true, 3)
    return -weight * ops.sum(class_weights * chosen * ops.log(y_pred), axis=-1)


@loss(package="test_function")
def scaled_squares(y_true, y_pred, scale, *, weight=1.0):
    return weight * ops.mean(scale * ops.square(y_pred - y_true), axis=-1)


@pytest.mark.skipif(keras.config.backend() != "torch", reason="torch.compile")
@pytest.mark.parametrize(
    ("loss", "inputs"),
    [
        (likelihood(weight=3.0), ([[0], [2]], [[0.3, 0.3, 0.4]] * 2)),
        (scaled_squares(weight=2.0), (TWO, THREE, None, None, TWO)),
    ],
    ids=["ids", "context"],
)
@pytest.mark.filterwarnings("error")
def test_torch_compiles_what_the_class_of_a_function_says(loss, inputs):
    """Dynamo reads the attributes of `__class__`, which is another class for Keras."""
    import torch

    inputs = [x if x is None else torch.tensor(np.array(x)) for x in inputs]
    torch.compiler.reset()
    compiled = torch.compile(lambda *x: loss(*x), backend="eager", fullgraph=True)
    assert float(compiled(*inputs)) == pytest.approx(float(loss(*inputs)))
