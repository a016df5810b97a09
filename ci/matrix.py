"""Read `ci/matrix.toml`, and reject an axis that is empty or unknown."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CI = Path(__file__).resolve().parent
ROOT = CI.parent

BACKEND = ("extra", "download", "install", "nightly", "compiles")
"""What matrix.toml says of a backend."""

NEVER_EMPTY = ("--family", "--loss", "--check", "--mode", "--target", "--kind")
"""Options of the harness that narrow a run, and would widen it if they were empty."""


@dataclass(frozen=True)
class Backend:
    """A backend of Keras: what installs it, here, at a user's and in `nightly`.

    `compiles` is whether it compiles each new shape.
    """

    name: str
    extra: str
    download: str
    install: str
    nightly: str
    compiles: bool


@dataclass(frozen=True)
class Row:
    """One `compat` session: a Python, its backends and the versions to pin.

    `keras` is the project that takes the place of the released Keras, if one does.
    `install` is what installs backends that have no extra; then only the harness runs.
    `beside` are backends with which these exchange saved models. `losses` are those
    that the harness runs, where all would take hours. `variables` are set for it.
    """

    name: str
    python: str
    backends: tuple[str, ...]
    constraints: Path
    keras: str = "keras"
    install: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Peer:
    """A package that benchmarks compare with: what installs it, and where it runs."""

    name: str
    backends: tuple[str, ...]
    install: str
    module: str
    constraints: Path


@dataclass(frozen=True)
class Matrix:
    """The whole of `ci/matrix.toml`."""

    backends: dict[str, Backend]
    devices: tuple[str, ...]
    constraints: Path
    compat: dict[str, Row]
    peers: dict[str, Peer]

    def extras(self, names: Sequence[str]) -> str:
        """Return the extras of pyproject.toml that install these backends."""
        return ",".join(self.backends[name].extra for name in names)

    def chosen(self, arguments: Sequence[str]) -> tuple[str, ...]:
        """Return the backends that the arguments of the harness ask for.

        Looked at before anything is installed: a misspelled backend or device, or an
        option that is empty, should not cost a minute of downloads first, and
        `--backends jax` needs no other.
        """
        for option in NEVER_EMPTY:
            if "" in _values(arguments, option):
                raise ValueError(f"{option} is empty: name what to run")
        for device in _values(arguments, "--device"):
            _known("device", device, self.devices)
        backends = _values(arguments, "--backends")
        for backend in backends:
            _known("backend", backend, self.backends)
        return tuple(b for b in self.backends if b in backends or not backends)

    def compared(
        self, arguments: Sequence[str], backend: str
    ) -> tuple[list[str], Path]:
        """Return the requirements of `--peers`, and the versions to install.

        Peers that come with Keras or the backend need neither.
        """
        peers = []
        for name in _values(arguments, "--peers"):
            if name in ("keras", "torch"):
                continue
            _known("peer", name, self.peers)
            peers.append(self.peers[name])
            if backend not in peers[-1].backends:
                raise ValueError(
                    f"peer {name!r} does not run on {backend} (it runs on "
                    f"{', '.join(peers[-1].backends)})"
                )
        own = {p.constraints for p in peers if p.constraints != self.constraints}
        if len(own) > 1:
            names = ", ".join(p.name for p in peers if p.constraints in own)
            raise ValueError(f"{names} need different versions (name one at a time)")
        return [p.install for p in peers], (own or {self.constraints}).pop()


def load(path: Path = CI / "matrix.toml") -> Matrix:
    """Return the matrix that `path` holds."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    axes = {"backends", "devices", "pins", "peers", "compat"}
    for axis in raw:
        _known("axis", axis, axes)
    for axis in sorted(axes):
        if not raw.get(axis):
            raise ValueError(f"{path.name}: axis {axis!r} is empty; add a row to it")
    backends = {
        name: Backend(name, **_fields(name, row, *BACKEND))
        for name, row in raw["backends"].items()
    }
    compat = {}
    for name, row in raw["compat"].items():
        keras = {"keras": row.pop("keras")} if "keras" in row else {}
        install = tuple(row.pop("install", ()))
        beside = tuple(row.pop("beside", ()))
        losses = tuple(row.pop("losses", ()))
        variables = row.pop("variables", {})
        for backend in beside:
            _known("backend", backend, backends)
        row = _fields(name, row, "python", "backends", "constraints")
        if not row["backends"]:
            raise ValueError(f"{path.name}: compat.{name} has no backends; name one")
        for backend in () if install else row["backends"]:
            _known("backend", backend, backends)
        compat[name] = Row(
            name,
            row["python"],
            tuple(row["backends"]),
            _constraints(path, row["constraints"]),
            **keras,
            install=install,
            beside=beside,
            losses=losses,
            variables=variables,
        )
    peers = {}
    for name, row in raw["peers"].items():
        row = _fields(name, row, "backends", "install", "module", "constraints")
        for backend in row["backends"]:
            _known("backend", backend, backends)
        peers[name] = Peer(
            name,
            tuple(row["backends"]),
            row["install"],
            row["module"],
            _constraints(path, row["constraints"]),
        )
    pins = _fields("pins", raw["pins"], "constraints")
    return Matrix(
        backends,
        tuple(raw["devices"]),
        _constraints(path, pins["constraints"]),
        compat,
        peers,
    )


def interpreter(version: str) -> str | None:
    """Return the path of a Python of that version, None where there is none.

    Searched on PATH and among the versions of pyenv, whose shims are passed over: a
    shim exists for every version but works for the selected ones only.
    """
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    name = f"python{version}"
    folders = [Path(f) for f in os.environ.get("PATH", "").split(os.pathsep) if f]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders += sorted(pyenv.glob(f"versions/{version}.*/bin"), reverse=True)
    for folder in folders:
        if folder.name != "shims" and os.access(folder / name, os.X_OK):
            return str(folder / name)
    return None


def _values(arguments: Sequence[str], option: str) -> list[str]:
    found = []
    for i, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == option:
            found.append(value if equals else "".join(arguments[i + 1 : i + 2]))
    return [v.strip() for text in found for v in text.split(",")]


def _known(
    kind: str, name: str, names: Mapping[str, Any] | Sequence[str] | set[str]
) -> None:
    if name not in names:
        raise ValueError(
            f"unknown {kind} {name!r} (ci/matrix.toml has {', '.join(sorted(names))})"
        )


def _fields(owner: str, row: dict[str, Any], *names: str) -> dict[str, Any]:
    if set(row) != set(names):
        raise ValueError(
            f"matrix.toml: {owner} must have exactly {', '.join(names)}; "
            f"got {', '.join(row) or 'nothing'}"
        )
    return row


def _constraints(matrix: Path, name: str) -> Path:
    path = matrix.parent / name
    if not path.is_file():
        raise ValueError(f"{matrix.name}: no such constraints file: {name}")
    return path
