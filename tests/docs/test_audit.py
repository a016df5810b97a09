"""docs/audit.md: its numbers are those of this backend, and float64 is that of NumPy.

The losses are written once more here, from Keras's descriptions, in float64.
"""

import importlib

import audit
import audit_page
import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.parity.reference import expect

BACKEND = keras.config.backend()
KEPT = audit.kept()
FAULTS = [
    (target["target"], finding)
    for target in KEPT["targets"]
    for finding in audit_page.faults(target)
    if finding["input"]
]
NAMES = [f"{audit_page.short(target)}-{finding['check']}" for target, finding in FAULTS]
SAME_KERAS = keras.__version__ == KEPT["versions"]["keras"]


# --- the losses once more, in float64 -------------------------------------------------


def binary_focal_of_logits(t, x):
    p = 1.0 / (1.0 + np.exp(-x))
    right = t * p + (1.0 - t) * (1.0 - p)
    cost = np.logaddexp(0.0, x) - t * x
    return ((1.0 - right) ** 2.0 * cost).mean(-1)


def categorical_focal_of_logits(t, x):
    log_p = x - np.logaddexp.reduce(x, axis=-1, keepdims=True)
    return -(0.25 * (1.0 - np.exp(log_p)) ** 2.0 * t * log_p).sum(-1)


def generalized_crossentropy(t, p):
    chosen = np.take_along_axis(p, t[:, None], axis=-1)[:, 0]
    return (1.0 - np.abs(chosen) ** 0.5) / 0.5


def cosine(t, p):
    norms = np.linalg.norm(t, axis=-1) * np.linalg.norm(p, axis=-1)
    return -(t * p).sum(-1) / np.where(norms == 0.0, 1.0, norms)


def hinge(t, p):
    return np.maximum(0.0, 1.0 - (2.0 * t - 1.0) * p).mean(-1)


def categorical_hinge(t, p):
    wrong = ((1.0 - t) * p).max(-1)
    return np.maximum(0.0, 1.0 + wrong - (t * p).sum(-1))


def kl_divergence(t, p):
    t, p = np.clip(t, 1e-7, 1.0), np.clip(p, 1e-7, 1.0)
    return (t * np.log(t / p)).sum(-1)


def absolute(t, p):
    return np.abs(t - p).mean(-1)


def percentage(t, p):
    return 100.0 * (np.abs(t - p) / np.maximum(np.abs(t), 1e-7)).mean(-1)


FORMULAS = {
    "BinaryFocalCrossentropy(from_logits=True)": binary_focal_of_logits,
    "CategoricalFocalCrossentropy(from_logits=True)": categorical_focal_of_logits,
    "CategoricalGeneralizedCrossEntropy": generalized_crossentropy,
    "CategoricalHinge": categorical_hinge,
    "CosineSimilarity": cosine,
    "Hinge": hinge,
    "KLDivergence": kl_divergence,
    "MeanAbsoluteError": absolute,
    "MeanAbsolutePercentageError": percentage,
}


def pair(finding):
    names = {"np": np}
    exec(finding["input"], names)
    return names["y_true"], names["y_pred"]


def expected(target, finding):
    t, p = pair(finding)
    t = t.astype("float64") if t.dtype.kind == "f" else t
    return expect(FORMULAS[audit_page.short(target)], t, p)


def array(numbers):
    return np.asarray(numbers, dtype="float64")


@pytest.mark.parametrize(("target", "finding"), FAULTS, ids=NAMES)
def test_float64_is_what_the_formula_has(target, finding):
    found = expected(target, finding)
    values = finding["ours"]["values"]
    np.testing.assert_allclose(values["float64"], found.value, rtol=1e-6, atol=1e-9)
    for backend in KEPT["backends"]:
        np.testing.assert_allclose(values[backend], found.value, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("target", "finding"), FAULTS, ids=NAMES)
def test_what_is_called_a_fault_is_one(target, finding):
    found = expected(target, finding)
    values = array([finding["values"][b] for b in KEPT["backends"]])
    gradients = array([finding["gradients"][b] for b in KEPT["backends"]])
    about = audit_page.cause(target, finding)
    if about == "finite":
        assert np.isfinite(found.value) and not np.isfinite(gradients).all()
    elif about == "clipped":
        # The formula costs more, and pulls; a backend with a fault does not.
        assert values.min() < 0.6 * found.value
        assert np.abs(gradients).min(axis=0).max() < 1e-6
        assert np.abs(found.gradient).max() > 0.1
    elif about == "choice":
        np.testing.assert_allclose(values, found.value, rtol=1e-5, atol=1e-7)
        spread = np.ptp(gradients, axis=0)
        assert (spread > 1e-3).any()
        # Where they disagree, each is a number between the one-sided derivatives.
        room = 1e-3 * np.maximum(1.0, np.abs(gradients).max(axis=0))
        inside = (gradients >= found.low - room) & (gradients <= found.high + room)
        assert inside[:, spread > 1e-3].all()
        assert (found.high - found.low)[spread > 1e-3].min() > 1e-3
    else:
        raise AssertionError(f"no formula says that {target} has this fault: {about}")


# --- on this backend ------------------------------------------------------------------


def close(found, wanted):
    found = keras.ops.convert_to_numpy(keras.ops.cast(found, "float32"))
    return np.allclose(found, array(wanted), rtol=1e-3, atol=1e-6, equal_nan=True)


def shown(module, target, finding):
    """Value and gradient, by the programs of the page."""
    names = {"keras": keras, "np": np, "portable_losses": portable_losses}
    exec(audit_page.GRADIENT, names)
    exec(audit_page.program(target, finding).replace("keras.losses", module), names)
    t, p = names["y_true"], names["y_pred"]
    return names["loss"](t, p), names["gradient"](names["loss"], t, p)


@pytest.mark.parametrize(("target", "finding"), FAULTS, ids=NAMES)
def test_the_page_has_the_numbers_of_this_backend(target, finding):
    ours = finding["ours"]
    value, gradient = shown("portable_losses", target, finding)
    assert close(value, ours["values"][BACKEND])
    assert close(gradient, ours["gradients"][BACKEND])
    if not SAME_KERAS:
        return  # what is new there is told by the nightly session
    value, gradient = shown("keras.losses", target, finding)
    assert close(value, finding["values"][BACKEND])
    wanted = array(finding["gradients"][BACKEND])
    if np.isfinite(wanted).all():
        assert close(gradient, wanted)
    else:  # which elements are NaN, and which infinite, is a matter of the mode
        assert not np.isfinite(keras.ops.convert_to_numpy(gradient)).all()


@pytest.mark.parametrize("module", KEPT["rounded"]["values"])
def test_class_257_costs_what_the_page_says(module):
    loss = eval(KEPT["rounded"]["loss"], vars(importlib.import_module(module)))
    value = loss(*pair(KEPT["rounded"]))
    assert close(value, KEPT["rounded"]["values"][module][BACKEND])


def test_arguments_that_are_lost_are_lost():
    lost = [
        (audit_page.short(target["target"]), finding)
        for target in KEPT["targets"]
        for finding in audit_page.faults(target)
        if finding["check"] == "arguments"
    ]
    assert [name for name, _ in lost] == ["Huber"]
    (t, p), far = pair(FAULTS[0][1]), 9.0
    for owner in (keras.losses.Huber, portable_losses.Huber):
        before = owner(delta=0.1)
        after = owner.from_config(before.get_config())
        same = close(after(t, p + far), keras.ops.convert_to_numpy(before(t, p + far)))
        assert same == (owner is portable_losses.Huber) or not SAME_KERAS


def test_the_page_is_of_losses_that_keras_has():
    for target in KEPT["targets"]:
        name = audit_page.name_of(target)
        assert hasattr(keras.losses, name) and target["ours"] == name
    assert len(KEPT["targets"]) >= 25
