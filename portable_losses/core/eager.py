"""Whether the values of a tensor can be looked at, and at what cost."""

import sys
from typing import Any


def at_hand(x: Any) -> bool:
    """Whether to look at the values of `x` neither waits for a device nor is traced.

    True for torch on the CPU outside of `torch.compile`: where every operation is a
    pass over memory, and a look at one number per item may save several of them.
    """
    return str(getattr(x, "device", "")) == "cpu" and not torch_compiles()


def torch_compiles() -> bool:
    """Whether this is code that `torch.compile` traces, which a look would break up.

    torch is not imported for the question: without it nothing of it can be compiling.
    """
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())
