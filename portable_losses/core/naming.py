"""The default name of a loss, made from the name of its class, without a counter."""

import re

WHOLE = (
    "ArcFace",
    "CosFace",
    "IoU",
    "ListMLE",
    "ListNet",
    "NLL",
    "SigLIP",
    "VICReg",
)
"""Acronyms that are not split into words."""

_WHOLE = "|".join(WHOLE)
_WORD = re.compile(
    rf"{_WHOLE}|[A-Z]+(?=[A-Z][a-z]|{_WHOLE})|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+"
)


def name_from(class_name: str) -> str:
    """Return the words of a class's name in lower case: "soft_dice" of "SoftDice"."""
    return "_".join(word.lower() for word in _WORD.findall(class_name))
