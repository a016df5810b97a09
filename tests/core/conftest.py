"""What a changed file would run, and how that is seen."""

import sys

import pytest


@pytest.fixture
def sentinel(tmp_path, monkeypatch):
    """A file that exists once code of the attacker has run: on import, or by a call."""
    path = tmp_path / "has_run"
    (tmp_path / "attack.py").write_text(
        f"import pathlib\npathlib.Path({str(path)!r}).touch()\n"
        "class Attack:\n    def __init__(self, **arguments): pass\n"
        "def attack(*arguments): pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield path
    assert not path.exists(), "code of the file has run"
    assert "attack" not in sys.modules
