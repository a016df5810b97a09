"""The page about many accelerators says what XLA does."""

import copy
import dataclasses

import keras
import pytest
import wide_machines
from wide_machines import LOSSES, Sizes

SIZES = Sizes(4, 64, 32, 1024, 16)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="XLA's devices are JAX's")
def test_four_devices_exchange_and_hold_what_is_said() -> None:
    found = wide_machines.measured(SIZES)
    assert set(found) == {loss.function for loss in LOSSES}
    assert wide_machines.differs(SIZES, found) == []

    # A second gather of the embeddings, as of a loop that gathers, would be noticed.
    twice = copy.deepcopy(found)
    twice["clip"]["exchanged"]["all-gather"] *= 2
    (said,) = wide_machines.differs(SIZES, twice)
    assert said.startswith("CLIP, InfoNCE in chunks on 4 devices: ")
    assert "bytes received, not 73,728" in said


def test_a_ring_of_one_receives_nothing() -> None:
    alone = dataclasses.replace(SIZES, n=1)
    assert [loss.received(alone) for loss in LOSSES] == [0.0] * len(LOSSES)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1234, "1.23 kB"),
        (6.44e9, "6.44 GB"),
        (3e12, "3 TB"),
    ],
)
def test_bytes_are_written_for_people(count: float, said: str) -> None:
    assert wide_machines.in_bytes(count) == said
