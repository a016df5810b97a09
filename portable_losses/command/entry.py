"""The console script `portable-losses`.

It runs without importing Keras, which takes seconds, so that errors in the arguments
are reported at once; user code runs in workers only. `import portable_losses` imports
Keras, so the wheel also contains this file as a separate module,
`portable_losses_command`.
"""

import importlib
import importlib.machinery
import importlib.util
import pathlib
import sys
import types

NAME = "portable_losses"
NEEDED = {"click": "click", "numpy": "numpy", "rich": "rich"}
"""The modules that the subcommands import before they start workers, and the projects
that install them."""


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
    """Allow imports of modules of the package without its `__init__`.

    Nothing is done if the package is imported already.
    """
    if NAME in sys.modules:
        return
    package = types.ModuleType(NAME)
    package.__path__ = [str(folder()) if folder() else ""]
    package.__spec__ = importlib.machinery.ModuleSpec(NAME, None, is_package=True)
    package.__spec__.submodule_search_locations = package.__path__
    sys.modules[NAME] = package


def folder() -> pathlib.Path | None:
    """The folder of the package: that of this file in a clone, else as installed."""
    own = pathlib.Path(__file__).resolve().parent
    if own.name == "command" and own.parent.name == NAME:
        return own.parent
    spec = importlib.util.find_spec(NAME)
    if spec is None or spec.origin is None:
        return None
    return pathlib.Path(spec.origin).parent


if __name__ == "__main__":
    # Python puts the folder of a program on the path, but its modules are not top-level
    # modules.
    if pathlib.Path(sys.path[0]).resolve() == pathlib.Path(__file__).resolve().parent:
        del sys.path[0]
    main()
