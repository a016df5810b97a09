"""Numbers as short text for narrow columns."""

import math


def brief(x: float | None, digits: int = 2) -> str:
    """An error as `2.1e-7`, or `2e-7` with one digit; `-` for None."""
    if x is None:
        return "-"
    if x == 0 or not math.isfinite(x):
        return "0" if x == 0 else str(x)
    mantissa, exponent = f"{x:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def duration(seconds: float) -> str:
    """Seconds as `41 s` or `7 min 12 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def count(n: int, noun: str) -> str:
    """`1 case`, `1,284 checks`, `25 losses`."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{n:,} {noun if n == 1 else plural}"
