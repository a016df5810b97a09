"""Numbers in a user's loss, to be tried as arguments of ours."""

import ast
import inspect
from typing import Any

import keras

from portable_losses.parity.examine.subject import Subject, source_of


def numbers_of(subject: Subject) -> dict[str, Any]:
    """The numbers of a user's loss by name: arguments, config, and in its code."""
    found: dict[str, Any] = {}
    for of in (subject.owner, getattr(subject.owner, "__init__", None)):
        try:
            parameters = inspect.signature(of).parameters.values()  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
        found |= {p.name: p.default for p in parameters if _is_number(p.default)}
    if isinstance(subject.loss, keras.losses.Loss):
        kept = vars(subject.loss)
        found |= {k: v for k, v in kept.items() if _is_number(v) and k[0] != "_"}
    try:
        tree = ast.parse(source_of(subject.owner)["text"])
    except SyntaxError:
        return found
    constants: list[Any] = [
        n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)
    ]
    # 0 and 1 occur in most code, and small numbers are epsilons.
    rest = [v for v in constants if _is_number(v) and 1e-4 < abs(v) and abs(v) != 1]
    known = set(found.values())
    for i, value in enumerate(dict.fromkeys(rest)):
        if value not in known:
            found[f"<{i}>"] = value
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)
