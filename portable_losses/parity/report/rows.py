"""The rows of the page's matrix, and the details that each row opens."""

import shlex
from collections import Counter
from typing import Any

from markupsafe import Markup

from portable_losses.parity.page.curves import Curves, curves
from portable_losses.parity.page.words import KINDS, explained
from portable_losses.parity.report.digest import worst
from portable_losses.parity.report.dots import allowed
from portable_losses.parity.report.model import CaseRow, Results
from portable_losses.parity.report.numbers import brief

STATUSES = {"f": "failed", "k": "known", "p": "passed", "n": "not applicable"}
"""The letter of each status, and its words."""
SIGNS = {"p": "", "f": "×", "k": "~", "n": "·", "a": ""}
"""A sign for each color, for readers who do not see colors; `a`: no such check here."""
LETTERS = {"passed": "p", "failed": "f", "known": "k", "not_applicable": "n"}
ABSENT = "a"

Drawn = dict[str, dict[str, Any]]


def row(case: CaseRow, checks: list[str], names: list[str]) -> dict[str, Any]:
    """What the matrix shows of a case without opening it."""
    pairs = case["between"].values()
    return {
        "id": case["id"],
        # A long name is wrapped before its label, and not within a word.
        "name": Markup("<wbr>[").join(case["id"].split("[")),
        "family": case["family"],
        # Not if the arguments are the label already.
        "shown": "" if _label(case) == case.get("arguments") else case.get("arguments"),
        "value": worst(r["value_error"] for r in case["results"].values()),
        "gradient": worst(r["gradient_error"] for r in case["results"].values()),
        "between": worst(e for p in pairs for e in (p["value"], p["gradient"])),
        "apart": any(not pair["ok"] for pair in pairs),
        "cells": [_cell(case, check, names) for check in checks],
        **_ended(case),
    }


def pictures(results: Results, drawn: Drawn) -> dict[str, Curves]:
    """The curves of each case that has some, by its id."""
    found = {}
    for case in results["cases"]:
        measured = {b: each for b, each in drawn.get(case["id"], {}).items() if each}
        picture = curves(case["id"], measured, ours="ours")
        if picture is not None:
            found[case["id"]] = picture
    return found


def content(
    results: Results,
    checks: list[str],
    names: list[str],
    found: dict[str, Curves],
    drawn: Drawn,
) -> dict[str, Any]:
    """The data for the script of the page: cases, curves and texts."""
    limits = allowed(results) if results["environments"] else None
    return {
        "backends": names,
        "checks": checks,
        "kinds": KINDS,
        "explained": {name: explained(name) for name in (*checks, "between")},
        "allowed": limits is not None,
        "cases": [
            _entry(results, case, checks, limits, drawn) for case in results["cases"]
        ],
        "curves": {id: picture.as_json() for id, picture in found.items()},
    }


def _entry(
    results: Results,
    case: CaseRow,
    checks: list[str],
    limits: tuple[float, float] | None,
    drawn: Drawn,
) -> dict[str, Any]:
    shown = row(case, [], [])
    scale = case.get("scale", 1.0)
    measured = drawn.get(case["id"], {})
    return {
        "id": case["id"],
        "family": case["family"],
        "kind": case["kind"],
        "arguments": case.get("arguments", ""),
        "scale": scale,
        "why": case.get("why", ""),
        "call": _call(results, case),
        "command": _command(results, case),
        "axis": _axis(measured),
        "uncurved": next((m["error"] for m in measured.values() if "error" in m), ""),
        "value": shown["value"],
        "gradient": shown["gradient"],
        "worst": shown["between"],
        "seconds": sum(r["seconds"] for r in case["results"].values()),
        "passed": shown["passed"],
        "failed": shown["failed"],
        "known": shown["known"],
        "allowed": [brief(x * scale) for x in limits or ()],
        "results": {
            backend: {
                "shown": [
                    brief(result["value_error"]),
                    brief(result["gradient_error"]),
                ],
                "seconds": round(result["seconds"], 2),
                "ended": "".join(
                    LETTERS[result["checks"][check]["status"]]
                    if check in result["checks"]
                    else ABSENT
                    for check in checks
                ),
                "said": {
                    name: outcome["message"]
                    for name, outcome in result["checks"].items()
                    if outcome["message"]
                },
                "faults": {
                    name: {
                        "message": outcome["message"],
                        "input": outcome.get("input", ""),
                    }
                    for name, outcome in result["checks"].items()
                    if outcome["status"] == "failed"
                },
            }
            for backend, result in case["results"].items()
        },
        "between": {
            name: {
                "shown": [brief(pair["value"]), brief(pair["gradient"])],
                "ok": pair["ok"],
                "message": pair["message"],
            }
            for name, pair in case["between"].items()
        },
    }


def _ended(case: CaseRow) -> dict[str, int]:
    statuses = Counter(
        outcome["status"]
        for result in case["results"].values()
        for outcome in result["checks"].values()
    )
    apart = sum(not pair["ok"] for pair in case["between"].values())
    return {
        "passed": statuses["passed"],
        "known": statuses["known"],
        "failed": statuses["failed"] + apart,
    }


def _cell(case: CaseRow, check: str, names: list[str]) -> Markup:
    """A square per backend."""
    letters = []
    for name in names:
        checks = case["results"].get(name, {"checks": {}})["checks"]
        letters.append(LETTERS[checks[check]["status"]] if check in checks else ABSENT)
    return Markup("").join(Markup(f'<i class="s {x}">{SIGNS[x]}</i>') for x in letters)


def _label(case: CaseRow) -> str:
    return case["id"].removeprefix(case["loss"]).strip("[]")


def _call(results: Results, case: CaseRow) -> str:
    asked = results.get("asked")
    module = asked["module"] if asked else "portable_losses"
    return f"{module}.{case['loss']}({case.get('arguments', '')})"


def _command(results: Results, case: CaseRow) -> str:
    """The command that checks one loss again, as the run did."""
    asked = results.get("asked")
    words = shlex.split(asked["command"]) if asked else []
    words = words or ["python", "-m", "portable_losses.parity"]
    if "--target" in words:
        return shlex.join(words)
    for option in ("--family", "--loss"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    return shlex.join([*words, "--loss", case["loss"]])


def _axis(measured: dict[str, Any]) -> str:
    """Which number varies in the curves of a case."""
    at = next((m["at"] for m in measured.values() if "at" in m), None)
    if at is None:
        return ""
    where = ", ".join(map(str, at))
    return (
        f"Only y_pred[{where}], one number of the predictions, varies; the others have "
        "their drawn values. The broad line is the reference in float64."
    )
