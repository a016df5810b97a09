"""The table of the backends: what a run of the harness found on each of them.

    make_docs.py --results build/parity

keeps the summary of each backend of the run in docs/backends/, so that a run on one
backend changes one line of the table, and no number is typed.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

from source import PACKAGE, parse

Summary = dict[str, Any]
WHOLE = 100
"""The catalogue has more losses than that, and no part of it has as many."""
HEADS = (
    "Backend",
    "Runs",
    "Checks passed",
    "Value error",
    "Gradient error",
    "Measured",
)


def summaries(results: dict[str, Any]) -> dict[str, Summary]:
    """What a run found on each of its backends, by name."""
    found = {}
    for item in results["environments"]:
        name = item["backend"]
        rows = [c["results"][name] for c in results["cases"] if name in c["results"]]
        statuses = Counter(
            outcome["status"] for row in rows for outcome in row["checks"].values()
        )
        fits = [h for h in results["histories"].values() if name in h["histories"]]
        loads = [r for r in results["reload"] if r["loaded_on"] == name]
        curves = [t for t in results["training"].values() if name in t["curves"]]
        found[name] = {
            "backend": name,
            "device": item["device"],
            "machine": results["summary"]["machine"],
            "date": results["summary"]["date"],
            "versions": item["versions"],
            "modes": item["modes"],
            "cases": len(rows),
            "checks": {k: statuses[k] for k in ("passed", "failed", "known")},
            "value_error": results["summary"]["max_value_error"].get(name),
            "gradient_error": results["summary"]["max_gradient_error"].get(name),
            "trained": len(curves) + len(fits),
            "loaded_from": sorted({r["saved_on"] for r in loads} - {name}),
        }
    return found


def is_whole(results: dict[str, Any]) -> bool:
    """Whether a run is one of the whole catalogue, and all of it passed."""
    return bool(results["summary"]["ok"]) and results["summary"]["losses"] > WHOLE


def keep(results: dict[str, Any], folder: Path) -> None:
    """Write the summary of each backend of a run.

    NumPy runs beside every other, at times on another Keras: its summary is that of a
    run on all backends that run by default, or of one on NumPy alone.
    """
    found = summaries(results)
    folder.mkdir(exist_ok=True)
    for name, summary in found.items():
        if name == "numpy" and 1 < len(found) < 4:
            continue
        if summary["checks"]["failed"] or summary["cases"] == 0:
            continue
        path = folder / f"{name}-{summary['device']}.json"
        path.write_text(json.dumps(summary, indent=1) + "\n")


def kept(folder: Path) -> list[Summary]:
    """The summaries that were kept, those with gradients first."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda s: (s["gradient_error"] is None, s["backend"]))


def table(found: list[Summary]) -> str:
    """The table in Markdown, a row a backend and device."""
    if not found:
        return "No run of the whole catalogue is recorded yet.\n"
    lines = [f"| {' | '.join(HEADS)} |", "|:--|:--|--:|--:|--:|:--|"]
    for s in found:
        passed = f"{s['checks']['passed']:,}"
        if s["checks"]["known"]:
            passed += f" ({s['checks']['known']} known to differ)"
        cells = (
            f"{s['backend']} {s['versions'].get(s['backend'], '')}".strip(),
            runs(s),
            passed,
            error(s["value_error"]),
            error(s["gradient_error"]),
            f"{s['date']}, Keras {s['versions']['keras']}, {s['device']}, "
            f"{s['machine']}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def runs(summary: Summary) -> str:
    """What ran: values, gradients, models that were trained and exchanged."""
    words = ["values"]
    if summary["gradient_error"] is not None:
        words.append("gradients")
    if summary["trained"]:
        words.append("`fit`")
    if summary["loaded_from"]:
        words.append(f"models of {', '.join(summary['loaded_from'])}")
    return ", ".join(words)


def error(number: float | None) -> str:
    """An error as people write it; nothing where none was measured."""
    if number is None:
        return ""
    return f"{number:.1e}".replace("e-0", "e-")


# --- how each is installed ------------------------------------------------------------


def installs(root: Path) -> str:
    """A table of the adapters: how each is installed, and what can run there."""
    lines = ["| Backend | Install | Runs |", "|:--|:--|:--|"]
    for path in sorted((root / PACKAGE / "parity" / "autodiff").glob("[!_]*.py")):
        facts = constants(path)
        runs = "values" if facts.get("GRADIENTS") is False else "values, gradients"
        command = facts["INSTALL"]["cpu"]
        devices = [d for d in facts["INSTALL"] if d != "cpu"]
        also = f"; on {', '.join(devices)}, too" if devices else ""
        lines.append(f"| `{path.stem}` | `{command}` | {runs}{also} |")
    return "\n".join(lines) + "\n"


def constants(path: Path) -> dict[str, Any]:
    """The constants of an adapter, which are literals."""
    found = {}
    for node in parse(path).body:
        target = getattr(node, "target", None) or getattr(node, "targets", [None])[0]
        if isinstance(target, ast.Name) and target.id.isupper():
            found[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]  # an assignment
    return found


def modules_of_backends(root: Path) -> set[str]:
    """What the backends that have an adapter are imported as, NumPy left out."""
    found = {"jaxlib"}
    for path in (root / PACKAGE / "parity" / "autodiff").glob("[!_]*.py"):
        found |= set(constants(path).get("MODULES", (path.stem,)))
    return found - {"numpy"}
