"""Numbers in a user's loss, to be tried as arguments of ours."""

import ast
import inspect
import itertools
from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.parity.examine.subject import Subject, source_of

NUMBERS = 6
"""How many of the numbers in the user's code are tried as arguments."""


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


def grid(loss: Any, known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The arguments of a loss to try, with numbers from the user's code."""
    parameters = inspect.signature(loss).parameters
    choices: list[list[dict[str, Any]]] = [[{}]]
    if "from_logits" in parameters:
        default = parameters["from_logits"].default
        choices.append([{}, {"from_logits": not default}])
    if "activation" in parameters:
        choices.append([{}, {"activation": "softmax"}, {"activation": "sigmoid"}])
    numeric = [
        p
        for p, of in parameters.items()
        if isinstance(of.default, float | int) and not isinstance(of.default, bool)
    ]
    numbers: list[dict[str, Any]] = [{}]
    named = {p: known[p] for p in numeric if p in known}
    if named:
        numbers.append(named)
    values = dict.fromkeys(known.values())
    numbers += [
        {p: v}
        for p in numeric[:4]
        for v in list(values)[:NUMBERS]
        if v != parameters[p].default and {p: v} != named
    ]
    choices.append(numbers)
    for parts in itertools.product(*choices):
        arguments = {k: v for part in parts for k, v in part.items()}
        if arguments:
            yield arguments


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)
