"""Texts that the page and the terminal share."""

from collections.abc import Iterator
from typing import Any

from portable_losses.parity.chart.judge import ORDER
from portable_losses.parity.report.environments import own_versions
from portable_losses.parity.report.numbers import count

Chart = dict[str, Any]

_BARE = {
    "right": "✓",
    "choice": "≠",
    "gradient": "**g**",
    "value": "**v**",
    "absent": "–",
}
MARKS = _BARE | {f"{status} (half)": f"{mark}½" for status, mark in _BARE.items()}

MEANINGS = {
    "right": "right, in value and gradient, at every point",
    "choice": "right, but another subgradient than on another backend",
    "gradient": "gradient differs",
    "value": "value differs",
    "absent": "not there",
}

LEGEND = (
    "✓ value and gradient are right at every point (the value alone, where a backend "
    "has no gradients)",
    "≠ the gradient is a right one, but backends choose different ones at this point",
    "g the gradient differs from the reference: wrong, NaN, or an error",
    "v the value differs from the reference: wrong, NaN, or an error",
    "– not there: no such name, or an error at every point",
    "½ only in half precision",
    "the last column is this package's own version: = is Keras's function, unchanged",
)


def backends(chart: Chart) -> list[str]:
    """The backends of the columns."""
    return [environment["backend"] for environment in chart["environments"]]


def command(chart: Chart) -> str:
    """What makes the chart."""
    names = ",".join(name for name in backends(chart) if name != "numpy")
    chosen = f" --backends {names}" if names else ""
    return f"python -m portable_losses.parity --ops{chosen}"


def versions(chart: Chart) -> list[str]:
    """One line per backend: versions and device."""
    lines = []
    for item in chart["environments"]:
        keras = f"keras {item['versions']['keras']}"
        own = own_versions(item, [keras])
        values = "" if item["gradients"] else ", values only"
        lines.append(
            f"{item['backend']} {own}, {keras}, on {item['device']}, "
            f"{item['mode']}{values}"
        )
    return lines


def counted(chart: Chart) -> Iterator[tuple[str, dict[str, str]]]:
    """Lines of the table on top: a title, and a number for each backend."""
    for kind, title in (("keras", "`keras.ops`"), ("ours", "`portable_losses.ops`")):
        counts = chart["counts"][kind]
        total = {name: sum(found.values()) for name, found in counts.items()}
        if not any(total.values()):
            continue
        rows = {name: f"{n} rows" for name, n in total.items()}
        yield f"**{title}{', where it has its own' if kind == 'ours' else ''}**", rows
        for status in ORDER:
            cells = {}
            for name, found in counts.items():
                whole, half = found.get(status, 0), found.get(f"{status} (half)", 0)
                cells[name] = f"{whole}" + (f" + {half} ½" if half else "")
            if any(cell != "0" for cell in cells.values()) or status == "right":
                yield MEANINGS[status], cells


def ours(row: dict[str, Any]) -> str:
    """The cell of this package's version."""
    statuses = row["status"].get("ours")
    if not statuses:
        return "="
    wrong = [f"{MARKS[s]} {name}" for name, s in statuses.items() if s != "right"]
    return ", ".join(wrong) or MARKS["right"]


def details(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The smallest difference of each kind, backends that say the same as one."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for kind, by_backend in row["differences"].items():
        for name, differences in by_backend.items():
            shown: set[str] = set()
            for item in differences:
                if item["status"] in shown:
                    continue
                shown.add(item["status"])
                key = kind, item["dtype"], item["label"], item["message"]
                entry = found.setdefault(key, item | {"kind": kind, "backends": []})
                entry["backends"].append(name)
    return list(found.values())


def called(row: dict[str, Any], said: dict[str, Any]) -> str:
    """The point of a difference: `abs(0)`, or `norm([0, 0, 0])`, and what it is."""
    name = row["op"].rpartition(".")[2]
    if said["status"] == "absent":
        return name
    inputs = ", ".join(_numbers(x) for x in said["inputs"])
    half = "" if said["dtype"] == "float32" else f" in {said['dtype']}"
    label = "" if row["elementwise"] else f" ({said['label']})"
    return f"{name}({inputs}){label}{half}"


def _numbers(x: Any, depth: int = 0) -> str:
    if not isinstance(x, list):
        return f"{x:g}"
    if depth == 0 and len(x) == 1 and not isinstance(x[0], list):
        return f"{x[0]:g}"
    if len(str(x)) > 80:
        return "..."
    return f"[{', '.join(_numbers(item, depth + 1) for item in x)}]"


def summary(chart: Chart) -> str:
    """One line: how much of what is right."""
    rows = len(chart["rows"])
    ops = len({row["op"] for row in chart["rows"]})
    wrong = [row for row in chart["rows"] if ours(row) not in ("=", MARKS["right"])]
    said = f"{count(ops, 'operation')} of keras.ops in {count(rows, 'row')}; "
    mine = sum(bool(row["status"].get("ours")) for row in chart["rows"])
    return said + (
        f"portable_losses.ops: {mine - len(wrong)} of {count(mine, 'row')} right"
    )


def is_ok(chart: Chart) -> bool:
    """Whether this package's own versions are right everywhere."""
    return all(ours(row) in ("=", MARKS["right"]) for row in chart["rows"])
