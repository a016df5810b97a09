"""The Python blocks of the pages run, on this backend, and print what the pages show.

The blocks of the README have a test of their own.
"""

import code_blocks
import keras
import pytest

BACKEND = keras.config.backend()
PAGES = {
    path.name: code_blocks.blocks(path.read_text(encoding="utf-8"))
    for path in code_blocks.pages()
}
# The blocks of the audit are those of its measurement, which ran on every backend.
RUN = [
    name
    for name, found in PAGES.items()
    if name not in ("README.md", "audit.md")
    and any(block.shown and not block.reason for block in found)
]


@pytest.mark.parametrize("name", RUN)
def test_the_blocks_of_a_page_run(name):
    ran = code_blocks.run(code_blocks.ROOT / "docs" / name)
    assert ran.problems == []
    wanted = [block for block in PAGES[name] if not block.reason]
    assert ran.backends == [BACKEND] * len(wanted)


def test_pages_with_questions_and_the_guide_are_among_them():
    assert {"guide.md", "cookbook.md"} <= set(RUN)
    shown = [block for block in PAGES["guide.md"] if block.prints]
    assert ["healthy" in block.prints for block in shown] == [True, False]
    assert "2 problems" in shown[1].prints


def page(folder, text):
    path = folder / "page.md"
    path.write_text(text)
    return path


GOOD = "```python\na = 1\n```\n\n"


def test_a_failure_is_told_with_its_line(tmp_path):
    text = GOOD + "<!-- run\nb = a\n-->\n\n```python\nprint(b)\nb / 0\n```\n" + GOOD
    ran = code_blocks.run(page(tmp_path, text))
    assert ran.problems == ["page.md:11: ZeroDivisionError: division by zero"]
    assert ran.printed == ["", "", "1\n"]
    assert ran.backends == [""] * 3  # no block has imported Keras


def test_a_typing_error_is_told_with_its_line(tmp_path):
    ran = code_blocks.run(page(tmp_path, "```python\na = 1\nb = = 2\n```\n"))
    assert ran.problems == ["page.md:3: SyntaxError: invalid syntax (page.md, line 3)"]


def test_what_a_page_shows_is_what_is_printed(tmp_path):
    text = "```python\nprint(1)\n```\n\n```text\n{}\n```\n"
    assert code_blocks.run(page(tmp_path, text.format(1))).problems == []
    (problem,) = code_blocks.run(page(tmp_path, text.format(2))).problems
    assert problem.startswith("page.md:2: prints something else than the page shows")


def test_a_block_that_does_not_end_and_a_process_that_does_are_failures(tmp_path):
    path = page(tmp_path, "```python\nwhile True:\n    pass\n```\n")
    (problem,) = code_blocks.run(path, seconds=3).problems
    assert problem.startswith("page.md:2: not done after 3 s")
    path = page(tmp_path, "```python\nimport os\nos._exit(0)\n```\n")
    (problem,) = code_blocks.run(path).problems
    assert problem.startswith("page.md:2: the process ended with 0")
    path = page(tmp_path, "```python\nimport sys\nsys.exit(0)\n```\n")
    assert code_blocks.run(path).problems == ["page.md:3: SystemExit: 0"]


def test_a_fragment_is_left_out_and_counted(tmp_path, capsys):
    text = GOOD + "<!-- not run: a signature -->\n\n```python\nf(a, b=...)\n```\n"
    assert code_blocks.report([page(tmp_path, text)]) == 0
    said = capsys.readouterr().out
    assert "page.md: 1 blocks run, 1 not" in said
    assert "line 8 is not run: a signature" in said
    assert "1 blocks of Python run, 1 do not; 0 failed" in said


def test_a_reason_without_its_block_is_an_error():
    with pytest.raises(ValueError, match="none follows"):
        code_blocks.blocks("<!-- not run: why -->\n\nwords\n")
    with pytest.raises(ValueError, match="before a Python block"):
        code_blocks.blocks("<!-- not run: why -->\n\n```sh\nls\n```\n")


def test_readers_do_not_see_what_is_for_the_program():
    text = "a\n\n<!-- run\nb\n-->\n\n<!-- not run: c -->\n\n```python\nd\n```\n"
    assert "<!--" not in code_blocks.visible(text)
    assert code_blocks.visible(text).endswith("```python\nd\n```\n")
