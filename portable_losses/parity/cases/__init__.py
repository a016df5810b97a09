"""The cases of the catalogue: a folder per family, and a file per file of losses."""

import importlib
import pkgutil
from collections.abc import Iterator

from portable_losses.parity.case import Case
from portable_losses.parity.cases._drop_ins import DROP_INS as DROP_INS
from portable_losses.parity.cases._drop_ins import FAULTS as FAULTS
from portable_losses.parity.cases._fault import Fault as Fault
from portable_losses.parity.cases._fault import within as within


def families() -> dict[str, tuple[Case, ...]]:
    """Return the cases of every family, in the order of the names of their files."""
    return {
        family: tuple(
            case
            for file in _public(f"{__name__}.{family}")
            for case in importlib.import_module(f"{__name__}.{family}.{file}").CASES
        )
        for family in _public(__name__)
    }


def _public(package: str) -> Iterator[str]:
    """The names of the modules in a package, sorted, independent of the file system."""
    path = importlib.import_module(package).__path__
    for name in sorted(module.name for module in pkgutil.iter_modules(path)):
        if not name.startswith("_"):
            yield name
