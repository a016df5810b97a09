"""Inputs for a loss of this package, from its case in the catalogue; in a worker."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import portable_losses
from portable_losses.parity.case import Array, Case, Pair
from portable_losses.parity.examine.kinds import single
from portable_losses.parity.examine.sending import expected, sent
from portable_losses.parity.reference import expect, takes_frozen

COMMON = ("name", "reduction", "dtype")
SEEDS = 3
"""Number of drawn batches, as for every other kind."""


def targets(target: str, thing: Any) -> list[str]:
    """A class with arguments of its cases; empty for one of another package.

    One that takes logits or probabilities is checked with both.
    """
    chosen: dict[Any, Case] = {}
    for case in sorted(_cases(thing), key=lambda case: bool(case.config)):
        chosen.setdefault(case.config.get("from_logits", _default(thing)), case)
    spelled = []
    for case in chosen.values():
        arguments = ", ".join(f"{k}={v!r}" for k, v in case.config.items())
        spelled.append(f"{target}({arguments})" if arguments else target)
    return spelled


def _default(owner: Any) -> Any:
    """The default of `from_logits` of a class; None if it has no such argument."""
    argument = inspect.signature(owner).parameters.get("from_logits")
    return None if argument is None else argument.default


def case_of(loss: Any) -> Case | None:
    """The case of a loss with these arguments, or None."""
    wanted = _config(loss)
    for case in _cases(type(loss)):
        try:
            if _config(type(loss)(**case.config)) == wanted:
                return case
        except ValueError:
            continue
    return None


def like(subject: Any) -> Case | None:
    """The case of the loss with the most equal arguments, if it runs on those inputs.

    Its confidently wrong predictions are left out: for other arguments they may be
    right. Its reference is that of another loss. Differences of values on NumPy do not
    replace it, since they are wrong where a loss chooses its gradient, as at a tie. So
    only backends can be compared.
    """
    if isinstance(subject.loss, portable_losses.Sum):
        return None  # its cases say nothing of what other terms take
    config = _config(subject.loss)

    def equal(case: Case) -> int:
        return sum(config.get(name) == value for name, value in case.config.items())

    for case in sorted(_cases(type(subject.loss)), key=equal, reverse=True):
        fitting = _fitting(subject, case)
        if fitting is not None:
            return dataclasses.replace(case, edges=fitting, wrong=None)
    return None


def _fitting(subject: Any, case: Case) -> dict[str, Pair] | None:
    """The edges of a case where a loss is finite; None if its inputs do not fit."""

    def is_finite(pair: Pair) -> bool:
        return bool(np.isfinite(np.asarray(subject.items(*_whole(pair)))).all())

    try:
        if not is_finite(single(case.draw(np.random.default_rng(0), case.samples))):
            return None
        return {name: x for name, x in case.edges.items() if is_finite(single(x))}
    except (ValueError, TypeError, IndexError):
        return None


def meeting(loss: Any) -> dict[str, bool]:
    """What the cases of a class of this package say of its items; {} for others."""
    kinds = {case.kind for case in _cases(type(loss))}
    if not kinds - {"items"}:
        return {}
    return {"couples": True, "scalar": kinds == {"statistic"}}


def facts(case: Case) -> dict[str, Any]:
    """Inputs of a case in the form in which they are sent, and what they are."""
    drawn = {
        f"drawn {seed}": case.draw(np.random.default_rng(seed), case.samples)
        for seed in range(SEEDS)
    }
    edges = dict(case.edges)
    if case.wrong is not None:
        edges["wrong"] = case.wrong
    inputs = {name: _whole(pair) for name, pair in drawn.items()}
    samples = len(inputs["drawn 0"][1])
    for name, pair in edges.items():
        t, p = _whole(pair)
        if not (np.isfinite(t).all() and np.isfinite(p).all()):
            continue  # promised by this package only, so not part of the check
        if case.kind == "items":  # one shape, so that a backend compiles once
            t, p = (np.resize(x, (samples, *x.shape[1:])) for x in (t, p))
        if _is_finite(case, t, p):
            inputs[name] = t, p
    return {
        "inputs": sent({name: single(pair) for name, pair in inputs.items()}),
        "edges": [name for name in inputs if name not in drawn],
        "wrong": [name for name in inputs if name == "wrong"],
        "couples": case.kind != "items",
        "scalar": case.kind == "statistic",
    }


def _is_finite(case: Case, t: Array, p: Array) -> bool:
    """Whether the value there is finite, by the definition."""
    if case.inputs()[0] is None:
        t = None  # type: ignore[assignment]  # this loss has no targets
    assert case.reference is not None
    frozen = (p,) if takes_frozen(case.reference) else ()
    with np.errstate(all="ignore"):
        found = case.reference(t, np.asarray(p, "float64"), *frozen)
    items, kept = found if isinstance(found, tuple) else (found, True)
    return bool(np.isfinite(np.where(kept, items, 0.0)).all())


def reference(case: Case) -> Callable[[Any, Any], dict[str, Any]]:
    """A function for the value, items and derivatives by the case's definition."""
    assert case.reference is not None
    without_targets = case.inputs()[0] is None

    def at(t: Any, p: Any) -> dict[str, Any]:
        t = np.asarray(t)
        t = t if t.dtype.kind in "iu" else t.astype("float64")
        found = expect(
            case.reference,  # type: ignore[arg-type]  # it has one, see above
            None if without_targets else t,
            np.asarray(p, "float64"),
            sampled=case.sampled_gradient,
        )
        return expected(found)

    return at


def _whole(pair: Pair) -> tuple[Array, Array]:
    """A pair with targets: zeros for a loss that has no targets."""
    t, p = pair
    p = np.asarray(p)
    return np.zeros(len(p)) if t is None else np.asarray(t), p


def is_of_package(owner: Any) -> bool:
    """Whether it is a public class of this package."""
    name = owner.__name__ if inspect.isclass(owner) else ""
    return bool(name) and getattr(portable_losses, name, None) is owner


def _cases(owner: Any) -> list[Case]:
    if not is_of_package(owner):
        return []
    from portable_losses.parity.cases import families

    cases = [case for found in families().values() for case in found]
    return [c for c in cases if c.loss == owner.__name__ and c.reference is not None]


def _config(loss: keras.losses.Loss) -> dict[str, Any]:
    config = loss.get_config().items()
    return {name: value for name, value in config if name not in COMMON}


# --- Keras's own losses ---------------------------------------------------------------


def counterpart(loss: Any) -> Any:
    """The drop-in of this package for a loss of Keras; None for others."""
    from portable_losses.parity.cases import DROP_INS

    owner: Any = type(loss)
    if owner.__name__ not in DROP_INS or not owner.__module__.startswith("keras."):
        return None
    ours = getattr(portable_losses, owner.__name__)
    given = getattr(loss, "_fn_kwargs", {})
    if not given.keys() <= inspect.signature(ours).parameters.keys():
        return None
    try:
        return ours(**given, reduction=loss.reduction)
    except (ValueError, TypeError):
        return None  # the loss of Keras takes arguments that ours rejects
