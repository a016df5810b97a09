"""Events that a worker reports while it works, each a line of JSON."""

import json
import sys
from typing import Any

MARK = "@parity "
"""Prefix of an event line; lines without it were printed by a backend."""


def emit(event: str, **facts: Any) -> None:
    """Report an event to the runner."""
    line = json.dumps({"event": event, **facts})
    sys.stdout.write(f"{MARK}{line}\n")
    sys.stdout.flush()
