"""Facts about the backends of Keras, with the versions on which they were tested.

On a backend that was not tested, each function uses the implementation that is right on
every backend. So no code compares the name of the backend: it calls one of the
functions below, once, when it is imported. Their arguments are literals: `ci/pins.py`
reads them to write docs/pins.md, and fails if a reason is missing.
"""

import keras

BACKEND = keras.config.backend()


def raw_is_right(op: str, because: str, **looked_at: str) -> bool:
    """Whether the function of Keras was found right on this backend.

    Args:
        op: its name in `keras.ops`.
        because: what was tested, and what was found.
        looked_at: for each backend where it is right, the version that was tested.
    """
    return BACKEND in looked_at


def faster_form(op: str, because: str, **looked_at: str) -> bool:
    """Whether a special implementation for this backend is right and faster.

    Args:
        op: its name in `portable_losses.ops`, or what is computed.
        because: why the implementation is right there, and faster.
        looked_at: for each backend that has one, the version that was tested.
    """
    return BACKEND in looked_at


def found(fact: str, because: str, **looked_at: str) -> bool:
    """Whether another fact is true on this backend.

    The code that runs where it is False must be right on every backend.

    Args:
        fact: what was found.
        because: which test shows it, or what follows from it.
        looked_at: for each backend where it is true, the version that was tested.
    """
    return BACKEND in looked_at
