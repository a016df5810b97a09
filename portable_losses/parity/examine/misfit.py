"""Reports that a loss does not take the kind, shape or inputs that the user gives."""

from collections.abc import Mapping
from typing import Any

from portable_losses.parity.examine.draws import Pair
from portable_losses.parity.examine.findings import Report, in_words
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.examine.sending import sent
from portable_losses.parity.examine.session import Session


def of_shape(
    target: str, kind: str, shape: tuple[int, ...] | None, error: Exception
) -> Report:
    """The kind has no inputs of the given shape."""
    usual = ",".join(map(str, KINDS[kind].shape))
    given = ",".join(map(str, shape or ()))
    return Report(
        target,
        kind,
        [],
        f"--shape {given} does not fit the kind {kind}, whose y_pred is for instance "
        f"{usual} ({error})",
    )


def of(
    session: Session, target: str, kind: str, inputs: Mapping[str, Pair], lane: str
) -> Report | None:
    """The report of a loss that runs at other inputs, but not at the user's.

    A loss that runs at no inputs is reported elsewhere, with the error.
    """
    first = {name: inputs[name] for name in list(inputs)[:1]}
    found = session.ask(lane, "items", inputs=sent(first))
    error = next((f.get("error") for f in found.values() if "error" in f), None)
    if error is None:
        return None
    other: dict[str, Any] = session.ask(lane, "guess")
    if not other.get("kind"):
        return None
    ((t, p),) = first.values()
    options = session.options
    words = (
        "it does not take the arrays of --inputs"
        if options.inputs is not None
        else f"it does not take inputs of the kind {kind}"
    )
    shape = ",".join(map(str, other.get("shape") or KINDS[other["kind"]].shape))
    return Report(
        target,
        kind,
        [],
        f"{words}, y_true {t.shape} and y_pred {p.shape}: {in_words(error)}; it runs "
        f"at those of the kind {other['kind']}, y_pred of shape {shape}",
    )
