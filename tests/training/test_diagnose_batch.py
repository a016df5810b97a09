"""What a batch may hold for `diagnose`: masks, contexts, and what is no batch."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Loss, diagnose, ops

RNG = np.random.default_rng(0)
T = RNG.normal(size=(2, 4, 3)).astype("float32")
P = RNG.normal(size=(2, 4, 3)).astype("float32")
MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool)
MSE = {
    "ours": portable_losses.MeanSquaredError(name="mse"),
    "of Keras": keras.losses.MeanSquaredError(name="mse"),
}


class Weighted(Loss):
    def call(self, y_true, y_pred, factor):
        return ops.mean(factor * ops.square(y_pred - y_true), axis=-1)


@portable_losses.loss
def moved_by(y_true, y_pred, shift, *, scale=2.0):
    return scale * ops.mean(ops.square(y_pred + shift - y_true), axis=-1)


FACTOR = RNG.uniform(0.5, 1.5, P.shape).astype("float32")


def to_numpy(x):
    return np.asarray(keras.ops.convert_to_numpy(x))


def kinds(report):
    return [finding.kind for finding in report.findings]


# --- masks ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["given", "attached", "of a list"])
@pytest.mark.parametrize("name", MSE)
def test_a_mask_is_in_the_value_and_in_the_gradient(name, how):
    y_pred = P if how != "attached" else keras.layers.Masking()(P * MASK[..., None])
    given = {"given": MASK, "of a list": MASK.tolist()}
    report = diagnose(MSE[name], T, y_pred, mask=given.get(how))
    assert report.healthy, str(report)
    assert "mask          (2, 4) bool" in str(report)
    (seen,) = report.terms
    square = np.square(P - T).mean(-1)
    assert report.value == pytest.approx(square[MASK].mean(), rel=1e-5)
    slope = to_numpy(seen.gradient)
    by_hand = (P - T)[MASK] * 2 / 3
    # Keras raises the weights of what is left, so that the mean is over that alone.
    factor = 1.0 if name == "ours" else slope[0, 0, 0] / ((P - T)[0, 0, 0] * 2 / 3)
    np.testing.assert_allclose(slope[MASK], factor * by_hand, rtol=1e-5)
    np.testing.assert_array_equal(slope[~MASK], 0.0)


def test_each_term_of_a_sum_gets_the_mask():
    loss = portable_losses.Sum(
        {"ours": MSE["ours"], "of Keras": keras.losses.MeanAbsoluteError()}
    )
    report = diagnose(loss, T, P, mask=MASK)
    for seen in report.terms:
        np.testing.assert_array_equal(to_numpy(seen.gradient)[~MASK], 0.0)


def test_a_nan_at_a_masked_place_spoils_a_loss_of_keras_alone():
    y_true = np.where(MASK[..., None], T, np.nan)
    assert diagnose(MSE["ours"], y_true, P, mask=MASK).healthy
    (finding,) = diagnose(MSE["of Keras"], y_true, P, mask=MASK).findings
    assert (finding.kind, finding.culprit) == ("not finite", "y_true")


@pytest.mark.parametrize("name", MSE)
def test_a_mask_of_nothing_and_one_that_does_not_fit_are_reported(name):
    report = diagnose(MSE[name], T, P, mask=MASK & False)
    assert kinds(report) == ["empty"]
    (finding,) = diagnose(MSE[name], T, P, mask=np.ones(5, bool)).findings
    assert "`mask` must have the leading axes of y_pred" in finding.text


# --- contexts -------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [Weighted(), moved_by, 0.5 * Weighted() + moved_by()])
def test_a_context_reaches_the_loss(loss):
    report = diagnose(loss, T, P, context=(FACTOR,))
    assert report.healthy, str(report)
    value = getattr(loss, "with_defaults", lambda: loss)()(T, P, None, None, FACTOR)
    assert report.value == pytest.approx(float(value), rel=1e-6)
    assert "context       (2, 4, 3) float32" in str(report)
    assert diagnose(loss, T, P, context=FACTOR).value == report.value


def test_the_gradient_is_that_at_the_context():
    (seen,) = diagnose(Weighted(), T, P, context=FACTOR).terms
    by_hand = 2 * FACTOR * (P - T) / 3
    np.testing.assert_allclose(to_numpy(seen.gradient), by_hand, rtol=1e-5)


def test_a_context_that_is_not_finite_is_the_culprit():
    factor = FACTOR.copy()
    factor[1, 2] = np.nan
    (finding,) = diagnose(Weighted(), T, P, context=factor).findings
    assert (finding.samples, finding.culprit) == ((1,), "context")
    assert finding.text.endswith("because the context is not")


def test_a_context_that_is_missing_or_not_wanted_is_reported():
    (finding,) = diagnose(Weighted(), T, P).findings
    assert "`context` must be factor, which the loss takes" in finding.text
    (finding,) = diagnose(MSE["ours"], T, P, context=FACTOR).findings
    assert "`context` must be omitted" in finding.text


# --- what is no batch, and no loss ----------------------------------------------------

STRANGE = {
    "no prediction": (T, None, "`y_pred` must be one tensor"),
    "no target": (None, P, "`y_true` must be one tensor"),
    "dict": ({"a": T}, {"a": P}, "`y_pred` must be one tensor"),
    "ragged": ([[1.0, 2.0], [1.0]], P[0, :2, :2], "`y_true` must be numbers"),
    "words": (["a", "b"], P[0, :2], "`y_true` must be numbers"),
    "objects": (
        np.array([None, "a"]),
        P[0, :2],
        "must be numbers; got y_true=an array",
    ),
    "scalar": (1.0, 2.0, "`y_pred` must be a tensor with a batch axis"),
}


@pytest.mark.parametrize("name", MSE)
@pytest.mark.parametrize("what", STRANGE)
def test_what_is_no_batch_is_reported_in_words_of_the_package(what, name):
    y_true, y_pred, text = STRANGE[what]
    report = diagnose(MSE[name], y_true, y_pred)
    (finding,) = report.findings
    assert finding.kind == "rejected"
    assert text in finding.text
    assert str(report)
    assert finding.remedy.count("(") == finding.remedy.count(")")


@pytest.mark.parametrize("name", MSE)
@pytest.mark.parametrize("dtype", ["float16", "int32", "bool"])
def test_predictions_of_another_dtype_are_taken(name, dtype):
    assert diagnose(MSE[name], T, P.astype(dtype)).healthy


def test_symbolic_predictions_are_rejected():
    with pytest.raises(TypeError, match="diagnose: `y_pred` must be values; got"):
        diagnose(MSE["ours"], keras.Input((3,)), keras.Input((3,)))


def test_a_loss_of_keras_that_returns_nothing_is_reported():
    class Nothing(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return None

    (finding,) = diagnose(Nothing(), T, P).findings
    assert "`call` must be a function that returns a tensor" in finding.text


def test_a_loss_that_raises_is_reported_beside_the_others():
    @portable_losses.loss
    def raises_boom(y_true, y_pred):
        raise RuntimeError("boom\nand more")

    report = diagnose(portable_losses.Huber() + raises_boom(), T, P)
    (finding,) = report.findings
    assert (finding.text, finding.terms) == (
        "RuntimeError: boom and more",
        ("raises_boom",),
    )
    assert report.terms[0].gradient is not None


def test_a_hyperparameter_in_a_sum_in_a_sum_is_read():
    w = portable_losses.Hyperparameter(0.5, name="w")
    inner = portable_losses.Sum({"a": (w, portable_losses.Huber(delta=w))})
    loss = w * portable_losses.Sum({"in": (w, inner)})
    report = diagnose(loss, T, P, mask=MASK)
    assert report.healthy, str(report)
    assert report.terms[0].weight == 0.125
    assert report.value == pytest.approx(float(loss(T, P, None, MASK)), rel=1e-6)
