"""Generated inputs of a case: extremes, infinities, NaN, dtypes, at fixed shapes."""

import dataclasses
import functools
import os
from typing import Any

import keras
import ml_dtypes
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import portable_losses
from portable_losses.core.domain import domain_of as loss_domain
from portable_losses.parity.cases import families
from portable_losses.parity.inputs import single, take

BACKEND = keras.config.backend()
NIGHTLY = "PROPERTIES_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("PROPERTIES_EXAMPLES", "20"))

GENERATED = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    derandomize=not NIGHTLY,
    print_blob=NIGHTLY,
    suppress_health_check=list(HealthCheck),
)
"""CI sees the same inputs each time; a nightly run sees new ones."""

CASES = {case.id: case for cases in families().values() for case in cases}
OF_LOSS: dict[str, list[str]] = {}
for _case in CASES.values():
    OF_LOSS.setdefault(_case.loss, []).append(_case.id)

DTYPES = {
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}

EXTREMES = (0.0, -0.0, 1e-30, 1e-8, -1e-8, 0.5, 1.0, -1.0, 2.0, 20.0, -20.0, 1e4, -1e4)


LARGEST = {case.id: 2.0 for case in families()["image"]} | {
    case.id: 20.0 for family in ("metric", "detection") for case in families()[family]
}
"""Pixels have a largest value, embeddings a length, and boxes sides, of about 1.

One of 1e4 leaves no digits of the others in a float32 sum of squares, or in the corners
of a box.
"""


SMALLEST = {
    case.id: 1e-6 for name in ("metric", "detection") for case in families()[name]
}
"""Smaller numbers are not drawn. Vectors shorter than 1e-7 are divided by 1e-7, not by
their length. The reference of boxes takes widths from corners, which are equal for a
width of 1e-30; the loss keeps it, and CompleteIoU has its aspect ratio."""


THRESHOLDS = {"HausdorffDT": 1e-6}
"""Losses that round p at 0.5, and the logits whose sigmoid in float32 is 0.5."""


def sizes() -> tuple[int | None, ...]:
    """How many samples: as many as are drawn, one, two, none.

    JAX compiles for each, which a test in CI has no time for.
    """
    return (None,) if BACKEND == "jax" and not NIGHTLY else (None, 1, 2, 0)


@dataclasses.dataclass(frozen=True, repr=False)
class Drawn:
    """Inputs of a case.

    Args:
        case_id: the case.
        y_true: targets, or None.
        y_pred: predictions, in `dtype`.
        dtype: of the predictions.
    """

    case_id: str
    y_true: Any
    y_pred: Any
    dtype: str

    def __repr__(self) -> str:
        return f"inputs of {self.case_id}, {self.dtype}, as the program has them"

    @property
    def case(self) -> Any:
        return CASES[self.case_id]

    def program(self) -> str:
        """Lines of Python that do it again."""
        config = ", ".join(f"{k}={v!r}" for k, v in self.case.config.items())
        return "\n".join(
            (
                "import numpy as np, portable_losses",
                "from numpy import inf, nan",
                f"y_true = {written(self.y_true)}",
                f"y_pred = {written(self.y_pred)}  # as {self.dtype}",
                f"loss = portable_losses.{self.case.loss}({config})",
                f"print(loss(y_true, y_pred))  # KERAS_BACKEND={BACKEND}",
            )
        )


def written(x: Any) -> str:
    """An array as Python."""
    if x is None:
        return "None"
    x = np.asarray(x)
    if x.dtype.kind in "iub":
        return f"np.array({x.tolist()}, '{x.dtype}').reshape({x.shape})"
    return f"np.array({x.astype('float64').tolist()}, 'float32').reshape({x.shape})"


@functools.cache
def first(case_id: str, seed: int) -> Any:
    case = CASES[case_id]
    return single(case.draw(np.random.default_rng(seed), case.samples))


def domain_of(case: Any) -> tuple[float, float]:
    """The range of the predictions that the loss takes."""
    loss = getattr(portable_losses, case.loss)(**case.config)
    found = loss_domain(loss, first(case.id, 0)[1])
    low, high = (found.low, found.high) if found else (None, None)
    return (-np.inf if low is None else low), (np.inf if high is None else high)


@st.composite
def inputs(draw: Any, loss: str) -> Drawn:
    """Drawn inputs of a loss, some elements of which are replaced."""
    ids = OF_LOSS[loss] if NIGHTLY else OF_LOSS[loss][:1]
    case_id = draw(st.sampled_from(ids))
    case = CASES[case_id]
    t, p = first(case_id, draw(st.integers(0, 3)))
    n = draw(st.sampled_from(sizes()))
    if n is not None:
        t, p = take(t, slice(0, n)), p[:n]
    t, p = None if t is None else t.copy(), p.copy()
    bounds = low, high = domain_of(case)
    largest = LARGEST.get(case_id, 1e4)
    low, high = max(low, -largest), min(high, largest)
    least = SMALLEST.get(case_id, 0.0)
    pool = [x for x in EXTREMES if low <= x <= high] + [np.nan]
    pool += [x for x in (np.inf, -np.inf) if bounds[0] <= x <= bounds[1]]
    number = st.sampled_from(pool) | st.floats(low, high, width=32).map(float)
    number = number.filter(lambda x: x == 0 or not abs(x) < least)
    changes = st.lists(st.tuples(st.integers(0, 10**6), number), max_size=6)
    for place, x in draw(changes) if p.size else ():
        near = loss in THRESHOLDS and abs(x) < THRESHOLDS[loss]
        p.flat[place % p.size] = 0.0 if near else x
    if t is not None and t.shape == p.shape and t.dtype.kind == "f" and p.size:
        # Exact matches; what else a target may be is the case's to say.
        for place in draw(st.lists(st.integers(0, 10**6), max_size=3)):
            at = place % p.size
            if low <= t.flat[at] <= high:
                p.flat[at] = t.flat[at]
        if draw(st.integers(0, 9)) == 0:
            t.flat[draw(st.integers(0, 10**6)) % t.size] = np.nan
    dtype = draw(st.sampled_from(list(DTYPES)))
    return Drawn(case_id, t, p.astype(DTYPES[dtype]), dtype)
