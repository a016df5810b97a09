"""Each check catches its own planted fault and passes the healthy twin."""

import dataclasses
import importlib

import keras
import pytest
from mutants import HEALTHY, IDS, MUTANTS, REGRESSION, SCALED, Squared, WrongValue

from portable_losses.parity import autodiff
from portable_losses.parity.checks import CHECKS
from portable_losses.parity.known import Known
from portable_losses.parity.lane import Lane
from portable_losses.parity.one_case import run_case
from portable_losses.parity.originals import find_original
from portable_losses.parity.reload import Arrivals, train_and_save

BACKEND = keras.config.backend()
# What only compiled code can show; torch runs eagerly.
COMPILED_ONLY = {"HiddenState", "DataDependent"}


@pytest.fixture(scope="module", autouse=True)
def registered():
    module = importlib.import_module("mutants")
    for name, loss in vars(module).items():
        if isinstance(loss, type) and issubclass(loss, keras.losses.Loss):
            keras.saving.register_keras_serializable("mutants", name)(loss)


def lane(case, loss):
    config = case.config if loss.__init__ is not keras.losses.Loss.__init__ else {}
    case = dataclasses.replace(case, config=config)
    original = find_original(case)
    return Lane(case, loss, autodiff.load(BACKEND), original=original)


def statuses(case, loss, names=None):
    return {k: v["status"] for k, v in run_case(lane(case, loss), names).items()}


@pytest.mark.parametrize(
    ("check", "mutant", "case"), MUTANTS, ids=lambda x: getattr(x, "__name__", None)
)
def test_check_catches_its_mutant(check, mutant, case):
    if mutant.__name__ in COMPILED_ONLY and BACKEND == "torch":
        pytest.skip("PyTorch runs eagerly: nothing is compiled that could differ")
    if mutant.__name__ == "HiddenState":
        case = dataclasses.replace(case, config={})
        names = ("value", "modes")
    else:
        names = (check,)
    assert statuses(case, mutant, names)[check] == "failed"


@pytest.mark.parametrize(("case", "loss"), HEALTHY, ids=lambda x: getattr(x, "id", ""))
def test_every_check_passes_the_healthy_twin(case, loss):
    found = run_case(lane(case, loss))
    assert not {k: v["message"] for k, v in found.items() if v["status"] == "failed"}
    assert list(found) == list(CHECKS)


@pytest.mark.skipif(
    BACKEND == "tensorflow",
    reason="a graph does not know that there are no samples, and Keras's mean is 0",
)
def test_an_empty_value_is_a_fault_in_words():
    plain = importlib.import_module("mutants").MultipliesNan  # on Keras's own base
    found = run_case(lane(REGRESSION, plain), ("sizes",))["sizes"]
    message = "no samples give a value of shape (0,), not 0"
    assert (found["status"], found["message"]) == ("failed", message)
    assert "y_pred = np.array([]" in found["input"]


def test_every_check_has_a_mutant():
    assert {check for check, _, _ in MUTANTS} == set(CHECKS)


def planted(backend=BACKEND):
    mark = Known(
        check="value",
        kind="upstream",
        why="planted",
        on={backend: "1.2"},
        shows="loss(0, 1) is 2",
        link="https://example.org/1",
    )
    return dataclasses.replace(REGRESSION, known=(mark,))


def test_a_known_difference_must_show():
    said = "upstream: planted (loss(0, 1) is 2; seen on "
    said += f"{BACKEND} 1.2; https://example.org/1)"
    found = run_case(lane(planted(), WrongValue), ("value", "dtypes"))
    assert found["value"] == {"status": "known", "message": said}
    found = run_case(lane(planted(), Squared), ("value",))["value"]
    message = f"no longer a known difference (remove the mark): {said}"
    assert found == {"status": "failed", "message": message}


def test_a_known_difference_of_another_backend_or_check_excuses_nothing():
    assert statuses(planted("none"), WrongValue, ("value",)) == {"value": "failed"}
    assert statuses(planted("none"), Squared, ("value",)) == {"value": "passed"}
    found = statuses(planted(), WrongValue, ("sizes",))
    assert found == {"sizes": "failed"}


def test_not_applicable_is_not_run():
    case = dataclasses.replace(REGRESSION, not_applicable={"value": "planted"})
    assert statuses(case, WrongValue, ("value",)) == {"value": "not_applicable"}


def test_reload_catches_a_forgotten_argument(tmp_path):
    forgets = importlib.import_module("mutants").ForgetsArgument
    case = dataclasses.replace(SCALED, loss="mutant")
    train_and_save(case, forgets, tmp_path)
    with pytest.raises(AssertionError, match="goes on with the losses"):
        Arrivals(case, None).go_on(tmp_path)
    train_and_save(case, Squared, tmp_path)
    Arrivals(case, None).go_on(tmp_path)


def test_models_that_differ_in_numbers_alone_share_a_compiled_step(tmp_path):
    case = dataclasses.replace(SCALED, loss="mutant")
    twice = dataclasses.replace(case, draw=lambda *a: doubled(case.draw(*a)))
    arrivals = Arrivals(case, None)
    for name, saved in (("a", case), ("b", twice)):
        (tmp_path / name).mkdir()
        train_and_save(saved, Squared, tmp_path / name)
    arrivals.go_on(tmp_path / "a")
    first = arrivals.compiled
    with pytest.raises(AssertionError, match="goes on with the losses") as alone:
        Arrivals(case, None).go_on(tmp_path / "b")
    with pytest.raises(AssertionError, match="goes on with the losses") as after:
        arrivals.go_on(tmp_path / "b")
    assert arrivals.compiled is first
    assert str(after.value) == str(alone.value)
    arrivals.go_on(tmp_path / "a")
    assert arrivals.compiled is first


def doubled(pair):
    """The same predictions, of twice the targets."""
    return 2 * pair[0], *pair[1:]


def test_models_of_other_arguments_do_not_share_a_compiled_step(tmp_path):
    case = dataclasses.replace(SCALED, loss="mutant")
    other = dataclasses.replace(case, config={**case.config, "factor": 7.0})
    arrivals = Arrivals(case, None)
    for name, saved in (("a", case), ("b", other)):
        (tmp_path / name).mkdir()
        train_and_save(saved, Squared, tmp_path / name)
        arrivals.go_on(tmp_path / name)


def test_a_case_without_labels_for_ids_says_so():
    case = dataclasses.replace(IDS, classes=None, exact=None)
    names = ("class_ids", "exact_targets")
    found = statuses(case, importlib.import_module("mutants").Sparse, names)
    assert set(found.values()) == {"not_applicable"}
