import importlib.util
import sys
from pathlib import Path

import pytest
import run_examples

PRINTS = """
import keras

def main():
    keras.config.set_floatx("float16")
    print("hello from", __name__)

if __name__ == "__main__":
    main()
"""
RAISES = "def main(): ...\n\nraise ValueError('no such thing')\n"
CLAIMS = """
CLAIMS = [("ours", "{sign}", "plain")]

def trial(seed):
    return {{"plain": 0.1, "ours": {ours}}}, None
"""
EXITS = "import sys\n\ndef main(): ...\n\nsys.exit(3)\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def run_programs(*names: str, **programs: str) -> int:
        for name, text in programs.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(run_examples, "EXAMPLES", tmp_path)
        monkeypatch.setattr(sys, "argv", ["run_examples.py", *names])
        return run_examples.main()

    return run_programs


def test_programs_run_as_a_person_would_run_them(run, capsys) -> None:
    assert run(first=PRINTS, second=PRINTS) == 0
    out = capsys.readouterr().out
    assert out.count("hello from __main__") == 2
    assert "2 passed, 0 failed" in out


def test_what_a_program_sets_does_not_reach_the_next(run) -> None:
    run(first=PRINTS)
    assert run_examples.keras.config.floatx() == "float32"


@pytest.mark.parametrize(
    ("text", "problem"),
    [(RAISES, "no such thing"), (EXITS, "SystemExit: 3"), ("", "has no main()")],
)
def test_failure_does_not_stop_the_others(run, capsys, text: str, problem: str) -> None:
    assert run(bad=text, good=PRINTS) == 1
    out = capsys.readouterr().out
    assert problem in out
    assert "1 passed, 1 failed" in out


def test_no_program_at_all_is_a_failure(run, capsys) -> None:
    assert run() == 1
    assert "no example at all in docs/examples" in capsys.readouterr().err


def test_a_name_restricts_the_run(run, capsys) -> None:
    assert run("good", good=PRINTS, bad=RAISES) == 0
    assert run("missing") == 1
    assert "no example missing in docs/examples; it has bad, good" in (
        capsys.readouterr().err
    )


def test_a_missing_package_is_named_with_the_command(monkeypatch) -> None:
    find = importlib.util.find_spec

    def without(name: str, *rest: str):
        return None if name == "sklearn" else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(SystemExit) as raised:
        importlib.reload(run_examples)
    assert "docs/examples needs scikit-learn, not installed" in str(raised.value)
    assert 'pip install ".[parity]"' in str(raised.value)


def test_several_processes_lose_no_output(run, capsys) -> None:
    assert run("--processes", "2", bad=RAISES, good=PRINTS) == 1
    out = capsys.readouterr().out
    assert "hello from __main__" in out
    assert "no such thing" in out
    assert "1 passed, 1 failed" in out


@pytest.mark.parametrize(
    ("sign", "ours", "said"),
    [
        (">", "0.1 * seed", "ours > plain: 0.200 and 0.100, 3 of 5"),
        ("<", "0.05", "ours < plain: 0.050 and 0.100, 5 of 5"),
    ],
)
def test_claims_hold_for_the_mean_and_most_seeds(run, capsys, sign, ours, said) -> None:
    text = CLAIMS.format(ours=ours, sign=sign)
    assert run("--claims", good=text, plain=PRINTS) == 0
    out = capsys.readouterr().out
    assert said in out
    assert "seed 4: plain 0.100, ours" in out
    assert "1 passed, 0 failed" in out


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ("0.1", "ours > plain: 0.100 and 0.100, 0 of 5"),  # no difference
        ("seed == 4", "ours > plain: 0.200 and 0.100, 1 of 5"),  # one seed alone
        ("0.11 if seed else -9", "ours > plain: -1.712 and 0.100, 4 of 5"),
        ("float('nan')", "ours > plain: nan and 0.100, 0 of 5"),
    ],
)
def test_a_claim_that_does_not_hold_fails(run, capsys, ours, said) -> None:
    assert run("--claims", bad=CLAIMS.format(ours=ours, sign=">")) == 1
    out = capsys.readouterr().out
    assert said in out
    assert "0 passed, 1 failed" in out


def test_a_program_that_claims_nothing_fails_where_it_is_asked(run, capsys) -> None:
    assert run("--claims", "plain", plain=PRINTS) == 1
    assert "claims nothing" in capsys.readouterr().out


def test_photographs_are_asked_for_by_the_programs_that_show_them(
    run, capsys, monkeypatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda n, *a: None if n == "skimage" else find(n, *a),
    )
    assert run("good", good=PRINTS) == 0
    assert run(shows="import skimage") == 1
    assert "shows needs scikit-image, not installed here" in capsys.readouterr().err
