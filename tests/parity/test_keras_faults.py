"""The harness, pointed at Keras's own losses, finds the faults they are known for.

This is a test of the harness: what it must see stands in the list of known faults, by
version of Keras, backend, check and loss.
"""

import keras
import pytest

from portable_losses.parity.cases import FAULTS, within
from portable_losses.parity.plan import Plan
from portable_losses.parity.runner import run

KNOWN = [fault for fault in FAULTS if fault.checks]
LOSSES = tuple(sorted({"Huber", *(fault.loss for fault in KNOWN)}))
CHECKS = tuple(
    {"value", "gradient", "edges", "dtypes"}
    | {check for fault in KNOWN for check in fault.checks} - {"between"}
)
# Faults that a check on one backend sees.
ON_ONE_BACKEND = [
    (backend, check, fault.loss)
    for fault in KNOWN
    for check in fault.checks
    if check != "between"
    for backend in fault.backends
    if fault.holds(keras.__version__, backend)
]
# Faults that show only when one backend is held against another.
BETWEEN_BACKENDS = [
    fault.loss
    for fault in KNOWN
    if "between" in fault.checks and within(keras.__version__, fault.keras)
]


class Silent:
    """Progress of no interest."""

    def launch(self, backend): ...
    def start(self, backend, total, unit="cases"): ...
    def note(self, backend, text): ...
    def advance(self, backend, note): ...
    def fail(self, backend, case_id, check, message): ...
    def done(self, backend): ...


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    plan = Plan(
        module="keras.losses",
        losses=LOSSES,
        checks=CHECKS,
        out=tmp_path_factory.mktemp("keras"),
    )
    return run(plan, Silent())


@pytest.mark.parametrize(("backend", "check", "loss"), ON_ONE_BACKEND)
def test_a_check_finds_the_fault(results, backend, check, loss):
    statuses = [
        case["results"][backend]["checks"][check]["status"]
        for case in results["cases"]
        if case["loss"] == loss
    ]
    assert "failed" in statuses


@pytest.mark.parametrize("loss", BETWEEN_BACKENDS)
def test_the_comparison_finds_the_fault(results, loss):
    cases = [case for case in results["cases"] if case["loss"] == loss]
    assert not all(b["ok"] for case in cases for b in case["between"].values())


def test_there_are_faults_to_find():
    assert len(ON_ONE_BACKEND) >= 20 and len(BETWEEN_BACKENDS) >= 4


def test_the_run_fails_as_a_whole(results):
    assert not results["summary"]["ok"]


def test_what_is_right_passes(results):
    (huber,) = [c for c in results["cases"] if c["id"] == "Huber"]
    for backend, result in huber["results"].items():
        for check in ("value", "gradient", "edges", "dtypes"):
            if check in result["checks"]:
                found = result["checks"][check]
                assert found["status"] in ("passed", "failed"), (backend, found)
        assert result["checks"]["value"]["status"] == "passed"
