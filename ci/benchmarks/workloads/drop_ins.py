"""Every loss that Keras has, too: ours against Keras's, about a million elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.agreement import CLOSE, Agreement
from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import (
    Array,
    Draw,
    Rng,
    Shape,
    as_float,
    distributions,
    indices,
    integers,
    normal,
    one_hot,
    pair,
    signs,
    uniform,
)
from benchmarks.workloads._functions import kerass, ours

GOAL, GOAL_FROM_LOGITS = 1.05, 1.0
ELEMENTS = {"full": (2048, 512), "small": (256, 128)}
CLASSES = {"full": (8192, 128), "small": (512, 64)}
MASKS = {"full": (16, 256, 256, 1), "small": (4, 64, 64, 1)}
# Samples and dimensions of embeddings, of which a million pairs are made.
EMBEDDINGS = {"full": (1024, 64), "small": (128, 16)}
# Samples, frames and classes.
FRAMES = {"full": (32, 200, 160), "small": (4, 40, 24)}

# Probabilities away from 0 and 1, where the clips of the two differ.
PROBABILITIES = uniform(0.02, 0.98)
POSITIVE = uniform(0.1, 2.0)
LOGITS: dict[str, Any] = {"from_logits": True}

# Why a goal is missed, by workload and backend.
KERNEL = (
    "Keras's is TensorFlow's one kernel, which is wrong for infinite logits and for "
    "labels that do not sum to 1; ten plain passes take 1.1 to 1.2 of its time, three "
    "of them the gradient"
)
SELECTS = (
    "the selects that make infinite logits exact keep XLA from its fast fusions: 1.02 "
    "without the guard of the largest logit, 1.06 without that of a label of 0"
)
FOUR = (
    "four exact passes and a look at the labels, where Keras's three in place cancel "
    "at y = 0"
)
SAME = (
    "both are torch's log_softmax, a product and a sum; ours has no select, so what is "
    "left is noise"
)
SOFTPLUS = (
    "softplus is a third of the time of both; ours is exact at y = 0, where Keras's "
    "cancels, by a select for infinite logits"
)
REASONS: dict[str, dict[str, str]] = {
    "LogCosh": {
        "torch": "16 passes, exact near 0 by sinh and log1p, where Keras's 9 cancel; a "
        "custom gradient, which needs 9, is rejected by torch.func, and log1p(sinh^2) "
        "/ 2, which needs 14, loses its gradient beyond 40"
    },
    **{
        f"CategoricalCrossentropy, logits, {label}": {
            "tensorflow": KERNEL,
            "jax": SELECTS,
            "torch": SAME,
        }
        for label in ("float", "int", "soft")
    },
    "SparseCategoricalCrossentropy, logits": {
        "torch": "the same kernel as Keras's, and one look at the items"
    },
    "CategoricalCrossentropy, int": {
        "torch": "the same passes as Keras's, less one division and two selects"
    },
    **{
        f"CategoricalFocalCrossentropy, logits, {label}": {
            "tensorflow": "expm1, exact near p = 1, takes 3.8 ms where an exponential "
            "takes 1; the goal is met or missed by 0.02"
        }
        for label in ("float", "int", "soft")
    },
    "KLDivergence": {"tensorflow": "the same passes as Keras's: 1.00 to 1.02"},
    "BinaryCrossentropy, logits, float": {"tensorflow": SOFTPLUS, "torch": FOUR},
    "BinaryCrossentropy, logits, int": {"torch": FOUR},
    "BinaryFocalCrossentropy, logits, float": {"tensorflow": SOFTPLUS},
    "CTC, logits": {
        "jax": "forward and backward variables in one scan, exact where Keras's drifts",
        "torch": "a scan of frames in Python, where torch's is one kernel, whose "
        "gradient is 6e-4 off and NaN where no alignment fits",
    },
}


def workload(
    loss: str,
    draw: Draw,
    label: str = "",
    sizes: Mapping[str, Shape] = ELEMENTS,
    agreement: Agreement = CLOSE,
    seconds: float = 0.02,
    **config: Any,
) -> Workload:
    """A drop-in with these inputs."""
    name = f"{loss}, {label}" if label else loss
    goal = GOAL_FROM_LOGITS if config.get("from_logits") else GOAL
    peer = Peer(kerass(loss, **config), goal, REASONS.get(name, {}))
    return Workload(
        group="drop_ins",
        name=name.replace(", ", "-"),
        sizes=sizes,
        draw=draw,
        ours=ours(loss, **config),
        peers={"keras": peer},
        agreement=agreement,
        seconds=seconds,
    )


def embeddings(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """Labels with about eight samples each, and directions near their class's."""
    labels = rng.integers(0, shape[0] // 8, shape[0])
    x = rng.normal(size=(shape[0] // 8, shape[1]))[labels] + rng.normal(size=shape)
    x /= (x * x).sum(axis=1, keepdims=True) ** 0.5
    return labels.astype("int32"), x.astype("float32")


def speech(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """Labels a fifth as long as the frames, class 0 being the blank, and logits."""
    samples, frames, classes = shape
    labels = rng.integers(1, classes, (samples, frames // 5)).astype("int32")
    return labels, rng.normal(size=shape).astype("float32")


REAL = pair(normal, normal)
SIZES = pair(POSITIVE, POSITIVE)
CANCELS = Agreement(
    of_largest=1e-5, why="Keras's small residuals are differences of large terms"
)
PAIRS = Agreement(
    rtol=1e-4, of_largest=1e-4, why="exponents of gamma = 80 times a rounding"
)
ALIGNMENTS = Agreement(
    rtol=1e-4, of_largest=1e-3, why="torch's own gradient is 6e-4 off in float32"
)


def binary(loss: str) -> list[Workload]:
    """The four forms of a loss of yes/no targets."""
    whole = integers(0, 2)
    return [
        workload(loss, pair(as_float(whole), PROBABILITIES), "float"),
        workload(loss, pair(whole, PROBABILITIES), "int"),
        workload(loss, pair(as_float(whole), normal), "logits, float", **LOGITS),
        workload(loss, pair(whole, normal), "logits, int", **LOGITS),
    ]


def categorical(loss: str) -> list[Workload]:
    """The six forms of a loss of rows over classes."""
    forms = {"float": as_float(one_hot), "int": one_hot, "soft": distributions}
    found = []
    for label, true in forms.items():
        found.append(workload(loss, pair(true, distributions), label, CLASSES))
    for label, true in forms.items():
        label = f"logits, {label}"
        found.append(workload(loss, pair(true, normal), label, CLASSES, **LOGITS))
    return found


def hinge(loss: str) -> list[Workload]:
    """Labels of -1 and 1, and of 0 and 1."""
    return [
        workload(loss, pair(signs, normal), "float"),
        workload(loss, pair(integers(0, 2), normal), "int"),
    ]


def overlap(loss: str) -> list[Workload]:
    """A mask and probabilities, in one number a batch and in one a sample."""
    masks = integers(0, 2)
    return [
        workload(loss, pair(as_float(masks), PROBABILITIES), "float", MASKS),
        workload(loss, pair(masks, PROBABILITIES), "int", MASKS),
        workload(
            loss,
            pair(as_float(masks), PROBABILITIES),
            "samples, float",
            MASKS,
            axis=(1, 2, 3),
        ),
    ]


WORKLOADS = (
    workload("MeanSquaredError", REAL),
    workload("MeanAbsoluteError", REAL),
    workload("MeanAbsolutePercentageError", SIZES),
    workload("MeanSquaredLogarithmicError", SIZES, agreement=CANCELS),
    workload("Huber", REAL),
    workload("LogCosh", REAL, agreement=CANCELS),
    workload("CosineSimilarity", REAL),
    workload("Poisson", pair(as_float(integers(0, 5)), POSITIVE), "float"),
    workload("Poisson", pair(integers(0, 5), POSITIVE), "int"),
    *binary("BinaryCrossentropy"),
    *binary("BinaryFocalCrossentropy"),
    *categorical("CategoricalCrossentropy"),
    *categorical("CategoricalFocalCrossentropy"),
    workload(
        "SparseCategoricalCrossentropy", pair(indices, distributions), "", CLASSES
    ),
    workload(
        "SparseCategoricalCrossentropy",
        pair(indices, normal),
        "logits",
        CLASSES,
        **LOGITS,
    ),
    workload(
        "CategoricalGeneralizedCrossEntropy",
        pair(indices, distributions),
        "",
        CLASSES,
    ),
    workload("KLDivergence", pair(distributions, distributions), "", CLASSES),
    *hinge("Hinge"),
    *hinge("SquaredHinge"),
    workload("CategoricalHinge", pair(as_float(one_hot), normal), "float", CLASSES),
    workload("CategoricalHinge", pair(one_hot, normal), "int", CLASSES),
    *overlap("Dice"),
    *overlap("Tversky"),
    workload("Circle", embeddings, "", EMBEDDINGS, PAIRS),
    workload("CTC", speech, "logits", FRAMES, ALIGNMENTS),
)
