"""The message of an exception, and the line of user code that raised it."""

import linecache
import pathlib
import re
import sys
import sysconfig
import traceback
from typing import Any

_OURS = str(pathlib.Path(__file__).resolve().parents[2])
_LIBRARY = tuple(
    str(pathlib.Path(path).resolve())
    for path in {
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
    }
)
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


def told(error: BaseException) -> dict[str, Any]:
    """Type, message and place of an exception."""
    frames = [
        (frame.filename, frame.lineno or 0, frame.name)
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    message = str(error)
    own = [frame for frame in frames if is_own(frame[0])]
    if not own:  # TensorFlow writes the frames into the message
        own = [(f, int(n), name) for f, n, name in _FRAME.findall(message) if is_own(f)]
    if isinstance(error, SyntaxError) and error.filename:
        own = [(error.filename, error.lineno or 0, "")]
    file, line, name = own[-1] if own else ("", 0, "")
    return {
        "type": type(error).__name__,
        "message": message[:2000],
        "file": file,
        "line": line,
        "function": name,
        "text": linecache.getline(file, line).strip() if file else "",
        "traceback": "".join(traceback.format_exception(error))[-4000:],
    }


def is_own(file: str) -> bool:
    """Whether a file is the user's: not ours, Keras's, a backend's or Python's."""
    if file.startswith("<"):
        return False
    path = str(pathlib.Path(file).resolve())
    if path.startswith(_OURS):
        return False
    within = ("site-packages", "dist-packages", "importlib")
    if any(part in within for part in pathlib.Path(path).parts):
        return False
    return not path.startswith(_LIBRARY) and not path.startswith(sys.prefix + "/lib")


def place_in(stack: str) -> tuple[str, int]:
    """The user's innermost line of a stack that `faulthandler` wrote."""
    threads = re.split(r"\n(?=Thread |Current thread )", stack)
    for part in reversed(threads):  # the main thread is the last
        for file, line in re.findall(r'File "([^"]+)", line (\d+)', part):
            if is_own(file):
                return file, int(line)
    return "", 0
