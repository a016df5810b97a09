"""abs, sign and relu: gradient 0 at the corner."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.pinning import BACKEND, is_float, pinned, tensor


@pinned
def abs(x: Any) -> Any:
    """|x|, with gradient sign(x): 0 at 0.

    `x` has any shape and dtype. Pinned because JAX gives gradient 1 at 0, so that a
    perfect prediction is pushed away from its target.

    >>> x = ops.convert_to_tensor([-2.0, 0.0])
    >>> ops.abs(x)  # [2, 0], gradient [-1, 0]
    """
    x = tensor(x)
    if BACKEND == "jax" and is_float(x):
        return x * raw.stop_gradient(raw.sign(x))
    return raw.absolute(x)


@pinned
def absolute(x: Any) -> Any:
    """|x|, with gradient 0 at 0: `abs` under its long name."""
    return abs(x)


@pinned
def fabs(x: Any) -> Any:
    """|x| as a float, with gradient 0 at 0: `abs`, of integers too."""
    x = tensor(x)
    return abs(x) if is_float(x) else raw.fabs(x)


@pinned
def sign(x: Any) -> Any:
    """-1, 0 or 1, and NaN for NaN; gradient 0 everywhere, at 0 as well.

    Pinned because torch gives 0 for NaN, which hides a diverged prediction.

    >>> ops.sign(ops.convert_to_tensor([-3.0, 0.0, float("nan")]))  # [-1, 0, nan]
    """
    x = tensor(x)
    if BACKEND == "torch" and is_float(x):
        return raw.where(raw.isnan(x), x, raw.sign(x))
    return raw.sign(x)


@pinned
def relu(x: Any) -> Any:
    """max(x, 0), with gradient 0 at 0.

    All three backends agree here already, so this is their own function; it is listed
    because `maximum(x, 0.0)` is not the same: its gradient at 0 is 0.5.

    >>> ops.relu(ops.convert_to_tensor([-1.0, 0.0, 2.0]))  # gradient [0, 0, 1]
    """
    return raw.relu(x)
