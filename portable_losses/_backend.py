"""Chooses an installed backend where Keras would fail for want of TensorFlow."""

import importlib.util
import json
import os
import pathlib
import sys
import warnings

_BACKENDS = ("tensorflow", "jax", "torch")


def choose_backend() -> None:
    """Set `KERAS_BACKEND`, and say so, if Keras's own choice is not installed.

    Nothing is done where `KERAS_BACKEND` is set, where Keras is imported already, and
    where the backend Keras would take is there.
    """
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules:
        return
    configured = _configured()
    if configured not in _BACKENDS or _installed(configured):
        return
    for backend in _BACKENDS:
        if _installed(backend):
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
        f"{', '.join(sorted(_BACKENDS))} is installed (for instance: pip install "
        '".[jax]" in a clone of portable_losses).'
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


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


choose_backend()
