"""Frameworks that a loss calls directly, read from its code."""

import ast
from typing import Any

from portable_losses.parity.examine.findings import Finding

FRAMEWORKS = ("tensorflow", "torch", "jax", "tf_keras", "flax", "mxnet", "theano")


def finding(m: Any) -> Finding | None:
    """A finding if the code of the loss uses a framework of its own."""
    file = m.facts["source"].get("file")
    if not file:
        return None
    try:
        with open(file, encoding="utf-8") as text:
            whole = ast.parse(text.read())
        own = ast.parse(m.source)
    except (OSError, SyntaxError, ValueError):
        return None
    names = _imported([n for n in whole.body if _is_import(n)])
    names |= _imported([n for n in ast.walk(own) if _is_import(n)])
    used = {n.id for n in ast.walk(own) if isinstance(n, ast.Name)}
    used |= {  # `import tensorflow as tf` inside the function counts by itself
        name
        for name, of in _imported([n for n in ast.walk(own) if _is_import(n)]).items()
        if of
    }
    called = {name: names[name] for name in used if name in names}
    if not called:
        return None
    name, framework = next(iter(called.items()))
    example = _example(own, name)
    return Finding(
        "foreign",
        f"The loss calls {framework} directly, and runs on no other backend.",
        f"use keras.ops in place of {framework}"
        + (
            f": keras.ops.{example.rpartition('.')[2]} for {example}" if example else ""
        ),
        backends=tuple(b for b in m.backends if b != framework) or m.backends,
        line=m.line_with(f"{name}."),
    )


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _imported(nodes: list[Any]) -> dict[str, str]:
    """The names that imports of frameworks bind, and the framework."""
    found = {}
    for node in nodes:
        module = getattr(node, "module", None)
        for alias in node.names:
            top = (module or alias.name).partition(".")[0]
            if top in FRAMEWORKS:
                bound = alias.asname or (alias.name if module else top)
                found[bound] = top
    return found


def _example(tree: ast.AST, name: str) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            text = ast.unparse(node.func)
            if text.partition(".")[0] == name:
                return text
    return ""
