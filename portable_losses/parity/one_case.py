"""`run_case`: the checks of a case on one backend, and how each of them ended."""

from collections.abc import Callable
from typing import Any

from portable_losses.parity.checks import CHECKS, NotApplicable
from portable_losses.parity.lane import Lane
from portable_losses.parity.pasted import code_of

Outcome = dict[str, str]


def run_case(
    lane: Lane,
    names: tuple[str, ...] | None = None,
    begins: Callable[[str], None] | None = None,
) -> dict[str, Outcome]:
    """Run the checks of a lane; return status and message of each by name.

    `begins` is called with the name of each check before it runs. The status is
    `passed`, `failed`, `not_applicable`, or `known` for a known difference, where the
    check fails as marked. A failed check also has the failing `input`, as code.
    """
    outcomes = {}
    for name, check in CHECKS.items():
        if names is not None and name not in names:
            continue
        if begins is not None:
            begins(name)
        outcomes[name] = _run_check(lane, name, check)
    return outcomes


def _run_check(lane: Lane, name: str, check: Any) -> Outcome:
    case = lane.case
    if name in case.not_applicable:
        return _outcome("not_applicable", case.not_applicable[name])
    mark = case.known_on(lane.autodiff.NAME, name)
    lane.last = None
    try:
        remark = check(lane)
    except NotApplicable as reason:
        return _outcome("not_applicable", str(reason))
    except Exception as error:
        if mark is not None:
            return _outcome("known", str(mark))
        message = str(error)
        if not isinstance(error, AssertionError):
            message = f"{type(error).__name__}: {message}"
        outcome = _outcome("failed", message.strip())
        if lane.last is not None:
            outcome["input"] = code_of(lane.last)
        return outcome
    if mark is not None:
        said = f"no longer a known difference (remove the mark): {mark}"
        return _outcome("failed", said)
    return _outcome("passed", remark or "")


def _outcome(status: str, message: str) -> Outcome:
    return {"status": status, "message": message}
