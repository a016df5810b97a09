"""`python -m portable_losses.command` answers before Keras is imported.

Python imports the package before the module, and its imports take seconds and need a
backend. At that time `sys.argv[0]` is `-m`, by which this case is recognized.
"""

import pathlib
import runpy
import sys

NAME = "portable_losses.command"


def run_if_asked() -> None:
    """Run the command instead of importing the package, if Python runs this module."""
    given = sys.orig_argv
    asked = ("-m", NAME) in zip(given, given[1:], strict=False) or f"-m{NAME}" in given
    if sys.argv[:1] != ["-m"] or not asked:
        return
    del sys.modules["portable_losses"]  # the program inserts a package without imports
    entry = pathlib.Path(__file__).parent / "command" / "entry.py"
    sys.argv[0] = str(entry)
    runpy.run_path(str(entry), run_name="__main__")


run_if_asked()
