"""The page of the audit of Keras's own losses, and what changed since it was written.

    audit.py keep CHECK.json      measure ours beside what `portable-losses check
                                  keras.losses --json CHECK.json` found, and keep both
                                  in docs/audit/keras.json
    audit.py compare CHECK.json   print what another Keras changes: fixed, new, the same

`ci/make_docs.py` writes docs/audit.md from what is kept, and needs no backend for it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from audit_page import page as page
from audit_page import short

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "docs" / "audit" / "keras.json"

Facts = dict[str, Any]


def kept() -> Facts:
    """What the last run found."""
    found: Facts = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


# --- what another Keras changes -------------------------------------------------------


def faults_of(found: Facts) -> dict[str, dict[str, str] | None]:
    """The faults of each loss by check; None where it was not checked.

    Args:
        found: what is kept, or what `check --json` writes.
    """
    losses: dict[str, dict[str, str] | None] = {}
    for target in found["targets"]:
        findings = target["findings"]
        faults = {f["check"]: f["message"] for f in findings if f["rank"] == "fault"}
        unchecked = target["verdict"] == "unchecked"
        losses[short(target["target"])] = None if unchecked else faults
    return losses


def changes(before: Facts, after: Facts) -> dict[str, list[str]]:
    """What was fixed, what is new, what stayed, and what cannot be compared."""
    old, new = faults_of(before), faults_of(after)
    found: dict[str, list[str]] = {
        "fixed": [],
        "new": [],
        "the same": [],
        "not compared": [],
    }
    for loss in dict.fromkeys((*old, *new)):
        mine, theirs = old.get(loss), new.get(loss)
        if loss not in new:
            found["not compared"].append(f"{loss}: not in this Keras")
            continue
        if theirs is None:
            found["not compared"].append(f"{loss}: could not be checked")
            continue
        added = "" if loss in old else " (a loss that was not there before)"
        for check, message in theirs.items():
            state = "the same" if mine and check in mine else "new"
            found[state].append(f"{loss}: {check}: {message}{added}")
        for check, message in (mine or {}).items():
            if check not in theirs:
                found["fixed"].append(f"{loss}: {check}: {message}")
    return found


def compare(after: Facts, version: str) -> str:
    """The changes as text."""
    before = kept()
    lines = [f"Keras {version}, against {before['versions']['keras']} of docs/audit.md"]
    for state, said in changes(before, after).items():
        lines.append(f"\n{state}: {len(said)}")
        lines += [f"  {line}" for line in said]
    return "\n".join(lines)


# --- keeping a run --------------------------------------------------------------------


def keep(check: Facts) -> Facts:
    """What is kept of a run, with ours measured at the inputs that it found."""
    import audit_measure

    return audit_measure.measured(check)


def main() -> None:
    """Keep a run, or compare one with what is kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("do", choices=["keep", "compare"])
    parser.add_argument("check", type=Path, help="what `check --json` wrote")
    options = parser.parse_args()
    if not options.check.exists():
        sys.exit(f"{options.check}: the run wrote no findings (see what it said)")
    found = json.loads(options.check.read_text(encoding="utf-8"))
    if options.do == "compare":
        import keras

        print(compare(found, keras.__version__))
        return
    KEPT.parent.mkdir(exist_ok=True)
    text = json.dumps(keep(found), indent=1, allow_nan=False, ensure_ascii=False)
    KEPT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
