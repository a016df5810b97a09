"""The harness, pointed at Keras's own losses, finds the faults they are known for.

This is a test of the harness: what it must see stands in a table, and it stands there
by backend, check and loss.
"""

import pytest

from portable_losses.parity.runner import Plan, run

LOSSES = (
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
)
CHECKS = (
    "value",
    "gradient",
    "edges",
    "live",
    "weight_zero",
    "exact_targets",
    "class_ids",
    "dtypes",
    "config",
)
# backend, check, loss: faults of Keras 3.15 that a check on one backend sees.
ON_ONE_BACKEND = [
    ("jax", "edges", "CosineSimilarity"),
    ("torch", "edges", "CosineSimilarity"),
    ("jax", "live", "BinaryFocalCrossentropy"),
    ("torch", "live", "BinaryFocalCrossentropy"),
    ("jax", "edges", "BinaryFocalCrossentropy"),
    ("torch", "edges", "BinaryFocalCrossentropy"),
    *(
        (backend, check, loss)
        for backend in ("tensorflow", "jax", "torch")
        for check, loss in (
            ("live", "CategoricalFocalCrossentropy"),
            ("exact_targets", "SparseCategoricalCrossentropy"),
            ("config", "MeanSquaredError"),
            ("weight_zero", "MeanSquaredError"),
            ("edges", "Dice"),
        )
    ),
    ("jax", "class_ids", "SparseCategoricalCrossentropy"),
    ("jax", "edges", "CategoricalGeneralizedCrossEntropy"),
]
# Faults that show only when one backend is held against another.
BETWEEN_BACKENDS = [
    "Hinge",
    "KLDivergence",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
]


class Silent:
    """Progress of no interest."""

    def start(self, backend, total): ...
    def advance(self, backend, case_id): ...
    def fail(self, backend, case_id, check, message): ...
    def phase(self, text): ...
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
