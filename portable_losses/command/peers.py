"""Losses of other libraries, and ours that replace them: `peers.toml`."""

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
        ours: the name of ours; empty where we have none.
        arguments: what ours is constructed with, as it is written.
        note: what else differs.
    """

    library: str
    theirs: str
    ours: str
    arguments: str
    note: str

    @property
    def construct(self) -> str:
        """The call that makes ours."""
        return f"portable_losses.{self.ours}({self.arguments})" if self.ours else ""


def peers() -> tuple[Peer, ...]:
    """Every loss of the table."""
    return read(TABLE)


@functools.cache
def read(path: pathlib.Path) -> tuple[Peer, ...]:
    """The losses of a table; none where there is no such file."""
    if not path.exists():
        return ()
    fields = [field.name for field in dataclasses.fields(Peer)]
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Peer(**{name: str(row.get(name, "")) for name in fields})
        for row in found.get("loss", [])
    )
