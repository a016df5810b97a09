"""The curve of a checked loss: which number varies, and how it is measured."""

import ast
from typing import Any

import numpy as np

from portable_losses.parity.curve import span, steepest
from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.findings import FAULT, Finding, Report
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.examine.sending import sent
from portable_losses.parity.examine.session import Session

BESIDE = {"keras.losses": "portable_losses", "portable_losses": "keras.losses"}
"""The package in which the loss of the same name is drawn for comparison."""


def measure(session: Session, report: Report) -> dict[str, Any]:
    """Measure the curve of the loss that was checked last, on all of its backends.

    Returns:
        `at`: the index of the number that varies; `of_fault`: whether the input is that
        of a fault; `curves`: the curves by backend, on NumPy in float64; `beside`: the
        target that is drawn for comparison, or nothing. Empty if the loss did not run.
    """
    if report.kind is None or report.drawn is None:
        return {}
    kind = KINDS[report.kind]
    finding = next((f for f in report.findings if f.rank == FAULT and f.input), None)
    pair = arrays_of(finding.input) if finding is not None else None
    t, p = pair if pair is not None else report.drawn
    at = _where(finding if pair is not None else None, p)
    edges = kind.edges(kind.shape).values()
    points = span(t, p, at, [*edges, report.drawn], report.kind.endswith("_logits"))
    beside = _beside(report.target)
    found = session.ask_all(
        session.lanes,
        "curve",
        inputs=sent({"curve": (t, p)}),
        at=list(at),
        points=points.tolist(),
        beside=beside,
        reference=session.options.reference,
    )
    curves = {
        b: facts
        for b, facts in found.items()
        if "ended" not in facts and "error" not in facts["ours"]
    }
    shown = any("keras" in facts for facts in curves.values())
    return {
        "at": list(at),
        "curves": curves,
        "beside": beside if shown else "",
        "of_fault": pair is not None,
    }


def arrays_of(code: str) -> Pair | None:
    """The arrays of an input that `code_of` wrote as code; None for other code."""
    found = {}
    try:
        for statement in ast.parse(code).body:
            assert isinstance(statement, ast.Assign)
            call = statement.value
            assert isinstance(call, ast.Call) and len(call.args) == 2
            numbers = _numbers(call.args[0])
            target = statement.targets[0]
            assert isinstance(target, ast.Name)
            found[target.id] = np.asarray(numbers, ast.literal_eval(call.args[1]))
        return found["y_true"], found["y_pred"]
    except (AssertionError, KeyError, SyntaxError, TypeError, ValueError):
        return None


def _numbers(node: ast.expr) -> Any:
    if isinstance(node, ast.List):
        return [_numbers(item) for item in node.elts]
    if isinstance(node, ast.UnaryOp):
        return -_numbers(node.operand)
    if isinstance(node, ast.Attribute):  # np.nan, np.inf
        return {"nan": np.nan, "inf": np.inf}[node.attr]
    return ast.literal_eval(node)


def _where(finding: Finding | None, p: Any) -> tuple[int, ...]:
    """The element whose gradient shows the fault, else that of largest gradient."""
    nothing = (0,) * np.ndim(p)
    given = finding.gradients if finding is not None else {}
    found = {b: np.asarray(g, "float64") for b, g in given.items() if g is not None}
    found = {b: g for b, g in found.items() if g.shape == np.shape(p)}
    if not found:
        return nothing
    wanted = found.get("float64", next(iter(found.values())))
    broken = [~np.isfinite(g) & np.isfinite(wanted) for g in found.values()]
    broken += [~np.isfinite(g) for g in found.values()]
    for where in broken:
        if where.any():
            return tuple(int(i) for i in np.argwhere(where)[0])
    apart = np.ptp(np.stack(list(found.values())), axis=0)
    if apart.max() > 1e-4 * np.abs(wanted).max(initial=1e-6):
        return steepest(apart)
    return steepest(wanted)


def _beside(target: str) -> str:
    """The loss of the same name in Keras, or for a loss of Keras in this package."""
    place, _, expression = target.partition(":")
    for module, other in BESIDE.items():
        if expression and (place == module or place.startswith(f"{module}.")):
            return f"{other}:{expression}"
    return ""
