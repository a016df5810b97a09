"""Facts about a backend that are known without importing it, even if not installed.

They are constants in the module of the backend's adapter. The adapter imports the
backend, so the constants are read from its source. This file imports only the standard
library, because it is imported before Keras.
"""

import ast
import dataclasses
import functools
import importlib.util
import pathlib
from importlib import metadata
from typing import Any

GROUP = "portable_losses.backends"
"""Entry points: `NAME = "module"`, the name for Keras and the module of the adapter."""

PACKAGE = "portable_losses.parity.autodiff"
FOLDER = pathlib.Path(__file__).parent / "parity" / "autodiff"


@dataclasses.dataclass(frozen=True)
class Facts:
    """The facts about a backend that a run needs.

    Args:
        name: its name for Keras.
        adapter: the module that runs losses on it.
        modules: the modules that must be installed.
        gradients: whether it has gradients; otherwise only values are checked.
        modes: the modes in which a loss can run; most checks use the first.
        on_request: modes that run only if an option names them.
        install: the command that installs it, by device.
        default: its position among the backends of a run that names none; None if it
            is not among them.
        compiles: whether each loss is traced or compiled, which takes most of its time.
        xla: whether it is XLA that compiles, always.
        before_keras: modules that add it to the backends of Keras, and that work only
            if they are imported first.
    """

    name: str
    adapter: str
    modules: tuple[str, ...]
    gradients: bool = True
    modes: tuple[str, ...] = ("eager",)
    on_request: tuple[str, ...] = ()
    install: dict[str, str] = dataclasses.field(default_factory=dict)
    default: int | None = None
    compiles: bool = False
    xla: bool = False
    before_keras: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The modules that are not installed."""
        return [name for name in self.modules if not _installed(name)]

    @property
    def command(self) -> str:
        """The command that installs it for the CPU."""
        return self.install.get("cpu", f"pip install keras-{self.name}")


@functools.cache
def known() -> dict[str, Facts]:
    """The backends that have an adapter; first those that run by default."""
    found = [_own(path) for path in sorted(FOLDER.glob("[!_]*.py"))]
    own = {facts.name for facts in found}
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda e: e.name):
        if entry.name not in own:
            found.append(_outside(entry))
    last = len(found)
    found.sort(key=lambda f: (last if f.default is None else f.default, f.name))
    return {facts.name: facts for facts in found}


def facts(name: str) -> Facts:
    """The facts about a backend; without an adapter only its values are checked.

    Raises:
        LookupError: if there is neither an adapter nor a package of that backend.
    """
    path = FOLDER / f"{name}.py"
    if name[:1] != "_" and path.parent == FOLDER and path.is_file():
        return _own(path)
    if name in known():
        return known()[name]
    package = f"keras_{name}"
    if name.isidentifier() and _installed(package):
        return Facts(name, f"{PACKAGE}._values", (package,), gradients=False)
    raise LookupError(
        f"one of {', '.join(known())}, or NAME for a package keras-NAME that is "
        "installed"
    )


@functools.cache
def _own(path: pathlib.Path) -> Facts:
    return _read(path.stem, f"{PACKAGE}.{path.stem}", path)


def _outside(entry: metadata.EntryPoint) -> Facts:
    spec = _spec(entry.value)
    if spec is None or not spec.origin:
        raise ValueError(
            f"{GROUP}: `{entry.name}` must name a module that can be imported; got "
            f"{entry.name}={entry.value!r} (reinstall the package that has it)."
        )
    return _read(entry.name, entry.value, pathlib.Path(spec.origin))


def _read(name: str, adapter: str, path: pathlib.Path) -> Facts:
    fields = {f.name for f in dataclasses.fields(Facts)} - {"name", "adapter"}
    given: dict[str, Any] = {"modules": (name,)}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        field = target.id.lower() if isinstance(target, ast.Name) else ""
        if field in fields:
            try:
                given[field] = ast.literal_eval(value)
            except ValueError as error:
                raise ValueError(
                    f"{adapter}: `{field.upper()}` must be a literal, which can be "
                    f"read without an import; got {ast.unparse(value)} (write it out)."
                ) from error
    return Facts(name, adapter, **given)


def _installed(module: str) -> bool:
    return _spec(module) is not None


def _spec(module: str) -> Any:
    try:
        return importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
