"""The cases of the catalogue, one module a family."""

import importlib
import pkgutil

from portable_losses.parity.case import Case


def families() -> dict[str, tuple[Case, ...]]:
    """Return the cases of every family."""
    return {
        module.name: importlib.import_module(f"{__name__}.{module.name}").CASES
        for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name)
    }
