"""Each pinned op against the raw one of `keras.ops`, at ordinary points."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.agreement import CLOSE, Agreement
from benchmarks.workload import Function, Peer, Workload
from benchmarks.workloads._draws import Array, One, Rng, Shape, normal, uniform

GOAL = 1.1
ELEMENTS = {"full": (2048, 512), "small": (256, 128)}
# Two sets of vectors, of which a million differences are made.
VECTORS = {"full": (128, 64), "small": (16, 8)}

POSITIVE, INSIDE, NEAR_ONE = uniform(0.1, 3.0), uniform(-0.95, 0.95), uniform(0.99, 1.0)

# Why a goal is missed, by op and backend.
GUARDED = "each part of the guard is a kernel of its own, forward and backward"
TIES = "the split at a tie is two selects and a sum, each a kernel of its own"
TWICE = "the function is computed twice, for the ends and between them"
EMPTY = "the guard of a slice that is all -inf is three more passes"
REASONS: dict[str, dict[str, str]] = {
    **{
        name: {"tensorflow": GUARDED, "torch": GUARDED}
        for name in ("log", "log2", "log10", "xlogy", "sqrt", "cbrt", "reciprocal")
    },
    **{name: {"torch": GUARDED} for name in ("divide", "true_divide", "hypot")},
    **{
        name: {"tensorflow": TIES}
        for name in ("maximum", "maximum-number", "minimum", "minimum-number")
    },
    **{
        name: {"tensorflow": TWICE, "jax": TWICE, "torch": TWICE}
        for name in ("arccos", "arcsin")
    },
    **{
        name: {
            "tensorflow": GUARDED,
            "torch": GUARDED,
            "jax": "XLA keeps an array of the guard between the two passes",
        }
        for name in ("rsqrt", "power", "fmax", "fmin", "logaddexp", "logaddexp2")
    },
    "arctan2": {"tensorflow": GUARDED, "torch": GUARDED},
    "log_softmax": {"tensorflow": EMPTY, "jax": EMPTY, "torch": EMPTY},
    "sinc": {
        backend: "a polynomial near 0, besides the quotient"
        for backend in ("tensorflow", "torch")
    },
    "sign": {"torch": "NaN is kept by a test and a select"},
    "hard_tanh": {"torch": "a clamp with tensors as bounds, which is no fused kernel"},
    "selu": {"tensorflow": "written out, where TensorFlow's own is one kernel"},
    "celu": {"torch": "written out, where torch's own is one kernel"},
    "norm-1": {"jax": "abs keeps an array between the two passes"},
    "norm-3": {
        "jax": "abs keeps an array between the two passes",
        "torch": "written out, where torch's own is one kernel",
    },
    "normalize": {"tensorflow": GUARDED, "torch": GUARDED},
}

# Pinned, but not in keras.ops, nor a short formula of it.
NEW = ("digamma", "distance_transform", "log_gamma", "log_gamma_difference")

Call = Callable[..., Any]


def row(
    name: str,
    *rules: One,
    label: str = "",
    raw: Call | None = None,
    sizes: Mapping[str, Shape] = ELEMENTS,
    agreement: Agreement = CLOSE,
    **config: Any,
) -> Workload:
    """The op called with one tensor a rule; `raw(ops, *tensors)` if it is a formula."""

    def draw(rng: Rng, shape: Shape) -> tuple[Array, ...]:
        return tuple(rule(rng, shape) for rule in rules)

    def from_module(module: str) -> Callable[[], Function]:
        def build() -> Function:
            op = getattr(importlib.import_module(module), name)
            return lambda *tensors: op(*tensors, **config)

        return build

    def formula() -> Function:
        ops = importlib.import_module("keras.ops")
        return lambda *tensors: raw(ops, *tensors) if raw else None

    full = f"{name}-{label}" if label else name
    peer = from_module("keras.ops") if raw is None else formula
    return Workload(
        group="pins",
        name=full,
        sizes=sizes,
        draw=draw,
        ours=from_module("portable_losses.ops"),
        peers={"keras": Peer(peer, GOAL, REASONS.get(full, {}))},
        inputs_of_gradient=tuple(range(len(rules))),
        scalar=False,
        agreement=agreement,
    )


def written_out(ops: Any, x: Any) -> Any:
    """Sparsemax by its definition: the rows of Keras's own do not sum to 1."""
    ordered = -ops.sort(-x, axis=-1)
    place = ops.arange(1, x.shape[-1] + 1, dtype="float32")
    total = ops.cumsum(ordered, axis=-1)
    count = ops.sum(ops.cast(1 + place * ordered > total, "int32"), -1, keepdims=True)
    last = ops.take_along_axis(total, count - 1, axis=-1)
    return ops.relu(x - (last - 1) / ops.cast(count, "float32"))


SUMS = Agreement(of_largest=1e-5, why="sums of hundreds in another order")
NEAR_0 = Agreement(atol=1e-6, why="values near 0 are sums of two larger logarithms")
SERIES = Agreement(
    of_largest=1e-5, why="a series below 0.5, where Keras's quotient cancels"
)

WORKLOADS = (
    row("abs", normal),
    row("absolute", normal),
    row("fabs", normal),
    row("sign", normal),
    row("relu", normal),
    row("maximum", normal, normal),
    row("maximum", normal, label="number", x2=0.5),
    row("minimum", normal, normal),
    row("minimum", normal, label="number", x2=0.5),
    row("fmax", normal, normal),
    row("fmin", normal, normal),
    row("clip", normal, x_min=-1.0, x_max=1.0),
    row(
        "heaviside",
        normal,
        normal,
        # Keras's own has no gradient on torch.
        raw=lambda ops, x, y: ops.where(x > 0, 1.0, ops.where(x < 0, 0.0, y)) + 0 * x,
    ),
    row("copysign", normal, normal, raw=lambda ops, x, y: ops.abs(x) * ops.sign(y)),
    row("fmod", normal, POSITIVE),
    row(
        "floor_divide",
        normal,
        POSITIVE,
        # Likewise.
        raw=lambda ops, x, y: ops.floor(ops.divide(x, y)),
    ),
    row("leaky_relu", normal),
    row("hard_tanh", normal),
    row("selu", normal),
    row("celu", normal),
    row("relu6", normal),
    row("elu", normal),
    row("hard_sigmoid", normal),
    row("sparse_sigmoid", normal),
    row("softsign", normal),
    row("gelu", normal),
    row("silu", normal),
    row("swish", normal),
    row("sparse_plus", normal),
    row("hard_silu", normal),
    row("hard_swish", normal),
    row("sparsemax", normal, raw=written_out, agreement=SUMS),
    row("arccos", INSIDE),
    row("arcsin", INSIDE),
    row("arctan2", normal, POSITIVE),
    row("angle", normal),
    row("sinc", uniform(0.3, 3.0), agreement=SERIES),
    row("cumsum", normal, axis=-1, agreement=SUMS),
    row("nancumsum", normal, axis=-1, agreement=SUMS),
    row("cumprod", NEAR_ONE, axis=-1, agreement=SUMS),
    row("nancumprod", NEAR_ONE, axis=-1, agreement=SUMS),
    row("prod", NEAR_ONE, axis=-1, agreement=SUMS),
    row("amax", normal, axis=-1),
    row("amin", normal, axis=-1),
    row("max", normal, axis=-1),
    row("min", normal, axis=-1),
    row("log", POSITIVE),
    row("log2", POSITIVE),
    row("log10", POSITIVE),
    row("xlogy", POSITIVE, POSITIVE, raw=lambda ops, x, y: x * ops.log(y)),
    row("log_sigmoid", normal),
    row("softplus", normal),
    row("logaddexp", normal, normal, agreement=NEAR_0),
    row("logaddexp2", normal, normal, agreement=NEAR_0),
    row("logsumexp", normal, axis=-1),
    row("log_softmax", normal, agreement=SUMS),
    row("softmax", normal, agreement=SUMS),
    row("sqrt", POSITIVE),
    row("rsqrt", POSITIVE),
    row("cbrt", POSITIVE),
    row("hypot", normal, POSITIVE),
    row("std", normal, axis=-1, agreement=SUMS),
    row("nanstd", normal, axis=-1, agreement=SUMS),
    row("power", POSITIVE, label="number", x2=2.5),
    row("power", POSITIVE, normal),
    row("float_power", POSITIVE, normal, raw=lambda ops, x, y: ops.power(x, y)),
    row("divide", normal, POSITIVE),
    row("true_divide", normal, POSITIVE),
    row("divide_no_nan", normal, POSITIVE),
    row("reciprocal", POSITIVE),
    row("norm", normal, axis=-1),
    row("norm", normal, label="1", ord=1, axis=-1),
    row("norm", normal, label="3", ord=3, axis=-1),
    row("normalize", normal, agreement=SUMS),
    row(
        "distance",
        normal,
        normal,
        raw=lambda ops, a, b: ops.norm(ops.subtract(a, b), axis=-1),
        agreement=SUMS,
    ),
    row("cdist", normal, normal, sizes=VECTORS, agreement=SUMS),
)
