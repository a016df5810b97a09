"""Functions of a residual, each in the form that is fastest on the backend."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.exponentials import expm1, log1p
from portable_losses.ops.extremes import clip
from portable_losses.ops.known import faster_form, found, raw_is_right
from portable_losses.ops.log_sums import INF
from portable_losses.ops.selects import where
from portable_losses.ops.signs import abs

# At this r, sinh(r / 2)^2 is far from overflow in float32, and log cosh r differs from
# abs(r) - log 2 by less than the rounding error, in float64 too.
FAR = 80.0

SQUARED = 1e18
"""Beyond it, sqrt(r^2 + epsilon^2) is |r| for each epsilon in NORMAL."""

NORMAL = (1e-15, 1e9)
"""Bounds of the numbers for which `root_of_squares` is accurate."""

ONE_PASS = faster_form(
    "huber", "XLA fuses the two branches into one pass", jax="0.10.2"
)
HALF_SINH = faster_form(
    "log_cosh",
    "the fewest operations; on torch each of them is a pass over memory",
    torch="2.13.0",
)
LOG_IS_FASTER = faster_form(
    "log1p_of_positive",
    "log1p of XLA takes two polynomials and a logarithm",
    jax="0.10.2",
)
CUSTOM_GRADIENTS = found(
    "custom gradients work under all transformations",
    "tests/core run the losses in eager mode, in graphs and under XLA",
    tensorflow="2.21.0",
)
RAW_TANH = raw_is_right(
    "tanh",
    "accurate near 0; that of tinygrad 0.13 is 19 % off at 1e-7",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
    numpy="2.4.6",
    mlx="0.31.2",
    openvino="2026.4.1",
)
RAW_SIZE = found(
    "the gradient of absolute is finite at 0",
    "log_cosh selects it by where, and needs no more; tests/ops/test_conventions.py",
    tensorflow="2.21.0",
    jax="0.10.2",
)


def huber(r: Any, delta: Any) -> Any:
    """r^2 / 2 where |r| <= delta, and delta (|r| - delta / 2) elsewhere.

    `delta` is a number or a tensor that broadcasts against `r`.
    """
    if ONE_PASS:
        size = abs(r)
        near = raw.less_equal(size, delta)
        # A large residual, which may be infinite, is never squared.
        square = raw.square(where(near, r, 0.0))
        return where(near, 0.5 * square, delta * (size - 0.5 * delta))
    # c (r - c / 2) == both branches, with c = clip(r, -delta, delta)
    c = clip(r, -delta, delta)
    return c * (r - 0.5 * c)


def log_cosh(r: Any, careful: bool = True) -> Any:
    """log(cosh(r)), with gradient tanh(r), accurate for all r.

    With `careful=False` it is faster on torch, but may be inf for |r| > 2 * FAR.
    """
    if HALF_SINH:
        c = clip(r, -FAR, FAR) if careful else r
        # 1 + 2 sinh(c / 2)^2 == cosh(c); beyond FAR, log cosh grows like abs(r)
        near = log1p(2.0 * raw.square(raw.sinh(0.5 * c)))
        return near + abs(r - c) if careful else near
    if CUSTOM_GRADIENTS:
        return _log_cosh_with_gradient(r)
    return _log_cosh(r)


def _log_cosh(r: Any) -> Any:
    if not RAW_TANH:
        size = abs(r)
        c = clip(size, 0.0, FAR)
        m = expm1(-c)
        # 1 + m^2 / (2 exp(-c)) == cosh(c); beyond FAR, log cosh grows like abs(r)
        return log1p(0.5 * m * m / raw.exp(-c)) + (size - c)
    t = raw.tanh(r)
    size = raw.absolute(t) if RAW_SIZE else abs(t)
    near = raw.less(size, 0.5)
    # cosh(r) == (1 - t^2)^(-1/2) == exp(|r|) / (1 + |t|): the first form is accurate
    # near 0, the second for large |r|
    log = log1p(where(near, -t * t, size))
    far = raw.absolute(r) if RAW_SIZE else abs(r)
    return where(near, -0.5 * log, far - log)


if CUSTOM_GRADIENTS:

    @raw.custom_gradient
    def _log_cosh_with_gradient(r: Any) -> Any:
        return _log_cosh(r), lambda upstream: upstream * raw.tanh(r)


def root_of_squares(r: Any, epsilon: float) -> Any:
    """sqrt(r^2 + epsilon^2), with gradient r / sqrt(r^2 + epsilon^2), for all r.

    `epsilon` is in NORMAL, so that its square is neither 0 nor infinite.
    """
    if CUSTOM_GRADIENTS:
        return _root_with_gradient(r, epsilon)
    size = abs(r)
    far = raw.greater_equal(size, SQUARED)
    squares = raw.square(where(far, 0.0, r)) + epsilon**2
    return where(far, size, raw.sqrt(squares))


def _root_with_gradient(r: Any, epsilon: float) -> Any:
    @raw.custom_gradient
    def root(r: Any) -> Any:
        plain = raw.sqrt(raw.square(r) + epsilon**2)
        # A square that overflows is rare, and takes as many operations as all others.
        fits = raw.less(raw.max(plain, initial=0.0), INF)
        found = raw.cond(
            fits,
            lambda: plain,
            lambda: raw.where(raw.isinf(plain), raw.absolute(r), plain),
        )

        def gradient(upstream: Any) -> Any:
            slope = raw.cond(
                fits,
                lambda: r / found,
                lambda: raw.where(raw.isinf(r), raw.sign(r), r / found),
            )
            return upstream * slope

        return found, gradient

    return root(r)


def log1p_of_positive(x: Any) -> Any:
    """log(1 + x) for x >= 0, accurate near 0."""
    if LOG_IS_FASTER:
        u = 1.0 + x
        # The rounding error of the sum, which matters near 0 only. XLA would simplify
        # (1 + x) - 1 to x; the maximum, which changes nothing as u >= 1, prevents it.
        lost = raw.stop_gradient(x - (raw.maximum(u, 1.0) - 1.0))
        return raw.log(u) + raw.where(x < 1.0, lost, 0.0)
    return log1p(x)
