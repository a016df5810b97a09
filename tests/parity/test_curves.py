"""What a lane measures for the report: curves, and the input of a failure."""

import dataclasses

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.parity import autodiff, case_curve
from portable_losses.parity.case import Case
from portable_losses.parity.cases import families
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case
from portable_losses.parity.originals import find_original

ON = autodiff.load(keras.config.backend())


def case_of(name):
    return next(c for cases in families().values() for c in cases if c.id == name)


def lane_of(case, **others):
    return Lane(case, getattr(portable_losses, case.loss), ON, **others)


def numbers(line, which):
    return np.array([float(x) for x in line[which]])


def test_the_curve_of_a_loss_is_that_of_its_reference():
    case = case_of("Huber[delta=0.3]")
    found = case_curve.measure(lane_of(case, original=find_original(case)))
    t, p = lane_of(case).inputs("drawn")
    at, points = tuple(found["at"]), found["points"]
    assert found["here"] == p[at] and len(points) in (42, 43)
    np.testing.assert_array_less(0, np.diff(points))
    for i in (0, len(points) // 2, -1):
        q = p.astype("float64")
        q[at] = points[i]
        items = np.asarray(case.reference(t, q))
        assert numbers(found["ours"], "value")[i] == pytest.approx(items.mean(), 1e-5)
    # Keras's own, with the same arguments, beside it.
    for which in ("value", "gradient"):
        ours, theirs = (numbers(found[whose], which) for whose in ("ours", "keras"))
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_keras_is_left_out_where_it_lacks_an_argument():
    case = dataclasses.replace(
        case_of("Huber[delta=0.3]"), config={"delta": 0.3, "nonsense": 1}
    )

    def make(nonsense, **arguments):
        return portable_losses.Huber(**arguments)

    lane = Lane(case, make, ON, original=lambda: keras.losses.Huber)
    found = case_curve.measure(lane)
    assert "keras" not in found and "nonsense" in found["keras_rejects"]
    assert "ours" in found
    # What is no drop-in has nothing beside it, and says nothing of it.
    alone = case_curve.measure(lane_of(case_of("Huber")))
    assert "keras" not in alone and "keras_rejects" not in alone


def test_a_check_that_fails_has_the_input_that_shows_it():
    case = Case(
        loss="MeanSquaredError",
        draw=lambda rng, n: (rng.normal(size=(n, 2)), rng.normal(size=(n, 2))),
        reference=lambda t, p: 1 + np.square(t - p).mean(-1),
        edges={"match": (np.ones((1, 2)), np.ones((1, 2)))},
    )
    lane = lane_of(case)
    outcomes = run_case(lane, ("value", "gradient", "edges", "weights", "live"))
    assert outcomes["gradient"]["status"] == "passed"
    assert "input" not in outcomes["gradient"] and "input" not in outcomes["live"]
    t, p = lane.inputs("drawn")
    found = executed(outcomes["value"]["input"])
    np.testing.assert_array_equal(found["y_true"], t)
    np.testing.assert_array_equal(found["y_pred"], p)
    assert (executed(outcomes["edges"]["input"])["y_pred"] == 1).all()
    assert executed(outcomes["weights"]["input"])["sample_weight"].shape == (len(p),)


def executed(code):
    found = {}
    exec(code, found)
    return found


def test_a_mode_that_nobody_asked_for_is_not_said_to_be(monkeypatch):
    case = case_of("Huber")
    monkeypatch.setattr(ON, "MODES", ("eager", "jit"))
    outcome = run_case(lane_of(case, modes=("eager",)), ("modes",))["modes"]
    assert outcome["status"] == "not_applicable"
    said = "not compared: eager is the only mode that was asked for"
    assert outcome["message"] == said
    monkeypatch.setattr(ON, "MODES", ("eager",))
    monkeypatch.setattr(ON, "ON_REQUEST", ("compile",))
    message = run_case(lane_of(case, modes=("eager",)), ("modes",))["modes"]["message"]
    assert message == (
        f"not compared: {ON.NAME} ran in one mode, eager (--mode compiled runs compile)"
    )
