"""An input as code that can be pasted."""

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np

MOST = 1024
"""The most numbers that are written out; of a larger array, only the first sample."""


def code_of(given: Mapping[str, Any]) -> str:
    """Code that makes the arrays that a loss was called with, by name."""
    lines = ["import numpy as np"]
    return "\n".join([*lines, *(f"{name} = {_array(x)}" for name, x in given.items())])


def arguments(config: Mapping[str, Any]) -> str:
    """Constructor arguments as code; `...` for values without a short form."""
    return ", ".join(f"{name}={_plain(value)}" for name, value in config.items())


def _plain(value: Any) -> str:
    text = repr(value)
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return "..."
    return text if len(text) <= 80 else "..."


def _array(x: Any) -> str:
    if x is None:
        return "None"
    x = np.asarray(x)
    said = ""
    if x.size > MOST:
        said = f"  # the first of {len(x)}"
        x = x[:1]
    dtype = x.dtype.name
    if dtype == "bfloat16":  # NumPy has bfloat16 only with an extra package
        said += '  # in keras.ops.cast(y_pred, "bfloat16")'
        dtype = "float32"
    return f'np.array({_nested(x.tolist(), x.dtype)}, "{dtype}"){said}'


def _nested(x: Any, dtype: Any) -> str:
    if isinstance(x, list):
        return "[" + ", ".join(_nested(v, dtype) for v in x) + "]"
    if dtype.kind in "iub":
        return str(x)
    x = float(x)
    if not np.isfinite(x):
        return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[str(x)]
    return f"{x:.9g}" if x % 1 else f"{x:.1f}"
