"""Two devices see the value of a Hyperparameter, and a LossEndpoint's loss, as one."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

BACKEND = keras.config.backend()
TWO = "--xla_force_host_platform_device_count=2"
PROGRAM = """
import contextlib
import json

import numpy as np

import keras
import portable_losses

BACKEND = keras.config.backend()
X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def devices():
    if BACKEND == "tensorflow":
        import tensorflow as tf

        names = [d.name for d in tf.config.list_logical_devices("CPU")]
        assert len(names) == 2, names
        return tf.distribute.MirroredStrategy(names)
    found = keras.distribution.list_devices()
    assert len(found) == 2, found
    return keras.distribution.DataParallel(devices=found)


def fit(kind, by, reduction, two):
    with devices().scope() if two else contextlib.nullcontext():
        keras.utils.set_random_seed(0)
        w = portable_losses.Hyperparameter(1.0, name="w")
        x, y = keras.Input((3,)), keras.Input((1,))
        y_pred = keras.layers.Dense(1)(x)
        loss = portable_losses.Huber(delta=w, reduction=reduction)
        if kind == "compile":
            model, data = keras.Model(x, y_pred), (X, Y)
            model.compile(keras.optimizers.SGD(0.05), loss=w * loss)
        else:
            end = portable_losses.LossEndpoint(loss, weight=w)(y_pred, y)
            model, data = keras.Model([x, y], end), ([X, Y],)
            model.compile(keras.optimizers.SGD(0.05))
        ramp = portable_losses.HyperparameterScheduler(w, lambda t: 0.5 + t / 3, by=by)
        fit = {"batch_size": 8, "epochs": 3, "shuffle": False, "verbose": 0}
        history = model.fit(*data, **fit, callbacks=[ramp]).history
        weights = [np.asarray(v).tolist() for v in model.get_weights()[:2]]
    return {"history": history, "weights": weights}


if BACKEND == "tensorflow":
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    both = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, both)
cases = [
    ("compile", "epoch", "sum_over_batch_size"),
    ("compile", "step", "sum_over_batch_size"),
    ("endpoint", "step", "sum_over_batch_size"),
    ("endpoint", "epoch", "sum"),
]
print(json.dumps([{n: fit(*c, n == "two") for n in ("one", "two")} for c in cases]))
"""


@pytest.mark.skipif(
    BACKEND not in ("jax", "tensorflow"),
    reason="Keras distributes over devices on JAX and TensorFlow only",
)
def test_two_devices_train_as_one():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {TWO}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cases = json.loads(done.stdout.splitlines()[-1])
    assert len(cases) == 4
    for case in cases:
        one, two = case["one"], case["two"]
        if case is not cases[3]:  # a sum, which Keras reports by another factor
            losses = two["history"]["loss"], one["history"]["loss"]
            np.testing.assert_allclose(*losses, rtol=1e-5)
        np.testing.assert_allclose(two["history"]["w"], one["history"]["w"])
        for a, b in zip(one["weights"], two["weights"], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
