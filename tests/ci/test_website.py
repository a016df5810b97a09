"""Each loss has a formula that can be set, and a page with all of its parts."""

import ast
import sys
from pathlib import Path

import make_docs
import pytest
from source import exported, families

WEBSITE = Path(make_docs.__file__).parent / "website"
sys.path.insert(0, str(WEBSITE))

import check  # noqa: E402 - found only once the line above has run
import formula  # noqa: E402
import loss_page  # noqa: E402

PUBLIC = exported(make_docs.ROOT)
LOSSES = {
    node.name: (node, path)
    for family, folder in families(make_docs.ROOT).items()
    if family != "layers"
    for path in sorted(folder.glob("[!_]*.py"))
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.ClassDef) and node.name in PUBLIC
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_formula_of_a_loss_is_set(name):
    node, path = LOSSES[name]
    arguments = list(make_docs.arguments(node, path))
    found = formula.blocks(ast.get_docstring(node))
    assert found, f"{name} has no formula: indent one before its shapes"
    for block in found:
        shown = loss_page.mathematics(block, arguments)
        assert shown.count("<math") == 1 and "\\" not in shown.partition(">")[2]


@pytest.mark.parametrize(
    ("written", "set_"),
    [
        ("p_c^2 / 2", r"\frac{p_{c}^{2}}{2}"),
        ("a / b c", r"\frac{a}{b} \, c"),
        ("2 sum t p / (sum t)", r"\frac{2 \sum t p}{\sum \, t}"),
        ("mean_j p_j / y_j", r"\operatorname{mean}_{j} \, \frac{p_{j}}{y_{j}}"),
        ("log(p)^2", r"\log\left( p \right)^{2}"),
        ("max_value abs(r)", r"\mathrm{max\_value} \, \left| r \right|"),
    ],
)
def test_a_formula_means_what_it_says(written, set_):
    assert formula.latex(written, ["max_value"]) == set_


@pytest.mark.parametrize("wrong", ["alpah p", "log(p", "p ^", "a / + b"])
def test_a_typing_error_in_a_formula_is_found(wrong):
    with pytest.raises(ValueError, match=r"understood|missing|known"):
        formula.latex(wrong, ["alpha"])


@pytest.mark.parametrize("name", ["Huber", "SoftDice", "Triplet"])
def test_a_page_has_its_parts(name):
    node, path = LOSSES[name]
    arguments = make_docs.arguments(node, path)
    page = loss_page.page(node, arguments, {"picture": "PICTURE"})
    order = ["# ", "<math", "PICTURE", "## Shapes", "## Arguments", "## Example"]
    assert sorted(order, key=page.index) == order
    assert all(f"`{a}`" in page for a in arguments if a not in make_docs.COMMON)


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/x.js"></script>',
        "<img alt=a src=//example.org/a.png>",
        '<link href="https://fonts.example/css" rel="stylesheet">',
    ],
)
def test_a_request_to_another_host_is_found(text):
    assert check.requests(text)
    assert not check.requests(text.replace("https://", "").replace("//", ""))


def test_a_link_that_people_click_is_no_request():
    assert not check.requests('<a href="https://keras.io">Keras</a>')
    assert check.requests("@import 'https://example.org/a.css';", style=True)
