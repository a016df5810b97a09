"""Every check finds the loss that has just its fault, and not the healthy twin.

The losses run in this process, on its backend; the NumPy lane is one worker for all.
"""

import pathlib
import sys

import keras
import pytest

from portable_losses.parity import autodiff, live
from portable_losses.parity.examine.here import Here
from portable_losses.parity.judged import judged

FOLDER = pathlib.Path(__file__).parent / "examined"
BACKEND = keras.config.backend()


@pytest.fixture(scope="module")
def losses():
    sys.path.insert(0, str(FOLDER))
    import mutants_of_check

    yield mutants_of_check
    sys.path.remove(str(FOLDER))
    live.end()


@pytest.fixture(scope="module")
def found(losses):
    known = {}

    def found(name, kind="regression", strict=None):
        key = name, kind, strict
        if key not in known:
            known[key] = judged(
                getattr(losses, name),
                kind=kind,
                reference=None,
                strict=strict,
                backends=(),
                device="cpu",
            )
        return known[key].findings

    return found


def named(findings, rank="fault"):
    return [f.check for f in findings if f.rank == rank]


def test_a_wrong_second_derivative(found):
    (fault,) = found("curved_wrong")[:1]
    assert (fault.check, fault.rank) == ("second derivative", "fault")
    assert fault.values["float64"] != pytest.approx(fault.values[BACKEND])
    assert named(found("curved")) == []
    assert "second derivative" not in named(found("curved"), "advice")


def test_a_second_derivative_that_stop_gradient_cuts(found):
    assert named(found("curved_with_constant")) == []
    assert "second derivative" in named(found("curved_with_constant"), "advice")
    assert "second derivative" in named(found("curved_with_constant", strict=True))
    assert "second derivative" not in named(found("curved", strict=True))


def test_vmap_is_measured(losses):
    session = Here(losses.curved, live.place_of(losses.curved), _options())
    session.ask(BACKEND, "load", target="curved")
    inputs = {"drawn 0": [[[1.0, 2.0, 4.0, 5.0], "float32", [2, 2]]] * 2}
    found = session.ask(BACKEND, "mapped", inputs=inputs)
    # Keras has no vmap on TensorFlow.
    has_vmap = hasattr(autodiff.load(BACKEND), "mapped")
    assert found.get("values") == ([0.0, 0.0] if has_vmap else None)


def _options():
    from portable_losses.parity.examine.session import Options

    return Options((BACKEND,), "regression")


def test_a_framework_that_a_helper_calls(found):
    (fault,) = [f for f in found("helped_wrong") if f.rank == "fault"]
    assert fault.check == "foreign"
    assert "helper.py" in fault.line and "framework.square(x)" in fault.line
    assert named(found("helped")) == []


def test_a_function_of_python_is_no_framework(found):
    assert named(found("by_builtins")) == []


CONVENTIONS = {
    "zero samples": "OfKeras",
    "NaN of weight 0": "OfKeras",
    "broadcasting": "OfKeras",
    "result dtype": "OfKeras",
    "dtype in the config": "OfKeras",
    "class 257": "IndicesOfKeras",
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_of_the_base(found, name):
    mutant = CONVENTIONS[name]
    kind = "sparse_logits" if mutant == "IndicesOfKeras" else "regression"
    assert name in named(found(mutant, kind, strict=True))
    twin = mutant.replace("Keras", "Ours")
    assert named(found(twin, kind, strict=True)) == []
    assert named(found(mutant, kind)) == []
    assert "conventions" in named(found(mutant, kind), "advice")


CULPRITS = {
    "log_of_negative": ("regression", "ops.log(", "negative number"),
    "log_of_softmax": ("categorical_logits", "ops.log(", "log_softmax"),
    "by_length": ("regression", "/ length", "zero vector"),
    "by_target": ("regression", "/ y_true", "divide_no_nan"),
    "exp_overflows": ("regression", "ops.exp(", "softplus"),
    "root_of_negative": ("regression", "ops.sqrt(", "root of a negative"),
    "arccos_beyond": ("regression", "ops.arccos(", "clip the argument"),
}


@pytest.mark.parametrize("name", CULPRITS)
def test_the_operation_that_gives_no_finite_number(found, name):
    kind, text, words = CULPRITS[name]
    (fault,) = [f for f in found(name, kind) if f.rank == "fault"]
    assert fault.check == "finite"
    assert text in fault.line
    assert words in fault.remedy


def test_a_finite_loss_has_no_culprit(found):
    assert named(found("finite")) == []


PAIRS = [
    ("similarity", "segmentation", "direction", "dissimilarity"),
    ("stable_by_parts", "binary_logits", "gradient", "crossentropy_of_logits"),
    ("LargestOfBatch", "regression", "independent", "OfKeras"),
    ("TakesNoName", "regression", "saved", "TakesName"),
]


@pytest.mark.parametrize(("mutant", "kind", "check", "twin"), PAIRS)
def test_a_mutant_and_its_twin(found, mutant, kind, check, twin):
    if mutant == "stable_by_parts" and BACKEND == "jax":
        check = None  # JAX takes another side at 0, and is right by chance
    assert (check in named(found(mutant, kind))) == (check is not None)
    assert named(found(twin, kind)) == []


def test_pools_have_a_float64_reference(found):
    assert named(found("pooled", "segmentation")) == []


def test_what_is_lost_on_saving_hides_no_number(found):
    assert set(named(found("TakesNoName"))) == {"saved", "finite"}
    saved = next(f for f in found("TakesNoName") if f.check == "saved")
    assert "let __init__ take `name`" in saved.remedy


def test_an_index_by_a_mask(found):
    for fault in found("masked_by_index"):
        if fault.check == "compiles":
            assert "multiply by the mask" in fault.remedy


def test_the_kind_is_guessed_for_a_test(losses):
    report = judged(
        losses.crossentropy_of_logits,
        kind=None,
        reference=None,
        strict=None,
        backends=(),
        device="cpu",
    )
    assert (report.kind, report.verdict) == ("binary_logits", "ok")


SHAPES = [
    ("squeezed", "pairs", "squeezed_on_an_axis", "axis=-1"),
    ("of_bytes", "regression", "squared", "int32"),
    ("of_eight_samples", None, "of_any_samples", "do not fix the batch size"),
    ("of_32_samples", None, "of_any_samples", "do not fix the batch size"),
    ("of_next_class", None, "of_class", "keep class indices within"),
]


@pytest.mark.parametrize(("mutant", "kind", "twin", "words"), SHAPES)
def test_samples_and_indices(found, mutant, kind, twin, words):
    (fault,) = [f for f in found(mutant, kind) if f.rank == "fault"]
    assert words in fault.remedy
    assert named(found(twin, kind)) == []


def test_probabilities_of_exactly_0_and_1(found):
    (advice,) = [f for f in found("clipped", "binary") if f.check == "dead"]
    assert advice.rank == "advice" and "ops.clip(" in advice.line
    assert "dead" not in named(found("squared", "binary"), "advice")


def test_targets_of_size_1_reach_call_as_in_training(found):
    assert named(found("Columns", "quantiles")) == []


def test_an_error_of_numpy_alone_is_no_fault(found):
    findings = found("of_float_indices", None)
    assert named(findings) == []
    assert "numpy lane" in named(findings, "advice")
