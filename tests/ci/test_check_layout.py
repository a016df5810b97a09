from pathlib import Path

import check_layout
import pytest

HEALTHY = {
    "portable_losses/__init__.py": """
        from portable_losses import ops
        from portable_losses.core.loss import Loss
        from portable_losses.losses.regression.huber import Huber

        __all__ = ["Huber", "Loss", "ops"]
    """,
    "portable_losses/ops/__init__.py": """
        import math
        from keras import ops as raw
        from .kinks import clip as clip
    """,
    "portable_losses/ops/kinks.py": "import keras\n",
    "portable_losses/core/loss.py": """
        import keras
        from portable_losses import ops

        if TYPE_CHECKING:
            from portable_losses.training.function import FunctionLoss

        class Loss(keras.losses.Loss): ...
    """,
    "portable_losses/losses/regression/_shared.py": "class Shared: ...\n",
    "portable_losses/losses/regression/huber.py": """
        from portable_losses import ops
        from portable_losses.core.loss import Loss
        from portable_losses.losses.regression._shared import Shared

        class Huber(Loss): ...

        class _Helper: ...
    """,
    "portable_losses/training/function.py": """
        from portable_losses.core.loss import Loss
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
    "portable_losses/parity/cases/regression.py": """
        import numpy as np
        import portable_losses
        from portable_losses import Huber
        from portable_losses.parity.case import Case

        CASES = (Case(loss="Huber"),)
    """,
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
        "portable_losses/parity/cases/bad.py",
        "from portable_losses.losses.regression.huber import Huber",
        "cases see what users see",
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
    "a loss without an export": (
        "portable_losses/losses/regression/new.py",
        "class New: ...",
        "New is not public",
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
    line = 1 + text.count("\n")
    assert found[0].startswith(f"{file}:{line}: ")
    assert found[0].endswith(")"), "every problem says what to do"


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


def test_loss_without_a_case_is_found(tree: Path) -> None:
    write(tree, "portable_losses/parity/cases/regression.py", "CASES = ()")
    (found,) = check_layout.check(tree)
    assert "Huber has no case" in found


def test_loss_without_a_class_is_found(tree: Path) -> None:
    write(tree, "portable_losses/losses/regression/huber.py", "Huber = None")
    (found,) = check_layout.check(tree)
    assert "Huber has no class in losses/" in found


def test_import_that_is_not_exported_is_found(tree: Path) -> None:
    text = HEALTHY["portable_losses/__init__.py"].replace('["Huber", ', "[")
    write(tree, "portable_losses/__init__.py", text)
    (found,) = check_layout.check(tree)
    assert "Huber is imported and not exported" in found


def test_list_of_exports_must_be_written_out(tree: Path) -> None:
    text = HEALTHY["portable_losses/__init__.py"].replace(
        '["Huber", "Loss", "ops"]', "sorted(globals())"
    )
    write(tree, "portable_losses/__init__.py", text)
    (found,) = check_layout.check(tree)
    assert "__all__ must be one explicit list" in found


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
    assert capsys.readouterr().out == "layout: no problems\n"
    write(tree, "portable_losses/core/bad.py", "import numpy")
    assert check_layout.main() == 1
    assert "portable_losses/core/bad.py:1: core imports" in capsys.readouterr().out
