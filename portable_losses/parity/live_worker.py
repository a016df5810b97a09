"""The program of a worker that `live` starts: computes references, or runs checks."""

import functools
import importlib
import importlib.util
import os
import pathlib
import pickle
import sys
from collections.abc import Callable
from typing import Any

from portable_losses.parity.examine.worker import Do, Voice, run
from portable_losses.parity.live import Place


def find(place: Place) -> Any:
    """The loss: by import, or from its file where a test runner has renamed it."""
    found: Any = _module(place.module, place.file)
    for part in place.name.split("."):
        found = getattr(found, part)
    if place.config is None:
        return found
    made = _made(found, place.config)
    vars(made).update(place.state or {})
    return made


def _made(owner: Any, config: dict[str, Any]) -> Any:
    try:
        return owner.from_config(dict(config))
    except TypeError:  # as of a class that takes no dtype
        return owner.from_config({k: v for k, v in config.items() if k != "dtype"})


@functools.cache
def _module(name: str, file: str) -> Any:
    try:
        module = importlib.import_module(name)
        if os.path.abspath(str(module.__file__)) != file:
            raise ImportError
    except ImportError:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return module


def references(loss: Place, inputs: dict[str, Any]) -> Any:
    """The float64 values of a loss at labelled inputs; on the NumPy backend."""
    from portable_losses.parity.reference import expect
    from portable_losses.parity.stand_in import float64_items
    from portable_losses.parity.target import remade

    found = find(loss)
    items = float64_items(lambda **arguments: remade(found, arguments))
    return {label: expect(items, t, p) for label, (t, p) in inputs.items()}


def outcomes(
    loss: Place, reference: Place | None, made: Any, case: Any, **options: Any
) -> Any:
    """The outcomes of the checks of a loss on the backend of this process."""
    from portable_losses.parity.by_checks import outcomes_here

    stand_in = None if reference is None else find(reference)
    return outcomes_here(find(loss), case, reference=stand_in, made=made, **options)


DO: dict[str, Callable[..., Any]] = {"references": references, "outcomes": outcomes}


def do(
    act: dict[str, Callable[..., Any]], voice: Voice, command: dict[str, Any]
) -> dict[str, Any]:
    """Run a command: its arguments are in one file, the answer goes to another."""
    voice.writes_to(command["stack"])
    voice.step(command["do"])
    sys.path[:] = dict.fromkeys([*command["path"], *sys.path])
    # Written by the process that started this one.
    asked = pickle.loads(pathlib.Path(command["asked"]).read_bytes())
    answer = act[command["do"]](**asked)
    pathlib.Path(command["answer"]).write_bytes(pickle.dumps(answer))
    return {}


def _begin(voice: Voice) -> tuple[Do, dict[str, Any]]:
    # Other backends stay visible: the user's test file may import one.
    from portable_losses.parity.examine.lab import Lab

    lab = Lab(voice, find)
    return functools.partial(do, {**DO, "lab": lab.do}, voice), {}


if __name__ == "__main__":
    run(_begin)
