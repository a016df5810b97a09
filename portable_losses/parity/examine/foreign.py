"""Frameworks that a loss calls directly, read from its code."""

import ast
import linecache
from collections.abc import Collection
from typing import Any

from portable_losses.parity.examine.findings import Finding

FRAMEWORKS = ("tensorflow", "torch", "jax", "tf_keras", "flax", "mxnet", "theano")


def of(facts: dict[str, Any], backends: tuple[str, ...] = ()) -> Finding | None:
    """A finding if the code of the loss calls a framework directly."""
    source = facts["source"]
    file = source.get("file")
    if not file:
        return None
    try:
        with open(file, encoding="utf-8") as text:
            whole = ast.parse(text.read())
        own = ast.parse(source["text"])
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
        + _instead(example, facts.get("ops", ())),
        backends=tuple(b for b in backends if b != framework) or backends,
        line=_line(source, f"{name}."),
    )


def called(items: dict[str, Any], ops: Collection[str] = ()) -> Finding | None:
    """A finding if a helper of the user called a framework while the loss ran.

    Args:
        items: what `call` returned, by backend and input.
        ops: the names of `keras.ops`.
    """
    for backend, by_input in items.items():
        for fact in by_input.values():
            call = fact.get("called") if isinstance(fact, dict) else None
            if not call:
                continue
            framework, name = call["framework"], call["name"]
            text = linecache.getline(call["file"], call["line"]).strip()
            return Finding(
                "foreign",
                f"The loss calls {framework} directly, on tensors: on another backend, "
                "or in compiled code, it does not run.",
                f"use keras.ops in place of {framework}" + _instead(name, ops),
                backends=(backend,),
                line=f"{call['file']}:{call['line']}: {text}",
            )
    return None


_NAMES = {
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_logsumexp": "logsumexp",
    "reduce_any": "any",
    "reduce_all": "all",
    "clip_by_value": "clip",
    "clamp": "clip",
    "pow": "power",
    "cat": "concatenate",
    "concat": "concatenate",
    "gather": "take",
    "logsigmoid": "log_sigmoid",
    "mm": "matmul",
    "bmm": "matmul",
    "binary_cross_entropy_with_logits": "binary_crossentropy",
    "sigmoid_cross_entropy_with_logits": "binary_crossentropy",
    "cross_entropy": "sparse_categorical_crossentropy",
    "softmax_cross_entropy_with_logits": "categorical_crossentropy",
}
"""The names that functions of the frameworks have in `keras.ops`."""


def _instead(example: str, ops: Collection[str]) -> str:
    """The function of `keras.ops` for one of a framework, if there is one."""
    name = example.rpartition(".")[2]
    name = _NAMES.get(name, name)
    return f": keras.ops.{name} for {example}" if name in ops else ""


def _line(source: dict[str, Any], word: str) -> str:
    for number, text in source["lines"]:
        if word in text:
            return f"{source['file']}:{number}: {text.strip()}"
    return str(source["file"])


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _imported(nodes: list[Any]) -> dict[str, str]:
    """The names that imports bind to a framework, each with the framework."""
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
