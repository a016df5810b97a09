"""The catalogue: each loss is found by its names, and by what its user has."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import portable_losses
from portable_losses import losses

PAGE = Path(__file__).resolve().parents[2] / "docs" / "catalogue.md"
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


def tables() -> dict[str, list[list[str]]]:
    """The cells of the page's tables, by the title above them."""
    found: dict[str, list[list[str]]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            rows = found[line[3:]] = []
        elif line.startswith("| "):
            cells = re.split(r"(?<!\\) \| ", line.strip("| "))
            rows.append(cells)
    return found


@pytest.mark.parametrize("family", [*FAMILIES, "layers"])
def test_each_row_of_the_catalogue_links_a_program(family):
    rows = [r for r in tables()[family.capitalize()] if r[0].startswith("[")]
    package = "" if family == "layers" else "losses."
    module = importlib.import_module(f"portable_losses.{package}{family}")
    named = {re.match(r"\[(\w+)\]", row[0])[1] for row in rows}
    assert named == set(module.__all__)
    for row in rows:
        assert len(row) == 5, row[0]
        assert re.search(r"\[\w+\]\(examples/\w+\.py\)", row[-1]), row[0]


def test_the_first_table_begins_with_what_people_have():
    have = " ".join(row[0] for row in tables()["What do you have?"])
    words = "labels maps boxes pairs views ranks counts interval images sequences"
    for word in (*words.split(), "several annotators", "censored", "noisy"):
        assert word in have, word


def test_layers_fit_a_problem_too():
    module = importlib.import_module("portable_losses.layers")
    fitting = [name for _, _, names in module.PROBLEMS for name in names]
    assert set(fitting) == set(module.__all__)


def test_hazards_of_censored_times_are_a_masked_crossentropy():
    # One event in the second interval; one patient who was censored after the first.
    y = np.array([[[0.0], [1.0], [0.0]], [[0.0], [0.0], [0.0]]])
    hazard = np.array([[[0.2], [0.3], [0.4]], [[0.1], [0.6], [0.7]]])
    mask = np.array([[True, True, False], [True, False, False]])
    loss = portable_losses.BinaryCrossentropy(reduction="sum")
    survived = np.log(0.8) + np.log(0.3) + np.log(0.9)
    found = loss(y, hazard, mask=mask)
    np.testing.assert_allclose(float(found), -survived, rtol=1e-5)
