"""The marks of known differences say whose they are, where, and what shows them."""

import dataclasses

import pytest

from portable_losses.parity.autodiff import known as backends
from portable_losses.parity.cases import FAULTS, Fault, families, within
from portable_losses.parity.checks import CHECKS
from portable_losses.parity.known import OWNERS, Known

MARK = Known(
    check="value",
    kind="upstream",
    why="rounds",
    on={"mlx": "0.31.2"},
    shows="loss(0, 1) is 2",
)
MARKS = [
    (case.id, mark)
    for cases in families().values()
    for case in cases
    for mark in case.known
]


def test_a_mark_says_all_of_it_in_one_line():
    assert str(MARK) == "upstream: rounds (loss(0, 1) is 2; seen on mlx 0.31.2)"
    assert OWNERS == ("ours", "upstream", "never")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "theirs"}, "`kind` must be one of never, ours, upstream"),
        ({"why": " "}, "`why` must be said"),
        ({"shows": ""}, "`shows` must be said"),
        ({"check": ""}, "`check` must be said"),
        ({"on": {}}, "`on` must be backends with the version that was looked at"),
        ({"on": {"mlx": ""}}, "`on` must be backends with the version"),
        ({"link": "keras 12"}, "`link` must be an address"),
        ({"kind": "never", "link": "https://a.org"}, "`link` must be an address"),
    ],
    ids=str,
)
def test_a_mark_that_leaves_something_out_is_rejected(change, message):
    with pytest.raises(ValueError, match=f"Known: {message}"):
        dataclasses.replace(MARK, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "ours"}, '`kind` must be "never" or "upstream"'),
        ({"kind": "keras"}, "`kind` must be one of never, ours, upstream"),
        ({"keras": ">=3.16"}, "`seen` must be a version within '>=3.16'"),
        ({"link": "12"}, "`link` must be an address"),
    ],
    ids=str,
)
def test_a_fault_of_keras_that_leaves_something_out_is_rejected(change, message):
    fault = Fault(loss="Huber", seen="3.15.1", why="rounds", at=("drawn",))
    with pytest.raises(ValueError, match=f"Fault: {message}"):
        dataclasses.replace(fault, **change)


def test_every_mark_of_a_case_is_of_a_check_and_of_backends_that_are_known():
    for name, mark in MARKS:
        assert mark.check in CHECKS, name
        assert set(mark.on) <= set(backends()), name
    assert len({(n, m.check, b) for n, m in MARKS for b in m.on}) == sum(
        len(m.on) for _, m in MARKS
    )


def test_every_fault_of_keras_names_backends_that_are_known_and_what_stays():
    for fault in FAULTS:
        assert set(fault.backends) <= set(backends()), fault
        assert within(fault.seen, fault.keras), fault
    assert {fault.loss for fault in FAULTS if fault.kind == "never"} == {
        "CTC",
        "Dice",
        "Tversky",
    }
