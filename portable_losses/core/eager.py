"""Whether the values of a tensor can be read, and at what cost."""

import sys
from typing import Any

from portable_losses.ops.known import found

READING_MAY_BE_CHEAP = found(
    "reading a tensor on the CPU needs no wait",
    "every operation has finished when it returns",
    torch="2.13.0",
    numpy="2.4.6",
)


def cheap_to_read(x: Any) -> bool:
    """Whether the values of `x` can be read without a trace and without a wait.

    It is True for torch on the CPU outside of `torch.compile`, and for NumPy. There
    every operation is a pass over memory, and reading one number per item may save
    several passes.
    """
    if not READING_MAY_BE_CHEAP:
        return False
    return str(getattr(x, "device", "")) == "cpu" and not torch_compiles()


def torch_compiles() -> bool:
    """Whether `torch.compile` is tracing: reading a value would break the graph.

    torch is not imported for this: if nobody has imported it, it is not compiling.
    """
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())
