"""Marks for known differences.

A mark is strict: the check that it names must fail on the backends that it names. If
the check passes, the run fails until the mark is removed.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

Owner = Literal["ours", "upstream", "never"]
OWNERS: tuple[Owner, ...] = get_args(Owner)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Known:
    """A known difference of a loss of ours: a check that fails, and must.

    Args:
        check: name of the check that shows it.
        kind: who could fix it. `"ours"`: this package. `"upstream"`: Keras or the
            backend. `"never"`: nobody, for the reason in `why`.
        why: what differs, and the cause.
        on: the backends that differ, each with the version that was tested.
        shows: the smallest input that shows it, and the result.
        link: address of the issue or pull request; for `"upstream"`, where known.

    Raises:
        ValueError: for a mark with a missing or invalid field.
    """

    check: str
    kind: Owner
    why: str
    on: Mapping[str, str]
    shows: str
    link: str = ""

    def __post_init__(self) -> None:
        require_kind("Known", self.kind, self.link)
        for name in ("check", "why", "shows"):
            if not getattr(self, name).strip():
                _reject("Known", name, "said", getattr(self, name), "write it out")
        if not self.on or not all(map(_is_version, self.on.values())):
            rule = "backends with the version that was looked at"
            _reject("Known", "on", rule, self.on, 'write {"mlx": "0.31.2"}')

    def __str__(self) -> str:
        on = ", ".join(f"{name} {version}" for name, version in self.on.items())
        link = f"; {self.link}" if self.link else ""
        return f"{self.kind}: {self.why} ({self.shows}; seen on {on}{link})"


def require_kind(owner: str, kind: str, link: str) -> None:
    """Reject an unknown kind and an invalid address.

    Raises:
        ValueError: for one of these.
    """
    if kind not in OWNERS:
        rule = f"one of {', '.join(sorted(OWNERS))}"
        _reject(owner, "kind", rule, kind, "say who could change it")
    if link and (kind != "upstream" or not link.startswith("https://")):
        rule = 'an address that begins with https://, of kind "upstream"'
        _reject(owner, "link", rule, link, "or leave it out")


def _is_version(text: Any) -> bool:
    return isinstance(text, str) and text[:1].isdigit()


def _reject(owner: str, argument: str, rule: str, value: Any, remedy: str) -> None:
    raise ValueError(
        f"{owner}: `{argument}` must be {rule}; got {argument}={value!r} ({remedy})."
    )
