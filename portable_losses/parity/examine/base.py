"""Conventions of `portable_losses.Loss` that Keras's base class does not follow.

A broken convention is advice, all in one line; with `--strict` each is a fault.
"""

from typing import Any

import numpy as np

from portable_losses.parity.examine.findings import ADVICE, FAULT, Finding
from portable_losses.parity.examine.measured import Measured

_INPUTS = {
    "zero samples": "a batch of zero samples gives {}",
    "NaN of weight 0": "a NaN sample of weight 0 gives {}",
    "weights of 0": "a batch of which every weight is 0 gives {}",
    "masked": "a batch of which every sample is masked gives {}",
    "infinite logits": "right logits of infinity give {}",
}
NAMES = (
    *_INPUTS,
    "broadcasting",
    "result dtype",
    "class 257",
    "dtype in the config",
)
"""The conventions; with `--strict` each is a separate check."""

REMEDY = (
    "derive the loss from portable_losses.Loss, which removes samples of weight 0, "
    "rejects shapes that do not fit, and keeps its dtype"
)


def conventions(m: Measured) -> list[Finding]:
    """The conventions that the loss breaks."""
    found: dict[str, tuple[str, list[str]]] = {}
    for backend, facts in m.found.get("base", {}).items():
        for name, words in broken(facts).items():
            found.setdefault(name, (words, []))[1].append(backend)
    if not found:
        return []
    if m.strict:
        return [
            Finding(name, f"{_capital(words)}.", REMEDY, FAULT, tuple(where))
            for name, (words, where) in found.items()
        ]
    said = ", ".join(words for words, _ in found.values())
    where = dict.fromkeys(b for _, backends in found.values() for b in backends)
    return [
        Finding(
            "conventions",
            f"{_capital(said)}, as in every keras.losses.Loss.",
            REMEDY,
            ADVICE,
            tuple(where),
        )
    ]


def broken(facts: dict[str, Any]) -> dict[str, str]:
    """The conventions that a base class breaks by the measured facts: name, words."""
    found = {}
    for name, words in _INPUTS.items():
        value = facts.get(name, {}).get("value")
        if value is not None and not np.isfinite(value):
            found[name] = words.format("NaN" if np.isnan(value) else value)
    passed = facts.get("broadcasting", {}).get("passed", [])
    if passed:
        found["broadcasting"] = f"y_true of shape {tuple(passed[0])} is broadcast"
    made = facts.get("result dtype", {})
    if made.get("dtype") not in (None, made.get("wanted")):
        found["result dtype"] = f'dtype="{made["asked"]}" gives {made["dtype"]}'
    rounded = facts.get("class 257", {})
    if rounded.get("same") is False:
        found["class 257"] = 'class index 257 is another under dtype="bfloat16"'
    if facts.get("dtype in the config", {}).get("has") is False:
        found["dtype in the config"] = "the config has no dtype"
    return found


def _capital(text: str) -> str:
    return (
        text if text.startswith(("y_true", "dtype=")) else text[:1].upper() + text[1:]
    )
