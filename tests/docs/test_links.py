"""What the pages link to is there, and every program is linked by a question."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
EXAMPLES = ROOT / "docs" / "examples"
LINK = re.compile(r"\[[^]]+\]\(([^)#]+)(#[^)]*)?\)")


def links(page):
    """The files that a page links to."""
    found = (match[1] for match in LINK.finditer(page.read_text(encoding="utf-8")))
    return [(page.parent / link).resolve() for link in found if "://" not in link]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page):
    assert [link for link in links(page) if not link.exists()] == []


def test_the_cookbook_links_every_program_from_a_question():
    programs = {path.stem for path in EXAMPLES.glob("*.py")}
    page = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
    index = re.findall(r"^\| (.+) \| \[\w+\.py\]\(examples/(\w+)\.py\) \|$", page, re.M)
    assert len(programs) > 20
    assert sorted(name for _, name in index) == sorted(programs)
    questions = [re.sub(r"\[(.+)\]\(.+\)", r"\1", question) for question, _ in index]
    assert [q for q in questions if not q.endswith("?")] == []


def test_the_readme_links_what_people_look_for_first():
    linked = {path.stem for path in links(ROOT / "README.md")}
    first = ("segment_digits", "imbalanced_classes", "learn_embeddings")
    assert {*first, "predict_intervals", "classify_digits"} <= linked
