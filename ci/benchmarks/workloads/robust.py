"""Robust regression losses of a large array, against kernels and other packages."""

from __future__ import annotations

from typing import Any

from benchmarks.agreement import CLOSE, Agreement
from benchmarks.workload import Peer, Workload
from benchmarks.workloads._draws import normal, pair
from benchmarks.workloads._functions import kerass, ours, using

SIZES = {"full": (4096, 4096), "small": (64, 64)}
# Keras's log cosh of a small residual is a difference of large terms.
CANCELS = Agreement(of_largest=1e-5, why="small residuals cancel in Keras's")


KERNELS = (
    "fifteen kernels of eager torch for each piece of the batch (products and selects "
    "take 23 % of the time each, the array of the gradient 14 %); torch's own function "
    "is one kernel each way"
)
EXACT = {
    "jax": "exact near 0, where the other cancels, and without overflow: XLA writes "
    "two arrays to memory where Keras's form writes one",
    "tensorflow": "exact near 0, where Keras's cancels: tanh, a logarithm and two "
    "selects, where Keras has one softplus",
    "torch": "exact near 0, where Keras's cancels: sinh, cosh and log1p take 28 % of "
    "the time and seven products 32 %; Keras has one softplus",
}
NO_OVERFLOW = {
    "jax": "XLA writes two arrays to memory for the sum, the roots and what lies "
    "beyond an overflow; the formula, infinite beyond a residual of 1.8e19, writes one"
}


def huber_by_torch(functional: Any) -> Any:
    """One kernel each way."""
    return lambda t, p: functional.huber_loss(p, t)


def huber_by_optax(losses: Any) -> Any:
    """Then the mean."""
    return lambda t, p: losses.huber_loss(p, t).mean()


def log_cosh_by_optax(losses: Any) -> Any:
    """Then the mean."""
    return lambda t, p: losses.log_cosh(p, t).mean()


def charbonnier(ops: Any) -> Any:
    """As restoration networks have it in their training code."""
    return lambda t, p: ops.mean(ops.sqrt(ops.square(p - t) + 1e-6))


def workload(
    loss: str, agreement: Agreement, peers: dict[str, Peer], reasons: dict[str, str]
) -> Workload:
    """One loss against Keras's, and others."""
    goal = {"tensorflow": 1.0, "jax": 1.0, "torch": 0.4}
    return Workload(
        group="robust",
        name=loss,
        sizes=SIZES,
        draw=pair(normal, normal),
        ours=ours(loss),
        peers={"keras": Peer(kerass(loss), goal, reasons), **peers},
        agreement=agreement,
    )


WORKLOADS = (
    workload(
        "Huber",
        CLOSE,
        {
            "torch": Peer(
                using("torch.nn.functional", huber_by_torch),
                3.0,
                {"torch": KERNELS},
                backends=("torch",),
            ),
            "optax": Peer(
                using("optax.losses", huber_by_optax), 1.05, backends=("jax",)
            ),
        },
        {"torch": KERNELS},
    ),
    workload(
        "LogCosh",
        CANCELS,
        {
            "optax": Peer(
                using("optax.losses", log_cosh_by_optax),
                1.05,
                EXACT,
                backends=("jax",),
            )
        },
        EXACT,
    ),
    Workload(
        group="robust",
        name="Charbonnier",
        sizes=SIZES,
        draw=pair(normal, normal),
        ours=ours("Charbonnier"),
        peers={"formula": Peer(using("keras.ops", charbonnier), 1.05, NO_OVERFLOW)},
    ),
)
