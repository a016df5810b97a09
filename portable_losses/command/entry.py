"""The console script `portable-losses`.

It runs before Keras is imported, which takes seconds: `import portable_losses` imports
it, so the wheel carries this file as a module of its own, `portable_losses_command`.
Whoever mistypes a name is told so at once, and user code runs in workers alone.
"""

import importlib
import importlib.machinery
import importlib.util
import pathlib
import sys
import types

NAME = "portable_losses"
NEEDED = {"click": "click", "numpy": "numpy", "rich": "rich"}
"""What the subcommands import before any worker, and the project that installs it."""


def main() -> None:
    """Run the command line, or say which of its packages is missing."""
    missing = [
        project
        for name, project in NEEDED.items()
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        print(
            f"portable-losses: the command needs {', '.join(missing)}, not installed "
            'here. Install with\n  pip install "portable-losses[parity]"\n'
            'or, in a clone of the repository,\n  pip install ".[parity]"',
            file=sys.stderr,
        )
        sys.exit(2)
    without_keras()
    group = importlib.import_module(f"{NAME}.command.group")
    group.main(prog_name="portable-losses")


def without_keras() -> None:
    """Let modules of the package be imported without the package itself.

    Nothing happens where the package is imported already.
    """
    if NAME in sys.modules:
        return
    package = types.ModuleType(NAME)
    package.__path__ = [str(folder()) if folder() else ""]
    package.__spec__ = importlib.machinery.ModuleSpec(NAME, None, is_package=True)
    package.__spec__.submodule_search_locations = package.__path__
    sys.modules[NAME] = package


def folder() -> pathlib.Path | None:
    """The folder of the package: beside this file in a tree, else where it is found."""
    own = pathlib.Path(__file__).resolve().parent
    if own.name == "command" and own.parent.name == NAME:
        return own.parent
    spec = importlib.util.find_spec(NAME)
    if spec is None or spec.origin is None:
        return None
    return pathlib.Path(spec.origin).parent


if __name__ == "__main__":
    # The folder of a program is on the path, and its modules are not top-level ones.
    if pathlib.Path(sys.path[0]).resolve() == pathlib.Path(__file__).resolve().parent:
        del sys.path[0]
    main()
