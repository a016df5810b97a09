"""An input as code that can be pasted, whole however large it is."""

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np

from portable_losses.parity.case import Case

MOST = 256
"""Numbers of an array that are written out."""


def code_of(case: Case, given: Mapping[str, Any], label: str | None) -> str:
    """Code that makes the arrays which a loss was called with.

    Args:
        case: the case that they are of.
        given: `y_true`, `y_pred`, and what else there was, by name.
        label: the name of the input among those of the case, None for another.
    """
    large = any(np.size(x) > MOST for x in given.values())
    lines = ["import numpy as np"]
    if large and label is not None and _is_of_the_catalogue(case):
        # A case of the catalogue makes its inputs again, the same in every process.
        lines = [
            "from portable_losses.parity.cases import families",
            "from portable_losses.parity.inputs import Inputs",
            "",
            "every = [case for cases in families().values() for case in cases]",
            f"(case,) = [case for case in every if case.id == {case.id!r}]",
            f"y_true, y_pred = Inputs(case)({label!r})",
        ]
        given = {k: v for k, v in given.items() if k not in ("y_true", "y_pred")}
        lines[:0] = ["import numpy as np"] if given else []
    lines += [f"{name} = {_array(x)}" for name, x in given.items()]
    return "\n".join(lines)


def _is_of_the_catalogue(case: Case) -> bool:
    from portable_losses.parity.cases import families  # imports every case

    every = (other for cases in families().values() for other in cases)
    return any(other.id == case.id and other.draw is case.draw for other in every)


def arguments(config: Mapping[str, Any]) -> str:
    """Constructor arguments as one writes them; `...` for what has no plain form."""
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
    if dtype == "bfloat16":  # NumPy knows it only with a package of its own
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
