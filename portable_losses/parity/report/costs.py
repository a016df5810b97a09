"""CPU time of the cases on each backend, and the slowest cases."""

import dataclasses

from portable_losses.parity.report.environments import backends
from portable_losses.parity.report.model import Results

SLOWEST = 3
"""How many cases a backend's line names."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """CPU seconds of one backend.

    Args:
        backend: the backend.
        mean: CPU seconds per case.
        slowest: the slowest cases, each with its CPU seconds.
    """

    backend: str
    mean: float
    slowest: tuple[tuple[str, float], ...]


def costs(results: Results) -> list[Cost]:
    """The costs of the backends, NumPy last."""
    found = []
    for backend in backends(results):
        seconds = {
            case["id"]: case["results"][backend]["seconds"]
            for case in results["cases"]
            if backend in case["results"]
        }
        if seconds:
            most = sorted(seconds.items(), key=lambda item: -item[1])
            mean = sum(seconds.values()) / len(seconds)
            found.append(Cost(backend, mean, tuple(most[:SLOWEST])))
    return found
