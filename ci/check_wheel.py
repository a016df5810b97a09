"""Check a built wheel: what lies in it, and that it trains where no source tree is.

`check_wheel.py contents FILE` needs nothing installed, `check_wheel.py train SOURCE`
runs where the wheel is installed, and rejects a package that is imported from SOURCE.
"""

from __future__ import annotations

import sys
import zipfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def contents(wheel: Path) -> None:
    """Compare the files of the wheel with those of the source tree."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {n for n in names if ".dist-info/" not in n}
    source = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "portable_losses").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    # Shipped as modules of their own: see force-include in pyproject.toml.
    source.remove("portable_losses/parity/pytest_plugin.py")
    source.add("pytest_portable_losses.py")
    source.remove("portable_losses/command/entry.py")
    source.add("portable_losses_command.py")
    problems = [f"missing from the wheel: {name}" for name in sorted(source - shipped)]
    problems += [f"not of the package: {name}" for name in sorted(shipped - source)]
    if "portable_losses/py.typed" not in shipped:
        problems.append("portable_losses/py.typed is missing: type checkers need it")
    if not any(n.endswith("/LICENSE") for n in names):
        problems.append("the license is missing: see license-files in pyproject.toml")
    if problems:
        sys.exit("\n".join([f"{wheel.name}:", *problems]))
    print(f"{wheel.name}: {len(shipped)} files, none but the package's")


def train(source: Path) -> None:
    """Train a model for two epochs with the installed package, and save and load it."""
    import keras

    import portable_losses

    where = Path(portable_losses.__file__).resolve()
    if where.is_relative_to(source.resolve() / "portable_losses"):
        sys.exit(f"imported from the source tree, not from the wheel: {where}")
    version = metadata.version("portable-losses")
    if version != portable_losses.__version__:
        sys.exit(f"metadata says {version}, __version__ {portable_losses.__version__}")

    keras.utils.set_random_seed(0)
    x = keras.random.normal((64, 4))
    y = keras.ops.sum(x, axis=-1, keepdims=True)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss=portable_losses.Huber())
    first, last = model.fit(x, y, epochs=2, verbose=0).history["loss"]
    model.save("model.keras")
    loaded = keras.saving.load_model("model.keras").evaluate(x, y, verbose=0)
    if not (last < first and loaded <= last):
        sys.exit(f"the loss does not fall: {first}, {last}, after loading {loaded}")
    print(f"portable-losses {version} on {keras.backend.backend()}: trains and loads")


if __name__ == "__main__":
    command, argument = sys.argv[1:]
    {"contents": contents, "train": train}[command](Path(argument))
