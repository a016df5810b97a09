"""What a worker actually runs on: its backend, device, modes and versions."""

import platform
from typing import Any

import keras

from portable_losses.parity.autodiff import Autodiff

NO_SUPPORT = "(this backend has no build for such a device)"


class MissingDevice(RuntimeError):
    """A requested device is not present."""


def environment(on: Autodiff, asked: dict[str, Any]) -> dict[str, Any]:
    """What a job actually runs on; a missing device raises an error."""
    wanted, present = asked["device"], on.devices()
    backend = keras.config.backend()
    if wanted not in present:
        raise MissingDevice(
            f"{backend}: device {wanted!r} was asked for, and only "
            f"{', '.join(sorted(present))} is present. On a machine that has one, "
            f"install {backend} for it with\n  "
            f"{on.INSTALL.get(wanted, NO_SUPPORT)}"
        )
    return {
        "backend": backend,
        "device": wanted,
        "modes": list(modes(on, asked["mode"])),
        "precision": asked["precision"],
        "versions": {
            "keras": keras.__version__,
            **on.versions(),
            "python": platform.python_version(),
        },
    }


def modes(on: Autodiff, asked: str) -> tuple[str, ...]:
    """The requested modes, in the backend's order."""
    known = on.MODES
    if asked == "all":
        return known
    if asked == "eager":
        chosen = tuple(m for m in known if m == "eager")
    else:
        chosen = tuple(m for m in (*known, *on.ON_REQUEST) if m != "eager")
    return chosen or known
