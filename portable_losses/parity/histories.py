"""Compares the histories of training runs on all backends, number by number.

A value that changes during training may reach compiled code on one backend and be a
constant in the compiled code of another, without an error. Then the histories differ.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from portable_losses.parity.fits import History
from portable_losses.parity.report.model import HistoryRow
from portable_losses.parity.runs import RUNS, Run
from portable_losses.parity.training import ELSEWHERE, TOLERANCES, largest_difference


def history(run: Run, pl: Any) -> tuple[History, str]:
    """Train on this process's backend: the history, or None and the error.

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
    """Compare the histories of the backends.

    Args:
        found: what `history` returned, by the name of the run and by backend.
        device: what they ran on. The tolerances are those of the loss curves: over
            eight seeds of weights and order the differences were at most 9e-7 on a CPU.
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
    """The entry whose values differ most, and the difference relative to the first.

    The difference is infinite if a history lacks the entry.
    """
    names = dict.fromkeys(name for h in by_backend.values() for name in h)
    apart = {
        name: largest_difference({b: h.get(name, []) for b, h in by_backend.items()})
        for name in names
    }
    return max(apart.items(), key=lambda item: item[1], default=("loss", float("inf")))


def values_of(number: str, by_backend: Mapping[str, History]) -> str:
    """The values of an entry on each backend, as text."""
    lines = []
    for backend, h in by_backend.items():
        values = ", ".join(f"{value:.7g}" for value in h.get(number, ()))
        lines.append(f"{number} on {backend}: {values or 'none'}")
    return "\n".join(lines)
