"""How a target is written: a place, and an expression in it."""


def split(target: str) -> tuple[str, str]:
    """The place and the expression of a target."""
    at = target.find(".py:")
    if at >= 0:
        return target[: at + 3], target[at + 4 :]
    if target.endswith(".py"):
        return target, ""
    place, _, expression = target.partition(":")
    return place, expression
