"""`check_loss`: what `portable-losses check` finds, from a test.

The loss is checked in this process, where it can be debugged. On other backends it is
checked in workers, which are kept for the next loss.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras

from portable_losses.parity import autodiff, by_checks, judged, live
from portable_losses.parity.by_checks import reject
from portable_losses.parity.case import Case
from portable_losses.parity.checks import CHECKS, VALUES_ONLY
from portable_losses.parity.examine.judge import CHECKS as JUDGED
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.one_case import Outcome


def check_loss(
    loss: Any,
    case: Case | None = None,
    *,
    kind: str | None = None,
    reference: Callable[[Any, Any], Any] | None = None,
    checks: Iterable[str] | None = None,
    expected: Mapping[str, str] | Iterable[str] = (),
    strict: bool | None = None,
    backends: Iterable[str] | str = (),
    device: str = "cpu",
) -> dict[str, dict[str, str]]:
    """Check a loss with the backend of this process, and with others.

    Without `case` and `checks` the result is that of `portable-losses check`: one
    finding per cause, with the smallest input that shows it and a remedy.

    Args:
        loss: a loss class, an instance, or a function of y_true and y_pred.
        kind: what the loss takes, such as `"regression"`; if omitted, it is found by
            calling the loss at inputs of several kinds.
        reference: the loss's items in NumPy, from y_true and y_pred. Without one the
            loss's own float64 values on Keras's NumPy backend are the reference: then
            an error that all backends share is not found.
        expected: checks that are known to fail, `{check: reason}` or a list of them.
            One that passes is a failure, so that the list stays true.
        strict: whether to check the conventions of `portable_losses.Loss` too: zero
            samples give 0, a NaN of weight 0 has no effect, targets are never
            broadcast, the dtype of the result. By default they are checked for losses
            that derive from `portable_losses.Loss`.
        backends: other backends, such as `("jax", "torch")`, or `"all"` for those that
            are installed. Each runs in a separate process, which must be able to import
            the loss: define it at the top level of a module.
        device: where to run: `"cpu"`, `"gpu"`, `"tpu"` or `"mps"`. The other backends
            run on the CPU.
        case: inputs and reference of the loss, for the checks of the parity matrix.
        checks: names of checks of the parity matrix to run instead of those of
            `portable-losses check`; needs `kind` or `case`. On other backends they are
            named `"value on jax"`.

    Returns:
        The status and message of each check by name.

    Raises:
        AssertionError: if a check fails; the message lists every one that did.
    """
    __tracebackhide__ = True
    backend = keras.config.backend()
    present = autodiff.load(backend).devices()
    if device not in present:
        reject("device", f"one of {', '.join(sorted(present))}", device)
    others = _others(backends, backend)
    if case is None and checks is None:
        known = _expected(expected, JUDGED)
        if kind is not None and kind not in KINDS:
            reject("kind", f"one of {', '.join(sorted(KINDS))}", kind)
        title, found = _judged(loss, kind, reference, strict, others, device)
    else:
        known = _expected(expected, CHECKS)
        names = _names(backend, checks)
        case = by_checks.case_of(loss, case, kind, None, known)
        title = f"{case.id} on {backend}"
        found = by_checks.run(
            loss,
            case,
            kind,
            reference=reference,
            names=names,
            strict=strict,
            others=others,
            device=device,
        )
    for name in set(known) - set(found):
        reject("expected", f"among the checks that ran, {', '.join(found)}", name)
    found = {name: _against(known.get(name), o) for name, o in found.items()}
    _raise_failures(title, found)
    return found


def _judged(
    loss: Any,
    kind: str | None,
    reference: Callable[[Any, Any], Any] | None,
    strict: bool | None,
    others: tuple[str, ...],
    device: str,
) -> tuple[str, dict[str, Outcome]]:
    """The findings, and a title that names the loss and the backends."""
    __tracebackhide__ = True
    try:
        report = judged.judged(
            loss,
            kind=kind,
            reference=reference,
            strict=strict,
            backends=others,
            device=device,
        )
    except live.NotFound as rule:
        name = getattr(loss, "__qualname__", type(loss).__qualname__)
        if others:
            reject("backends", f"omitted unless {name} {rule}", list(others))
        raise ValueError(
            f"check_loss: `reference` must be given unless the loss {rule}; got "
            f"reference=None for {name} (write the loss's items as a NumPy function of "
            "y_true and y_pred)."
        ) from rule
    if report.verdict == "unchecked":
        raise AssertionError(f"{report.target} could not be checked: {report.problem}")
    where = ", ".join((keras.config.backend(), *others))
    return f"{report.target} ({report.kind}) on {where}", judged.outcomes(report)


# --- arguments ------------------------------------------------------------------------


def _names(backend: str, checks: Iterable[str] | None) -> tuple[str, ...] | None:
    if checks is None:
        return None if autodiff.facts(backend).gradients else VALUES_ONLY
    names = tuple(checks)
    for name in names:
        if name not in CHECKS:
            reject("checks", f"among {', '.join(sorted(CHECKS))}", name)
    return names


def _others(backends: Iterable[str] | str, own: str) -> tuple[str, ...]:
    able = [name for name, of in autodiff.known().items() if of.gradients]
    if backends == "all":
        backends = [n for n in able if not autodiff.facts(n).missing]
    elif isinstance(backends, str):
        backends = [backends]
    chosen = tuple(dict.fromkeys(backends))
    for name in chosen:
        if name not in able:
            reject("backends", f"'all', or among {', '.join(able)}", name)
        if autodiff.facts(name).missing:
            command = autodiff.facts(name).command
            reject("backends", f"installed, for instance with `{command}`", name)
    return tuple(name for name in chosen if name != own)


def _expected(
    expected: Mapping[str, str] | Iterable[str], checks: Iterable[str]
) -> dict[str, str]:
    if isinstance(expected, str):
        reject("expected", "{check: reason}, or a list of checks", expected)
    if isinstance(expected, Mapping):
        known = dict(expected)
    else:
        known = dict.fromkeys(expected, "it is expected")
    for name in known:
        if name.partition(" on ")[0] not in (*checks, "worker"):
            reject("expected", f"among {', '.join(sorted(checks))}", name)
    return known


# --- outcomes -------------------------------------------------------------------------


def _against(reason: str | None, outcome: Outcome) -> Outcome:
    """The outcome of a check that is expected to fail: `known` if it fails."""
    if reason is None:
        return outcome
    if outcome["status"] == "failed":
        return {"status": "known", "message": f"{reason}: {outcome['message']}"}
    said = f"no longer fails, though it is expected to: {reason}"
    if outcome["status"] != "passed":
        said = f"is {outcome['status']}, though it is expected to fail: {reason}"
    return {"status": "failed", "message": f"{said} (remove it from `expected`)"}


def _raise_failures(title: str, outcomes: dict[str, Outcome]) -> None:
    __tracebackhide__ = True
    failed = {
        name: outcome["message"]
        for name, outcome in outcomes.items()
        if outcome["status"] == "failed"
    }
    if failed:
        ran = sum(o["status"] in ("passed", "failed") for o in outcomes.values())
        lines = [f"{title}: {len(failed)} of {ran} checks failed"]
        for name, message in failed.items():
            lines.append(f"  {name}: " + message.replace("\n", "\n    "))
        raise AssertionError("\n".join(lines))
