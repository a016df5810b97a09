"""Two devices give the loss and the weights that one gives.

Each backend needs its devices before it starts, hence the fresh processes. Masked
batches whose replicas keep unequal counts differ, as in Keras, and are left out.
"""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

BACKEND = keras.config.backend()
TWO = "--xla_force_host_platform_device_count=2"
PROGRAM = '''
import contextlib
import json

import numpy as np

import keras
import portable_losses
from portable_losses import ops

BACKEND = keras.config.backend()


class Squared(portable_losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_pred - y_true), axis=-1)


class Spread(portable_losses.Loss):
    """A statistic."""

    def call(self, y_true, y_pred):
        return ops.sqrt(ops.mean(ops.square(y_pred - y_true)))


def draw(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 1.0, shape).astype("float32")


X, Y, WEIGHT = draw(8, 4), draw(8, 3, seed=1), draw(8, seed=2)


def fit(loss, weight, distributed):
    """Losses of four steps, and the weights after them."""
    scope = contextlib.nullcontext()
    if distributed and BACKEND == "tensorflow":
        scope = strategy().scope()
    if distributed and BACKEND == "jax":
        devices = keras.distribution.list_devices()
        assert len(devices) == 2, devices
        scope = keras.distribution.DataParallel(devices=devices).scope()
    with scope:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        model.compile(optimizer=keras.optimizers.SGD(0.3), loss=loss)
        shown = model.fit(
            X, Y, sample_weight=weight, batch_size=8, epochs=4, shuffle=False, verbose=0
        )
        weights = [np.asarray(w).tolist() for w in model.get_weights()]
    return {"losses": shown.history["loss"], "weights": weights}


def strategy():
    import tensorflow as tf

    devices = [d.name for d in tf.config.list_logical_devices("CPU")]
    assert len(devices) == 2, devices
    return tf.distribute.MirroredStrategy(devices)


def run_directly(loss):
    """What each replica returns for its half of the batch."""
    import tensorflow as tf

    both = strategy()
    halves = lambda x: both.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(x, 2)[context.replica_id_in_sync_group])
    )
    values = both.run(loss, args=(halves(Y), halves(X[:, :3])))
    return [float(v) for v in both.experimental_local_results(values)]


if BACKEND == "tensorflow":
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, two)

CASES = {
    "items": (Squared(), None),
    "mean by weight": (Squared(reduction="mean_with_sample_weight"), None),
    "Huber": (portable_losses.Huber(0.2), None),
    "weights": (Squared(), WEIGHT),
    "statistic": (Spread(), None),
}
results = {
    name: {kind: fit(*case, kind == "two") for kind in ("one", "two")}
    for name, case in CASES.items()
}
if BACKEND == "tensorflow":
    for reduction in ("sum_over_batch_size", "sum"):
        for loss in (Squared(reduction=reduction), Spread(reduction=reduction)):
            first, second = (
                float(loss(y, x[:, :3]))
                for y, x in zip(np.split(Y, 2), np.split(X, 2), strict=True)
            )
            name = f"run {type(loss).__name__} {reduction}"
            results[name] = {"alone": [first, second], "run": run_directly(loss)}
print(json.dumps(results))
'''


@pytest.fixture(scope="module")
def results():
    if BACKEND == "torch":
        pytest.skip("Keras distributes over devices on JAX and TensorFlow only")
    env = {
        **os.environ,
        "KERAS_BACKEND": BACKEND,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {TWO}",
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def near(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def agree(found):
    near(found["two"]["losses"], found["one"]["losses"])
    for got, want in zip(found["two"]["weights"], found["one"]["weights"], strict=True):
        near(got, want)


@pytest.mark.parametrize("case", ["items", "mean by weight", "Huber", "weights"])
def test_two_devices_train_as_one(results, case):
    assert results[case]["one"]["losses"][-1] < results[case]["one"]["losses"][0]
    agree(results[case])


def test_a_statistic_on_two_devices(results):
    found = results["statistic"]
    if BACKEND == "jax":  # one program: the statistic is of the whole batch
        agree(found)
        return
    # Each replica has the statistic of its own half, and the loss is their mean.
    losses, weights = mean_of_halves()
    near(found["two"]["losses"], losses)
    for got, want in zip(found["two"]["weights"], weights, strict=True):
        near(got, want)


def mean_of_halves():
    """Four steps on the mean of both halves' root mean squares, in NumPy."""

    def draw(*shape, seed=0):
        return np.random.default_rng(seed).uniform(0.1, 1.0, shape).astype("float32")

    x, y = draw(8, 4), draw(8, 3, seed=1)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    kernel, bias = (w.astype("float64") for w in model.get_weights())
    losses = []
    for _ in range(4):
        values, slopes = [], []
        for half in (slice(0, 4), slice(4, 8)):
            error = x[half] @ kernel + bias - y[half]
            values.append(np.sqrt((error**2).mean()))
            # d sqrt(mean e^2) / d e == e / (n sqrt(mean e^2))
            slope = error / (error.size * values[-1])
            slopes.append((x[half].T @ slope, slope.sum(0)))
        losses.append(np.mean(values))
        kernel = kernel - 0.3 * (slopes[0][0] + slopes[1][0]) / 2
        bias = bias - 0.3 * (slopes[0][1] + slopes[1][1]) / 2
    return losses, [kernel, bias]


@pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.distribute is TensorFlow's")
@pytest.mark.parametrize("loss", ["Squared", "Spread"])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
def test_a_replica_scales_its_mean_as_keras_does(results, loss, reduction):
    found = results[f"run {loss} {reduction}"]
    # Gradients are summed over replicas: of a mean each returns its half.
    share = 0.5 if reduction == "sum_over_batch_size" else 1.0
    near(found["run"], share * np.array(found["alone"]))
