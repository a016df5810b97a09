"""Keras's losses and ours at the inputs that a check found, in live workers."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np

from portable_losses._adapters import facts, known
from portable_losses.parity.examine import base
from portable_losses.parity.examine.findings import plain
from portable_losses.parity.examine.kinds import KINDS
from portable_losses.parity.examine.sending import sent
from portable_losses.parity.examine.session import Options, Session
from portable_losses.parity.examine.showing import without_noise
from portable_losses.parity.found import machine

Facts = dict[str, Any]

MODULES = ("keras.losses", "portable_losses")
ROUNDED = 'SparseCategoricalCrossentropy(from_logits=True, dtype="bfloat16")'
CLASS_257 = """\
y_true = np.array([257], "int32")
y_pred = 20.0 * np.eye(260, dtype="float32")[[257]]"""
"""A class index that bfloat16 does not have, and a prediction that is right."""


def measured(check: Facts) -> Facts:
    """What is kept of a run of `portable-losses check keras.losses`."""
    backends = tuple(
        b for b in known() if facts(b).gradients and facts(b).default is not None
    )
    with Session(Options(backends)) as session:
        targets = [_target(session, target) for target in check["targets"]]
        rounded = {m: _values(session, f"{m}:{ROUNDED}") for m in MODULES}
        return plain(
            {
                "command": "portable-losses check keras.losses",
                "date": datetime.date.today().isoformat(),
                "machine": machine(),
                "device": "cpu",
                "backends": list(backends),
                "versions": session.versions(),
                "targets": targets,
                "rounded": {"loss": ROUNDED, "input": CLASS_257, "values": rounded},
            }
        )


def _target(session: Session, target: Facts) -> Facts:
    session.revive()
    loads = session.ask_all(session.lanes, "load", target=target["target"])
    loaded = [found["facts"] for found in loads.values() if "facts" in found]
    name = loaded[0]["stand_in"] if loaded else ""
    told = ("target", "also", "kind", "verdict")
    kept: Facts = {k: target[k] for k in told if k in target}
    findings = [
        {**finding, "line": _line(finding["line"])} for finding in target["findings"]
    ]
    if name:
        for finding in findings:
            if finding["rank"] == "fault":
                finding["ours"] = _ours(session, target["kind"], finding)
    conventions = _conventions(session, target["kind"], bool(name))
    return {**kept, "ours": name, "findings": findings, "conventions": conventions}


def _ours(session: Session, kind: str, finding: Facts) -> Facts:
    """Ours at the same input, in float32 on each backend and in float64."""
    if not finding["input"]:
        few = sent({"drawn 0": KINDS[kind].inputs()["drawn 0"]})
        saved = session.ask("numpy", "saving", inputs=few, stand_in=True)
        return {"lost": saved["lost"]}
    inputs = sent({"input": pair_of(finding["input"])})
    backends = session.options.backends
    theirs = session.ask_all(backends, "measure", inputs=inputs)
    for backend in backends:
        _require_same(finding, backend, theirs[backend]["input"])
    found = session.ask_all(backends, "measure", inputs=inputs, stand_in=True)
    wanted = session.ask("numpy", "reference", inputs=inputs, stand_in=True)["input"]
    values = {b: fact["input"]["value"] for b, fact in found.items()}
    gradients = {b: fact["input"]["gradient"] for b, fact in found.items()}
    values["float64"] = wanted["value"]
    sides = [without_noise(wanted[side]) for side in ("low", "high")]
    return {"values": values, "gradients": gradients, "sides": sides}


def _values(session: Session, target: str) -> Facts:
    """The value at class index 257 on each backend."""
    backends = session.options.backends
    session.ask_all(backends, "load", target=target)
    inputs = sent({"input": pair_of(CLASS_257)})
    found = session.ask_all(backends, "measure", inputs=inputs)
    return {b: fact["input"]["value"] for b, fact in found.items()}


def pair_of(code: str) -> tuple[Any, Any]:
    """The arrays of an input that can be pasted."""
    names: Facts = {"np": np}
    exec(code, names)
    return names["y_true"], names["y_pred"]


def _require_same(finding: Facts, backend: str, again: Facts) -> None:
    """Fail where the input that is printed does not show what was found."""
    for key, many in (("value", "values"), ("gradient", "gradients")):
        was = np.asarray(finding[many][backend], dtype="float64")
        now = np.asarray(again[key], dtype="float64")
        np.testing.assert_allclose(now, was, rtol=1e-3, atol=1e-6, err_msg=backend)


def _conventions(session: Session, kind: str, ours: bool) -> Facts:
    """What Keras's base class does for every loss, and what ours does."""
    found: Facts = {}
    if kind not in KINDS:
        return found
    inputs = sent({"drawn 0": KINDS[kind].inputs()["drawn 0"]})
    for whose in ("keras", "ours")[: 1 + ours]:
        stands_in = whose == "ours"
        steps = session.ask(
            "torch", "base", inputs=inputs, kind=kind, stand_in=stands_in
        )
        found[whose] = list(base.broken(steps).values())
        found["asked"] = sorted(n for n, fact in steps.items() if "error" not in fact)
    return found


def _line(line: str) -> str:
    """A place in Keras, without the folder where it is installed."""
    return re.sub(r"^.*?(?=keras/src/)", "", line)
