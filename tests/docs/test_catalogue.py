"""The catalogue: each loss is found by its names, and by what its user has."""

import importlib
import inspect
import pkgutil

import pytest

from portable_losses import losses

FAMILIES = [m.name for m in pkgutil.iter_modules(losses.__path__)]
NAMES = [
    (family, name)
    for family in FAMILIES
    for name in importlib.import_module(f"{losses.__name__}.{family}").__all__
]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_loss_of_a_family_fits_a_problem(family):
    module = importlib.import_module(f"{losses.__name__}.{family}")
    fitting = [name for _, _, names in module.PROBLEMS for name in names]
    assert set(fitting) == set(module.__all__)
    assert all(have and want for have, want, _ in module.PROBLEMS)


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_a_docstring_begins_with_the_name_and_then_says_what_is_penalized(family, name):
    module = importlib.import_module(f"{losses.__name__}.{family}")
    title, about, *rest = inspect.getdoc(getattr(module, name)).split("\n\n")
    assert "\n" not in title and title.endswith(".")
    assert len(about) > 20
    for part in ("Shapes:", "Args:", "Edge cases:", "Raises:", "Example:"):
        assert any(x.startswith(part) for x in rest), f"{name} says nothing of {part}"
