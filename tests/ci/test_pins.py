"""`ci/pins.py`: what a declaration must say, and the table that is made of them."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci"))

import pins  # noqa: E402 - found only once the line above has run

GOOD = """
from portable_losses.ops.known import raw_is_right

RAW_ABS = raw_is_right("abs, fabs", "gradient 0 at 0", torch="2.13.0", jax="0.10")


@pinned
def abs(x):
    \"\"\"|x|, with gradient 0 at 0.

    Pinned because JAX gives 1 there. And more.
    \"\"\"
    return raw.absolute(x) if RAW_ABS else x
"""

# what it holds, words of the rule that it breaks
BAD = {
    "a name": ('def f():\n    return BACKEND == "jax"\n', "tests for jax by name"),
    "names": ('if name not in ("jax", "torch"):\n    pass\n', "jax, torch by name"),
    "the question": ("import keras\nX = keras.config.backend()\n", "asks for the name"),
    "the import": (
        "from portable_losses.ops.known import BACKEND\n",
        "imports the name of the backend",
    ),
    "no reason": ('X = found("a fact", " ", jax="0.10")\n', "says what and why"),
    "one text": ('X = found("a fact", jax="0.10")\n', "says what and why"),
    "a variable": ('X = found("a fact", why, jax="0.10")\n', "says what and why"),
    "no backend": ('X = found("a fact", "why")\n', "names the backends"),
    "no version": ('X = found("a fact", "why", jax="new")\n', "jax has no version"),
    "a number": ('X = found("a fact", "why", jax=10)\n', "jax has no version"),
    "stars": ('X = found("a fact", "why", **seen)\n', "has no version"),
    "inside": (
        'def f():\n    return found("a fact", "why", jax="0.10")\n',
        "a constant of its module",
    ),
    "divide_no_nan": ("y = keras.ops.divide_no_nan(a, b)\n", "divide_no_nan is NaN"),
}


@pytest.fixture
def root(tmp_path):
    for name, text in {
        "ops/signs.py": GOOD,
        "ops/known.py": "import keras\nBACKEND = keras.config.backend()\n",
        "parity/autodiff/__init__.py": "",
        "parity/autodiff/jax.py": "",
        "parity/autodiff/torch.py": "",
    }.items():
        path = tmp_path / pins.PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_declaration_with_reason_and_version_is_accepted(root):
    assert pins.check_pins(root) == []


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("room", ["ops", "core", "training"])
def test_what_lacks_one_is_rejected(root, what, room):
    text, rule = BAD[what]
    path = root / pins.PACKAGE / room / "bad.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    (problem,) = pins.check_pins(root)
    assert problem.startswith(f"portable_losses/{room}/bad.py:") and rule in problem


def test_the_table_says_what_runs_on_each_backend(root):
    page = pins.page(root)
    assert "| Operation | jax | torch | any other | Why it is pinned |" in page
    assert "| `abs` | raw (0.10) | raw (2.13.0) | pinned | JAX gives 1 there |" in page
    assert "| `ops/signs.py` | `abs, fabs` | raw is right |" in page


def test_the_repository_asks_for_no_name():
    assert pins.check_pins(ROOT) == []
    assert len(pins.pins(ROOT)) > 40
    declared = {op for pin in pins.pins(ROOT) for op in pin.ops}
    assert {"abs", "maximum", "clip", "divide_no_nan"} <= declared & set(
        pins.pinned(ROOT)
    )
