"""Cross-entropy of hidden states under a large vocabulary: the logits and no logits."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from benchmarks.agreement import Agreement
from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import Array, Rng, Shape
from benchmarks.workloads._functions import using

SMALL = (40, 8, 300)
CHUNKS = (128, 256, 512, 1024)
"""What torch's linear_cross_entropy is tried with; the quickest counts."""


def draw(rng: Rng, shape: Shape) -> tuple[Array, ...]:
    """Class indices, hidden states and a kernel whose logits are about normal."""
    tokens, width, classes = shape
    ids = rng.integers(0, classes, tokens).astype("int32")
    x = rng.standard_normal((tokens, width), "float32")
    kernel = rng.standard_normal((width, classes), "float32") / np.sqrt(width)
    return ids, x, kernel.astype("float32")


def the_layers() -> Any:
    """What LinearCrossentropy adds to the losses of a model, of a given kernel."""
    from portable_losses.layers._tokens import TokenLoss
    from portable_losses.losses.sequence._sizes import chunk_for
    from portable_losses.ops.linear_head import Head

    def function(ids: Any, x: Any, kernel: Any) -> Any:
        chunk = chunk_for("auto", x, kernel.shape[1])
        head = Head(kernel, None, None, None, 1.0, chunk)
        loss = TokenLoss(kernel.shape[1], None, 0.0, 0.0, None)
        return loss.value(ids, x, None, None, lambda _: head)

    return function


def the_functions() -> Any:
    """linear_log_probability, which gives the items."""
    from portable_losses import linear_log_probability

    def function(ids: Any, x: Any, kernel: Any) -> Any:
        return -keras.ops.mean(linear_log_probability(x, kernel, ids)[0])

    return function


def naive() -> Any:
    """The logits, then Keras's function of them."""

    def function(ids: Any, x: Any, kernel: Any) -> Any:
        logits = keras.ops.matmul(x, kernel)
        return keras.ops.mean(
            keras.ops.sparse_categorical_crossentropy(ids, logits, from_logits=True)
        )

    return function


def naive_by_torch(functional: Any) -> Any:
    """The logits, then torch's function of them."""
    return lambda ids, x, kernel: functional.cross_entropy(x @ kernel, ids)


def chunks_by_torch(torch: Any, size: int) -> Any:
    """torch's function without the logits, with a number of tokens at a time."""
    options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=size)
    entropy = torch.nn.functional.linear_cross_entropy
    return lambda ids, x, kernel: entropy(x, kernel, ids, options=options)


def naive_by_optax(losses: Any) -> Any:
    """The logits, then optax's function of them."""

    def function(ids: Any, x: Any, kernel: Any) -> Any:
        return losses.softmax_cross_entropy_with_integer_labels(x @ kernel, ids).mean()

    return function


def classes_first(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """Its kernel is (classes, width)."""
    ids, x, kernel = int64(inputs)
    return ids, x, np.ascontiguousarray(kernel.T)


def width_first(tokens: int) -> Any:
    """Its gradient of the kernel in our layout; that of the hidden states stays."""
    return lambda g: g if len(g) in (tokens, SMALL[0]) else g.T


def int64(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """Class indices as torch wants them."""
    return inputs[0].astype("int64"), *inputs[1:]


TEMPORARIES = {
    "jax": "the compiled function has 101 MB of temporaries and the naive form 537 MB; "
    "the peak has the gradient of the kernel, 67 MB, too",
    "tensorflow": "as much as four arrays of the kernel's size, 67 MB each (the sum of "
    "the loop, the product of a chunk, their new sum, its transpose), and two chunks "
    "of logits, 34 MB each: a graph adds no product in place",
    "torch": "arrays of the kernel's size, 67 MB each: its gradient in pieces, as a "
    "whole, with the classes of the targets added, times the gradient of the loss, and "
    "transposed; and chunks of logits, up to 34 MB each",
}


OF_CHUNKS = {
    "LinearCrossentropy": "85 % of the time is matrix products, three as in torch's "
    "own function; the rest is exponentials, copies and sums of chunks",
    "linear_log_probability": "a fourth matrix product: the gradient of the items "
    "needs the logits a second time. torch's function has the sum alone; products take "
    "86 %",
}


def peers(tokens: int, memory: float, reason: str) -> dict[str, Peer]:
    """The naive forms, and torch's own."""
    time = {"tensorflow": 1.0, "jax": 1.0, "torch": 1.15}
    torch = {
        f"torch, {size} at once": Peer(
            using("torch", chunks_by_torch, size),
            time,
            {"torch": reason},
            backends=("torch",),
            arrange=classes_first,
            restore=width_first(tokens),
        )
        for size in CHUNKS
    }
    return {
        "keras": Peer(naive, time, memory=memory, memory_reasons=TEMPORARIES),
        "torch": Peer(
            using("torch.nn.functional", naive_by_torch),
            time,
            backends=("torch",),
            arrange=int64,
            memory=memory,
            memory_reasons=TEMPORARIES,
        ),
        "optax": Peer(
            using("optax.losses", naive_by_optax),
            time,
            backends=("jax",),
            memory=memory,
            memory_reasons=TEMPORARIES,
        ),
        **torch,
    }


def workload(name: str, shape: Shape, ours: Any, memory: float) -> Workload:
    """One size, by the layer's way or the function's."""
    tokens, width, classes = shape
    return Workload(
        group="vocabulary",
        name=name,
        sizes={"full": shape, "small": SMALL},
        draw=draw,
        ours=ours,
        peers=peers(tokens, memory, OF_CHUNKS[name.partition(",")[0]]),
        inputs_of_gradient=(1, 2),
        agreement=Agreement(
            rtol=1e-4, of_largest=1e-5, why="sums over a vocabulary in another order"
        ),
        flops=3 * 2 * tokens * width * classes,
        seconds=0.5,
    )


P6, P7 = (2048, 512, 32768), (8192, 256, 65536)

WORKLOADS = (
    workload("LinearCrossentropy", P6, the_layers, 0.25),
    workload("linear_log_probability", P6, the_functions, 0.25),
    workload("LinearCrossentropy, 8192 tokens", P7, the_layers, 0.06),
)
