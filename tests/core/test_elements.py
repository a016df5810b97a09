"""Masks and weights with an entry for each element, where items are means of them."""

import re

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Loss, ops

NAN = float("nan")
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None]
WEIGHTS = (0.5, 2.0, 1.0)


class Squared(Loss):
    """A loss of a user that lets the base class take the mean."""

    def call(self, y_true, y_pred):
        return self.mean_over_columns(ops.square(y_pred - y_true))


class Plain(Loss):
    """One that takes it itself."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_pred - y_true), axis=-1)


@portable_losses.loss
def plain(y_true, y_pred):
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


def real(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape).astype("float32")


def binary(*shape):
    return np.random.default_rng(3).integers(0, 2, shape).astype("float32")


# The loss, and its targets: drawn, or 0 and 1.
CASES = {
    "MeanSquaredError": ({}, real),
    "MeanAbsoluteError": ({}, real),
    "MeanAbsolutePercentageError": ({"class_weights": WEIGHTS}, real),
    "SymmetricMeanAbsolutePercentageError": ({}, real),
    "MeanSquaredLogarithmicError": ({"class_weights": WEIGHTS}, real),
    "Huber": ({"delta": 0.2, "class_weights": WEIGHTS}, real),
    "SmoothL1": ({"beta": 0.2}, real),
    "LogCosh": ({}, real),
    "Poisson": ({}, real),
    "Quantile": ({"quantiles": 0.3}, real),
    "BinaryCrossentropy": ({"pos_weight": WEIGHTS, "class_weights": WEIGHTS}, binary),
    "BinaryFocalCrossentropy": ({"from_logits": True}, binary),
    "SigmoidFocal": ({"label_smoothing": 0.1}, binary),
    "Hinge": ({"class_weights": WEIGHTS}, binary),
    "SquaredHinge": ({"pos_weight": WEIGHTS}, binary),
}


def one_column(name, config, column):
    """The loss of one column: its vectors have one entry."""
    config = {
        key: (value[column],) if isinstance(value, tuple) else value
        for key, value in config.items()
    }
    return getattr(portable_losses, name)(**config, reduction=None)


def terms_of(name, config, y_true, y_pred):
    """A term for each element, as the loss of its column alone."""
    columns = range(y_true.shape[-1])
    terms = [
        one_column(name, config, j)(y_true[..., j : j + 1], y_pred[..., j : j + 1])
        for j in columns
    ]
    return np.stack([keras.ops.convert_to_numpy(t) for t in terms], axis=-1)


def reduced(terms, kept, weight, reduction):
    """The definition: an item is the mean over its kept columns, one with none is out.

    A weight multiplies its term, and is no part of the number of terms.
    """
    terms, count = np.where(kept, terms, 0.0), kept.sum(-1)
    some, count = count > 0, np.maximum(count, 1)
    items = (terms * weight).sum(-1) / count
    if reduction is None:
        return items
    total = items.sum()
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight":
        return total / ((kept * weight).sum(-1) / count).sum()
    return total / some.sum()


def drawn(target, shape=(5, 3)):
    y_true, y_pred = target(*shape), real(*shape, seed=1)
    kept = np.random.default_rng(2).uniform(size=shape) > 0.4
    kept[1], kept[2] = False, True
    return y_true, y_pred, kept


def broken(y_true, y_pred, kept):
    """NaN targets and infinite predictions where nothing is kept."""
    return np.where(kept, y_true, NAN), np.where(kept, y_pred, np.inf)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", CASES)
def test_a_mask_of_elements(name, reduction):
    config, target = CASES[name]
    y_true, y_pred, kept = drawn(target)
    terms = terms_of(name, config, y_true, y_pred)
    loss = getattr(portable_losses, name)(**config, reduction=reduction)
    got = loss(*broken(y_true, y_pred, kept), mask=kept)
    want = reduced(terms, kept, np.ones_like(terms), reduction)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(got), want, rtol=3e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_weights_of_elements(name, masked, reduction):
    config, target = CASES[name]
    y_true, y_pred, kept = drawn(target)
    kept = kept if masked else np.ones_like(kept)
    weight = np.random.default_rng(4).uniform(0.5, 2.0, kept.shape).astype("float32")
    weight[3, 1] = weight[0] = 0.0
    terms = terms_of(name, config, y_true, y_pred)
    y_true, y_pred = broken(y_true, y_pred, kept & (weight != 0))
    loss = getattr(portable_losses, name)(**config, reduction=reduction)
    got = loss(y_true, y_pred, weight, mask=kept if masked else None)
    want = reduced(terms, kept, weight, reduction)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(got), want, rtol=3e-6)


@pytest.mark.parametrize("reduction", ["mean", "mean_with_sample_weight", "sum"])
@pytest.mark.parametrize("name", ["Huber", "BinaryCrossentropy", "Hinge"])
def test_value_and_gradient_compiled(name, reduction, gradient, compiled):
    config, target = CASES[name]
    y_true, y_pred, kept = drawn(target)
    weight = np.where(kept, 2.0, 1.0).astype("float32")
    loss = getattr(portable_losses, name)(**config, reduction=reduction)
    given = broken(y_true, y_pred, kept)
    value, slope = gradient(loss, *given, weight, kept, compiled=compiled)
    terms = terms_of(name, config, y_true, y_pred)
    np.testing.assert_allclose(value, reduced(terms, kept, weight, reduction), 3e-6)
    assert not slope[~kept].any()
    # What is not kept is not seen: other numbers there give the same gradient.
    _, other = gradient(loss, y_true, np.where(kept, y_pred, 0.3), weight, kept)
    np.testing.assert_allclose(slope, other, rtol=1e-5, atol=1e-7)
    assert np.isfinite(slope).all()
    assert slope[kept].any()


@pytest.mark.parametrize("cls", [Squared, portable_losses.MeanSquaredError])
def test_items_of_several_axes(cls, gradient, compiled):
    y_true, y_pred, kept = drawn(real, (3, 4, 2))
    kept[0], kept[1, 2] = False, False
    terms = (y_true - y_pred) ** 2
    value, slope = gradient(
        cls(), *broken(y_true, y_pred, kept), mask=kept, compiled=compiled
    )
    want = reduced(terms, kept, np.ones_like(terms), "mean")
    np.testing.assert_allclose(value, want, rtol=3e-6)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_with_weights_or_a_mask_of_samples(reduction):
    y_true, y_pred, kept = drawn(real)
    loss = portable_losses.MeanSquaredError(reduction=reduction)
    terms, one = (y_true - y_pred) ** 2, np.ones((5, 3), "float32")
    weight = np.array([1.0, 2.0, 0.0, 3.0, 0.5], "float32")
    got = loss(*broken(y_true, y_pred, kept), weight, mask=kept)
    # A sample's weight is that of each of its elements.
    want = loss(*broken(y_true, y_pred, kept), weight[:, None] * one, mask=kept)
    got, want = map(keras.ops.convert_to_numpy, (got, want))
    np.testing.assert_allclose(got, want, rtol=1e-6)
    expected = reduced(terms, kept, weight[:, None] * one, reduction)
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    rows = np.array([True, True, False, True, True])
    got = loss(y_true, y_pred, one * 2.0, mask=rows)
    want = reduced(terms, rows[:, None] & np.ones((5, 3), bool), 2.0 * one, reduction)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(got), want, rtol=1e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("argument", ["mask", "sample_weight"])
@pytest.mark.parametrize("name", CASES)
def test_ones_change_nothing(name, argument, reduction):
    config, target = CASES[name]
    y_true, y_pred, _ = drawn(target)
    loss = getattr(portable_losses, name)(**config, reduction=reduction)
    got = loss(y_true, y_pred, **{argument: np.ones((5, 3))})
    want = keras.ops.convert_to_numpy(loss(y_true, y_pred))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(got), want, rtol=2e-6)


def test_nothing_left_is_zero(gradient, compiled):
    nothing = np.zeros((4, 3), bool)
    y_pred = np.full((4, 3), NAN, "float32")
    for reduction in ("mean", "sum", "mean_with_sample_weight"):
        loss = portable_losses.MeanSquaredError(reduction=reduction)
        value, slope = gradient(loss, y_pred, y_pred, mask=nothing, compiled=compiled)
        assert value == 0
        assert not slope.any()


def test_ignored_elements_and_masked_ones():
    y_true, y_pred, kept = drawn(binary)
    y_true[0, 0] = y_true[2, 1] = 255
    loss = portable_losses.BinaryCrossentropy(ignore_class=255)
    got = float(loss(y_true, y_pred, mask=kept))
    fine = kept & (y_true != 255)
    want = portable_losses.BinaryCrossentropy()(y_true, y_pred, mask=fine)
    np.testing.assert_allclose(got, float(want), rtol=1e-6)


def test_an_axis_in_the_middle():
    y_true, y_pred, kept = drawn(binary, (4, 3, 5))
    last = [np.moveaxis(x, 1, -1) for x in (y_true, y_pred, kept)]
    want = portable_losses.BinaryCrossentropy()(*last[:2], mask=last[2])
    loss = portable_losses.BinaryCrossentropy(axis=1)
    np.testing.assert_allclose(
        float(loss(y_true, y_pred, mask=kept)), float(want), rtol=1e-6
    )
    weighted = loss(y_true, y_pred, kept.astype("float32"))
    want = portable_losses.BinaryCrossentropy()(*last[:2], last[2].astype("float32"))
    np.testing.assert_allclose(float(weighted), float(want), rtol=1e-6)


@pytest.mark.parametrize("axis", [1, -2])
@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 3), (3, 3, 3), (2, 1, 3)])
def test_a_mask_of_items_if_a_middle_axis_holds_the_vectors(shape, axis):
    y_true, y_pred = real(*shape), real(*shape, seed=5)
    kept = np.ones((shape[0], shape[2]), bool)
    kept[0, 1] = kept[1, 0] = False
    last = [np.moveaxis(x, 1, -1) for x in (y_true, y_pred)]
    loss = portable_losses.CosineSimilarity(axis=axis)
    of_last = portable_losses.CosineSimilarity()
    weights = np.where(kept, 0.5, 0.0).astype("float32")
    for form in (kept, kept[:, None], kept[..., None]):
        got, want = loss(y_true, y_pred, mask=form), of_last(*last, mask=kept)
        np.testing.assert_allclose(float(got), float(want), rtol=1e-6)
    for form in (weights, weights[:, None], weights[..., None]):
        got, want = loss(y_true, y_pred, form), of_last(*last, weights)
        np.testing.assert_allclose(float(got), float(want), rtol=1e-6)


@pytest.mark.parametrize("argument", ["mask", "sample_weight"])
def test_a_mask_of_no_items_if_a_middle_axis_holds_the_vectors(argument):
    y_true, y_pred = real(2, 3, 4), real(2, 3, 4, seed=5)
    loss = portable_losses.CosineSimilarity(axis=1)
    text = f"CosineSimilarity: `{argument}` must have the leading axes of the items; "
    text += f"got {argument} of shape (2, 3) and items of shape (2, 4) (pass one value"
    given = np.ones((2, 3), bool if argument == "mask" else "float32")
    with pytest.raises(ValueError, match=re.escape(text)):
        loss(y_true, y_pred, **{argument: given})


def test_a_mask_that_keras_attached_has_the_leading_axes_of_y_pred():
    ids = np.array([[1, 2, 0], [1, 0, 0]])
    y_pred = keras.layers.Embedding(4, 3, mask_zero=True)(ids)
    y_true = np.zeros((2, 3, 3), "float32")
    kept = np.broadcast_to((ids != 0)[..., None], y_true.shape)
    loss = portable_losses.BinaryCrossentropy(axis=1, from_logits=True)
    want = loss(y_true, keras.ops.convert_to_numpy(y_pred), mask=kept)
    np.testing.assert_allclose(
        float(keras.ops.stop_gradient(loss(y_true, y_pred))), float(want), rtol=1e-6
    )
    with pytest.raises(ValueError, match="must have the leading axes of the items"):
        portable_losses.CosineSimilarity(axis=1)(y_true, y_pred)


@pytest.mark.parametrize("full", [False, True])
def test_columns_of_a_distribution(full, gradient, compiled):
    loss = portable_losses.GaussianNLL(full=full)
    y_true, _, kept = drawn(real)
    y_pred = real(5, 6, seed=5)
    single = portable_losses.GaussianNLL(full=full, reduction=None)
    terms = [single(y_true[:, j], y_pred[:, j::3]) for j in range(3)]
    terms = np.stack([keras.ops.convert_to_numpy(t) for t in terms], axis=-1)
    y_pred[:, :3][~kept] = NAN
    y_pred[:, 3:][~kept] = NAN
    y_true = np.where(kept, y_true, NAN)
    value, slope = gradient(loss, y_true, y_pred, mask=kept, compiled=compiled)
    want = reduced(terms, kept, np.ones_like(terms), "mean")
    np.testing.assert_allclose(value, want, rtol=1e-5)
    assert np.isfinite(slope).all()
    assert not slope[~np.tile(kept, 2)].any()


def test_columns_of_quantiles(gradient, compiled):
    q, penalty = (0.1, 0.5, 0.9), 0.5
    loss = portable_losses.Quantile(quantiles=q, crossing_penalty=penalty)
    y_true, (_, y_pred, kept) = real(5), drawn(real)
    r = y_pred - y_true[:, None]
    terms = np.abs(r) * np.where(r > 0, 1 - np.array(q), q)
    both = kept[:, 1:] & kept[:, :-1]
    crossed = np.maximum(y_pred[:, :-1] - y_pred[:, 1:], 0)
    crossed = (crossed * both).sum(-1) / np.maximum(both.sum(-1), 1)
    items = reduced(terms, kept, np.ones_like(terms), None) + penalty * crossed
    y_true[1] = NAN  # of which no column is kept
    value, slope = gradient(
        loss, y_true, np.where(kept, y_pred, NAN), mask=kept, compiled=compiled
    )
    np.testing.assert_allclose(value, items.sum() / kept.any(-1).sum(), rtol=1e-5)
    assert np.isfinite(slope).all()


def test_labels_that_are_excluded_do_not_decide_how_a_hinge_reads_the_others():
    y_true, y_pred, kept = drawn(binary)
    want = portable_losses.Hinge()(y_true, y_pred, mask=kept)
    got = portable_losses.Hinge()(np.where(kept, y_true, 7.0), y_pred, mask=kept)
    np.testing.assert_allclose(float(got), float(want), rtol=1e-6)


@pytest.mark.parametrize("argument", ["mask", "sample_weight"])
@pytest.mark.parametrize("loss", [Plain(), plain], ids=["class", "function"])
def test_a_loss_that_takes_the_mean_itself_says_what_to_write(loss, argument):
    y_true, y_pred, kept = drawn(real)
    message = r"leading axes of the items; got .* returns self.mean_over_columns\(terms"
    with pytest.raises(ValueError, match=message):
        loss(y_true, y_pred, **{argument: kept})


@pytest.mark.parametrize(
    "name", ["CosineSimilarity", "KLDivergence", "CategoricalCrossentropy"]
)
@pytest.mark.parametrize("argument", ["mask", "sample_weight"])
def test_a_loss_whose_items_are_no_means_rejects_it(name, argument):
    y_true, y_pred, kept = drawn(binary)
    with pytest.raises(
        ValueError, match=rf"{name}: `{argument}` must have the leading"
    ):
        getattr(portable_losses, name)()(y_true, y_pred, **{argument: kept})


def test_a_mask_of_another_number_of_columns_is_rejected():
    y_true, y_pred, kept = drawn(real)
    for bad in (kept[:, :2], kept[:1], kept.T, kept[..., None, None]):
        if bad.shape == (5, 3, 1, 1):
            portable_losses.Huber()(y_true, y_pred, mask=bad)  # needless ones
            continue
        with pytest.raises(ValueError, match="`mask` must have the leading axes of"):
            portable_losses.Huber()(y_true, y_pred, mask=bad)


def test_in_a_sum_and_with_a_number_that_moves():
    y_true, y_pred, kept = drawn(real)
    w = portable_losses.Hyperparameter(0.5, name="w")
    mse, huber = portable_losses.MeanSquaredError(), portable_losses.Huber(delta=w)
    got = (2.0 * mse + huber)(*broken(y_true, y_pred, kept), mask=kept)
    want = 2.0 * float(mse(y_true, y_pred, mask=kept))
    want += float(portable_losses.Huber(0.5)(y_true, y_pred, mask=kept))
    np.testing.assert_allclose(float(got), want, rtol=1e-6)


def test_a_subclass_that_builds_on_a_loss():
    class Scaled(portable_losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return 3.0 * super().call(y_true, y_pred)

    y_true, y_pred, kept = drawn(real)
    want = 3.0 * float(portable_losses.MeanSquaredError()(y_true, y_pred, mask=kept))
    got = Scaled()(*broken(y_true, y_pred, kept), mask=kept)
    np.testing.assert_allclose(float(got), want, rtol=1e-6)


class Known(portable_losses.Huber):
    """Missing entries are NaN in the targets."""

    def keep(self, y_true):
        return ops.isfinite(y_true)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_loss_may_leave_elements_out_by_their_targets(reduction):
    y_true, y_pred, kept = drawn(real)
    want = portable_losses.Huber(reduction=reduction)(y_true, y_pred, mask=kept)
    got = Known(reduction=reduction)(np.where(kept, y_true, NAN), y_pred)
    got, want = map(keras.ops.convert_to_numpy, (got, want))
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_such_a_loss_compiled(gradient, compiled):
    y_true, y_pred, kept = drawn(real)
    y_true = np.where(kept, y_true, NAN)
    weight = np.array([1.0, 2.0, 0.0, 3.0, 0.5], "float32")
    got = gradient(Known(), y_true, y_pred, weight, compiled=compiled)
    want = gradient(portable_losses.Huber(), y_true, y_pred, weight, kept)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert np.isfinite(got[1]).all()


def test_fit_on_a_table_with_missing_entries():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(256, 4)).astype("float32")
    y = x @ rng.normal(size=(4, 3)).astype("float32")
    y[rng.uniform(size=y.shape) < 0.4] = NAN
    weight = np.isfinite(y).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    loss = portable_losses.MeanSquaredError(reduction="mean_with_sample_weight")
    model.compile(keras.optimizers.Adam(0.1), loss=loss)
    history = model.fit(x, y, sample_weight=weight, epochs=12, verbose=0)
    assert history.history["loss"][-1] < 0.01
