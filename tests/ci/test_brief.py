"""`--brief` runs some parameters of every test, and leaves no test out."""

import subprocess
import sys
from pathlib import Path

FILE = "tests/ci/test_matrix.py"


def collected(*options):
    pytest = (sys.executable, "-m", "pytest", "-q", "--collect-only", FILE, *options)
    root = Path(__file__).parents[2]
    out = subprocess.run(pytest, cwd=root, capture_output=True, text=True, check=True)
    return [line for line in out.stdout.splitlines() if "::" in line]


def test_a_fourth_of_the_parameters_and_every_test():
    every, brief = collected(), collected("--brief")
    assert set(brief) < set(every)
    by_test = {}
    for name in every:
        by_test.setdefault(name.partition("[")[0], []).append(name)
    for group in by_test.values():
        kept = len(set(group) & set(brief))
        assert len(group) // 4 <= kept <= -(-len(group) // 4)
        assert kept > 0
