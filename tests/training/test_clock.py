"""The clock of `by="step"`: one count of batches, which a resume continues."""

import keras
import numpy as np
import pytest

from portable_losses import Hyperparameter, HyperparameterScheduler, MeanSquaredError

BACKEND = keras.config.backend()


class Noted:
    """A schedule that notes at which steps it was asked."""

    def __init__(self):
        self.steps = []

    def __call__(self, step):
        self.steps.append(step)
        return 1.0 + step


def compiled(model, optimizer=None, **also):
    net = model()
    w = Hyperparameter(1.0, name="w")
    optimizer = optimizer or keras.optimizers.SGD(0.0)
    net.compile(optimizer, loss=w * MeanSquaredError(), **also)
    return net


def steps_of(net, data, *, callbacks=(), first=False, y=None, **fit):
    """The steps at which a fit of four batches an epoch asked."""
    x, targets = data
    noted = Noted()
    ramp = HyperparameterScheduler("w", noted, by="step")
    callbacks = [*callbacks, ramp] if first else [ramp, *callbacks]
    fit = {"batch_size": 8, "verbose": 0, "shuffle": False} | fit
    net.fit(x, targets if y is None else y, callbacks=callbacks, **fit)
    return noted.steps


def test_a_second_fit_goes_on(model, data):
    net = compiled(model)
    assert steps_of(net, data, epochs=2) == list(range(8))
    assert steps_of(net, data) == [8, 9, 10, 11]
    net.train_on_batch(*data)
    assert steps_of(net, data, initial_epoch=3, epochs=4) == [13, 14, 15, 16]
    net.evaluate(*data, verbose=0)
    assert steps_of(net, data, steps_per_epoch=2, epochs=1) == [17, 18]
    net.compile(keras.optimizers.SGD(0.0), loss=net.loss)
    assert steps_of(net, data) == [0, 1, 2, 3]


def test_a_batch_before_saving(model, data, tmp_path):
    net = compiled(model)
    assert steps_of(net, data) == [0, 1, 2, 3]
    net.train_on_batch(*data)
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert steps_of(loaded, data) == [5, 6, 7, 8]


def test_accumulated_gradients(model, data, tmp_path):
    net = compiled(model, keras.optimizers.SGD(0.0, gradient_accumulation_steps=4))
    assert steps_of(net, data, epochs=2) == list(range(8))
    assert steps_of(net, data, batch_size=16) == [8, 9]
    net.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert steps_of(loaded, data) == [10, 11, 12, 13]


def overflowing(y):
    """Targets of which the first batch, and the third, make the gradient infinite."""
    y = np.array(y)
    y[:8] = y[16:24] = 3e38
    return y


def scaled():
    return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.0))


@pytest.mark.parametrize("how", ["go on", ".keras", ".weights.h5", "clone"])
def test_skipped_steps_count(how, model, data, tmp_path):
    y = overflowing(data[1])
    net = compiled(model, scaled())
    assert steps_of(net, data, y=y, epochs=2) == list(range(8))
    assert int(net.optimizer.inner_optimizer.iterations) < 8
    if how == ".keras":
        net.save(tmp_path / "model.keras")
        net = keras.saving.load_model(tmp_path / "model.keras")
    elif how == ".weights.h5":
        net.save_weights(tmp_path / "some.weights.h5")
        net = compiled(model, scaled())
        net.optimizer.build(net.trainable_variables)
        net.load_weights(tmp_path / "some.weights.h5")
    elif how == "clone":
        net = keras.models.clone_model(net)
        assert steps_of(net, data, y=y) == [0, 1, 2, 3]  # its optimizer is new
        return
    assert steps_of(net, data, y=y) == [8, 9, 10, 11]
    net.train_on_batch(*data)
    assert steps_of(net, data, y=y) == [13, 14, 15, 16]


def test_mixed_float16(data):
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense(1, kernel_initializer="zeros")
    net = keras.Sequential([keras.Input((3,)), dense], name="mixed")
    net.dtype_policy = "mixed_float16"
    w = Hyperparameter(1.0, name="w")
    net.compile("sgd", loss=w * MeanSquaredError())
    assert isinstance(net.optimizer, keras.optimizers.LossScaleOptimizer)
    y = overflowing(data[1])
    assert steps_of(net, data, y=y, epochs=2) == list(range(8))
    assert steps_of(net, data, y=y) == [8, 9, 10, 11]


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("save_freq", ["epoch", 3])
@pytest.mark.parametrize("optimizer", [keras.optimizers.SGD, scaled])
def test_a_backup(optimizer, save_freq, first, model, data, tmp_path):
    y = overflowing(data[1]) if optimizer is scaled else None

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.seen = getattr(self, "seen", 0) + 1
            if self.seen == 7:
                raise InterruptedError

    def fit(*callbacks):
        net = compiled(model, optimizer())
        backup = keras.callbacks.BackupAndRestore(
            str(tmp_path / "backup"), save_freq=save_freq
        )
        callbacks = [backup, *callbacks]
        return net, steps_of(net, data, y=y, callbacks=callbacks, first=first, epochs=3)

    with pytest.raises(InterruptedError):
        fit(Stop())
    # After an epoch 4 steps are saved; every 3 batches, 6 of them.
    start = 4 if save_freq == "epoch" else 6
    net, seen = fit()
    assert seen == list(range(start, start + 8))
    assert net.loss.hyperparameters[0].value == 1.0 + seen[-1]


@pytest.mark.skipif(BACKEND == "torch", reason="Keras rejects it on torch")
@pytest.mark.parametrize("known", [True, False])
def test_several_steps_an_execution(known, model, data):
    x, y = data
    net = compiled(model, steps_per_execution=3)
    assert steps_of(net, data, epochs=2) == [0, 3, 4, 7]
    assert steps_of(net, data) == [8, 11]

    def batches():
        for i in range(0, 32, 8):
            yield x[i : i + 8], y[i : i + 8]

    if not known:  # how many batches an epoch has
        noted = Noted()
        ramp = HyperparameterScheduler("w", noted, by="step")
        net.fit(batches(), verbose=0, callbacks=[ramp])
        assert noted.steps[:2] == [12, 15]
        assert steps_of(net, data) == [16, 19]


def test_two_schedulers_have_one_clock(model, data):
    x, y = data
    v, w = Hyperparameter(1.0, name="v"), Hyperparameter(1.0, name="w")
    net = model()
    loss = w * MeanSquaredError() + v * MeanSquaredError()
    net.compile(scaled(), loss=loss, metrics=[v])
    assert steps_of(net, data, y=overflowing(y)) == [0, 1, 2, 3]
    noted = Noted()
    move = HyperparameterScheduler(v, noted, by="step")
    assert steps_of(net, data, y=overflowing(y), callbacks=[move]) == noted.steps
    assert noted.steps == [4, 5, 6, 7]


def test_a_step_of_ones_own(data):
    x, y = data

    class Net(keras.Model):
        """Has two optimizers of its own, as a GAN does, or none that counts."""

        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def train_step(self, *args):
            if BACKEND == "jax":
                state, _ = args
                return {"loss": 0.0 * state[0][0].sum()}, state
            return {"loss": 0.0}

    net = Net()
    net.build((None, 3))
    w = Hyperparameter(1.0, name="w")
    net.compile("sgd", loss=w * MeanSquaredError())
    assert steps_of(net, data, epochs=2) == list(range(8))
    assert steps_of(net, data) == [8, 9, 10, 11]
