"""The colors of the pages by name, light and dark.

Text has a contrast of at least 4.5 to its background, and other elements at least 3; a
test computes it. No information is given by color only.
"""

COLORS = {
    "paper": ("#ffffff", "#16181b"),
    "ink": ("#1c1e21", "#e4e6e9"),
    "soft": ("#5d636b", "#9ca2aa"),
    "rule": ("#e3e5e8", "#2e3237"),
    "edge": ("#858b93", "#747a82"),
    "wash": ("#f5f6f7", "#1e2125"),
    "bad": ("#c62828", "#ff7b72"),
    "bad-wash": ("#fdecea", "#3b1d1d"),
    "good": ("#1d7440", "#63c489"),
    "good-wash": ("#b9dfc8", "#2c6043"),
    "note": ("#8a5300", "#e5b155"),
    "note-wash": ("#f3c978", "#80601f"),
    "link": ("#1f57b5", "#8ab4ff"),
    "halo": ("#c9cdd3", "#4a5058"),
    "dead": ("#f9e3c3", "#40331c"),
    "tensorflow": ("#c96a00", "#ff9d3c"),
    "jax": ("#2563c9", "#6ea4ff"),
    "torch": ("#a8327e", "#e37bbd"),
    "other": ("#737981", "#9aa0a8"),
}

LIGHT = {name: light for name, (light, _) in COLORS.items()}

MARKS = {"tensorflow": "s", "jax": "o", "torch": "^"}
"""Shapes of marks, for pictures without color; a diamond for all other backends.

Each backend that runs by default has one. A report seldom shows more than one other.
"""


def name_of(backend: str) -> str:
    """The name of a backend's color."""
    return backend if backend in MARKS else "other"
