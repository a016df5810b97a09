"""What a worker says while it works: events, each a line of JSON."""

import json
import sys
from typing import Any

MARK = "@parity "
"""What a line of a worker's event begins with; others are a backend's own chatter."""


def emit(event: str, **facts: Any) -> None:
    """Report an event to the runner."""
    line = json.dumps({"event": event, **facts})
    sys.stdout.write(f"{MARK}{line}\n")
    sys.stdout.flush()
