import keras
import numpy as np
import pytest

from portable_losses import CategoricalGeneralizedCrossEntropy as Generalized

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(8)
P = RNG.dirichlet(np.ones(4), 6).astype("float32")
IDS = np.array([0, 3, 1, 1, 2, 0])
ROWS = np.eye(4, dtype="float32")[IDS]


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("y_true", [IDS, IDS.astype("float32")])
def test_the_numbers_of_keras(q, y_true):
    theirs = keras.losses.CategoricalGeneralizedCrossEntropy(q, "none", "mine")
    ours = Generalized(q, "none", "mine", "float32")
    wanted = value(theirs, y_true, P)
    np.testing.assert_allclose(value(ours, y_true, P), wanted, rtol=2e-6)
    assert Generalized().name == keras.losses.CategoricalGeneralizedCrossEntropy().name


TARGETS = {
    "ids": IDS,
    "a column of ids": IDS[:, None],
    "float ids": IDS.astype("float32"),
    "rows": ROWS,
    "whole rows": ROWS.astype("int32"),
}


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("targets", TARGETS)
def test_classes_in_any_form(targets, from_logits):
    p = P[np.arange(6), IDS]
    weights = [0.5, 2.0, 1.0, 3.0]
    wanted = np.array(weights)[IDS] * (1 - p**0.7) / 0.7
    x = np.log(P) - 1.0 if from_logits else P
    loss = Generalized(
        0.7, None, from_logits=from_logits, class_weights=weights, ignore_class=255
    )
    np.testing.assert_allclose(value(loss, TARGETS[targets], x), wanted, rtol=1e-5)


def test_maps_of_classes():
    p = RNG.dirichlet(np.ones(3), (2, 5)).astype("float32")
    ids = RNG.integers(0, 3, (2, 5))
    loss = Generalized(reduction=None)
    wanted = value(loss, ids, p)
    assert wanted.shape == (2, 5)
    for y in (ids[..., None], np.eye(3)[ids]):
        np.testing.assert_allclose(value(loss, y, p), wanted, rtol=1e-6)


def test_a_probability_of_0_costs_1_over_q_without_a_gradient(gradient):
    p = np.array([[0.0, 1.0], [0.5, 0.5]], "float32")
    for y in (np.array([0, 0]), np.array([[1.0, 0.0], [1.0, 0.0]])):
        got, slope = gradient(Generalized(), y, p, compiled=MODE)
        np.testing.assert_allclose(got, (2.0 + 2.0 * (1 - 0.5**0.5)) / 2, rtol=1e-6)
        np.testing.assert_allclose(slope, [[0.0, 0.0], [-(0.5**0.5), 0.0]], rtol=1e-6)


def test_right_logits_are_not_lost_to_rounding():
    x = np.array([[12.0, 0.0]], "float32")
    got = value(Generalized(0.5, from_logits=True), [0], x)
    wanted = -np.expm1(-0.5 * np.log1p(np.exp(-12.0))) / 0.5
    np.testing.assert_allclose(got, wanted, rtol=1e-2)


@pytest.mark.parametrize("rows", [True, False])
def test_ignored_classes_are_selected_away(rows, gradient):
    kept = IDS != 1
    p = np.where(kept[:, None], P, np.nan).astype("float32")
    y = ROWS if rows else IDS
    got, slope = gradient(Generalized(ignore_class=1), y, p, compiled=MODE)
    np.testing.assert_allclose(got, value(Generalized(), y[kept], P[kept]), rtol=1e-6)
    assert not slope[~kept].any()


def test_ids_out_of_range_are_nan_in_compiled_code(gradient):
    y = np.array([4, 1, 2, 3, 0, 0])
    with pytest.raises(ValueError, match=r"class indices in \[0, 4\); .*holds 4 "):
        Generalized()(y, P)
    if MODE:
        assert np.isnan(gradient(Generalized(), y, P, compiled=MODE)[0])


REFUSED = [
    (lambda: Generalized(0.0), "`q` must be a finite number > 0 and < 1; got q=0.0"),
    (lambda: Generalized(1.0), "`q` must be .*got q=1.0"),
    (lambda: Generalized()(IDS + 0.5, P), "whole class indices; .*holds 0.5"),
    (lambda: Generalized()(ROWS[:, :3], P), "`y_true` must have y_pred's shape"),
    (lambda: Generalized()(IDS[:3], P), "`y_true` must be class indices of shape"),
    (lambda: Generalized(class_weights=[1.0])(IDS, P), "must be of length 4"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_confident_wrong_prediction_has_the_digits_of_its_gradient(
    gradient, compiled
):
    loss = Generalized(q=0.9, from_logits=True)
    _, slope = gradient(loss, [0], np.array([[0.0, 25.0]]), compiled=compiled)
    want = np.exp(-0.9 * 25.0)  # p^q (1 - p), where 1 - p is 1
    np.testing.assert_allclose(slope, [[-want, want]], rtol=2e-5)
