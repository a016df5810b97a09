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
import drawings  # noqa: E402
import formula  # noqa: E402
import loss_page  # noqa: E402
import pages  # noqa: E402
import programs  # noqa: E402
import promises  # noqa: E402

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
        '<img srcset="https://example.org/a.png 2x">',
        '<link href="https://fonts.example/css" rel="stylesheet">',
        '<link href="https://fonts.example" rel=preconnect>',
        '<svg><image href="https://example.org/a.png"/></svg>',
        '<p style="background: url(https://example.org/a.png)">',
        "<style>@import 'https://example.org/a.css';</style>",
        '<pre class="mermaid">',
    ],
)
def test_a_request_to_another_host_is_found(text):
    assert check.requests(text)
    assert not check.requests(
        text.replace("https://", "").replace("//", "").replace("mermaid", "code")
    )


def test_a_link_that_people_click_is_no_request():
    assert not check.requests('<a href="https://keras.io">Keras</a>')
    assert not check.requests('<link rel="canonical" href="https://keras.io">')
    assert check.requests("@import 'https://example.org/a.css';", style=True)


@pytest.fixture
def site(tmp_path):
    """A site without problems: two pages, one of them of a loss."""
    for name in ("losses", "search"):
        (tmp_path / name).mkdir()
    (tmp_path / "search" / "search_index.js").write_text("var __index = {}")
    (tmp_path / "losses" / "Huber.html").write_text('<h2 id="a">A</h2>')
    good = '<a href="losses/Huber.html#a">A</a> <a href="https://keras.io">Keras</a>'
    (tmp_path / "index.html").write_text(good)
    return tmp_path


def test_a_site_without_problems_has_none(site):
    assert check.problems(site, 1) == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("losses/Hubr.html", "is not there"),
        ("losses/Huber.html#b", "an anchor that is not"),
        ("#b", "an anchor that is not"),
        (f"{pages.UP}/elsewhere.html", "is not there"),
        ("losses/", "is not there"),
    ],
)
def test_a_dead_link_or_anchor_is_found(site, link, said):
    (site / "index.html").write_text(f'<a href="{link}">B</a>')
    (problem,) = check.problems(site, 1)
    assert problem.startswith(f"index.html links to {link}") and said in problem


def test_a_missing_picture_page_or_index_of_the_search_is_found(site):
    (site / "index.html").write_text('<img src="a.png">')
    (site / "search" / "search_index.js").unlink()
    picture, pages_, search = check.problems(site, 2)
    assert "a.png" in picture and "1 pages" in pages_ and "search_index.js" in search


# --- the other pages ------------------------------------------------------------------


def test_every_page_of_docs_is_in_the_navigation():
    copied = {p.stem for p in (make_docs.ROOT / "docs").glob("*.md")} - {"catalogue"}
    tabs = str(pages.navigation({*copied, "benchmarks"}, {}))
    assert [name for name in copied if f"'{name}.md'" not in tabs] == []
    with pytest.raises(ValueError, match="a_new_page"):
        pages.navigation({*copied, "a_new_page"}, {})


def test_links_of_a_page_are_those_of_the_site():
    text = "[a](docs/guide.md#items) [b](ci/make_docs.py) [c](https://keras.io)"
    text += " [d](docs/examples/huber_delta.py) [e](catalogue.md)"
    shown = pages.linked(text, {"guide"})
    assert shown.split() == [
        "[a](guide.md#items)",
        "b",
        "[c](https://keras.io)",
        "[d](examples/huber_delta.md)",
        "[e](losses/index.md)",
    ]


def test_the_page_of_the_base_class_has_its_lists():
    path = make_docs.ROOT / "portable_losses" / "core" / "loss.py"
    (node,) = (
        n
        for n in ast.parse(path.read_text()).body
        if isinstance(n, ast.ClassDef) and n.name == "Loss"
    )
    page = loss_page.page(node, make_docs.arguments(node, path), {})
    assert '\n* `"ids"`: whole class indices' in page
    assert "\n* `reduction`: " in page
    assert "one value per *item*: a sample" in page


def test_a_product_stays_one_and_a_term_is_set_apart():
    assert loss_page.prose("a *term*, and a * b * c") == "a *term*, and a \\* b \\* c"


def run(**figures):
    rows = [
        {
            "workload": f"call_overhead/{loss}-eager",
            "backend": "jax",
            "figure": {"median": figure},
        }
        for loss, figure in figures.items()
    ]
    return {"rows": rows, "runs": {"jax": {"cores": 2, "processor": "P"}}}


def test_the_overhead_is_that_of_the_results():
    lines = promises.overhead(run(Huber=0.5, MeanSquaredError=1.0, LogCosh=1.25))
    assert "| a call in eager mode | 1.00 (0.50 to 1.25) |" in lines
    assert lines[0].startswith("The time of 3 losses")
    with pytest.raises(ValueError, match="call_overhead"):
        promises.overhead(run())


def test_the_versions_are_those_of_the_project():
    shown = "\n".join(promises.versions(make_docs.ROOT))
    assert "| keras | `keras>=" in shown and "| Python | `>=3.11` | 3.11, 3.12" in shown


# --- the gallery ----------------------------------------------------------------------


def test_a_picture_is_kept_while_its_program_and_the_losses_stay(tmp_path):
    path = tmp_path / "sketch.py"
    path.write_text("figure.savefig('build/sketch.png')")
    assert drawings.kept(path, tmp_path) is None
    (tmp_path / "sketch.png").write_text("picture")
    (tmp_path / "sketch.sha256").write_text(drawings.state(path))
    assert drawings.kept(path, tmp_path) == tmp_path / "sketch.png"
    path.write_text("figure.savefig('build/sketch.png')  # more")
    assert drawings.kept(path, tmp_path) is None


def test_the_programs_that_draw_are_found():
    found = [p for p in sorted(drawings.EXAMPLES.glob("*.py"))]
    drawing = [p.stem for p in found if drawings.draws(p.read_text())]
    assert {"segment_coins", "find_boxes", "tag_tokens"} <= set(drawing)
    assert "huber_delta" not in drawing
    for path in found:
        writes = "savefig" in path.read_text()
        assert writes == (path.stem in drawing), f"{path.stem} draws elsewhere"
        assert not writes or f'"build/{path.stem}.png"' in path.read_text()


def test_the_gallery_links_a_program_and_its_losses_link_back(tmp_path):
    path = tmp_path / "sketch.py"
    path.write_text('"""A sketch."""\nportable_losses.Huber()\n')
    shown = pages.gallery({path: path.read_text()}, {"sketch": "sketch.png"})
    assert "[![sketch](sketch.png)](sketch.md)" in shown and "A sketch." in shown
    names = programs.used(path.read_text(), {"Huber", "Loss"})
    assert f"[Huber]({pages.UP}/losses/Huber.md)" in programs.page(
        path, names, "sketch.png"
    )
    assert f"[sketch.py]({pages.UP}/examples/sketch.md)" in pages.users(["sketch"])
