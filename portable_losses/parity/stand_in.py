"""A reference for a loss without one: its own float64 values on the NumPy backend.

Keras keeps one backend a process, and the backend of a test may have no float64, so the
values come from a process of their own, which finds the loss by its module and name.
"""

import contextlib
import importlib
import importlib.util
import inspect
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

import keras
import numpy as np

from portable_losses.parity.case import Pair
from portable_losses.parity.reference import Expected, expect


class Place(NamedTuple):
    """Where another process finds a loss, and the arguments of an instance."""

    module: str
    file: str
    name: str
    config: dict[str, Any] | None


def references(loss: Any, inputs: Mapping[str, Pair]) -> dict[str, Expected]:
    """Evaluate a loss class, instance or function at labelled inputs.

    Raises:
        ValueError: if another process cannot import the loss, or run it on NumPy.
    """
    place = _place(loss)
    if importlib.util.find_spec("jax") is None:
        # Whatever Keras's own backend is: that of NumPy imports JAX.
        _reject(place.name, "runs on the NumPy backend, for which Keras needs JAX")
    environment = {
        **os.environ,
        "KERAS_BACKEND": "numpy",
        "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path),
    }
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = pathlib.Path(folder, "asked"), pathlib.Path(folder, "answer")
        asked.write_bytes(pickle.dumps((place, dict(inputs))))
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(asked), str(answer)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no message"]
            _reject(place.name, f"runs on the NumPy backend; it said: {said[-1]}")
        found: dict[str, Expected] = pickle.loads(answer.read_bytes())
    return found


def _place(loss: Any) -> Place:
    named = loss if inspect.isclass(loss) or inspect.isfunction(loss) else type(loss)
    if "<" in named.__qualname__:
        _reject(named.__qualname__, "stands at the top of a module")
    config = None if named is loss else loss.get_config()
    file = os.path.abspath(inspect.getfile(named))
    return Place(named.__module__, file, named.__qualname__, config)


def _reject(name: str, rule: str) -> NoReturn:
    raise ValueError(
        f"check_loss: `reference` must be given unless the loss {rule}; got "
        f"reference=None for {name} (write the loss's items as a NumPy function of "
        "y_true and y_pred)."
    )


def _find(place: Place) -> Any:
    """The loss: by import, or from its file where a test runner has renamed it."""
    try:
        module = importlib.import_module(place.module)
        if os.path.abspath(str(module.__file__)) != place.file:
            raise ImportError
    except ImportError:
        spec = importlib.util.spec_from_file_location(place.module, place.file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[place.module] = module
        spec.loader.exec_module(module)
    found: Any = module
    for part in place.name.split("."):
        found = getattr(found, part)
    return found if place.config is None else found.from_config(place.config)


def float64_items(make: Callable[..., Any]) -> Callable[[Any, Any, Any], Any]:
    """The items of a loss in float64, as a reference; on the NumPy backend.

    What the loss has under `stop_gradient` stays what it is at `frozen` while the
    differences move the prediction.

    Args:
        make: makes the loss, called with `reduction` and `dtype`.
    """
    _keep_float64()
    constants = _Constants()
    by_item = make(reduction=None, dtype="float64")
    mean = make(reduction="sum_over_batch_size", dtype="float64")

    def items(y_true: Any, y_pred: Any, frozen: Any) -> Any:
        with constants.of(frozen, lambda: moved(y_true, frozen)):
            return moved(y_true, y_pred)

    def moved(y_true: Any, y_pred: Any) -> Any:
        found = np.asarray(by_item(y_true, y_pred))
        total, average = float(found.sum()), float(mean(y_true, y_pred))
        if found.ndim == 0 or average == 0 or not np.isfinite(total / average):
            return found
        count = total / average
        if abs(count - found.size) < 0.5:
            return found
        # The loss leaves items out of its mean, and without reduction they are 0.
        kept = found != 0
        if abs(count - kept.sum()) < 0.5:
            return found, kept
        raise ValueError(
            f"the mean of {found.size} items that sum to {total:.6g} is {average:.6g}"
        )

    return items


class _Constants:
    """What `keras.ops.stop_gradient` returned at one prediction, call by call.

    The NumPy backend has no gradients, and its `stop_gradient` returns what it is
    given: moving the prediction would move what should be a constant.
    """

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self._at: Any = None

    @contextlib.contextmanager
    def of(self, frozen: Any, evaluate: Callable[[], Any]) -> Iterator[None]:
        """Return in turn what was kept when `evaluate` ran at `frozen`."""
        core = keras.ops.stop_gradient.__globals__["backend"].core
        original = core.stop_gradient
        try:
            if self._at is not frozen:
                self._kept, self._at = [], frozen
                core.stop_gradient = self._keep
                evaluate()
            again = iter(self._kept)
            core.stop_gradient = lambda x: next(again)
            yield
        finally:
            core.stop_gradient = original

    def _keep(self, x: Any) -> Any:
        self._kept.append(x)
        return x


def _keep_float64() -> None:
    """Let float64 stay float64 in this process, which makes references only.

    Keras has every op on float64 return float32 unless on TensorFlow, by a table beside
    the public function that says so.
    """
    narrowed = keras.backend.result_type.__globals__.get("BIT64_TO_BIT32_DTYPE", {})
    narrowed.pop("float64", None)
    if keras.backend.result_type("float64", "float32") != "float64":
        raise RuntimeError(
            f"Keras {keras.__version__} narrows float64 in a new way: a reference is "
            "needed"
        )


def main(asked: str, answer: str) -> None:
    """Answer another process."""
    from portable_losses.parity.target import remade

    place, inputs = pickle.loads(pathlib.Path(asked).read_bytes())
    loss = _find(place)
    items = float64_items(lambda **arguments: remade(loss, arguments))
    found = {label: expect(items, t, p) for label, (t, p) in inputs.items()}
    pathlib.Path(answer).write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
