"""What numbers a loss takes: declared once, and looked at once, in eager mode."""

import copy
import inspect
import pickle

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.core import domain
from portable_losses.ops import eager
from portable_losses.parity.cases import families

RNG = np.random.default_rng(0)
IDS = np.arange(8) % 3
ROWS = np.eye(3, dtype="float32")[IDS]
LOGITS = RNG.uniform(-9, 9, (8, 3)).astype("float32")
SOFTMAX = (np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)).astype("float32")
CASES = [case for cases in families().values() for case in cases]
NAMES = sorted({case.loss for case in CASES})
UNDER_TEST = {
    "BinaryCrossentropy": ROWS,
    "BinaryFocalCrossentropy": ROWS,
    "SigmoidFocal": ROWS,
    "CategoricalCrossentropy": ROWS,
    "CategoricalFocalCrossentropy": ROWS,
    "SparseCategoricalCrossentropy": IDS,
    "SparseCategoricalFocalCrossentropy": IDS,
    "CategoricalGeneralizedCrossEntropy": IDS,
    "KLDivergence": ROWS,
    "Dice": ROWS,
    "Tversky": ROWS,
    "Poisson": ROWS,
}


def binary(**config):
    return portable_losses.BinaryCrossentropy(**config)


def rejects(loss, y_true, y_pred, *rest):
    with pytest.raises(ValueError, match="`y_pred` must be .*; got y_pred that holds"):
        loss(y_true, y_pred, *rest)
    return True


# --- what is declared -----------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_that_can_take_logits_says_what_it_takes_else(name):
    cls = getattr(portable_losses, name)
    arguments = inspect.signature(cls).parameters
    if {"from_logits", "activation"} & {*arguments}:
        # One that is defined on logits alone takes nothing else.
        assert cls.prediction_domain in ("logits", *domain.DOMAINS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_inputs_of_a_case_are_what_the_loss_takes(case):
    loss = getattr(portable_losses, case.loss)(**case.config)
    for _, y_pred in (case.inputs(), *case.edges.values()):
        taken = domain.domain_of(loss, np.asarray(y_pred))
        if taken is not None:
            assert domain.evidence(taken, np.asarray(y_pred)) is None


@pytest.mark.parametrize(
    "loss, taken",
    [
        (portable_losses.BinaryCrossentropy(), "probabilities"),
        (portable_losses.BinaryCrossentropy(from_logits=True), "logits"),
        (portable_losses.SoftDice(), "probabilities"),
        (portable_losses.SoftDice(activation="softmax"), "logits"),
        (portable_losses.SigmoidFocal(), "probabilities"),
        (portable_losses.CategoricalCrossentropy(), "class probabilities"),
        (portable_losses.Coral(num_classes=3), "logits"),
        (portable_losses.CTC(), "logits"),
        (portable_losses.Poisson(), "rates"),
        (portable_losses.MeanSquaredLogarithmicError(), "any"),
        (portable_losses.Hinge(), "any"),
    ],
)
def test_what_a_loss_takes_by_its_arguments(loss, taken):
    assert domain.of_predictions(loss) == taken


@pytest.mark.parametrize("name", ["MatthewsCorrelation", "SoftF1"])
def test_a_single_column_of_logits_is_rejected_and_several_above_1_are_not(name):
    loss = getattr(portable_losses, name)()
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\].*from_logits"):
        loss([[0.0], [1.0]], [[0.5], [3.0]])
    assert float(loss([0, 1], [[3.0, 1.0], [0.0, 2.0]])) < 1.0


def test_a_call_of_ones_own_takes_any_numbers_unless_it_says_so():
    class Own(portable_losses.BinaryCrossentropy):
        def call(self, y_true, y_pred):
            return super().call(y_true, keras.ops.sigmoid(y_pred))

    class Declared(Own):
        prediction_domain = "probabilities"

    class Thin(portable_losses.BinaryCrossentropy):
        pass

    assert np.isfinite(float(Own()(ROWS, LOGITS)))
    assert rejects(Declared(), ROWS, LOGITS)
    assert rejects(Thin(), ROWS, LOGITS)


# --- what is rejected -----------------------------------------------------------------


@pytest.mark.parametrize("name", UNDER_TEST)
def test_logits_are_rejected_and_then_probabilities_are_not(name):
    loss, y_true = getattr(portable_losses, name)(), UNDER_TEST[name]
    assert rejects(loss, y_true, LOGITS)
    assert rejects(loss, y_true, LOGITS)  # until it is right
    assert np.isfinite(float(loss(y_true, SOFTMAX)))


def test_logits_of_a_new_model_are_rejected_however_small():
    small = RNG.normal(size=(64, 4)).astype("float32") * 0.2
    assert rejects(binary(), small > 0, small)
    assert rejects(
        portable_losses.CategoricalCrossentropy(), np.eye(4)[[0] * 64], small
    )


def test_a_term_of_a_sum_is_rejected_by_name():
    maps = RNG.integers(0, 2, (2, 4, 4, 1))
    x = RNG.uniform(-9, 9, (2, 4, 4, 1)).astype("float32")
    loss = 0.7 * portable_losses.SoftDice(name="dice") + portable_losses.SigmoidFocal()
    with pytest.raises(ValueError, match=r"term 'dice': SoftDice: `y_pred` must be"):
        loss(maps, x)


def test_what_is_wrong_with_the_shapes_comes_first():
    with pytest.raises(ValueError, match="`y_true` must have y_pred's shape"):
        binary()(ROWS[:4], LOGITS)
    with pytest.raises(ValueError, match="must be of length 3"):
        binary(pos_weight=[1.0, 2.0])(ROWS, LOGITS)


# --- what is not ----------------------------------------------------------------------


def put(where, value):
    return np.where(where, value, SOFTMAX).astype("float32")


BICUBIC = SOFTMAX.copy()
BICUBIC[:2, 0] = -0.14, 1.22
ROW_2 = (np.arange(8) == 2)[:, None]
HEALTHY = {
    "rounding": (binary(), ROWS, SOFTMAX + np.float32(1e-6)),
    "bfloat16": (binary(), ROWS, put(SOFTMAX > 0.9, 1.0078125)),
    "interpolation": (binary(), ROWS, BICUBIC),
    "NaN": (binary(), ROWS, put(ROW_2, np.nan)),
    "all NaN": (binary(), ROWS, put(True, np.nan)),
    "masked": (binary(), ROWS, put(ROW_2, -99), None, ~ROW_2[:, 0]),
    "all masked": (binary(), ROWS, put(True, -99), None, ROW_2[:, 0] & False),
    "weight 0": (binary(), ROWS, put(ROW_2, -99), 1.0 - ROW_2[:, 0]),
    "ignored element": (
        binary(ignore_class=-1),
        np.where(ROW_2, -1, ROWS),
        put(ROW_2, -99),
    ),
    "ignored row": (
        portable_losses.CategoricalCrossentropy(ignore_class=0),
        ROWS,
        put(IDS[:, None] == 0, -99),
    ),
    "ignored id": (
        portable_losses.SparseCategoricalCrossentropy(ignore_class=255),
        np.where(ROW_2[:, 0], 255, IDS),
        put(ROW_2, -99),
    ),
    "ignored pixel": (
        portable_losses.SoftDice(ignore_class=255),
        np.where(ROW_2[:, 0], 255, IDS)[None],
        put(ROW_2, -99)[None],
    ),
    "scores of classes": (
        portable_losses.CategoricalCrossentropy(),
        ROWS,
        40 * SOFTMAX,
    ),
    "empty": (binary(), ROWS[:0], SOFTMAX[:0]),
    "logarithms": (portable_losses.MeanSquaredLogarithmicError(), ROWS, LOGITS),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_no_healthy_program_is_rejected(name):
    loss, *batch = HEALTHY[name]
    copy.deepcopy(loss)(*batch)


def test_an_edge_of_bicubic_interpolation_is_healthy():
    blobs = keras.ops.convert_to_tensor(RNG.integers(0, 2, (1, 9, 9, 1)), "float32")
    large = keras.ops.image.resize(blobs, (36, 36), interpolation="bicubic")
    assert float(keras.ops.max(large)) > 1.05
    binary()(keras.ops.round(keras.ops.clip(large, 0.0, 1.0)), large)


# --- once -----------------------------------------------------------------------------


@pytest.mark.parametrize("config", [{}, {"gamma": None}])
def test_values_are_looked_at_once_an_object(monkeypatch, config):
    if config:  # which makes the loss copy itself at each call
        config = {"gamma": portable_losses.Hyperparameter(2.0, name="once")}
    loss, looks = portable_losses.SigmoidFocal(**config), []
    known_values = eager.known_values

    def counted(x):
        if tuple(x.shape) == SOFTMAX.shape:  # and not a Hyperparameter's value
            looks.append(x)
        return known_values(x)

    monkeypatch.setattr(eager, "known_values", counted)
    loss(ROWS, SOFTMAX)
    assert looks
    looks.clear()
    loss(ROWS, SOFTMAX)
    loss(ROWS, LOGITS)
    assert not looks


def test_a_loss_that_takes_any_numbers_looks_at_none(monkeypatch):
    known_values = eager.known_values

    def at_no_predictions(x):
        values = known_values(x)
        # Binary cross-entropy reads targets on torch's CPU, where hard ones are faster.
        is_target = np.array_equal(values, ROWS)
        assert tuple(x.shape) != tuple(LOGITS.shape) or is_target, "it looked"
        return values

    monkeypatch.setattr(eager, "known_values", at_no_predictions)
    for loss in (binary(from_logits=True), portable_losses.Huber()):
        loss(ROWS, LOGITS)
        assert not loss._first_look.pending


def test_a_loss_of_its_own_looks_again():
    loss = portable_losses.SigmoidFocal(
        gamma=portable_losses.Hyperparameter(2.0, name="again")
    )
    loss(ROWS, SOFTMAX)
    for other in (
        copy.deepcopy(loss),
        pickle.loads(pickle.dumps(loss)),
        type(loss).from_config(loss.get_config()),
        keras.losses.deserialize(keras.losses.serialize(loss)),
    ):
        assert rejects(other, ROWS, LOGITS)


def test_symbolic_calls_and_compiled_code_look_at_nothing(gradient, compiled):
    loss = binary()
    if compiled:
        value, _ = gradient(loss, ROWS, LOGITS, compiled=compiled)
        assert np.isfinite(value)
    portable_losses.LossEndpoint(loss)(keras.Input((3,)), keras.Input((3,)))
    assert rejects(loss, ROWS, LOGITS)


@pytest.mark.skipif(keras.config.backend() != "torch", reason="torch.compile")
def test_torch_compiles_a_loss_in_one_piece():
    import torch

    loss = binary()
    step = torch.compile(
        lambda y_true, y_pred: loss(y_true, y_pred), backend="eager", fullgraph=True
    )
    assert torch.isfinite(step(torch.tensor(ROWS), torch.tensor(LOGITS)))
    assert rejects(loss, ROWS, LOGITS)


def test_a_model_that_ends_in_logits_stops_where_its_step_is_not_compiled():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.layers[0].set_weights([np.eye(3), np.zeros(3)])
    model.compile(loss=binary(), run_eagerly=True)
    with pytest.raises(ValueError, match="from_logits=True"):
        model.evaluate(LOGITS, ROWS, verbose=0)


def test_a_class_that_forgets_its_base_is_not_looked_at():
    class Forgetful(portable_losses.BinaryCrossentropy):
        def __init__(self):
            pass

    assert Forgetful()._first_look is None
