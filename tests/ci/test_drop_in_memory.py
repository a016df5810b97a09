"""A drop-in keeps no more memory between its two passes than Keras's own.

On JAX these are the temporaries of the compiled function, on torch the bytes saved for
backward. Both are deterministic. TensorFlow tells neither.
"""

import os

import keras
import pytest
from benchmarks import memory
from benchmarks.measure import contender
from benchmarks.workloads import drop_ins

BACKEND = keras.config.backend()
if BACKEND not in ("jax", "torch"):
    reason = f"{BACKEND} does not tell what it keeps"
    pytest.skip(reason, allow_module_level=True)

# Code as users have it, also where `nox -s tests` has XLA compile without this.
EMITTERS = "xla_cpu_use_fusion_emitters"
OPTIONS = {EMITTERS: True} if EMITTERS in os.environ.get("XLA_FLAGS", "") else None

# Those that keep more today: bytes of ours and of Keras's, at the small size. A line
# goes once its loss keeps no more than Keras's, and its first number never grows.
EXCEED: dict[str, dict[str, tuple[int, int]]] = {
    "jax": {
        "LogCosh": (262144, 132096),
        "CategoricalGeneralizedCrossEntropy": (12800, 2112),
        "Circle": (347792, 216064),
        "CTC-logits": (147624, 76056),
    },
    "torch": {
        "Huber": (393216, 163853),
        "LogCosh": (393216, 131077),
        "BinaryCrossentropy-float": (524288, 131077),
        "BinaryCrossentropy-int": (655360, 262149),
        "BinaryCrossentropy-logits-float": (262144, 5),
        "BinaryCrossentropy-logits-int": (262144, 131077),
        "BinaryFocalCrossentropy-float": (1048576, 655369),
        "BinaryFocalCrossentropy-int": (1179648, 786441),
        "Hinge-float": (262144, 131081),
        # 36 bytes of ours are a number a sample, by which a second derivative raises.
        "CTC-logits": (70028, 26517),
    },
}

WORKLOADS = {w.name: w for w in drop_ins.WORKLOADS}


def bytes_of(workload):
    """What ours and Keras's keep, and how much of it does not matter."""
    inputs = workload.inputs("small")
    (kind,) = {"jax": ["temporaries"], "torch": ["saved"]}[BACKEND]
    ours, theirs = (
        memory.kept(contender(workload, inputs, peer), OPTIONS)[kind]
        for peer in (None, workload.peers["keras"])
    )
    # A number or two an item does not matter, where an item has 64 elements or pairs.
    return ours, theirs, max(inputs[1].nbytes // 16, theirs // 64)


@pytest.mark.parametrize("name", WORKLOADS)
def test_no_more_than_keras(name):
    ours, theirs, slack = bytes_of(WORKLOADS[name])
    listed = EXCEED[BACKEND].get(name)
    line = f'"{name}": ({ours}, {theirs}),'
    if listed is None:
        assert ours <= theirs + slack, f"ours keeps more than Keras's: {line}"
        return
    assert ours > theirs + slack, f"no more than Keras's: delete the line of {name}"
    assert ours <= listed[0], f"more than before, which was {listed}: {line}"


def test_the_list_has_drop_ins_only():
    for listed in EXCEED.values():
        assert set(listed) <= set(WORKLOADS)
