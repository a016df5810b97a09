"""What has to happen before Keras is imported.

An installed backend is chosen if Keras would fail because TensorFlow is missing, and a
backend that adds itself to Keras is imported.
"""

import importlib
import json
import os
import pathlib
import sys
import warnings

from portable_losses._adapters import facts, known


def choose_backend() -> None:
    """Set `KERAS_BACKEND`, with a warning, if the backend Keras chooses is missing.

    Nothing is done if `KERAS_BACKEND` is set, if Keras is imported already, or if the
    backend that Keras chooses is installed.
    """
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules:
        return
    configured, adapters = _configured(), known()
    if configured not in adapters or not adapters[configured].missing:
        return
    trains = [of for of in adapters.values() if of.gradients]
    for backend in (of.name for of in trains if not of.missing):
        os.environ["KERAS_BACKEND"] = backend
        warnings.warn(
            f"portable_losses: KERAS_BACKEND is not set and {configured} is not "
            f"installed; using {backend}. Set KERAS_BACKEND={backend} to choose it "
            "yourself.",
            stacklevel=4,  # past this module and the package, to the user
        )
        return
    raise ImportError(
        "portable_losses: Keras needs a backend, and none of "
        f"{', '.join(sorted(of.name for of in trains))} is installed (for "
        f"instance: {adapters[configured].command} in a clone of portable_losses)."
    )


def _configured() -> str:
    home = os.environ.get("KERAS_HOME")
    folder = pathlib.Path(home) if home else pathlib.Path.home() / ".keras"
    try:
        config = json.loads((folder / "keras.json").read_text())
    except (OSError, ValueError):
        return "tensorflow"
    backend = config.get("backend", "tensorflow") if isinstance(config, dict) else ""
    return str(backend)


def add_backend() -> None:
    """Import what adds the chosen backend to Keras, if it does not have it itself."""
    if "keras" in sys.modules:
        return
    try:
        chosen = facts(os.environ.get("KERAS_BACKEND") or _configured())
    except LookupError:
        return  # Keras says that there is no such backend
    if chosen.before_keras and not chosen.missing:
        for module in chosen.before_keras:
            importlib.import_module(module)


choose_backend()
add_backend()
