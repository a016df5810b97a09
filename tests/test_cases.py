"""Value and gradient of the first case of every loss, on the backend of this process.

The matrix, `nox -s parity`, checks them for every case: `pytest` alone still tries each
loss, also on a machine with one backend.
"""

import keras
import pytest

import portable_losses
from portable_losses.parity import autodiff
from portable_losses.parity.cases import families
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case

CASES = [case for cases in families().values() for case in cases]
# The first of a loss comes last, and stays.
FIRST = {case.loss: case for case in reversed(CASES)}
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


@pytest.mark.parametrize("case", FIRST.values(), ids=lambda case: case.id)
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
