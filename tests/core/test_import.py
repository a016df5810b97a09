"""What `import portable_losses` does to a fresh process."""

import json
import os
import subprocess
import sys
import textwrap

import keras
import pytest

import portable_losses

BACKEND = keras.config.backend()
# Keeps backends from being found, as if they were not installed.
HIDE = """
import importlib.util, sys
hidden = {hidden!r}
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hide())
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name.partition(".")[0] in hidden else find_spec(name, package)
)
"""


@pytest.fixture
def python(tmp_path):
    """Run a program in a fresh process without this process's choice of backend."""

    def run(program, hidden=(), **variables):
        env = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
        env |= {
            "KERAS_HOME": str(tmp_path),  # no keras.json decides
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **variables,
        }
        code = HIDE.format(hidden=set(hidden)) + textwrap.dedent(program)
        return subprocess.run(
            [sys.executable, "-W", "always", "-c", code],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def lines(done):
    if done.returncode:
        raise RuntimeError(done.stderr)
    return lines_of(done.stdout)


def lines_of(text):
    return text.strip().splitlines()


def others():
    return {"tensorflow", "jax", "torch"} - {BACKEND}


PRINT_BACKEND = "import portable_losses, keras; print(keras.config.backend())"
FACTS = """
import json
import keras
before = set(sys.modules)
import portable_losses
facts = {
    "backend": keras.config.backend(),
    "new": sorted({name.partition(".")[0] for name in set(sys.modules) - before}),
    "parity at once": "portable_losses.parity" in sys.modules,
}
from portable_losses import *
facts["missing"] = [name for name in portable_losses.__all__ if name not in globals()]
facts["parity"] = portable_losses.parity is sys.modules["portable_losses.parity"]
try:
    portable_losses.no_such_name
except AttributeError as error:
    facts["error"] = str(error)
print(json.dumps(facts))
"""


def test_an_installed_backend_is_picked_and_named(python, tmp_path):
    script = tmp_path / "program_of_the_user.py"
    script.write_text(f"x = 1\n{PRINT_BACKEND}\n")
    program = f"import runpy; runpy.run_path({str(script)!r})"
    done = python(program, hidden={"tensorflow", "jax", "torch"} - {BACKEND})
    assert lines(done) == [BACKEND]
    if BACKEND == "tensorflow":  # Keras's own choice
        assert "portable_losses" not in done.stderr
        return
    assert (
        f"{script}:2: UserWarning: portable_losses: KERAS_BACKEND is not set and "
        f"tensorflow is not installed; using {BACKEND}. Set KERAS_BACKEND={BACKEND} "
        "to choose it yourself."
    ) in done.stderr


def test_import_with_a_chosen_backend(python):
    done = python(FACTS, KERAS_BACKEND=BACKEND)
    assert json.loads(lines(done)[-1]) == {
        "backend": BACKEND,
        "new": ["portable_losses"],  # neither NumPy's friends nor the harness
        "parity at once": False,
        "missing": [],
        "parity": True,
        "error": "module 'portable_losses' has no attribute 'no_such_name'",
    }
    assert "UserWarning: portable_losses" not in done.stderr


def test_a_chosen_backend_that_is_missing_is_not_replaced(python):
    done = python(PRINT_BACKEND, hidden={BACKEND}, KERAS_BACKEND=BACKEND)
    assert done.returncode != 0
    assert f"No module named '{BACKEND}'" in done.stderr


def test_the_choice_in_keras_json_is_taken(python, tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": BACKEND}))
    program = f"""
    import os, runpy
    runpy.run_path({portable_losses._backend.__file__!r})
    print("KERAS_BACKEND" in os.environ)
    """
    done = python(program, hidden={"tensorflow", "jax", "torch"} - {BACKEND})
    assert lines(done) == ["False"]  # Keras reads the file itself
    assert "portable_losses" not in done.stderr


def test_no_backend_at_all_names_the_remedy(python):
    done = python(
        "import portable_losses",
        hidden={"tensorflow", "jax", "torch", "mlx", "tinygrad"},
    )
    assert done.returncode != 0
    assert lines_of(done.stderr)[-1] == (
        "ImportError: portable_losses: Keras needs a backend, and none of jax, mlx, "
        "tensorflow, tinygrad, torch is installed (for instance: pip install "
        '".[tensorflow]" in a clone of portable_losses).'
    )


@pytest.mark.parametrize("chosen", ["variable", "keras.json", "too late"])
def test_a_backend_that_adds_itself_to_keras_is_imported_first(
    python, tmp_path, chosen
):
    """A package in the place of keras-tinygrad, which has Keras use this backend."""
    (tmp_path / "tinygrad.py").touch()
    (tmp_path / "keras_tinygrad.py").write_text(
        "import os, sys\n"
        "assert 'keras' not in sys.modules\n"
        f"os.environ['KERAS_BACKEND'] = {BACKEND!r}\n"
        "print('added')\n"
    )
    if chosen == "keras.json":
        (tmp_path / "keras.json").write_text(json.dumps({"backend": "tinygrad"}))
    # Keras reads the variable when it is imported; after that it may name any backend.
    keras_first = f"""
    import os, sys
    sys.path.insert(0, {str(tmp_path)!r})
    if {chosen == "too late"}:
        import keras
        os.environ["KERAS_BACKEND"] = "tinygrad"
    {PRINT_BACKEND}
    """
    variables = {
        "variable": {"KERAS_BACKEND": "tinygrad"},
        "too late": {"KERAS_BACKEND": BACKEND},
    }
    done = python(keras_first, **variables.get(chosen, {}))
    added = [] if chosen == "too late" else ["added"]
    assert lines(done) == [*added, BACKEND]
