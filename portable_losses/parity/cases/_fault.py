"""`Fault`: a known fault of one of Keras's losses."""

import dataclasses
from typing import Literal

from portable_losses.parity.known import Owner, require_kind


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """A known fault of one of Keras's losses, which ours does not have.

    A declared fault must show, and a difference must be declared. So the first version
    of Keras without the fault fails the run, and then the range of versions is closed.

    Args:
        loss: the loss's name.
        why: what Keras does; for `"never"` the reason that both stay as they are.
        seen: the version of Keras that was tested.
        kind: who could fix it: `"upstream"`, Keras; `"never"`, nobody will. `"ours"` is
            rejected: what we can fix is not a fault of Keras.
        link: address of the issue or pull request, where known.
        keras: the versions that have it, such as "<3.16"; all if empty.
        backends: the backends that have it; all if empty.
        at: where the comparison with Keras's loss shows it: "absent", "name",
            "arguments" (or "arguments without X", if Keras's are ours without X), or
            inputs of the cases, such as "drawn" and "edge corners".
        of: which values at these inputs: all, those with sample weights, or those
            without a reduction and without weights.
        labels: the labels of the cases that show it; all that have the inputs if empty.
        checks: the checks that fail where the harness is pointed at `keras.losses`;
            "between" is the comparison of the backends.

    Raises:
        ValueError: for a mark without a version that has the fault, or with another
            kind.
    """

    loss: str
    why: str
    seen: str
    kind: Owner = "upstream"
    link: str = ""
    keras: str = ""
    backends: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    of: Literal["all", "weighted", "unreduced"] = "all"
    labels: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_kind("Fault", self.kind, self.link)
        if self.kind == "ours":
            raise ValueError(
                'Fault: `kind` must be "never" or "upstream"; got kind=\'ours\' '
                "(change our loss)."
            )
        if not within(self.seen, self.keras):
            raise ValueError(
                f"Fault: `seen` must be a version within {self.keras!r}; got "
                f"seen={self.seen!r} (write the version that was looked at)."
            )

    def holds(self, version: str, backend: str) -> bool:
        """Whether this Keras on this backend has the fault."""
        return within(version, self.keras) and (
            not self.backends or backend in self.backends
        )

    def __str__(self) -> str:
        return " ".join(filter(None, ("Keras", self.keras, self.why)))


def within(version: str, versions: str) -> bool:
    """Whether a version of Keras lies in a range such as "<3.16" or ">=3.16,<3.18".

    Only minor releases count; a nightly version counts as the release that follows it.
    """
    release = _minor(version)
    for bound in filter(None, versions.split(",")):
        if bound.startswith(">="):
            fits = release >= _minor(bound.removeprefix(">="))
        elif bound.startswith("<"):
            fits = release < _minor(bound.removeprefix("<"))
        else:
            raise ValueError(
                "Fault: `keras` must be bounds such as '<3.16' or '>=3.16', with "
                f"commas between; got keras={versions!r} (write < or >=)."
            )
        if not fits:
            return False
    return True


def _minor(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)
