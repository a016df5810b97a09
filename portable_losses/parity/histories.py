"""Histories of training runs: every number of each, on every backend.

A value that moves reaches compiled code on one backend and is frozen into it on
another, without a word; the histories then part.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from portable_losses.parity.fits import History
from portable_losses.parity.report.model import HistoryRow
from portable_losses.parity.runs import RUNS, Run
from portable_losses.parity.training import ELSEWHERE, TOLERANCES, largest_difference


def history(run: Run, pl: Any) -> tuple[History, str]:
    """Train on this process's backend: the history, or none and what went wrong.

    Args:
        run: what to train.
        pl: the package of the losses.
    """
    try:
        return run.fit(pl), ""
    except Exception as error:
        return {}, f"{type(error).__name__}: {error}".strip()


def compare(
    found: Mapping[str, Mapping[str, tuple[History, str]]],
    device: str = "cpu",
    runs: Iterable[Run] = RUNS,
) -> dict[str, HistoryRow]:
    """Hold the histories of the backends together.

    Args:
        found: what `history` returned, by the name of the run and by backend.
        device: what they ran on. The tolerances are those of the loss curves: over
            eight seeds of weights and order the numbers came to at most 9e-7 on a CPU.
        runs: the runs.
    """
    allowed = TOLERANCES.get(device, ELSEWHERE)
    rows: dict[str, HistoryRow] = {}
    for run in runs:
        outcomes = found[run.name]
        own = {backend: numbers for backend, (numbers, _) in outcomes.items()}
        beside = found[run.like] if run.like else {}
        other = {f"{b} in {run.like!r}": numbers for b, (numbers, _) in beside.items()}
        errors = [
            f"{backend}: {said}" for backend, (_, said) in outcomes.items() if said
        ]
        number, apart = worst_number(own | other)
        ok = apart <= allowed and not errors
        told = "\n".join(errors) or values_of(number, own | other)
        rows[run.name] = {
            "histories": own,
            "largest_difference": apart,
            "tolerance": allowed,
            "ok": ok,
            "message": "" if ok else told,
        }
    return rows


def worst_number(by_backend: Mapping[str, History]) -> tuple[str, float]:
    """The number whose values differ most, and by how much of the first of them.

    Infinitely where a history lacks it.
    """
    names = dict.fromkeys(name for h in by_backend.values() for name in h)
    apart = {
        name: largest_difference({b: h.get(name, []) for b, h in by_backend.items()})
        for name in names
    }
    return max(apart.items(), key=lambda item: item[1], default=("loss", float("inf")))


def values_of(number: str, by_backend: Mapping[str, History]) -> str:
    """What a number was on each backend, in words."""
    lines = []
    for backend, h in by_backend.items():
        values = ", ".join(f"{value:.7g}" for value in h.get(number, ()))
        lines.append(f"{number} on {backend}: {values or 'none'}")
    return "\n".join(lines)
