"""The comparison of drop-ins with Keras's own losses, and the list of its faults."""

import dataclasses
import inspect

import keras
import pytest
from mutants import DROP_IN, Absolute, HalfOfASum, OtherName

import portable_losses
from portable_losses.parity import against_keras, autodiff, originals, places
from portable_losses.parity.against_keras import compare
from portable_losses.parity.cases import DROP_INS, FAULTS, Fault, families, within
from portable_losses.parity.checks import CHECKS
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case
from portable_losses.parity.originals import find_original
from portable_losses.parity.places import Place

ON = autodiff.load(keras.config.backend())
CASES = [case for cases in families().values() for case in cases]
# What Keras cannot be asked: it has no such argument, or takes no number that moves.
OURS_ALONE = {
    "CTC[lengths]",
    "CategoricalGeneralizedCrossEntropy[dense]",
    "Huber[moving]",
    "KLDivergence[logits]",
}
SUMS = {Place(at, w, "sum") for at in ("drawn", "edge far") for w in (False, True)}


def lane(case, loss=None):
    loss = loss or getattr(portable_losses, case.loss)
    return Lane(case, loss, ON, original=find_original(case))


def outcome(case, loss):
    return run_case(lane(case, loss), ("drop_in",))["drop_in"]


def test_every_loss_of_keras_has_its_drop_in():
    theirs = {
        name
        for name, loss in vars(keras.losses).items()
        if inspect.isclass(loss) and issubclass(loss, keras.losses.Loss)
    }
    assert theirs - {"Loss"} <= set(DROP_INS)
    ours = set(DROP_INS) - theirs
    assert ours == (set() if keras_is(">=3.16") else {SPARSE_FOCAL})


SPARSE_FOCAL = "SparseCategoricalFocalCrossentropy"


def keras_is(versions):
    return within(keras.__version__, versions)


@pytest.mark.parametrize("name", DROP_INS)
def test_every_drop_in_is_compared_in_every_reduction(name):
    if name == SPARSE_FOCAL and keras_is("<3.16"):
        pytest.skip("Keras has this loss from 3.16 on")
    for case in (case for case in CASES if case.loss == name):
        shared = originals.shared(lane(case), getattr(keras.losses, name))
        assert (shared is None) == (case.id in OURS_ALONE), case.id
    assert any(c.loss == name and c.id not in OURS_ALONE for c in CASES)


def test_what_differs_is_named_with_its_place():
    found = compare(lane(DROP_IN, HalfOfASum))
    # At an exact match half of nothing is nothing.
    assert set(found.differences) == SUMS
    count = 3 + 3 * 2 * len(places.REDUCTIONS)
    assert len(set(found.places)) == len(found.places) == count
    assert str(min(SUMS, key=str)) == "drawn, reduction='sum'"
    name = compare(lane(DROP_IN, OtherName)).differences[Place("name")]
    assert name == "'huber', Keras's is 'huber_loss'"


def test_a_healthy_drop_in_passes_and_others_are_not_asked():
    assert outcome(DROP_IN, Absolute) == {"status": "passed", "message": ""}
    other = dataclasses.replace(DROP_IN, loss="Mine")
    assert outcome(other, Absolute)["status"] == "not_applicable"


HERE = ".".join(keras.__version__.split(".")[:2])
HALVES = Fault(
    loss="Huber",
    seen=keras.__version__,
    why="adds twice",
    at=("drawn", "edge far"),
    labels=("",),
)


def declare(monkeypatch, fault):
    monkeypatch.setattr(places, "FAULTS", (fault,))


def test_a_known_fault_must_show(monkeypatch):
    renamed = Fault(
        loss="Huber", seen=keras.__version__, why="has another name", at=("name",)
    )
    declare(monkeypatch, renamed)
    passed = {"status": "passed", "message": "Keras has another name"}
    assert outcome(DROP_IN, OtherName) == passed
    found = outcome(DROP_IN, Absolute)
    assert found["status"] == "failed"
    assert found["message"] == (
        "name: no difference, where it is known: Keras has another name"
    )


class OneMore(Absolute):
    """Has an argument that this Keras does not have."""

    def __init__(
        self,
        delta=1.0,
        reduction="sum_over_batch_size",
        factor=1.0,
        name="huber_loss",
        dtype=None,
    ):
        super().__init__(delta, reduction, name, dtype, factor=factor)


class OneMoreAndSwapped(Absolute):
    def __init__(
        self,
        delta=1.0,
        factor=1.0,
        name="huber_loss",
        reduction="sum_over_batch_size",
        dtype=None,
    ):
        super().__init__(delta, reduction, name, dtype, factor=factor)


def test_an_argument_that_keras_lacks_excuses_no_other_order(monkeypatch):
    at = ("arguments without factor",)
    declare(
        monkeypatch,
        Fault(loss="Huber", seen=keras.__version__, why="has no factor", at=at),
    )
    passed = {"status": "passed", "message": "Keras has no factor"}
    assert outcome(DROP_IN, OneMore) == passed
    found = outcome(DROP_IN, OneMoreAndSwapped)
    assert found["status"] == "failed"
    assert found["message"].startswith("arguments: (delta=1.0, factor=1.0, name=")
    assert outcome(DROP_IN, Absolute)["status"] == "failed"


@pytest.mark.parametrize(
    "of_others",
    [
        {"keras": f"<{HERE}", "seen": "3.0.0"},
        {"backends": ("none",)},
        {"loss": "Poisson"},
        {"labels": ("other",)},
    ],
    ids=str,
)
def test_a_fault_of_another_keras_backend_loss_or_case_excuses_nothing(
    monkeypatch, of_others
):
    fault = Fault(
        loss="Huber", seen=keras.__version__, why="has another name", at=("name",)
    )
    declare(monkeypatch, dataclasses.replace(fault, **of_others))
    assert outcome(DROP_IN, OtherName)["status"] == "failed"
    assert outcome(DROP_IN, Absolute)["status"] == "passed"


def test_a_fault_that_shows_in_part_is_a_fault_of_the_list(monkeypatch):
    declare(monkeypatch, HALVES)
    found = outcome(DROP_IN, HalfOfASum)
    assert found["status"] == "failed"
    assert "reduction='mean': no difference, where it is known" in found["message"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.loss} {f.at or f.checks}")
def test_every_fault_is_of_a_case(fault):
    assert fault.loss in DROP_INS and bool(fault.at) != bool(fault.checks)
    assert set(fault.checks) <= {*CHECKS, "between"}
    cases = [case for case in CASES if case.loss == fault.loss]
    assert set(fault.labels) <= {case.label for case in cases}
    inputs = {at for case in cases for at in against_keras.labels(lane(case))}
    assert {at for at in fault.at if Place(at).of_values} <= inputs


@pytest.mark.parametrize(
    ("version", "versions", "fits"),
    [
        ("3.15.1", "", True),
        ("3.15.1", "<3.16", True),
        ("3.16.0", "<3.16", False),
        ("3.16.0.dev2026102704", "<3.16", False),
        ("3.16.0.dev2026102704", ">=3.16", True),
        ("3.9.2", ">=3.16", False),
        ("3.17.0", ">=3.16,<3.18", True),
        ("3.18.0", ">=3.16,<3.18", False),
        ("4.0.0", ">=3.16", True),
    ],
)
def test_versions(version, versions, fits):
    assert within(version, versions) is fits


def test_a_range_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"Fault: `keras` must be bounds .*'~=3.15'"):
        within("3.15.1", "~=3.15")


def test_a_fault_is_printed_with_its_versions():
    fault = Fault(loss="Huber", seen=keras.__version__, why="adds twice")
    assert str(fault) == "Keras adds twice"
    assert (
        str(dataclasses.replace(fault, keras="<3.16", seen="3.15.1"))
        == "Keras <3.16 adds twice"
    )
