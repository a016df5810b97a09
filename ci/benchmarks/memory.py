"""Memory: what a compiled function or a backward pass keeps, and the peak of a process.

Temporaries (JAX) and bytes saved for backward (torch) are deterministic and read off in
this process. The peak of the resident set is not, and needs a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.lanes import BACKEND, finish

if TYPE_CHECKING:
    from benchmarks.measure import Contender

LABELS = {
    "temporaries": "temporaries of the compiled function",
    "saved": "saved for backward beyond the inputs",
    "peak": "peak over the baseline",
}
CALLS = 3


def kept(
    contender: Contender, options: dict[str, bool] | None = None
) -> dict[str, int]:
    """Return the deterministic sizes that this backend tells: none on TensorFlow.

    `options` are XLA's for this function, before those of XLA_FLAGS.
    """
    if BACKEND == "jax" and hasattr(contender.function, "lower"):
        return {"temporaries": temporaries(contender, options)}
    if BACKEND == "torch" and contender.function is not contender.plain:
        return {"saved": saved(contender)}
    return {}


def temporaries(contender: Contender, options: dict[str, bool] | None = None) -> int:
    """Bytes that XLA allocates beside inputs and outputs."""
    lowered = contender.function.lower(*contender.tensors)  # type: ignore[attr-defined]  # a function of jax.jit
    compiled = lowered.compile(compiler_options=options)
    return int(compiled.memory_analysis().temp_size_in_bytes)


def saved(contender: Contender) -> int:
    """Bytes that torch keeps for backward, each once; the inputs are kept anyway."""
    import torch

    found = {x.untyped_storage().data_ptr(): 0 for x in contender.tensors}
    alive = []  # or two could have one address, one after the other

    def pack(x: Any) -> Any:
        storage = x.untyped_storage()
        found.setdefault(storage.data_ptr(), storage.nbytes())
        alive.append(x)
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        contender.call()
    return sum(found.values())


def peak(workload: str, who: str, size: str) -> dict[str, int]:
    """Start a process that calls a contender, and return its `report`."""
    here = Path(__file__).resolve().parent
    command = [sys.executable, str(here), "--measure-memory", workload, who, size]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"the memory of {workload} ({who}) was not measured: the process ended "
            f"with {done.returncode}\n{done.stderr}"
        )
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(contender: Contender) -> dict[str, int]:
    """Call a contender in this process; return its id, baseline and peak in bytes."""
    if hasattr(contender.function, "lower"):
        # Compiled but not run: what was freed could otherwise count as baseline.
        call = contender.function.lower(*contender.tensors).compile()
    elif hasattr(contender.function, "get_concrete_function"):
        call = contender.function.get_concrete_function(*contender.tensors)
    else:
        call = contender.function
    _forget_peak()
    baseline = _status("VmRSS")
    for _ in range(CALLS):
        finish(call(*contender.tensors))
    return {"pid": os.getpid(), "baseline": baseline, "peak": _status("VmHWM")}


def _forget_peak() -> None:
    """Let the peak begin anew: that of the imports is higher than many a loss's."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return 1024 * int(value.split()[0])
    raise RuntimeError(f"no {field} in /proc/self/status: memory needs Linux")
