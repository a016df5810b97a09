"""The form of every error message of the package.

``Owner: `argument` must be RULE; got argument=VALUE (what to do).``, a `ValueError` for
values and shapes and a `TypeError` for kinds of things.
"""

from typing import NoReturn


class Described(str):
    """A description in place of a value, such as its shape; shown without quotes."""

    def __repr__(self) -> str:
        return str(self)


def name_of(owner: object) -> str:
    """The name that begins a message: that of a loss's class, or a given text."""
    if isinstance(owner, str):
        return owner
    return (owner if isinstance(owner, type) else type(owner)).__name__


def fail(
    owner: object,
    argument: str,
    rule: str,
    value: object,
    remedy: str,
    kind: type[Exception] = ValueError,
) -> NoReturn:
    """Raise an error in the form of the package."""
    raise kind(
        f"{name_of(owner)}: `{argument}` must be {rule}; got {argument}={value!r} "
        f"({remedy})."
    )
