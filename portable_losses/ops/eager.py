"""Whether the values of a tensor can be read, and at what cost."""

import sys
from typing import Any

import keras

from portable_losses.ops.known import found

READING_MAY_BE_CHEAP = found(
    "reading a tensor on the CPU needs no wait",
    "every operation has finished when it returns, or its result is needed next",
    tensorflow="2.21.0",
    torch="2.13.0",
    jax="0.10.2",
    numpy="2.4.6",
)
SHOWS_THAT_IT_IS_WATCHED = found(
    "a tensor shows whether a gradient in it may be asked for",
    "`requires_grad` on torch, a tracer on JAX; a GradientTape leaves no mark",
    torch="2.13.0",
    jax="0.10.2",
    numpy="2.4.6",
)


def cheap_to_read(x: Any) -> bool:
    """Whether the values of `x` can be read without a trace and without a wait.

    It is True on the CPU for torch outside of `torch.compile`, for JAX outside of
    transformations such as jit and grad, and for TensorFlow outside of `tf.function`.
    There every operation is a separate call, and reading one number per item may save
    several calls.
    """
    if not READING_MAY_BE_CHEAP:
        return False
    device = getattr(x, "device", "")  # None for a tensor that JAX traces
    if str(device) == "cpu" or getattr(device, "platform", "") == "cpu":
        return not torch_compiles()
    # TensorFlow, where a tensor of a graph may have a device, but has no values
    return str(device).endswith("CPU:0") and hasattr(x, "numpy")


def known_constant(x: Any) -> bool:
    """Whether `x` can be read at low cost, and no gradient in it is computed."""
    watched = not SHOWS_THAT_IT_IS_WATCHED or getattr(x, "requires_grad", False)
    return not watched and cheap_to_read(x)


def torch_compiles() -> bool:
    """Whether `torch.compile` is tracing: reading a value would break the graph.

    torch is not imported for this: if nobody has imported it, it is not compiling.
    """
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())


def known_values(x: Any) -> Any | None:
    """The values of `x` as an array in eager mode; None inside compiled code.

    Compiled code has no values that could be checked. There the result itself shows the
    fault: a class index out of range makes it NaN.
    """
    if torch_compiles():
        return None
    try:
        return keras.ops.convert_to_numpy(x)
    except Exception:  # each backend has its own error for a traced tensor
        return None
