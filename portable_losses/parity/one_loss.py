"""`check_loss`: every check of the harness on one loss, in this process."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

import keras

from portable_losses.parity import autodiff
from portable_losses.parity.case import Case
from portable_losses.parity.checks import CHECKS, VALUES_ONLY
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case
from portable_losses.parity.stand_in import references
from portable_losses.parity.target import Target, remade


def check_loss(
    loss: Any,
    case: Case | None = None,
    *,
    kind: str | None = None,
    reference: Callable[[Any, Any], Any] | None = None,
    checks: Iterable[str] | None = None,
    device: str = "cpu",
) -> dict[str, dict[str, str]]:
    """Run the checks on a loss with the backend of this process.

    Args:
        loss: a loss class, an instance, or a function of y_true and y_pred.
        case: inputs and reference of the loss; or else `kind`.
        kind: what the loss takes, one of `portable_losses.parity.kinds.KINDS`, for
            inputs that the harness draws.
        reference: the loss's items in NumPy, from y_true and y_pred. Without one the
            loss's own float64 values on Keras's NumPy backend stand in: then an error
            that all backends share goes unseen.
        checks: names of the checks to run, by default all.
        device: where to run: `"cpu"`, `"gpu"`, `"tpu"` or `"mps"`.

    Returns:
        The status and message of each check by name.

    Raises:
        AssertionError: if a check fails; the message lists every one that did.
    """
    __tracebackhide__ = True
    backend = keras.config.backend()
    case = _case(loss, case, kind, reference)
    names = _names(backend, checks)
    on = autodiff.load(backend)
    if device not in on.devices():
        _reject("device", f"one of {', '.join(sorted(on.devices()))}", device)

    def make(**arguments: Any) -> Any:
        return remade(loss, arguments)

    lane = Lane(case, make, on, device)
    if case.reference is None:
        inputs = {label: lane.inputs(label) for label in lane.inputs.labels()}
        lane = Lane(case, make, on, device, references=references(loss, inputs))
    # A class that its owner did not register is still one that he can name.
    named = Target(case, loss).custom_objects
    with keras.saving.custom_object_scope(named), _strict(on, device):
        outcomes = run_case(lane, names)
    _raise_failures(case, backend, outcomes)
    return outcomes


@contextlib.contextmanager
def _strict(on: autodiff.Autodiff, device: str) -> Iterator[None]:
    """Full float32 products; a CPU has no others, and the setting is the user's."""
    if device != "cpu":
        on.strict_matmul(True)
    try:
        yield
    finally:
        if device != "cpu":
            on.strict_matmul(False)


def _case(
    loss: Any,
    case: Case | None,
    kind: str | None,
    reference: Callable[[Any, Any], Any] | None,
) -> Case:
    if case is not None:
        if kind is not None:
            _reject("kind", "omitted where there is a case", kind)
        return case if reference is None else _with(case, reference=reference)
    if kind is None or kind not in KINDS:
        _reject("kind", f"one of {', '.join(sorted(KINDS))}", kind)
    name = getattr(loss, "__name__", type(loss).__name__)
    return _with(KINDS[kind], loss=name, reference=reference)


def _with(case: Case, **changes: Any) -> Case:
    return dataclasses.replace(case, **changes)


def _names(backend: str, checks: Iterable[str] | None) -> tuple[str, ...] | None:
    if checks is None:
        return None if autodiff.facts(backend).gradients else VALUES_ONLY
    names = tuple(checks)
    for name in names:
        if name not in CHECKS:
            _reject("checks", f"among {', '.join(sorted(CHECKS))}", name)
    return names


def _reject(argument: str, rule: str, value: object) -> NoReturn:
    raise ValueError(
        f"check_loss: `{argument}` must be {rule}; got {argument}={value!r}."
    )


def _raise_failures(
    case: Case, backend: str, outcomes: dict[str, dict[str, str]]
) -> None:
    __tracebackhide__ = True
    failed = {
        name: outcome["message"]
        for name, outcome in outcomes.items()
        if outcome["status"] == "failed"
    }
    if failed:
        ran = sum(o["status"] in ("passed", "failed") for o in outcomes.values())
        lines = [f"{case.id} on {backend}: {len(failed)} of {ran} checks failed"]
        for name, message in failed.items():
            lines.append(f"  {name}: " + message.replace("\n", "\n    "))
        raise AssertionError("\n".join(lines))
