"""The reports that the guide shows are what is printed, on this backend too."""

import contextlib
import io
import pathlib
import re

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guide.md"
SHOWN = re.compile(
    r"```python\n((?:(?!```).)*)```\n\n```text\n(.*?)```",
    re.DOTALL,
)


def test_the_reports_of_the_guide_are_what_is_printed():
    section = GUIDE.read_text().partition("## When training goes wrong")[2]
    pairs = [(m[1], m[2]) for m in SHOWN.finditer(section.partition("\n## ")[0])]
    assert len(pairs) == 2
    verdicts, names = [], {}
    for code, text in pairs:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)
        assert printed.getvalue() == text
        verdicts.append(text.splitlines()[0])
    assert "healthy" in verdicts[0]
    assert "2 problems" in verdicts[1]
