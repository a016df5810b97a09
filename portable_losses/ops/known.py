"""What was found out about a backend of Keras, with the version that was looked at.

A backend that nobody has looked at gets the form whose value and gradient are right
whatever the backend's own are. So code never asks for the name of a backend: it asks
for one of the functions below, once, when it is imported. Their arguments are literals,
from which `ci/pins.py` writes docs/pins.md and finds a missing reason.
"""

import keras

BACKEND = keras.config.backend()


def raw_is_right(op: str, because: str, **looked_at: str) -> bool:
    """Whether Keras's own function was found right on this backend.

    Args:
        op: its name in `keras.ops`.
        because: what was looked at, and what was found.
        looked_at: the version of each backend where it was.
    """
    return BACKEND in looked_at


def faster_form(op: str, because: str, **looked_at: str) -> bool:
    """Whether this backend has a form of its own that is as right, and faster.

    Args:
        op: its name in `portable_losses.ops`, or what is computed.
        because: why the form is right there, and faster.
        looked_at: the version of each backend where it is.
    """
    return BACKEND in looked_at


def found(fact: str, because: str, **looked_at: str) -> bool:
    """Whether something else was found on this backend.

    What is done without it must be right everywhere.

    Args:
        fact: what was found.
        because: where it can be seen, or what follows from it.
        looked_at: the version of each backend where it was.
    """
    return BACKEND in looked_at
