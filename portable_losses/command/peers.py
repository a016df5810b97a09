"""Losses of other libraries, and the losses here that replace them: `peers.toml`."""

import dataclasses
import functools
import pathlib
import tomllib

TABLE = pathlib.Path(__file__).with_name("peers.toml")


@dataclasses.dataclass(frozen=True)
class Peer:
    """A loss of another library.

    Args:
        library: its library, such as `monai`.
        theirs: its name there.
        ours: the name of the loss here; empty if there is none.
        arguments: the constructor arguments of the loss here, as source code.
        note: other differences.
        also: further names of the same loss.
        whole: the expression that replaces it, if it needs several losses.
        factor: the loss there is this number times the loss here.
    """

    library: str
    theirs: str
    ours: str
    arguments: str
    note: str
    also: tuple[str, ...] = ()
    whole: str = ""
    factor: float = 1.0

    @property
    def construct(self) -> str:
        """The call that makes the loss here; empty if there is none."""
        made = f"portable_losses.{self.ours}({self.arguments})" if self.ours else ""
        made = self.whole or made
        return f"{self.factor:g} * {made}" if made and self.factor != 1 else made


def peers() -> tuple[Peer, ...]:
    """All losses of the table."""
    return read(TABLE)


@functools.cache
def read(path: pathlib.Path) -> tuple[Peer, ...]:
    """The losses of a table; none if there is no such file."""
    if not path.exists():
        return ()
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    texts = ("library", "theirs", "ours", "arguments", "note")
    return tuple(
        Peer(
            **{name: str(row.get(name, "")) for name in texts},
            also=tuple(row.get("also", ())),
            whole=str(row.get("construct", "")),
            factor=float(row.get("factor", 1.0)),
        )
        for row in found.get("loss", [])
    )
