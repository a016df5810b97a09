"""Losses in linear memory on several devices, against one device.

Each backend needs its devices before it starts, hence the fresh processes.
"""

import json
import os
import re
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

BACKEND = keras.config.backend()
TWO = "--xla_force_host_platform_device_count=2"
ON_DEVICES = r"""
import contextlib, json
import numpy as np
import keras, portable_losses

BACKEND = keras.config.backend()
RNG = np.random.default_rng(0)
V, D = 12, 6
TOKENS = RNG.integers(0, V, (8, 5)).astype("int32")
NEXT = ((3 * TOKENS + 1) % V).astype("int32")
VIEWS = [RNG.normal(size=(8, 3)).astype("float32") for _ in range(2)]


def devices(kind):
    if kind == "one":
        return contextlib.nullcontext()
    if BACKEND == "tensorflow":
        import tensorflow as tf

        names = [d.name for d in tf.config.list_logical_devices("CPU")]
        assert len(names) == 2, names
        return tf.distribute.MirroredStrategy(names).scope()
    found = keras.distribution.list_devices()
    assert len(found) == 2, found
    if kind == "data":
        return keras.distribution.DataParallel(devices=found).scope()
    mesh = keras.distribution.DeviceMesh((1, 2), ["batch", "model"], found)
    layout = keras.distribution.LayoutMap(mesh)
    layout[".*linear_crossentropy.*kernel"] = (None, "model")
    return keras.distribution.ModelParallel(
        layout_map=layout, batch_dim_name="batch"
    ).scope()


def language_model(kind):
    with devices(kind):
        keras.utils.set_random_seed(0)
        given = [keras.Input((5,), dtype="int32") for _ in range(2)]
        hidden = keras.layers.Embedding(V, D)(given[0])
        head = portable_losses.LinearCrossentropy(
            V, chunk_size=7, name="linear_crossentropy", use_bias=True
        )
        model = keras.Model(given, head(hidden, given[1]))
        model.compile(keras.optimizers.SGD(0.5))
        fit = {"batch_size": 8, "epochs": 4, "shuffle": False, "verbose": 0}
        losses = model.fit([TOKENS, NEXT], **fit).history["loss"]
        if kind == "model":
            shards = head.kernel.value.sharding.shard_shape(head.kernel.shape)
            assert shards == (D, V // 2), shards
        return {"losses": losses, "kernel": np.asarray(head.kernel).tolist()}


def two_towers(kind):
    with devices(kind):
        keras.utils.set_random_seed(0)
        given = [keras.Input((3,)) for _ in range(2)]
        pairs = portable_losses.StackViews()([keras.layers.Dense(4)(x) for x in given])
        model = keras.Model(given, pairs)
        loss = portable_losses.CLIP(temperature=0.5, normalize=False, chunk_size=3)
        model.compile(keras.optimizers.SGD(0.5), loss=loss)
        fit = {"batch_size": 8, "epochs": 4, "shuffle": False, "verbose": 0}
        losses = model.fit(VIEWS, np.zeros(8), **fit).history["loss"]
        return {"losses": losses, "kernel": np.asarray(model.weights[0]).tolist()}


def functions():
    x = RNG.normal(size=(64, D)).astype("float32")
    kernel = RNG.normal(size=(D, V)).astype("float32")
    ids = RNG.integers(0, V, 64).astype("int32")
    views = RNG.normal(size=(64, 2, 3)).astype("float32")

    def mean(x, kernel):
        log_p, _ = portable_losses.linear_log_probability(x, kernel, ids, chunk_size=5)
        return keras.ops.mean(log_p)

    # Each device has 32 samples, and 32 is no multiple of 5.
    losses = {
        "CLIP": portable_losses.CLIP(chunk_size=5),
        "cold CLIP": portable_losses.CLIP(temperature=0.01, chunk_size=5),
        "SigLIP": portable_losses.SigLIP(chunk_size=5),
        "NTXent": portable_losses.NTXent(chunk_size=5),
    }
    of_views = {n: (lambda v, loss=loss: loss(None, v)) for n, loss in losses.items()}
    return {"linear": (mean, (x, kernel))} | {
        name: (function, (views,)) for name, function in of_views.items()
    }


def gradients(kind):
    # Value and gradients, and what the devices exchange for them: shapes and kind.
    import re
    import jax
    from jax.sharding import NamedSharding, PartitionSpec

    found = {}
    for name, (function, given) in functions().items():
        with devices(kind):
            if kind == "data":
                mesh = keras.distribution.distribution().device_mesh.backend_mesh
                parts = PartitionSpec("batch"), PartitionSpec()
                given = [
                    jax.device_put(a, NamedSharding(mesh, part))
                    for a, part in zip(given, parts)
                ]
            argnums = tuple(range(len(given)))
            both = jax.jit(jax.value_and_grad(function, argnums=argnums))
            value, of = both(*given)
            compiled = both.lower(*given).compile().as_text()
        kinds = "all-gather|all-reduce|all-to-all|reduce-scatter|collective-permute"
        found[name] = {
            "value": float(value),
            "gradient": np.concatenate([np.ravel(g) for g in of]).tolist(),
            "exchanged": re.findall(rf"= (.*?) ({kinds})\(", compiled),
        }
    return found


if BACKEND == "tensorflow":
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    both = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, both)
kinds = ["one", "data"] + (["model"] if BACKEND == "jax" else [])
found = {f"language {kind}": language_model(kind) for kind in kinds}
if BACKEND == "jax":
    found |= {f"towers {kind}": two_towers(kind) for kind in ("one", "data")}
    RNG = np.random.default_rng(1)
    found["gradients one"] = gradients("one")
    RNG = np.random.default_rng(1)
    found["gradients data"] = gradients("data")
print(json.dumps(found))
"""

IN_PROCESSES = """
import json, sys
import numpy as np
import torch, torch.distributed as dist
from torch.distributed.nn.functional import all_gather
import portable_losses

rank, port = int(sys.argv[1]), sys.argv[2]
dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
rng = np.random.default_rng(0)
views = torch.tensor(rng.normal(size=(8, 2, 3)).astype("float32"))
hidden = torch.tensor(rng.normal(size=(8, 3)).astype("float32"))
ids = torch.tensor(rng.integers(0, 12, 8))
first = torch.tensor(rng.normal(size=(3, 12)).astype("float32"))
mine = slice(4 * rank, 4 * rank + 4)


def averaged(weight, value):
    (gradient,) = torch.autograd.grad(value, weight)
    both = torch.stack([value.detach(), *gradient.reshape(-1)])
    dist.all_reduce(both)  # as DistributedDataParallel does, which then divides
    return (both / 2).tolist()


def entropy(kernel, part):
    log_p, _ = portable_losses.linear_log_probability(
        hidden[part], kernel, ids[part], chunk_size=3
    )
    return -log_p.mean()


def gathered(weight, part):
    local = views[part] @ weight
    if part is mine:
        local = torch.cat(all_gather(local.contiguous()))
    return portable_losses.CLIP(chunk_size=3)(None, local)


found = {}
for name, loss, weight in (
    ("entropy", entropy, first),
    ("gathered", gathered, first[:, :4].contiguous()),
):
    weight = weight.clone().requires_grad_()
    found[f"{name} two"] = averaged(weight, loss(weight, mine))
    value = loss(weight, slice(0, 8))
    (gradient,) = torch.autograd.grad(value, weight)
    found[f"{name} one"] = [value.item(), *gradient.reshape(-1).tolist()]
print(json.dumps(found))
"""


def environment():
    return {
        **os.environ,
        "KERAS_BACKEND": BACKEND,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {TWO}",
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
    }


@pytest.mark.skipif(BACKEND == "torch", reason="Keras has no devices on torch")
def test_two_devices_train_as_one():
    done = subprocess.run(
        [sys.executable, "-c", ON_DEVICES],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    if BACKEND == "jax":
        one, several = found.pop("gradients one"), found.pop("gradients data")
        for name, of_one in one.items():
            # Sums of large numbers that cancel: to a millionth of the largest one.
            largest = np.max(np.abs(of_one["gradient"]))
            near = {"rtol": 1e-5, "atol": 1e-6 * largest, "err_msg": name}
            for what in ("value", "gradient"):
                np.testing.assert_allclose(several[name][what], of_one[what], **near)
            assert of_one["exchanged"] == []
        # Hidden states stay where they are: each device computes its own chunks.
        ((shapes, kind),) = several["linear"]["exchanged"]
        assert kind == "all-reduce"
        assert "f32[6,12]" in shapes  # the gradient of the kernel
        # One view is gathered once, not once a chunk.
        for name in ("CLIP", "cold CLIP", "SigLIP", "NTXent"):
            gathered = [
                shapes
                for shapes, kind in several[name]["exchanged"]
                if kind == "all-gather" and re.search(r",3\]", shapes)
            ]
            assert len(gathered) == 1, (name, gathered)
    for name, several in found.items():
        task, kind = name.split()
        one = found[f"{task} one"]
        np.testing.assert_allclose(several["losses"], one["losses"], rtol=1e-5)
        near = {"rtol": 1e-4, "atol": 1e-6}
        np.testing.assert_allclose(several["kernel"], one["kernel"], **near)
        assert one["losses"][-1] < one["losses"][0]
    assert len(found) == (5 if BACKEND == "jax" else 2)


@pytest.mark.skipif(BACKEND != "torch", reason="torch's processes")
def test_two_processes_average_to_one():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", IN_PROCESSES, str(rank), port],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=120) for process in running]
    for process, (out, error) in zip(running, said, strict=True):
        assert process.returncode == 0, error[-3000:]
        found = json.loads(out.splitlines()[-1])
        for name in ("entropy", "gathered"):
            two, one = np.array(found[f"{name} two"]), np.array(found[f"{name} one"])
            np.testing.assert_allclose(two[0], one[0], rtol=1e-5)
            np.testing.assert_allclose(two[1:], one[1:], rtol=1e-4, atol=1e-6)
