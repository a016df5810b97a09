"""docs/audit.md, rendered from what is kept of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

TEMPLATE = Path(__file__).with_name("audit.md.jinja")

Facts = dict[str, Any]

CAUSES = {
    "finite": (
        "Values or gradients that are NaN or infinite",
        "One sample with such an input makes every weight of a model NaN in one step, "
        "also where the derivative of the formula itself is infinite.",
    ),
    "clipped": (
        "Logits that are clipped on the way",
        "The loss goes from logits to probabilities, clips these to [1e-7, 1 - 1e-7], "
        "and takes the logarithm. A confident mistake then costs 16 at most, and its "
        "gradient is 0, or nearly: training cannot correct it. TensorFlow recovers "
        "the logits of a sigmoid, and the other backends do not.",
    ),
    "values": (
        "Values that differ",
        "The value is not the same on each backend, or not that of the formula.",
    ),
    "choice": (
        "Gradients at a non-differentiable point that depend on the backend",
        "At such a point the derivative from the left and the one from the right "
        "differ, and any number between them is a subgradient. A backend alone is not "
        "wrong. But the same model, weights and data train differently after a change "
        "of the backend, and targets that are matched exactly, such as 0, are common.",
    ),
    "dead": (
        "Confident mistakes without a gradient",
        "Training cannot correct a prediction that has no gradient.",
    ),
    "kept": (
        "Arguments that are lost on saving",
        "`load_model` makes the loss again from its config: what the config lacks has "
        "its default again, without an error.",
    ),
    "other": ("Other faults", "Each is described by itself."),
}
"""Headings of the page in order, and what follows from the fault."""


GRADIENT = """\
def gradient(loss, y_true, y_pred):
    backend = keras.config.backend()
    if backend == "jax":
        import jax

        return jax.grad(lambda p: loss(y_true, p))(y_pred)
    if backend == "torch":
        import torch

        p = torch.tensor(y_pred, requires_grad=True)
        loss(y_true, p).backward()
        return p.grad
    import tensorflow as tf

    p = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(p)
        value = loss(y_true, p)
    return tape.gradient(value, p)
"""
"""What the page has for its reader, and a test runs."""


def cause(target: str, finding: Facts) -> str:
    """The heading that a fault stands under."""
    check, logits = finding["check"], "from_logits=True" in target
    if check == "finite":
        return "finite"
    if check in ("value", "dead") and logits:
        return "clipped"
    if check == "value" or "The value" in finding["message"]:
        return "values"
    if check in ("backends", "gradient"):
        return "choice"
    if check in ("arguments", "saved"):
        return "kept"
    return "dead" if check == "dead" else "other"


def short(target: str) -> str:
    """A loss without its module."""
    return target.rpartition(":")[2] if "(" not in target else target.split(":", 1)[1]


def number(x: Any, digits: int = 6) -> str:
    """A number for people; JSON has infinities and NaN as strings."""
    if isinstance(x, str):
        return x
    text = f"{float(x):.{digits}g}"
    return "0" if text == "-0" else text


def flat(x: Any) -> list[Any]:
    """The numbers of a nested list."""
    return [v for y in x for v in flat(y)] if isinstance(x, list) else [x]


def numbers(x: Any, most: int = 8) -> str:
    """Numbers of an array in a cell."""
    shown = [number(v, 5) for v in flat(x)]
    more = f", ... ({len(shown)})" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def between(sides: Any, most: int = 8) -> str:
    """Derivatives: one number where that from the left is that from the right."""
    low, high = (flat(side) for side in sides)
    shown = []
    for a, b in zip(low, high, strict=True):
        one = abs(float(a) - float(b)) <= 1e-3 * max(abs(float(a)), abs(float(b)))
        shown.append(number(a, 5) if one else f"{number(a, 5)} to {number(b, 5)}")
    more = f", ... ({len(shown)})" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def page(found: Facts) -> str:
    """The page."""
    targets = found["targets"]
    faulty = [t for t in targets if t["verdict"] == "fault"]
    sections: dict[str, list[tuple[Facts, Facts]]] = {key: [] for key in CAUSES}
    for target in faulty:
        for finding in faults(target):
            sections[cause(target["target"], finding)].append((target, finding))
    losses = {name_of(t) for t in targets}
    environment = jinja2.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "short": short,
        "number": number,
        "numbers": numbers,
        "between": between,
        "columns": columns,
        "faults": faults,
        "anchor": anchor,
        "program": program,
    }
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        found=found,
        targets=targets,
        losses=losses,
        faulty={name_of(t) for t in faulty},
        unchecked=[t for t in targets if t["verdict"] == "unchecked"],
        sections={k: v for k, v in sections.items() if v},
        causes=CAUSES,
        conventions=conventions(targets),
        cause=cause,
        gradient=GRADIENT,
    )


def name_of(target: Facts) -> str:
    """The class of a target: with other arguments it is the same loss."""
    return short(target["target"]).partition("(")[0]


def faults(target: Facts) -> list[Facts]:
    """The faults among the findings of a target."""
    return [f for f in target["findings"] if f["rank"] == "fault"]


def anchor(title: str) -> str:
    """What a heading is linked by."""
    return title.lower().replace(" ", "-")


def program(target: str, finding: Facts) -> str:
    """A program that shows a fault, which can be pasted and run on any backend."""
    made = short(target)
    call = made if made.endswith(")") else f"{made}()"
    return f"loss = keras.losses.{call}\n{finding['input']}"


def columns(finding: Facts, backend: str) -> str:
    """The cells of a backend: Keras's value and gradient, and ours."""
    both = (finding, finding.get("ours", {}))
    return " | ".join(
        cell
        for of in both
        for cell in (
            (number(of["values"][backend]), numbers(of["gradients"][backend]))
            if "values" in of
            else ("", "")
        )
    )


def conventions(targets: list[Facts]) -> list[tuple[str, int, int, int]]:
    """What the base class does: in words, and how many of Keras's losses, and ours."""
    rows: dict[str, list[int]] = {}
    asked = [t for t in targets if t.get("conventions")]
    for target in asked:
        for i, whose in enumerate(("keras", "ours")):
            for words in target["conventions"].get(whose, []):
                said = "y_true of another shape is broadcast" * words.startswith(
                    "y_true"
                )
                rows.setdefault(said or words, [0, 0])[i] += 1
    compared = sum("ours" in t["conventions"] for t in asked)
    return [(words, theirs, ours, compared) for words, (theirs, ours) in rows.items()]
