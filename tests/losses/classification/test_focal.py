import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    SigmoidFocal,
    SparseCategoricalCrossentropy,
    SparseCategoricalFocalCrossentropy,
)
from portable_losses.parity.cases import within

BACKEND = keras.config.backend()
MODE = {"jax": "jit", "tensorflow": "xla"}.get(BACKEND, False)

RNG = np.random.default_rng(6)
LOGITS = (2 * RNG.normal(size=(6, 4))).astype("float32")
YES_NO = RNG.integers(0, 2, (6, 4))
SOFT = RNG.random((6, 4)).astype("float32")
PROBABILITIES = RNG.uniform(0.05, 0.95, (6, 4)).astype("float32")
IDS = np.array([0, 3, 1, 1, 2, 0])
ROWS = np.eye(4, dtype="float32")[IDS]


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


NAMED = ("none", "mine", "float32")
DROP_INS = [
    ("BinaryFocalCrossentropy", (False, 0.3, 2.0, True, 0.0, -1, *NAMED), 1),
    ("BinaryFocalCrossentropy", (True, 0.3, 1.5, True, 0.1, -1, *NAMED), 1),
    ("BinaryFocalCrossentropy", (True, 0.6, 0.0, True, 0.0, 0, *NAMED), 2),
    ("BinaryFocalCrossentropy", (True, 0.3, 3, False, 0.1, -1, *NAMED), 2),
    ("BinaryFocalCrossentropy", (False, 0.3, 0.5, False, 0.0, -1, *NAMED), 1),
    ("CategoricalFocalCrossentropy", (0.25, 2.0, True, 0.1, -1, *NAMED), 3),
    ("CategoricalFocalCrossentropy", (2.0, 0.5, True, 0.0, 0, *NAMED), 3),
    ("CategoricalFocalCrossentropy", (0.5, 1, False, 0.0, -1, *NAMED), 3),
    ("CategoricalFocalCrossentropy", (0.5, 3.0, False, 0.1, -1, *NAMED), 2),
]


@pytest.mark.parametrize(("name", "arguments", "which"), DROP_INS)
def test_the_numbers_of_keras(name, arguments, which):
    y_true = {1: YES_NO, 2: SOFT, 3: ROWS}[which]
    from_logits = arguments[3 if name.startswith("B") else 2]
    y_pred = LOGITS if from_logits else PROBABILITIES
    ours = getattr(portable_losses, name)(*arguments)
    theirs = getattr(keras.losses, name)(*arguments)
    wanted = value(theirs, y_true, y_pred)
    np.testing.assert_allclose(value(ours, y_true, y_pred), wanted, rtol=1e-5)
    assert getattr(portable_losses, name)().name == getattr(keras.losses, name)().name


ORDER = (0.5, 1.5, False, 3, -1, "none", "mine", "float32")  # Keras 3.16's


def test_ids_have_the_order_of_keras_3_16():
    loss = SparseCategoricalFocalCrossentropy(*ORDER)
    names = "alpha gamma from_logits ignore_class axis reduction name dtype".split()
    assert tuple(getattr(loss, name) for name in names) == ORDER
    with pytest.raises(TypeError, match="positional"):
        SparseCategoricalFocalCrossentropy(*ORDER, 0.1)


@pytest.mark.skipif(
    within(keras.__version__, "<3.16"), reason="Keras has this loss from 3.16 on"
)
def test_the_numbers_of_keras_for_ids():
    for x, order in ((PROBABILITIES, ORDER), (LOGITS, (0.5, 3.0, True, *ORDER[3:]))):
        ours = SparseCategoricalFocalCrossentropy(*order)
        theirs = keras.losses.SparseCategoricalFocalCrossentropy(*order)
        wanted = value(theirs, IDS, x)
        np.testing.assert_allclose(value(ours, IDS, x), wanted, rtol=1e-5)
        assert ours.name == theirs.name == "mine"


@pytest.mark.parametrize("from_logits", [True, False])
def test_sigmoid_focal_is_binary_focal_with_balancing(from_logits):
    x = LOGITS if from_logits else PROBABILITIES
    how = {"alpha": 0.6, "gamma": 1.5, "from_logits": from_logits, "pos_weight": 2.0}
    ours = value(SigmoidFocal(**how), SOFT, x)
    assert ours == value(BinaryFocalCrossentropy(True, **how), SOFT, x)
    assert "apply_class_balancing" not in SigmoidFocal(**how).get_config()


def test_gamma_0_is_cross_entropy():
    for focal, plain, y in (
        (BinaryFocalCrossentropy, BinaryCrossentropy, YES_NO),
        (CategoricalFocalCrossentropy, CategoricalCrossentropy, ROWS),
        (SparseCategoricalFocalCrossentropy, SparseCategoricalCrossentropy, IDS),
    ):
        how = {"from_logits": True, "reduction": None, "label_smoothing": 0.1}
        scale = {} if focal is BinaryFocalCrossentropy else {"alpha": 1.0}
        got = value(focal(gamma=0, **scale, **how), y, LOGITS)
        np.testing.assert_allclose(got, value(plain(**how), y, LOGITS), rtol=2e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("from_logits", [True, False])
def test_indices_score_like_their_one_hot_labels(from_logits, smoothing):
    x = LOGITS if from_logits else PROBABILITIES
    how = {"alpha": [0.5, 2.0, 1.0, 0.0], "class_weights": {0: 3.0}, "gamma": 0.5}
    how |= {"from_logits": from_logits, "reduction": None, "label_smoothing": smoothing}
    rows = value(CategoricalFocalCrossentropy(**how), ROWS, x)
    ids = value(SparseCategoricalFocalCrossentropy(**how), IDS, x)
    np.testing.assert_allclose(ids, rows, rtol=2e-6)
    assert ids[1] > 0 if smoothing else ids[1] == 0


def test_whole_targets_score_like_floats():
    for smoothing in (0.0, 0.1):
        loss = SigmoidFocal(from_logits=True, label_smoothing=smoothing, reduction=None)
        wanted = value(loss, YES_NO.astype("float32"), LOGITS)
        for dtype in ("bool", "int32", "uint8"):
            got = value(loss, YES_NO.astype(dtype), LOGITS)
            np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.parametrize("y", [np.array([[1]]), np.array([[1.0]])])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
@pytest.mark.parametrize("logit", [-200.0, -1e4])
def test_a_wrong_logit_costs_its_size_and_has_a_gradient(y, gamma, logit, gradient):
    loss = BinaryFocalCrossentropy(gamma=gamma, from_logits=True)
    x = np.array([[logit]], "float32")
    got, slope = gradient(loss, y, x, compiled=MODE)
    assert got == -logit
    assert slope == -1.0


def test_an_unlikely_class_has_a_gradient(gradient):
    x = np.array([[-30.0, 0.0, 0.0]], "float32")
    cost = 30.0 + np.log(2.0)
    for loss, y in (
        (CategoricalFocalCrossentropy, np.array([[1.0, 0.0, 0.0]])),
        (SparseCategoricalFocalCrossentropy, np.array([0])),
    ):
        got, slope = gradient(loss(from_logits=True), y, x, compiled=MODE)
        np.testing.assert_allclose(got, 0.25 * cost, rtol=1e-6)
        np.testing.assert_allclose(slope, [[-0.25, 0.125, 0.125]], rtol=1e-5)


def test_targets_it_is_sure_of_have_a_finite_gradient(gradient):
    for gamma in (0.5, 2.0):
        sure = np.array([[200.0, -200.0, 1e4, -1e4]], "float32")
        for y in (np.array([[1, 0, 1, 0]]), np.array([[1.0, 0.0, 1.0, 0.0]])):
            loss = BinaryFocalCrossentropy(gamma=gamma, from_logits=True)
            got, slope = gradient(loss, y, sure, compiled=MODE)
            assert got == 0
            assert not slope.any()
        loss = BinaryFocalCrossentropy(gamma=gamma)
        corner = np.array([[1.0, 0.0]], "float32")
        _, slope = gradient(loss, corner, corner, compiled=MODE)
        assert np.isfinite(slope).all()
        loss = CategoricalFocalCrossentropy(gamma=gamma, from_logits=True)
        row = np.array([[1e4, 0.0, 0.0, 0.0]], "float32")
        got, slope = gradient(loss, ROWS[:1], row, compiled=MODE)
        assert got == 0
        assert not slope.any()


def test_ignored_elements_and_classes_leave_the_mean():
    y, x = YES_NO.astype("float32"), LOGITS.copy()
    y[0, 1], x[0, 1] = -1.0, np.nan
    loss = BinaryFocalCrossentropy(from_logits=True, ignore_class=-1, reduction=None)
    plain = BinaryFocalCrossentropy(from_logits=True, reduction=None)
    wanted = value(plain, y[:1, [0, 2, 3]], x[:1, [0, 2, 3]])
    np.testing.assert_allclose(value(loss, y, x)[:1], wanted, rtol=1e-6)
    ids = np.array([0, -1, 1, 1, 2, 0])
    loss = SparseCategoricalFocalCrossentropy(from_logits=True, ignore_class=-1)
    kept = ids >= 0
    wanted = value(loss, ids[kept], LOGITS[kept])
    np.testing.assert_allclose(value(loss, ids, LOGITS), wanted, rtol=1e-6)
    rows = CategoricalFocalCrossentropy(from_logits=True, ignore_class=1)
    kept = IDS != 1
    wanted = value(rows, ROWS[kept], LOGITS[kept])
    np.testing.assert_allclose(value(rows, ROWS, LOGITS), wanted, rtol=1e-6)


def test_float64_stays_float64_where_the_backend_has_it():
    t, x = SOFT.astype("float64"), LOGITS.astype("float64")
    q, p = 1 / (1 + np.exp(x)), 1 / (1 + np.exp(-x))
    wrong, cost = t * q + (1 - t) * p, -(t * np.log(p) + (1 - t) * np.log(q))
    loss = BinaryFocalCrossentropy(from_logits=True, dtype="float64", reduction=None)
    got = loss(t, x)
    kept = BACKEND in ("tensorflow", "numpy")
    close = 1e-14 if kept else 1e-6
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(got), (wrong**2 * cost).mean(-1), rtol=close
    )


REFUSED = [
    (lambda: BinaryFocalCrossentropy(alpha=1.5), "`alpha` must be .*<= 1"),
    (lambda: BinaryFocalCrossentropy(gamma=-1.0), "`gamma` must be .*>= 0"),
    (lambda: SigmoidFocal(alpha=-0.1), "SigmoidFocal: `alpha` must be"),
    (lambda: SigmoidFocal(label_smoothing=2), "`label_smoothing` must be"),
    (lambda: CategoricalFocalCrossentropy(alpha=-1.0), "`alpha` must be .*>= 0"),
    (
        lambda: CategoricalFocalCrossentropy(alpha=[1.0, np.nan]),
        r"`alpha\[1\]` must be",
    ),
    (lambda: CategoricalFocalCrossentropy(gamma=np.inf), "`gamma` must be a finite"),
    (
        lambda: CategoricalFocalCrossentropy(alpha=[1.0, 2.0])(ROWS, LOGITS),
        "`alpha` must be of length 4.*it has length 2",
    ),
    (
        lambda: SparseCategoricalFocalCrossentropy(alpha=[1.0])(IDS, LOGITS),
        "`alpha` must be of length 4.*it has length 1",
    ),
    (
        lambda: SparseCategoricalFocalCrossentropy()(IDS + 2, LOGITS),
        r"class indices in \[0, 4\); .*holds 5",
    ),
    (
        lambda: BinaryFocalCrossentropy(pos_weight=[1.0])(YES_NO, LOGITS),
        "`pos_weight` must be of length 4.*it has length 1",
    ),
    (
        lambda: BinaryFocalCrossentropy()(YES_NO[:, :1], LOGITS),
        r"have y_pred's shape; got y_true of shape \(6, 1\)",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


WRONG_KINDS = [
    (lambda: BinaryFocalCrossentropy(apply_class_balancing=0.3), "True or False"),
    (lambda: BinaryFocalCrossentropy(alpha=[0.3]), "`alpha` must be a finite number"),
    (lambda: CategoricalFocalCrossentropy(alpha="a"), "`alpha` must be a finite"),
    (lambda: CategoricalFocalCrossentropy(alpha=None), "`alpha` must be a finite"),
]


@pytest.mark.parametrize(("call", "message"), WRONG_KINDS)
def test_wrong_kinds_are_rejected(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_arguments_are_keywords_where_keras_has_no_such_loss():
    with pytest.raises(TypeError, match="positional"):
        SigmoidFocal(0.25)
