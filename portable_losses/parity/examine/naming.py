"""Splits a target into its place (file or module) and an expression."""


def split(target: str) -> tuple[str, str]:
    """The place and the expression of a target."""
    at = target.find(".py:")
    if at >= 0:
        return target[: at + 3], target[at + 4 :]
    if target.endswith(".py"):
        return target, ""
    place, _, expression = target.partition(":")
    return place, expression
