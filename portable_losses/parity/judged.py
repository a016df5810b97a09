"""A loss in a test, judged as `portable-losses check` judges it."""

from collections.abc import Callable, Iterable
from typing import Any

import keras

from portable_losses.parity import live
from portable_losses.parity.examine.examination import check
from portable_losses.parity.examine.findings import FAULT, Finding, Report
from portable_losses.parity.examine.here import Here
from portable_losses.parity.examine.judge import CHECKS
from portable_losses.parity.examine.session import Options
from portable_losses.parity.examine.showing import numbers
from portable_losses.parity.one_case import Outcome


def judged(
    loss: Any,
    *,
    kind: str | None,
    reference: Callable[[Any, Any], Any] | None,
    strict: bool | None,
    backends: Iterable[str],
    device: str,
) -> Report:
    """The findings on the backend of this process and on others.

    Raises:
        live.NotFound: if another process has to find the loss, and cannot.
    """
    own = keras.config.backend()
    options = Options(
        (own, *backends),
        kind,
        strict=strict,
        reference=None if reference is None else _name(reference),
    )
    try:
        place = live.place_of(loss)
    except live.NotFound:
        if reference is None or len(options.backends) > 1:
            raise
        place = None
    return check(Here(loss, place, options, reference, device), _name(loss))


def outcomes(report: Report) -> dict[str, Outcome]:
    """The status of each check: `passed`, `advice` or `failed`, with the message."""
    found: dict[str, Outcome] = {
        name: {"status": "passed", "message": ""} for name in CHECKS
    }
    # Faults come first in the findings: of two findings of one name the fault is kept.
    for finding in reversed(report.findings):
        status = "failed" if finding.rank == FAULT else "advice"
        found[finding.check] = {"status": status, "message": in_words(finding)}
    return found


def in_words(finding: Finding) -> str:
    """A finding as a test reports it."""
    where = f" (on {', '.join(finding.backends)})" if finding.backends else ""
    lines = [finding.message + where]
    lines += [f"at {finding.line}"] if finding.line else []
    lines += finding.input.splitlines()
    for backend, value in finding.values.items():
        gradient = finding.gradients.get(backend)
        beside = "" if gradient is None else f", gradient {numbers(gradient)}"
        lines.append(f"{backend}: {numbers([value])}{beside}")
    return "\n".join([*lines, f"remedy: {finding.remedy}"])


def _name(loss: Any) -> str:
    return str(getattr(loss, "__name__", type(loss).__name__))
