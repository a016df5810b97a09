"""`check_loss`: every check of the harness on one loss, from a test.

The loss is checked in this process, where it can be debugged, and on other backends in
workers that live on for the next loss.
"""

# Long because `check_loss` documents each of its arguments and words what it rejects.

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

import keras

from portable_losses.parity import autodiff, live
from portable_losses.parity.case import Case
from portable_losses.parity.checks import CHECKS, VALUES_ONLY
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
    """Run the checks on a loss with the backend of this process, and with others.

    Args:
        loss: a loss class, an instance, or a function of y_true and y_pred.
        case: inputs and reference of the loss; or else `kind`.
        kind: what the loss takes, one of `portable_losses.parity.kinds.KINDS`, for
            inputs that the harness draws.
        reference: the loss's items in NumPy, from y_true and y_pred. Without one the
            loss's own float64 values on Keras's NumPy backend stand in: then an error
            that all backends share goes unseen.
        checks: names of the checks to run, by default all.
        expected: checks that are known to fail, `{check: reason}` or a list of them.
            One that passes is a failure, so that the list stays true.
        strict: whether to hold the loss to the conventions of `portable_losses.Loss`
            too: zero samples give 0, a NaN of weight 0 stays out, targets are never
            broadcast, the result's dtype. By default those that derive from it are.
        backends: other backends to run in processes of their own, such as
            `("jax", "torch")`, or `"all"` for those that are installed. They must find
            the loss by import: it stands at the top of a module. Their outcomes are
            named `"value on jax"`.
        device: where to run: `"cpu"`, `"gpu"`, `"tpu"` or `"mps"`. The other backends
            run on the CPU.

    Returns:
        The status and message of each check by name.

    Raises:
        AssertionError: if a check fails; the message lists every one that did.
    """
    __tracebackhide__ = True
    backend = keras.config.backend()
    known = _expected(expected)
    case = _case(loss, case, kind, None, known)
    if reference is not None:
        case = _with(case, reference=reference)
    if device not in autodiff.load(backend).devices():
        present = autodiff.load(backend).devices()
        _reject("device", f"one of {', '.join(sorted(present))}", device)
    names = _names(backend, checks)
    others = _others(backends, backend)
    made = None if case.reference is not None else _stand_in(loss, case)
    found = {
        backend: outcomes_here(
            loss, case, made=made, names=names, strict=strict, device=device
        )
    }
    for other in others:
        found[other] = _elsewhere(other, loss, kind, reference, made, names, strict)
    flat = {
        name if on == backend else f"{name} on {on}": outcome
        for on, outcomes in found.items()
        for name, outcome in outcomes.items()
    }
    for name in set(known) - set(flat):
        _reject("expected", f"among the checks that ran, {', '.join(flat)}", name)
    flat = {name: _against(known.get(name), o) for name, o in flat.items()}
    _raise_failures(case, backend, flat)
    return flat


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
        case = _case(loss, None, case, reference, {})
    if names is None and not autodiff.facts(backend).gradients:
        names = VALUES_ONLY
    left_out = eased(loss, strict)
    case = _with(case, not_applicable={**left_out, **case.not_applicable})

    def make(**arguments: Any) -> Any:
        return remade(loss, arguments)

    lane = Lane(case, make, on, device, references=made)
    # A class that its owner did not register is still one that he can name.
    named = Target(case, loss).custom_objects
    with keras.saving.custom_object_scope(named), _strict(on, device):
        outcomes = run_case(lane, names)
    outcomes = {name: held(loss, strict, name, o) for name, o in outcomes.items()}
    if case.reference is None:
        for name, outcome in outcomes.items():
            if outcome["status"] == "failed" and "the reference" in outcome["message"]:
                outcomes[name] = {**outcome, "message": outcome["message"] + STAND_IN}
    return outcomes


def _stand_in(loss: Any, case: Case) -> dict[str, Expected]:
    inputs = Lane(case, lambda **_: loss, autodiff.load(keras.config.backend())).inputs
    return references(loss, {label: inputs(label) for label in inputs.labels()})


def _elsewhere(
    backend: str,
    loss: Any,
    kind: str | None,
    reference: Callable[[Any, Any], Any] | None,
    made: Mapping[str, Expected] | None,
    names: tuple[str, ...] | None,
    strict: bool | None,
) -> dict[str, Outcome]:
    """The outcomes on another backend, in a worker that lives on."""
    if kind is None:
        _reject("backends", "omitted where there is a case (use kind)", backend)
    places = []
    for it in (loss, reference):
        try:
            places.append(None if it is None else live.place_of(it))
        except live.NotFound as rule:
            name = getattr(it, "__qualname__", type(it).__qualname__)
            _reject("backends", f"omitted unless {name} {rule}", backend)
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
    """Full float32 products; a CPU has no others, and the setting is the user's."""
    if device != "cpu":
        on.strict_matmul(True)
    try:
        yield
    finally:
        if device != "cpu":
            on.strict_matmul(False)


# --- arguments ------------------------------------------------------------------------


def _case(
    loss: Any,
    case: Case | None,
    kind: str | None,
    reference: Callable[[Any, Any], Any] | None,
    known: Mapping[str, str],
) -> Case:
    if case is not None:
        if kind is not None:
            _reject("kind", "omitted where there is a case", kind)
        if reference is not None:
            case = _with(case, reference=reference)
        # What a caller expects is compared by the caller.
        rest = tuple(mark for mark in case.known if mark.check not in known)
        return _with(case, known=rest)
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


def _others(backends: Iterable[str] | str, own: str) -> tuple[str, ...]:
    able = [name for name, of in autodiff.known().items() if of.gradients]
    if backends == "all":
        backends = [n for n in able if not autodiff.facts(n).missing]
    elif isinstance(backends, str):
        backends = [backends]
    chosen = tuple(dict.fromkeys(backends))
    for name in chosen:
        if name not in able:
            _reject("backends", f"'all', or among {', '.join(able)}", name)
        if autodiff.facts(name).missing:
            command = autodiff.facts(name).command
            _reject("backends", f"installed, for instance with `{command}`", name)
    return tuple(name for name in chosen if name != own)


def _expected(expected: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    if isinstance(expected, str):
        _reject("expected", "{check: reason}, or a list of checks", expected)
    if isinstance(expected, Mapping):
        known = dict(expected)
    else:
        known = dict.fromkeys(expected, "it is expected")
    for name in known:
        if name.partition(" on ")[0] not in (*CHECKS, "worker"):
            _reject("expected", f"among {', '.join(sorted(CHECKS))}", name)
    return known


def _reject(argument: str, rule: str, value: object) -> NoReturn:
    raise ValueError(
        f"check_loss: `{argument}` must be {rule}; got {argument}={value!r}."
    )


# --- what came of it ------------------------------------------------------------------


def _against(reason: str | None, outcome: Outcome) -> Outcome:
    """An outcome, where its check is expected to fail: one that does is `known`."""
    if reason is None:
        return outcome
    if outcome["status"] == "failed":
        return {"status": "known", "message": f"{reason}: {outcome['message']}"}
    said = f"no longer fails, though it is expected to: {reason}"
    if outcome["status"] != "passed":
        said = f"is {outcome['status']}, though it is expected to fail: {reason}"
    return {"status": "failed", "message": f"{said} (remove it from `expected`)"}


def _raise_failures(case: Case, backend: str, outcomes: dict[str, Outcome]) -> None:
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
