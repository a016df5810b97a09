"""The checks of the matrix by name, on a loss in a test."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import keras

from portable_losses.parity import autodiff, live
from portable_losses.parity.case import Case
from portable_losses.parity.checks import VALUES_ONLY
from portable_losses.parity.conventions import eased, held
from portable_losses.parity.examine.channel import Ended
from portable_losses.parity.kinds import KINDS
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import Outcome, run_case
from portable_losses.parity.reference import Expected
from portable_losses.parity.stand_in import references
from portable_losses.parity.target import Target, remade

STAND_IN = (
    "\n(the reference is the loss's own float64 value on Keras's NumPy backend, which "
    "may be the one that is wrong: reference=FUNCTION replaces it)"
)


def reject(argument: str, rule: str, value: object) -> NoReturn:
    """Reject an argument of `check_loss`."""
    raise ValueError(
        f"check_loss: `{argument}` must be {rule}; got {argument}={value!r}."
    )


def run(
    loss: Any,
    case: Case,
    kind: str | None,
    *,
    reference: Callable[[Any, Any], Any] | None,
    names: tuple[str, ...] | None,
    strict: bool | None,
    others: tuple[str, ...],
    device: str,
) -> dict[str, Outcome]:
    """The outcomes here, and those of other backends, named `value on jax`."""
    if reference is not None:
        case = _with(case, reference=reference)
    made = None if case.reference is not None else stand_in(loss, case)
    found = outcomes_here(
        loss, case, made=made, names=names, strict=strict, device=device
    )
    for other in others:
        there = elsewhere(other, loss, kind, reference, made, names, strict)
        found |= {f"{name} on {other}": outcome for name, outcome in there.items()}
    return found


def outcomes_here(
    loss: Any,
    case: Case | str,
    *,
    made: Mapping[str, Expected] | None,
    reference: Callable[[Any, Any], Any] | None = None,
    names: tuple[str, ...] | None = None,
    strict: bool | None = None,
    device: str = "cpu",
) -> dict[str, Outcome]:
    """The outcomes of the checks on the backend of this process.

    Args:
        loss: the loss.
        case: its case, or its kind.
        made: references by label, for a case without a reference.
        reference: the loss's items in NumPy.
        names: the checks to run; None for all.
        strict: see `check_loss`.
        device: where to run.
    """
    backend = keras.config.backend()
    on = autodiff.load(backend)
    if isinstance(case, str):
        case = case_of(loss, None, case, reference, {})
    if names is None and not autodiff.facts(backend).gradients:
        names = VALUES_ONLY
    left_out = eased(loss, strict)
    case = _with(case, not_applicable={**left_out, **case.not_applicable})

    def make(**arguments: Any) -> Any:
        return remade(loss, arguments)

    lane = Lane(case, make, on, device, references=made)
    # The class may be unregistered: the user could pass it as a custom object.
    named = Target(case, loss).custom_objects
    with keras.saving.custom_object_scope(named), _strict(on, device):
        outcomes = run_case(lane, names)
    outcomes = {name: held(loss, strict, name, o) for name, o in outcomes.items()}
    if case.reference is None:
        for name, outcome in outcomes.items():
            if outcome["status"] == "failed" and "the reference" in outcome["message"]:
                outcomes[name] = {**outcome, "message": outcome["message"] + STAND_IN}
    return outcomes


def stand_in(loss: Any, case: Case) -> dict[str, Expected]:
    """The loss's own float64 values, at the inputs of its case."""
    inputs = Lane(case, lambda **_: loss, autodiff.load(keras.config.backend())).inputs
    return references(loss, {label: inputs(label) for label in inputs.labels()})


def elsewhere(
    backend: str,
    loss: Any,
    kind: str | None,
    reference: Callable[[Any, Any], Any] | None,
    made: Mapping[str, Expected] | None,
    names: tuple[str, ...] | None,
    strict: bool | None,
) -> dict[str, Outcome]:
    """The outcomes on another backend, in a worker that is kept for later calls."""
    if kind is None:
        reject("backends", "omitted where there is a case (use kind)", backend)
    places = []
    for it in (loss, reference):
        try:
            places.append(None if it is None else live.place_of(it))
        except live.NotFound as rule:
            name = getattr(it, "__qualname__", type(it).__qualname__)
            reject("backends", f"omitted unless {name} {rule}", backend)
    asked = {"loss": places[0], "reference": places[1], "case": kind, "made": made}
    try:
        found: dict[str, Outcome] = live.ask(
            "checks", backend, "outcomes", names=names, strict=strict, **asked
        )
    except (Ended, RuntimeError) as error:
        return {"worker": {"status": "failed", "message": str(error)}}
    return found


@contextlib.contextmanager
def _strict(on: autodiff.Autodiff, device: str) -> Iterator[None]:
    """Compute matrix products in full float32 (no TF32) while the checks run.

    Afterwards the user's setting is restored. A CPU has no TF32.
    """
    restore = on.strict_matmul(True) if device != "cpu" else None
    try:
        yield
    finally:
        if restore is not None:
            restore()


def case_of(
    loss: Any,
    case: Case | None,
    kind: str | None,
    reference: Callable[[Any, Any], Any] | None,
    known: Mapping[str, str],
) -> Case:
    """The case of a loss: the given one, or one made for its kind."""
    if case is not None:
        if kind is not None:
            reject("kind", "omitted where there is a case", kind)
        if reference is not None:
            case = _with(case, reference=reference)
        # The caller compares the checks that it expects to fail (`known`).
        rest = tuple(mark for mark in case.known if mark.check not in known)
        return _with(case, known=rest)
    if kind is None or kind not in KINDS:
        reject("kind", f"one of {', '.join(sorted(KINDS))}", kind)
    name = getattr(loss, "__name__", type(loss).__name__)
    return _with(KINDS[kind], loss=name, reference=reference)


def _with(case: Case, **changes: Any) -> Case:
    return dataclasses.replace(case, **changes)
