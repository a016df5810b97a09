"""The cases of the catalogue, one module a family."""

import importlib
import pkgutil

from portable_losses.parity.case import Case
from portable_losses.parity.cases._drop_ins import DROP_INS as DROP_INS
from portable_losses.parity.cases._drop_ins import FAULTS as FAULTS
from portable_losses.parity.cases._drop_ins import Fault as Fault
from portable_losses.parity.cases._drop_ins import within as within


def families() -> dict[str, tuple[Case, ...]]:
    """Return the cases of every family."""
    return {
        module.name: importlib.import_module(f"{__name__}.{module.name}").CASES
        for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name)
        if not module.name.startswith("_")
    }
