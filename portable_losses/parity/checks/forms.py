"""Shapes, dtypes, class indices, config, and the loss of Keras."""

import json

import keras
import numpy as np

from portable_losses.parity import against_keras, places
from portable_losses.parity.checks._outcomes import (
    Mismatch,
    NotApplicable,
)
from portable_losses.parity.lane import Lane


def shapes(lane: Lane) -> None:
    """Targets that do not fit are rejected, never broadcast."""
    t, p = lane.inputs("drawn")
    if t is None:
        raise NotApplicable("the loss has no targets")
    misfits = {"one target for all samples": t[:1]}
    if t.shape == p.shape and p.shape[-1] > 1 and p.ndim > 1:
        misfits["one column for all columns"] = t[..., :1]
    for name, s in misfits.items():
        try:
            lane.value(s, p)
        except (ValueError, TypeError):
            continue
        raise Mismatch(
            f"{name}: y_true of shape {s.shape} and y_pred of shape {p.shape} pass"
        )


def dtypes(lane: Lane) -> None:
    """The result has the dtype of the loss; for float16 it is float32."""
    t, p = lane.inputs("drawn")
    plain = lane.value(t, p)
    for dtype, wanted in (("bfloat16", "bfloat16"), ("float16", "float32")):
        result = lane.value(t, p, dtype=dtype)
        if result.dtype != wanted:
            raise Mismatch(f'dtype="{dtype}" returns {result.dtype}, not {wanted}')
        slack = lane.tolerance(dtype).value
        lane.near(f'dtype="{dtype}"', result.value, float(plain.value), slack=slack)


def exact_targets(lane: Lane) -> None:
    """Integer targets are exact whatever the loss's dtype."""
    if lane.case.exact is None:
        raise NotApplicable("the case names no targets that could be rounded")
    t, p = lane.inputs("exact")
    wanted = lane.expected("exact").value
    for dtype in ("float32", "bfloat16", "float16"):
        slack = lane.tolerance(dtype).value
        try:
            result = lane.value(t, p, dtype=dtype)
        except Exception as error:
            raise Mismatch(
                f'dtype="{dtype}": {type(error).__name__}: {error}'
            ) from error
        lane.near(f'dtype="{dtype}"', result.value, wanted, slack=slack)


def class_ids(lane: Lane) -> None:
    """A class index out of range raises or gives NaN, never a number."""
    if lane.case.classes is None:
        raise NotApplicable("targets are not class indices")
    t, p = lane.inputs("drawn")
    for bad in (lane.case.classes, -1):
        s = t.copy()
        s[0] = bad
        for mode in (lane.modes[0], *lane.compared):
            try:
                got = float(lane.run(s, p, mode=mode).value)
            except Exception:
                continue
            if not np.isnan(got):
                raise Mismatch(f"class index {bad} gives the value {got:.6g} ({mode})")


def config(lane: Lane) -> None:
    """The loss restored from its JSON config behaves the same."""
    t, p = lane.inputs("drawn")
    for dtype in ("float32", "bfloat16"):
        loss = lane.make(dtype=dtype)
        text = json.dumps(keras.saving.serialize_keras_object(loss))
        back = keras.saving.deserialize_keras_object(json.loads(text))
        before, after = lane.value_of(loss, t, p), lane.value_of(back, t, p)
        if before.dtype != after.dtype:
            raise Mismatch(f"comes back with dtype {after.dtype}, not {before.dtype}")
        if not np.array_equal(before.value, after.value, equal_nan=True):
            raise Mismatch(
                f"comes back as {float(after.value):.6g}, not {float(before.value):.6g}"
            )


def drop_in(lane: Lane) -> str | None:
    """Arguments, name and values equal those of Keras's loss, but for its known faults.

    Returns the faults that show. A listed fault that does not show fails the check.
    """
    if lane.original is None:
        raise NotApplicable("the loss stands in for none of Keras's")
    found = against_keras.compare(lane)
    known = places.expected(lane, found.places)
    declared = {place for at in known.values() for place in at}
    wrong = [f"{p}: {how}" for p, how in found.differences.items() if p not in declared]
    for fault, at in known.items():
        hidden = sorted(map(str, at - set(found.differences)))
        if hidden:
            wrong.append(f"{hidden[0]}: no difference, where it is known: {fault}")
    if wrong:
        for place in found.differences:
            if place not in declared and place.of_values:
                lane.note(*lane.inputs(place.at))
                break
        more = [f"and {len(wrong) - 3} more"] if len(wrong) > 3 else []
        raise Mismatch("\n".join([*wrong[:3], *more]))
    return "; ".join(map(str, known))
