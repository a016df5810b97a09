"""Inputs as code that can be pasted."""

from typing import Any

import numpy as np


def code_of(t: Any, p: Any) -> str:
    """`y_true = np.array(...)` and `y_pred = ...`, exact and as short as possible."""
    return f"y_true = {_array(t)}\ny_pred = {_array(p)}"


def _array(x: Any) -> str:
    x = np.asarray(x)
    if x.size > 64:
        x = x[:1]
    text = _nested(x.tolist(), x.dtype)
    return f'np.array({text}, "{x.dtype.name}")'


def _nested(x: Any, dtype: Any) -> str:
    if isinstance(x, list):
        return "[" + ", ".join(_nested(v, dtype) for v in x) + "]"
    if np.issubdtype(dtype, np.integer):
        return str(x)
    if not np.isfinite(x):
        return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[str(x)]
    return f"{x:.9g}" if x % 1 else f"{x:.1f}"


NOISE = 1e-7
"""The error of a difference quotient of numbers of order 1."""


def without_noise(gradient: Any) -> Any:
    """Derivatives by differences, as nested lists, with rounding errors set to 0."""
    g = np.asarray(gradient, "float64")
    size = np.abs(g[np.isfinite(g)]).max(initial=1.0)
    return np.where(np.abs(g) < NOISE * min(size, 1.0), 0.0, g).tolist()


def number(x: float, digits: int = 6) -> str:
    """A number as shown to users: -0 is 0."""
    text = f"{x:.{digits}g}"
    return "0" if text == "-0" else text


COLUMN = 12
"""How many numbers of an array are shown."""


def numbers(x: Any) -> str:
    """The first numbers of nested lists."""
    flat: list[Any] = []

    def walk(y: Any) -> None:
        for v in y if isinstance(y, list) else [y]:
            walk(v) if isinstance(v, list) else flat.append(v)

    walk(x)
    shown = [number(v, 5) for v in flat[:COLUMN] if v is not None]
    more = f", ... ({len(flat)} numbers)" if len(flat) > COLUMN else ""
    return ", ".join(shown) + more
