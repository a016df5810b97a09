from pathlib import Path

import check_layout
import pytest

HEALTHY = {
    "portable_losses/__init__.py": """
        from portable_losses import layers, losses
        from portable_losses import ops as ops
        from portable_losses.core.loss import Loss as Loss
        from portable_losses.losses.regression import *
        from portable_losses.layers import *

        if not TYPE_CHECKING:
            __all__ = [
                "Loss",
                "ops",
                *losses.regression.__all__,
                *layers.__all__,
            ]
    """,
    "portable_losses/ops/__init__.py": """
        import math
        from keras import ops as raw
        from .signs import clip as clip
    """,
    "portable_losses/ops/signs.py": "import keras\n",
    "portable_losses/core/loss.py": """
        import keras
        from portable_losses import ops

        if TYPE_CHECKING:
            from portable_losses.training.function import FunctionLoss

        class Loss(keras.losses.Loss): ...
    """,
    "portable_losses/losses/__init__.py": "",
    "portable_losses/losses/regression/__init__.py": """
        from portable_losses.losses.regression.huber import Huber, SmoothL1

        __all__ = ["Huber", "SmoothL1"]
    """,
    "portable_losses/losses/regression/_shared.py": "class Shared: ...\n",
    "portable_losses/losses/regression/huber.py": """
        from portable_losses import ops
        from portable_losses.core.loss import Loss
        from portable_losses.losses.regression._shared import Shared

        class Huber(Loss): ...

        class SmoothL1(Huber): ...

        class _Helper: ...
    """,
    "portable_losses/layers/__init__.py": """
        from portable_losses.layers.cosine import CosineDense

        __all__ = ["CosineDense"]
    """,
    "portable_losses/layers/cosine.py": """
        from portable_losses.losses.regression.huber import Huber

        class CosineDense: ...
    """,
    "portable_losses/training/function.py": """
        from portable_losses.core.loss import Loss
        from portable_losses.layers.cosine import CosineDense
        from portable_losses.losses.regression.huber import Huber
    """,
    "portable_losses/parity/case.py": """
        import numpy as np
        from portable_losses import __version__
        from portable_losses.parity import tolerances
    """,
    "portable_losses/parity/tolerances.py": "",
    "portable_losses/parity/autodiff/jax.py": """
        import importlib
        import jax
        import keras

        importlib.import_module("jax.numpy")
    """,
    "portable_losses/parity/cases/__init__.py": """
        from portable_losses.parity.cases._shared import draw
    """,
    "portable_losses/parity/cases/_shared.py": "def draw(): ...\n",
    "portable_losses/parity/cases/regression/__init__.py": "",
    "portable_losses/parity/cases/regression/_shared.py": "",
    "portable_losses/parity/cases/regression/huber.py": """
        import numpy as np
        import portable_losses
        from portable_losses import Huber
        from portable_losses.parity.case import Case
        from portable_losses.parity.cases import _shared
        from portable_losses.parity.cases._shared import draw
        from portable_losses.parity.cases.regression import _shared as own
        from portable_losses.parity.cases.training._shared import W

        CASES = (Case(loss="Huber"), Case(loss="SmoothL1"))
    """,
    "portable_losses/parity/cases/training/__init__.py": "",
    "portable_losses/parity/cases/training/_shared.py": "W = 1.0\n",
    "portable_losses/parity/cases/training/function.py": "CASES = ()\n",
    "docs/guide/start.md": "See [it](" + "../" * 2 + "README.md), ~/.keras\n",
    "README.md": "`docs/guide` lies on https://example.org/home/index.html\n",
}

# file, what it holds, words of the rule that it breaks
PLANTED = {
    "ops imports core": (
        "portable_losses/ops/bad.py",
        "from portable_losses.core.loss import Loss",
        "imports point one way",
    ),
    "core imports losses": (
        "portable_losses/core/bad.py",
        "from portable_losses.losses.regression.huber import Huber",
        "imports point one way",
    ),
    "losses import training": (
        "portable_losses/losses/regression/_bad.py",
        "from portable_losses.training import function",
        "imports point one way",
    ),
    "losses import layers": (
        "portable_losses/losses/regression/_bad.py",
        "from portable_losses.layers.cosine import CosineDense",
        "imports point one way",
    ),
    "layers import training": (
        "portable_losses/layers/_bad.py",
        "from portable_losses.training.function import function",
        "imports point one way",
    ),
    "parity imports a layer": (
        "portable_losses/parity/bad.py",
        "from portable_losses.layers.cosine import CosineDense",
        "parity is handed losses",
    ),
    "a relative import": (
        "portable_losses/core/bad.py",
        "from ..losses.regression import huber",
        "imports point one way",
    ),
    "an import in a function": (
        "portable_losses/core/bad.py",
        "def f():\n    from portable_losses import training",
        "imports point one way",
    ),
    "an import by name": (
        "portable_losses/core/bad.py",
        "import importlib\nimportlib.import_module('portable_losses.losses')",
        "imports point one way",
    ),
    "an import by a name that is put together": (
        "portable_losses/core/bad.py",
        "import importlib\nimportlib.import_module(f'portable_losses.losses.{1}')",
        "imports point one way",
    ),
    "core imports the public package": (
        "portable_losses/core/bad.py",
        "import portable_losses",
        "core imports the public package",
    ),
    "losses import a public name": (
        "portable_losses/losses/regression/_bad.py",
        "from portable_losses import Loss",
        "losses imports the public package",
    ),
    "losses import parity": (
        "portable_losses/losses/regression/_bad.py",
        "from portable_losses.parity.case import Case",
        "nothing outside parity imports it",
    ),
    "the package imports parity": (
        "portable_losses/_start.py",
        "from portable_losses import parity",
        "nothing outside parity imports it",
    ),
    "parity imports a loss": (
        "portable_losses/parity/bad.py",
        "from portable_losses import Huber",
        "parity is handed losses",
    ),
    "parity imports core": (
        "portable_losses/parity/bad.py",
        "from portable_losses.core import loss",
        "parity is handed losses",
    ),
    "a case imports a private file": (
        "portable_losses/parity/cases/regression/_bad.py",
        "from portable_losses.losses.regression.huber import Huber",
        "cases see what users see",
    ),
    "a case imports a layer's file": (
        "portable_losses/parity/cases/_bad.py",
        "from portable_losses.layers.cosine import CosineDense",
        "cases see what users see",
    ),
    "a case imports one of another family": (
        "portable_losses/parity/cases/training/_bad.py",
        "from portable_losses.parity.cases.regression.huber import CASES",
        "families share cases by a _shared.py",
    ),
    "a case imports a file of another family": (
        "portable_losses/parity/cases/training/_bad.py",
        "from portable_losses.parity.cases.regression import huber",
        "families share cases by a _shared.py",
    ),
    "what all cases share imports a case": (
        "portable_losses/parity/cases/_bad.py",
        "from .regression.huber import CASES",
        "families share cases by a _shared.py",
    ),
    "core imports numpy": (
        "portable_losses/core/bad.py",
        "import numpy as np",
        "core imports keras and the standard library only",
    ),
    "the package imports rich": (
        "portable_losses/_start.py",
        "import rich",
        "the package itself imports keras and the standard library only",
    ),
    "losses import a backend": (
        "portable_losses/losses/regression/_bad.py",
        "import jax.numpy as jnp",
        "only parity/autodiff imports a backend",
    ),
    "parity imports a backend": (
        "portable_losses/parity/bad.py",
        "import torch",
        "only parity/autodiff imports a backend",
    ),
    "a backend by name": (
        "portable_losses/parity/bad.py",
        "__import__('tensorflow')",
        "only parity/autodiff imports a backend",
    ),
    "keras.src imported": (
        "portable_losses/core/bad.py",
        "from keras.src import backend",
        "keras.src is private",
    ),
    "keras.src as a name": (
        "portable_losses/core/bad.py",
        "from keras import src",
        "keras.src is private",
    ),
    "keras.src as an attribute": (
        "portable_losses/parity/bad.py",
        "import keras\nkeras.src.backend",
        "keras.src is private",
    ),
    "keras.src of an alias": (
        "docs/examples/bad.py",
        "import keras as k\nk.src.backend",
        "keras.src is private",
    ),
    "keras.src by name": (
        "tests/core/test_bad.py",
        "import importlib\nimportlib.import_module('keras.src.losses')",
        "keras.src is private",
    ),
    "a layer without an export": (
        "portable_losses/layers/new.py",
        "class New: ...",
        "New is not public",
    ),
    "a loss in no family": (
        "portable_losses/losses/new.py",
        "class New: ...",
        "this file is in no family",
    ),
    "a loss in a folder of a family": (
        "portable_losses/losses/regression/robust/new.py",
        "class New: ...",
        "this file is in no family",
    ),
    "a case in no family": (
        "portable_losses/parity/cases/huber.py",
        "CASES = ()",
        "these cases belong to no file",
    ),
    "a case file without a file of losses": (
        "portable_losses/parity/cases/regression/new.py",
        "CASES = ()",
        "these cases belong to no file",
    ),
    "a case file without cases": (
        "portable_losses/parity/cases/training/function.py",
        "CASE = ()",
        "there is no CASES",
    ),
    "a long file": (
        "portable_losses/core/long.py",
        "x = 1" + 250 * "\nx = 1",
        "251 lines, more than 250",
    ),
    "a long file whose reason comes late": (
        "portable_losses/core/long.py",
        "# A comment.\n# Long because it is." + 249 * "\nx = 1",
        "251 lines, more than 250",
    ),
    "a path of one machine": (
        "docs/guide/bad.md",
        "It lies in " + "/" + "home/someone.",
        "is a path of one machine",
    ),
    "a path out of the repository": (
        "README.md",
        "See " + "../" + "elsewhere/notes.md.",
        "leads out of the repository or to nothing",
    ),
    "a path to nothing": (
        "docs/guide/bad.md",
        "See " + "../" + "missing.md.",
        "leads out of the repository or to nothing",
    ),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in HEALTHY.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    lines = text.strip("\n").splitlines()
    indent = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{x[indent:]}\n" for x in lines), encoding="utf-8")


def test_healthy_tree_has_no_problem(tree: Path) -> None:
    assert check_layout.check(tree) == []


@pytest.mark.parametrize("name", PLANTED)
def test_planted_problem_is_found_where_it_is(tree: Path, name: str) -> None:
    file, text, rule = PLANTED[name]
    write(tree, file, text)
    found = check_layout.check(tree)
    assert [x for x in found if rule in x] == found != []
    line = 1 if "lines" in rule else 1 + text.count("\n")
    assert found[0].startswith(f"{file}:{line}: ")
    assert found[0].endswith(")"), "every problem says what to do"


def test_a_function_beside_the_losses_has_a_place_and_no_cases(tree: Path) -> None:
    file = "portable_losses/losses/regression/residual.py"
    write(tree, file, "def residual(): ...")
    (found,) = check_layout.check(tree)
    assert found.startswith(f"{file}:1: residual is not public (import it in ")
    text = HEALTHY[FAMILY].replace('["Huber"', '["residual", "Huber"')
    text += "\n        from portable_losses.losses.regression.residual import residual"
    write(tree, FAMILY, text)
    assert check_layout.check(tree) == []


def test_root_module_may_be_shared_by_the_rooms(tree: Path) -> None:
    write(tree, "portable_losses/_start.py", "import keras")
    write(tree, "portable_losses/core/good.py", "from portable_losses import _start")
    assert check_layout.check(tree) == []


def test_package_may_load_parity_when_asked_for_it(tree: Path) -> None:
    text = HEALTHY["portable_losses/__init__.py"]
    load = """
        def {}(name):
            import importlib
            importlib.import_module("portable_losses.parity")
    """
    write(tree, "portable_losses/__init__.py", text + load.format("__getattr__"))
    assert check_layout.check(tree) == []
    write(tree, "portable_losses/__init__.py", text + load.format("start"))
    (found,) = check_layout.check(tree)
    assert "nothing outside parity imports it" in found


# --- exports --------------------------------------------------------------------------

TOP = "portable_losses/__init__.py"
FAMILY = "portable_losses/losses/regression/__init__.py"
FILE = "portable_losses/losses/regression/huber.py"

# file, what is replaced in it and by what, the whole problem
CHANGED = {
    "a class is missing": (
        FILE,
        ("class SmoothL1(Huber): ...", "SmoothL1 = Huber"),
        f"{FAMILY}:1: SmoothL1 is no public class or function of "
        "portable_losses.losses.regression.huber (write it there, or drop the import)",
    ),
    "an import that the list lacks": (
        FAMILY,
        ('"Huber", "SmoothL1"', '"SmoothL1"'),
        f"{FAMILY}:1: Huber is imported and not exported (add it to __all__)",
    ),
    "a name that is not imported": (
        FAMILY,
        ('"SmoothL1"]', '"SmoothL1", "Hubr"]'),
        f"{FAMILY}:3: Hubr is exported and not imported (import it from its file)",
    ),
    "a list of a family that is put together": (
        FAMILY,
        ('["Huber", "SmoothL1"]', "sorted(globals())"),
        f"{FAMILY}:1: __all__ must be one explicit list of strings (write it out)",
    ),
    "a list of the package that is put together": (
        TOP,
        ('"ops",', '"ops".lower(),'),
        f"{TOP}:1: __all__ must be one list, of strings and of the lists of families "
        "(write it out)",
    ),
    "a family that is not exported": (
        TOP,
        ("*losses.regression.__all__,", ""),
        f"{TOP}:8: losses.regression is not exported (add "
        "*losses.regression.__all__ to __all__)",
    ),
    "a family that type checkers do not see": (
        TOP,
        ("from portable_losses.losses.regression import *", ""),
        f"{TOP}:8: type checkers do not see losses.regression (add: from "
        "portable_losses.losses.regression import *)",
    ),
    "layers that type checkers do not see": (
        TOP,
        ("from portable_losses.layers import *", ""),
        f"{TOP}:8: type checkers do not see layers (add: from portable_losses.layers "
        "import *)",
    ),
    "a list of no family": (
        TOP,
        ("*layers.__all__,", "*layers.__all__, *losses.robust.__all__,"),
        f"{TOP}:8: losses.robust.__all__ is no list of a family (drop it from __all__)",
    ),
    "a name that type checkers do not see": (
        TOP,
        ("import Loss as Loss", "import Loss"),
        f"{TOP}:8: type checkers do not see Loss (import it as Loss as Loss)",
    ),
    "a name that is public for type checkers alone": (
        TOP,
        ('"Loss",', ""),
        f"{TOP}:3: Loss is imported and not exported (add it to __all__)",
    ),
    "a name of two lists": (
        "portable_losses/layers/__init__.py",
        ("CosineDense", "Huber"),
        "portable_losses/layers/__init__.py:3: losses.regression exports Huber, too "
        "(rename one of them)",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_changed_list_is_found(tree: Path, name: str) -> None:
    file, (old, new), text = CHANGED[name]
    path = tree / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    if name == "a name of two lists":
        cosine = tree / "portable_losses/layers/cosine.py"
        cosine.write_text("class Huber: ...\n")
        (tree / "portable_losses/training/function.py").unlink()
        (tree / "portable_losses/parity/cases/training/function.py").unlink()
    assert check_layout.check(tree) == [text]


def test_loss_that_has_nothing_but_its_file_is_told_the_two_other_places(
    tree: Path,
) -> None:
    new = "portable_losses/losses/regression/new.py"
    write(tree, new, "x = 1\nclass New: ...")
    assert check_layout.check(tree) == [
        f"{new}:2: New is not public (import it in {FAMILY} and add it to __all__ "
        "there, or begin its name or its file's with an underscore)",
        f"{new}:1: New: no cases (add portable_losses/parity/cases/regression/new.py)",
    ]


def test_family_without_a_list_is_found(tree: Path) -> None:
    (tree / FAMILY).unlink()
    assert check_layout.check(tree) == [
        f"{FAMILY}:1: losses.regression has no __init__.py (add it: it lists what the "
        "family exports)"
    ]


# --- cases ----------------------------------------------------------------------------

CASES = "portable_losses/parity/cases/regression/huber.py"


def test_loss_without_a_case_is_found(tree: Path) -> None:
    write(tree, CASES, 'CASES = (Case(loss="Huber"),)')
    assert check_layout.check(tree) == [
        f"{FILE}:7: SmoothL1 has no case (add Case(loss='SmoothL1', ...) to {CASES})"
    ]


def test_file_of_losses_without_a_case_file_is_found(tree: Path) -> None:
    (tree / CASES).unlink()
    assert check_layout.check(tree) == [
        f"{FILE}:1: Huber, SmoothL1: no cases (add {CASES})"
    ]


def test_cases_that_nobody_finds_are_found(tree: Path) -> None:
    (tree / CASES).with_name("__init__.py").unlink()
    assert check_layout.check(tree) == [
        f"{CASES}:1: nobody finds these cases: their folder is no package (add "
        "__init__.py to it)"
    ]


# --- lengths --------------------------------------------------------------------------

LONG = "portable_losses/core/long.py"


@pytest.mark.parametrize(
    "reason",
    ["# Long because it is one table.", '"""A table. Long because it is whole."""'],
)
def test_long_file_may_say_why(tree: Path, reason: str) -> None:
    write(tree, LONG, reason + 250 * "\nx = 1")
    assert check_layout.check(tree) == []


def test_tree_without_a_package_is_a_problem(tmp_path: Path) -> None:
    (found,) = check_layout.check(tmp_path)
    assert "there is no package" in found


def test_pictures_are_passed_over(tree: Path) -> None:
    (tree / "docs" / "loss.png").write_bytes(b"\x89PNG\xff\xfe")
    assert check_layout.check(tree) == []


def test_main_prints_and_fails(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check_layout, "__file__", str(tree / "ci" / "check_layout.py"))
    assert check_layout.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "layout: no problems",
        "layout: the longest files are __init__.py (14), parity/cases/regression/"
        "huber.py (11), losses/regression/huber.py (10), core/loss.py (8), "
        "parity/autodiff/jax.py (6)",
    ]
    write(tree, "portable_losses/core/bad.py", "import numpy")
    assert check_layout.main() == 1
    assert "portable_losses/core/bad.py:1: core imports" in capsys.readouterr().out
