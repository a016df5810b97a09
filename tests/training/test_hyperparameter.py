"""A Hyperparameter in a loss: the value that is set is the value that is used."""

import pickle
import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Hyperparameter, HyperparameterScheduler, ops
from portable_losses.ops import eager
from portable_losses.training import hyperparameter

BACKEND = keras.config.backend()


def mse(y):
    """The loss of a model that predicts zeros."""
    return float(np.mean(np.square(y)))


# --- as a number ----------------------------------------------------------------------

MOVING = {
    "Huber": ("delta", 0.7, {}),
    "SmoothL1": ("beta", 0.7, {}),
    "Quantile": ("quantiles", 0.3, {}),
    "MeanSquaredError": ("class_weights", (0.5, 1.0, 2.0), {}),
    "BinaryCrossentropy": ("label_smoothing", 0.2, {"from_logits": True}),
    "BinaryFocalCrossentropy": ("gamma", 1.5, {"from_logits": True}),
    "SigmoidFocal": ("alpha", 0.3, {"from_logits": True}),
    "Hinge": ("pos_weight", 3.0, {}),
    "SquaredHinge": ("pos_weight", (3.0, 1.0, 2.0), {}),
    "CategoricalCrossentropy": ("label_smoothing", 0.2, {"from_logits": True}),
    "CategoricalFocalCrossentropy": ("alpha", (0.3, 0.2, 0.5), {"from_logits": True}),
    "CategoricalGeneralizedCrossEntropy": ("q", 0.6, {"from_logits": True}),
}


@pytest.mark.parametrize("name", MOVING)
def test_it_stands_for_a_number(name, gradient):
    argument, value, config = MOVING[name]
    rng = np.random.default_rng(0)
    y_true, y_pred = np.eye(3)[rng.integers(0, 3, 8)], rng.normal(size=(8, 3))
    y_true = y_true.astype("float32")
    cls = getattr(portable_losses, name)
    moving = cls(**{argument: Hyperparameter(value)}, **config)
    for got, wanted in zip(
        gradient(moving, y_true, y_pred),
        gradient(cls(**{argument: value}, **config), y_true, y_pred),
        strict=True,
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-7)


def test_it_stands_for_one_number_of_several():
    w = Hyperparameter(2.0, name="w")
    y_true, y_pred = np.zeros((2, 3)), np.ones((2, 3))
    for weights in ([1.0, w, 3.0], {1: w, 2: 3.0}):
        loss = portable_losses.MeanSquaredError(class_weights=weights)
        assert float(loss(y_true, y_pred)) == pytest.approx(2.0)
        w.assign(5.0)
        assert float(loss(y_true, y_pred)) == pytest.approx(3.0)
        w.assign(2.0)
    dice = portable_losses.SoftDice(class_weights=[1.0, w])
    plain = portable_losses.SoftDice(class_weights=[1.0, 2.0])
    t, p = np.eye(2)[[[0, 1, 1]]], np.full((1, 3, 2), 0.5)
    assert float(dice(t, p)) == pytest.approx(float(plain(t, p)))


def test_arithmetic_moves_with_its_parts():
    v, w = Hyperparameter(0.25, name="v"), Hyperparameter(2.0, name="w")
    found = [v + w, 1.0 - v, 2 * w, w / 4, -v, np.float32(3.0) * v, 1 / w]
    assert [x.value for x in found] == [2.25, 0.75, 4.0, 0.5, -0.25, 0.75, 0.5]
    v.assign(0.5)
    assert [x.value for x in found] == [2.5, 0.5, 4.0, 0.5, -0.5, 1.5, 0.5]
    loss = (v + w) * portable_losses.MeanSquaredError()
    assert float(loss([[0.0]], [[2.0]])) == 10.0
    assert {h.name for h in loss.hyperparameters} == {"v", "w"}


def test_a_vector_keeps_its_shape():
    w = Hyperparameter([1.0, 2.0], name="w")
    w.assign(np.array([3.0, 4.0]))
    assert w.value == (3.0, 4.0)
    with pytest.raises(ValueError, match=r"`value` must be of shape \(2,\)"):
        w.assign(1.0)
    shown = {name: float(x) for name, x in w.result().items()}
    assert shown == {"w_0": 3.0, "w_1": 4.0}


def test_a_loss_of_ones_own_gets_a_tensor(gradient):
    class Powered(portable_losses.Loss):
        def __init__(self, scale=1.0, **kwargs):
            super().__init__(**kwargs)
            self.scale = scale

        def call(self, y_true, y_pred):
            assert ops.is_tensor(self.scale)
            return self.scale * ops.mean(ops.square(y_pred - y_true), axis=-1)

    w = Hyperparameter(3.0)
    value, slope = gradient(Powered(w), np.zeros((1, 1), "float32"), np.ones((1, 1)))
    assert (float(value), float(slope[0, 0])) == (3.0, 6.0)


EDGES = {
    "SmoothL1": ("beta", {}),
    "SigmoidFocal": ("gamma", {"from_logits": True}),
    "CategoricalFocalCrossentropy": ("gamma", {"from_logits": True}),
    "BinaryCrossentropy": ("label_smoothing", {"from_logits": True}),
}


@pytest.mark.parametrize("name", EDGES)
def test_it_may_be_0_where_a_number_may(name, gradient):
    argument, config = EDGES[name]
    cls = getattr(portable_losses, name)
    y_true = np.eye(3, dtype="float32")
    y_pred = np.array([[1.0, 2.0, 0.0], [-1.0, 3.0, 0.5], [0.0, 0.0, 1.0]])
    w = Hyperparameter(0.0)
    for got, wanted in zip(
        gradient(cls(**{argument: w}, **config), y_true, y_pred),
        gradient(cls(**{argument: 0.0}, **config), y_true, y_pred),
        strict=True,
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-7)


def test_a_vector_is_compared_as_a_whole():
    w = Hyperparameter([1.0, 2.0], name="w")
    assert w == (1.0, 2.0)
    assert w == [1.0, 2.0]
    assert w != 1.0
    for act in (lambda: bool(w), lambda: w < 1.0):
        with pytest.raises(TypeError, match="`w` must be one number, to be ordered or"):
            act()
    with pytest.raises(
        ValueError, match="must be vectors of one length; got operands=le"
    ):
        _ = (w + Hyperparameter([1.0, 2.0, 3.0])).value


@pytest.mark.parametrize("value", [1e39, -1e39])
def test_a_value_is_finite_in_float32(value):
    with pytest.raises(ValueError, match="`value` must be finite in float32"):
        Hyperparameter(value, name="w")


# --- what is rejected -----------------------------------------------------------------

REJECTED = {
    "not finite": (
        lambda: Hyperparameter(float("nan"), name="w"),
        ValueError,
        "Hyperparameter 'w': `value` must be a finite number; got value=nan",
    ),
    "no number": (
        lambda: Hyperparameter("big", name="w"),
        TypeError,
        "Hyperparameter 'w': `value` must be a finite number; got value='big'",
    ),
    "of another": (
        lambda: Hyperparameter(Hyperparameter(1.0, name="v"), name="w"),
        TypeError,
        "got value=Hyperparameter(1.0, name='v') (it moves already).",
    ),
    "outside the argument's range": (
        lambda: portable_losses.Huber(delta=Hyperparameter(-1.0)),
        ValueError,
        "Huber: `delta` must be a finite number > 0; got delta=-1.0",
    ),
    "a formula outside the argument's range": (
        lambda: portable_losses.Huber(delta=1.0 - Hyperparameter(1.0)),
        ValueError,
        "Huber: `delta` must be a finite number > 0; got delta=0.0",
    ),
    "a vector for a number": (
        lambda: portable_losses.Huber(delta=Hyperparameter([1.0, 2.0])),
        TypeError,
        "Huber: `delta` must be a finite number > 0; got delta=(1.0, 2.0)",
    ),
    "for a whole number": (
        lambda: portable_losses.Coral(num_classes=Hyperparameter(3.0, name="w")),
        TypeError,
        "Coral: `num_classes` must be a whole number >= 2; got num_classes="
        "Hyperparameter(3.0, name='w')",
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name):
    act, kind, message = REJECTED[name]
    with pytest.raises(kind, match=re.escape(message)):
        act()


def test_what_a_loss_cannot_take_is_not_set():
    w = Hyperparameter(1.0, name="w")
    held = [
        portable_losses.Huber(delta=w),
        portable_losses.Tversky(alpha=w, beta=2.0 - w),
    ]
    with pytest.raises(ValueError, match=r"Huber: `delta` must be .* > 0; got delta=0"):
        w.assign(0.0)
    with pytest.raises(ValueError, match=r"Tversky: `beta` must be .*; got beta=-1"):
        w.assign(3.0)
    assert w.value == 1.0
    assert float(w.result()) == 1.0
    assert len(held) == 2  # as long as the losses live


# --- in a model -----------------------------------------------------------------------


@pytest.mark.parametrize("by", ["epoch", "step"])
@pytest.mark.parametrize("kind", ["sequential", "functional", "subclassed"])
def test_the_value_set_is_the_value_the_loss_sees(kind, by, model, still, data):
    x, y = data
    w = Hyperparameter(0.0, name="w")
    net = model(kind)
    metrics = [w] if kind == "subclassed" else None
    net.compile(still, loss=w * portable_losses.MeanSquaredError(), metrics=metrics)
    seen = net.fit(
        x,
        y,
        batch_size=len(x) if by == "step" else 16,
        epochs=3,
        shuffle=False,
        verbose=0,
        validation_data=(x, y),
        callbacks=[HyperparameterScheduler(w, lambda clock: 10.0**clock, by=by)],
    ).history
    wanted = [mse(y) * value for value in (1.0, 10.0, 100.0)]
    np.testing.assert_allclose(seen["loss"], wanted, rtol=1e-5)
    np.testing.assert_allclose(seen["val_loss"], wanted, rtol=1e-5)
    np.testing.assert_allclose(seen["w"], [1.0, 10.0, 100.0])
    assert all(isinstance(float(value), float) for value in seen["w"])


def test_every_step_sees_its_own_value(model, still, data):
    x, y = data
    w = Hyperparameter(0.0, name="w")
    net = model()
    net.compile(still, loss=w * portable_losses.MeanSquaredError())
    seen = []

    class Note(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(logs["loss"]))  # the mean over the epoch so far

    ramp = HyperparameterScheduler(w, lambda step: float(step), by="step")
    net.fit(
        x, y, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[ramp, Note()]
    )
    parts = [mse(part) for part in np.split(y, 4)]
    running = [
        [
            float(np.mean([(k + first) * parts[k] for k in range(n + 1)]))
            for n in range(4)
        ]
        for first in (0, 4)
    ]
    np.testing.assert_allclose(seen, [*running[0], *running[1]], rtol=1e-5)


@pytest.mark.parametrize("form", ["list", "dict"])
def test_several_outputs(form, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    inputs = keras.Input((3,))
    heads = {
        name: keras.layers.Dense(1, kernel_initializer="zeros", name=name)(inputs)
        for name in ("a", "b")
    }
    losses = {"a": w * portable_losses.MeanSquaredError(), "b": portable_losses.Huber()}
    if form == "list":
        net = keras.Model(inputs, list(heads.values()))
        net.compile(still, loss=list(losses.values()))
        targets = [y, y]
    else:
        net = keras.Model(inputs, heads)
        net.compile(still, loss=losses)
        targets = {"a": y, "b": y}
    ramp = HyperparameterScheduler(w, lambda epoch: 10.0**epoch)
    seen = net.fit(x, targets, epochs=3, verbose=0, callbacks=[ramp]).history
    wanted = [mse(y) * value for value in (1.0, 10.0, 100.0)]
    np.testing.assert_allclose(seen["a_loss"], wanted, rtol=1e-5)
    np.testing.assert_allclose(seen["w"], [1.0, 10.0, 100.0])


@pytest.mark.skipif(BACKEND == "torch", reason="Keras rejects it on torch")
def test_steps_per_execution_sees_one_value_an_execution(model, still, data):
    x, y = data
    w = Hyperparameter(0.0, name="w")
    net = model()
    loss = w * portable_losses.MeanSquaredError()
    net.compile(still, loss=loss, steps_per_execution=2)
    set_at = []

    def schedule(step):
        set_at.append(step)
        return 1.0 + step

    ramp = HyperparameterScheduler(w, schedule, by="step")
    history = net.fit(
        x, y, batch_size=8, epochs=1, shuffle=False, verbose=0, callbacks=[ramp]
    ).history
    assert set_at == [0, 2]
    parts = [mse(part) for part in np.split(y, 4)]
    wanted = np.mean([1 * parts[0], 1 * parts[1], 3 * parts[2], 3 * parts[3]])
    np.testing.assert_allclose(history["loss"], [wanted], rtol=1e-5)


def test_train_on_batch_sees_what_was_assigned(model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net = model()
    net.compile(still, loss=w * portable_losses.MeanSquaredError(), metrics=[w])
    for value in (1.0, 10.0, 100.0):
        w.assign(value)
        loss, shown = net.train_on_batch(x, y)
        assert (loss, shown) == (pytest.approx(value * mse(y)), value)
        assert net.test_on_batch(x, y)[0] == pytest.approx(value * mse(y))


def test_a_fit_after_the_model_was_compiled_by_another(model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net = model()
    net.compile(still, loss=portable_losses.MeanSquaredError())
    net.fit(x, y, verbose=0)  # a step without w is compiled
    ramp = HyperparameterScheduler(w, lambda epoch: 2.0)
    assert net.fit(x, y, verbose=0, callbacks=[ramp]).history["w"] == [2.0]


@pytest.mark.skipif(
    BACKEND not in ("jax", "mlx"), reason="elsewhere a variable is not frozen"
)
def test_what_the_model_does_not_track_is_rejected(model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    loss = portable_losses.Huber(delta=w)
    net = model()
    net.compile(still, loss=loss)
    message = r"Hyperparameter\(1.0, name='w'\): the model does not track it, and "
    with pytest.raises(RuntimeError, match=message):
        net.train_on_batch(x, y)
    # What runs as it is written freezes nothing.
    net.compile(still, loss=loss, run_eagerly=True)
    assert net.train_on_batch(x, y) > 0


@pytest.mark.skipif(BACKEND != "jax", reason="jax.jit")
def test_what_nobody_hands_in_is_rejected_in_a_step_of_ones_own_on_jax(data):
    import jax

    _, y = data
    loss = portable_losses.Huber(delta=Hyperparameter(1.0, name="w"))
    with pytest.raises(RuntimeError, match="does not track it, and the backend would"):
        jax.jit(loss)(y, y)
    assert float(jax.value_and_grad(loss, argnums=1)(y, 0 * y)[0]) > 0


def test_what_is_compiled_in_a_stateless_call_is_told_by_its_weights(monkeypatch):
    """MLX computes constants while it compiles; the weights alone have no values."""
    w = Hyperparameter(2.0, name="w")
    weight, traced = keras.Variable([1.0]), keras.ops.convert_to_tensor([5.0])
    known = eager.known_values
    monkeypatch.setattr(
        eager, "known_values", lambda x: None if known(x).sum() == 5 else known(x)
    )
    monkeypatch.setattr(hyperparameter, "NEVER_FROZEN", False)
    monkeypatch.setattr(hyperparameter, "CONSTANTS_ARE_TRACED", False)
    with keras.StatelessScope([(weight, traced)]):
        with pytest.raises(RuntimeError, match="the model does not track it"):
            w.tensor("float32")
    with keras.StatelessScope([(weight, keras.ops.convert_to_tensor([3.0]))]):
        assert float(w.tensor("float32")) == 2.0


def test_a_step_of_ones_own_hands_it_in():
    w = Hyperparameter(1.0, name="w")
    loss = w * portable_losses.MeanSquaredError()

    def value(w_value, y_true, y_pred):
        with keras.StatelessScope([(w.variable, w_value)]):
            return loss(y_true, y_pred)

    if BACKEND == "jax":
        import jax

        value = jax.jit(value)
    found = [float(value(np.float32(v), [[0.0]], [[2.0]])) for v in (1.0, 10.0)]
    assert found == [4.0, 40.0]


@pytest.mark.skipif(BACKEND != "jax", reason="elsewhere a variable keeps its value")
def test_within_an_epoch_it_is_not_lost_on_jax(model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")

    class Careless(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            w.assign(2.0)

    class Careful(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.jax_state_sync()
            w.assign(w.value + 1.0)

    net = model()
    net.compile(still, loss=w * portable_losses.MeanSquaredError(), metrics=[w])
    with pytest.raises(RuntimeError, match="the model that trains holds its value"):
        net.fit(x, y, batch_size=8, verbose=0, callbacks=[Careless()])
    net = model()
    net.compile(still, loss=w * portable_losses.MeanSquaredError(), metrics=[w])
    shown = net.fit(x, y, batch_size=8, verbose=0, callbacks=[Careful()]).history
    assert shown["w"] == [5.0]


def test_within_an_epoch_it_has_its_value(model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    loss = w * portable_losses.MeanSquaredError()
    seen = []

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(loss(y, 0 * y)) / mse(y))

    net = model()
    net.compile(still, loss=loss)
    ramp = HyperparameterScheduler(w, lambda step: 1.0 + step, by="step")
    net.fit(x, y, batch_size=16, verbose=0, callbacks=[ramp, Look()])
    np.testing.assert_allclose(seen, [1.0, 2.0], rtol=1e-5)


# --- the scheduler --------------------------------------------------------------------


def test_schedules(model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net = model()
    net.compile(still, loss=w * portable_losses.MeanSquaredError())

    def run(schedule, by="epoch"):
        w.assign(1.0)
        ramp = HyperparameterScheduler(w, schedule, by=by)
        fit = {"batch_size": 16, "epochs": 3, "verbose": 0, "callbacks": [ramp]}
        return [round(float(v), 4) for v in net.fit(x, y, **fit).history["w"]]

    assert run(lambda epoch: epoch + 1) == [1.0, 2.0, 3.0]
    assert run(lambda epoch, value: 2 * value) == [2.0, 4.0, 8.0]
    assert run(lambda epoch, rate=0.5: rate * epoch) == [0.0, 0.5, 1.0]
    decay = keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
    assert run(decay) == [1.0, 0.5, 0.25]
    # By step, a later fit goes on counting: 24 steps were made above.
    assert run(lambda step: step, by="step") == [25.0, 27.0, 29.0]


def test_steps_go_on_where_a_backup_restores_them(model, data, tmp_path):
    x, y = data
    w = Hyperparameter(1.0, name="w")

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise InterruptedError

    def fit(*callbacks):
        net = model()
        net.compile("sgd", loss=w * portable_losses.MeanSquaredError(), metrics=[w])
        ramp = HyperparameterScheduler(w, lambda step: float(step), by="step")
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
        fit = {"batch_size": 16, "epochs": 3, "verbose": 0}
        return net.fit(x, y, **fit, callbacks=[ramp, backup, *callbacks])

    with pytest.raises(InterruptedError):
        fit(Stop())
    assert fit().history["w"] == [5.0]


def test_the_scheduler_says_what_is_wrong(model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    with pytest.raises(ValueError, match="`by` must be one of 'epoch', 'step'; got"):
        HyperparameterScheduler(w, lambda epoch: 1.0, by="batch")
    with pytest.raises(TypeError, match="`schedule` must be a function of the epoch"):
        HyperparameterScheduler(w, 0.5)
    with pytest.raises(TypeError, match="`schedule` must be a function of the epoch"):
        HyperparameterScheduler(w, lambda: 0.5)
    with pytest.raises(TypeError, match="`hyperparameter` must be a Hyperparameter or"):
        HyperparameterScheduler(0.5, lambda epoch: 1.0)
    net = model()
    net.compile(still, loss=portable_losses.Huber(delta=w))
    for schedule, message in (
        (lambda epoch: None, r"`schedule\(0\)` must be a finite number; got"),
        (lambda epoch: -1.0, "Huber: `delta` must be a finite number > 0; got"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            net.fit(x, y, verbose=0, callbacks=[HyperparameterScheduler(w, schedule)])
    with pytest.raises(ValueError, match=r"got hyperparameter='v' \(it has w\)"):
        net.fit(
            x, y, verbose=0, callbacks=[HyperparameterScheduler("v", lambda epoch: 1.0)]
        )


@pytest.mark.parametrize("built", [False, True])
def test_the_scheduler_tracks_it_in_a_subclassed_model(built, model, still, data):
    x, y = data
    w = Hyperparameter(1.0, name="w")
    net = model("subclassed")
    net.compile(still, loss=w * portable_losses.MeanSquaredError())
    if built:
        net.build((None, 3))
        net.compile(still, loss=portable_losses.MeanSquaredError())
        net.fit(x, y, verbose=0)
        net.compile(still, loss=w * portable_losses.MeanSquaredError())
    ramp = HyperparameterScheduler(w, lambda epoch: 2.0 + epoch)
    seen = net.fit(x, y, epochs=2, verbose=0, callbacks=[ramp]).history
    assert seen["w"] == [2.0, 3.0]
    np.testing.assert_allclose(seen["loss"], [2 * mse(y), 3 * mse(y)], rtol=1e-5)
    with pytest.raises(ValueError, match="cannot add new elements of state"):
        net.more = keras.layers.Dense(1)  # as locked as Keras left it


def test_a_subclassed_model_may_hold_it(still, data):
    x, y = data

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.w = Hyperparameter(1.0, name="w")
            self.dense = keras.layers.Dense(1, kernel_initializer="zeros")

        def call(self, x):
            return self.dense(x)

    net = Net()
    net.compile(still, loss=net.w * portable_losses.MeanSquaredError())
    ramp = HyperparameterScheduler("w", lambda epoch: 1.0 + epoch)
    seen = net.fit(x, y, epochs=2, verbose=0, callbacks=[ramp]).history
    np.testing.assert_allclose(seen["loss"], [mse(y), 2 * mse(y)], rtol=1e-5)


# --- saving ---------------------------------------------------------------------------


@pytest.mark.parametrize("tracked", ["by the scheduler", "as a metric"])
def test_a_saved_model_goes_on_from_the_same_value(tracked, model, data, tmp_path):
    x, y = data

    def step(value):
        return value + 0.25

    def fit(net, first, last, w):
        ramp = HyperparameterScheduler(w, lambda epoch, value: step(value))
        fit = {"batch_size": 8, "shuffle": False, "verbose": 0, "callbacks": [ramp]}
        return net.fit(x, y, initial_epoch=first, epochs=last, **fit).history["loss"]

    def make():
        w = Hyperparameter(0.25, name="w")
        loss = w * portable_losses.MeanSquaredError()
        loss = loss + (2.0 - w) * portable_losses.Huber(delta=w)
        net = model()
        metrics = [w] if tracked == "as a metric" else None
        net.compile(keras.optimizers.Adam(0.1), loss=loss, metrics=metrics)
        return net

    whole = fit(make(), 0, 3, "w")
    net = make()
    first = fit(net, 0, 1, "w")
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    (w,) = loaded.loss.hyperparameters  # one object in all its places
    assert w.value == 0.5
    np.testing.assert_allclose(first + fit(loaded, 1, 3, "w"), whole, rtol=1e-5)
    if tracked == "as a metric":
        assert any(m is w for m in loaded.metrics[1].metrics)


def test_config_and_pickle():
    w = Hyperparameter(0.1, name="w")
    w.assign(0.3)
    loss = portable_losses.Huber(delta=w)
    assert type(loss).from_config(loss.get_config()).delta is w
    again = Hyperparameter.from_config(w.get_config())
    assert (again.value, again.name) == (0.3, "w")
    assert pickle.loads(pickle.dumps(w)).value == 0.3
