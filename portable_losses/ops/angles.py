"""Angles and sinc, with a finite gradient everywhere."""

import functools
import math
from typing import Any

from keras import ops as raw

from portable_losses.ops.known import raw_is_right
from portable_losses.ops.pinning import pinned_float
from portable_losses.ops.selects import where

# The series of sin(r) / r in r^2, highest power first.
SINC_SERIES = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(6, -1, -1))

RAW_ANGLE = raw_is_right("angle", "0 at -0.0, NaN for NaN, gradient 0", torch="2.13.0")


@pinned_float(2)
def arctan2(x1: Any, x2: Any) -> Any:
    """The angle of the point (x2, x1), with value 0 and gradient (0, 0) at the origin.

    Shapes broadcast. Pinned because the gradient at the origin is NaN on TensorFlow and
    JAX, and the value at the origin depends on the signs of the zeros.

    >>> ops.arctan2(ops.convert_to_tensor([1.0, 0.0]), [0.0, 0.0])  # [1.5708, 0]
    """
    origin = raw.logical_and(raw.equal(x1, 0), raw.equal(x2, 0))
    angle = raw.arctan2(x1, where(origin, 1.0, x2))
    return where(origin, 0.0, angle)


@pinned_float(1)
def arccos(x: Any) -> Any:
    """The angle in [0, pi] with cosine x, with gradient 0 at -1 and 1.

    |x| > 1 gives NaN. Pinned because the true gradient at -1 and 1 is infinite: after
    one training step with it the weights are infinite or NaN.

    >>> ops.arccos(ops.convert_to_tensor([1.0, 0.0]))  # [0, 1.5708], gradient [0, -1]
    """
    return _constant_at_ends(raw.arccos, x)


@pinned_float(1)
def arcsin(x: Any) -> Any:
    """The angle in [-pi/2, pi/2] with sine x, with gradient 0 at -1 and 1.

    |x| > 1 gives NaN. Pinned because the true gradient at -1 and 1 is infinite.

    >>> ops.arcsin(ops.convert_to_tensor([1.0, 0.0]))  # [1.5708, 0], gradient [0, 1]
    """
    return _constant_at_ends(raw.arcsin, x)


def _constant_at_ends(function: Any, x: Any) -> Any:
    end = raw.equal(raw.absolute(x), 1)
    value = function(where(end, 0.0, x))
    return where(end, function(raw.stop_gradient(x)), value)


@pinned_float(1)
def angle(x: Any) -> Any:
    """The angle of a real number: 0, and pi below 0; gradient 0 everywhere.

    A NaN gives NaN. A complex number gives the angle of `keras.ops`. Pinned because JAX
    gives pi at -0.0 and a NaN gradient at 0.0 and -0.0, and others give 0 for a NaN.

    >>> ops.angle(ops.convert_to_tensor([-2.0, -0.0, 3.0]))  # [3.1416, 0, 0]
    """
    if RAW_ANGLE:
        return raw.angle(x)
    real = where(raw.less(x, 0), math.pi, 0.0)
    return where(raw.isnan(x), x, raw.cast(real, x.dtype))


@pinned_float(1)
def sinc(x: Any) -> Any:
    """sin(pi x) / (pi x), and 1 with gradient 0 at 0.

    Pinned because TensorFlow's gradient at 0 is NaN, and the gradient near 0 is wrong
    on all backends: at 1e-4 they give -7.7e-4, -1.4e-3 and -9.3e-4 instead of -3.3e-4.

    >>> ops.sinc(ops.convert_to_tensor([0.0, 0.5]))  # [1, 0.6366]
    """
    near = raw.less(raw.absolute(x), 0.5)
    square = raw.square(math.pi * where(near, x, 0.0))
    first, *rest = SINC_SERIES
    series = functools.reduce(lambda total, c: total * square + c, rest, first)
    angle = math.pi * where(near, 1.0, x)
    return where(near, series, raw.sin(angle) / angle)
