"""One value and one gradient of every case, on the backend of this process.

The whole matrix is `nox -s parity`; this is what is quick enough for every backend's
unit tests.
"""

import keras
import pytest

import portable_losses
from portable_losses.parity import autodiff
from portable_losses.parity.cases import families
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case

CASES = [case for cases in families().values() for case in cases]
LOSSES = {
    name
    for name in portable_losses.__all__
    if isinstance(getattr(portable_losses, name), type)
    and issubclass(getattr(portable_losses, name), portable_losses.Loss)
} - {"Loss"}


def test_every_loss_has_a_case():
    assert {case.loss for case in CASES} == LOSSES


def test_ids_are_unique():
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_value_and_gradient(case):
    lane = Lane(
        case,
        getattr(portable_losses, case.loss),
        autodiff.load(keras.config.backend()),
    )
    outcomes = run_case(lane, ("value", "gradient"))
    assert {name: o["message"] for name, o in outcomes.items()} == {
        "value": "",
        "gradient": "",
    }
