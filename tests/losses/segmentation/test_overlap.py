"""What all losses of an overlap share: targets, pixels that count, empty classes."""

import functools

import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
VOID = 255
# One of each path through the sums: the Tversky losses take that of Jaccard.
PIXELWISE = (
    pl.Jaccard,
    pl.GeneralizedDice,
    pl.UnifiedFocal,
    pl.SensitivitySpecificity,
)
CLASSES = (*PIXELWISE, functools.partial(pl.CenterlineDice, iterations=1))


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def drawn(shape=(3, 4), classes=3, seed=0):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, classes, shape).astype("int32")
    return ids, rng.dirichlet(np.ones(classes), shape).astype("float32")


IDS, P = drawn()
LOGITS = np.log(P)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_form_of_a_target_is_the_same(cls):
    wanted = value(cls(), np.eye(3, dtype="float32")[IDS], P)
    for t in (IDS, IDS[..., None], np.eye(3, dtype="int32")[IDS]):
        np.testing.assert_allclose(value(cls(), t, P), wanted, rtol=1e-6)


@pytest.mark.parametrize("cls", CLASSES)
def test_channels_first_is_channels_last_transposed(cls):
    ids, p = drawn((3, 2, 4))
    wanted = value(cls(), ids, p)
    loss = cls(data_format="channels_first")
    got = value(loss, ids[:, None], p.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.parametrize("cls", PIXELWISE)
def test_space_has_one_to_three_axes(cls):
    wanted = value(cls(reduction=None), IDS, P)
    for space in ((2, 2), (2, 1, 2)):
        t, p = IDS.reshape(3, *space), P.reshape(3, *space, 3)
        np.testing.assert_allclose(value(cls(reduction=None), t, p), wanted, rtol=1e-6)


@pytest.mark.parametrize("cls", PIXELWISE)
def test_a_batch_is_one_sample_with_more_pixels(cls):
    got = value(cls(per="batch"), IDS, P)
    wanted = value(cls(), IDS.reshape(1, -1), P.reshape(1, -1, 3))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.parametrize("cls", PIXELWISE)
@pytest.mark.parametrize(("per", "how"), [("sample", "ids"), ("batch", "mask")])
def test_pixels_that_are_masked_change_nothing(gradient, cls, per, how):
    out = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 0, 0]], "bool")
    config = {"activation": "softmax", "per": per}
    wanted, grad = gradient(
        cls(**config), IDS[~out].reshape(3, -1), LOGITS[~out].reshape(3, -1, 3)
    )
    logits = LOGITS.copy()
    logits[out] = np.nan
    if how == "mask":
        got, grads = gradient(cls(**config), IDS, logits, mask=~out, compiled=MODE)
    else:
        t = np.where(out, VOID, IDS)
        loss = cls(ignore_class=VOID, **config)
        got, grads = gradient(loss, t, logits, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    np.testing.assert_allclose(grads[~out], grad.reshape(-1, 3), rtol=1e-4, atol=1e-7)
    assert not grads[out].any()


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    ("per", "empty"), [("sample", "complement"), ("batch", "formula")]
)
def test_nothing_but_ignored_pixels_costs_0(gradient, cls, per, empty):
    config = {"per": per, "empty": empty, "epsilon": 0.0, "smooth": 0.0}
    loss = cls(ignore_class=VOID, activation="softmax", **config)
    got, grad = gradient(loss, np.full((3, 4), VOID, "int32"), LOGITS, compiled=MODE)
    assert got == 0
    assert not grad.any()


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    ("config", "ignored"),
    [
        ({"empty": "skip", "include_background": False}, 0),
        ({"ignore_class": VOID}, VOID),
    ],
)
def test_a_sample_without_a_class_that_counts_leaves_the_mean(cls, config, ignored):
    t = IDS.copy()
    t[1] = ignored
    items = value(cls(reduction=None, **config), t, P)
    assert items[1] == 0 < items[0]
    got = value(cls(**config), t, P)
    np.testing.assert_allclose(got, (items[0] + items[2]) / 2, rtol=1e-6)


EMPTY = np.zeros((1, 50, 1), "float32")
OF_AN_OVERLAP = (
    pl.Jaccard(),
    pl.SoftTversky(),
    pl.FocalTversky(),
    pl.GeneralizedDice(),
    pl.GeneralizedDice(weighting="uniform"),
    pl.UnifiedFocal(weight=1.0),
)


@pytest.mark.parametrize("loss", OF_AN_OVERLAP, ids=lambda x: x.name)
def test_an_empty_mask(gradient, loss):
    assert value(loss, EMPTY, EMPTY) == 0
    got, grad = gradient(loss, EMPTY, EMPTY + 0.99, compiled=MODE)
    assert 0.97 < got <= 1
    assert (grad > 0.1 / 50).all()


@pytest.mark.parametrize("loss", OF_AN_OVERLAP[:-1], ids=lambda x: x.name)
def test_a_region_that_is_missed(gradient, loss):
    t = EMPTY.copy()
    t[:, :5] = 1.0
    got, grad = gradient(loss, t, EMPTY, compiled=MODE)
    assert got == 1
    assert (grad[:, :5] < -0.1 / 5).all()


@pytest.mark.parametrize("cls", CLASSES)
def test_a_class_index_out_of_range_is_nan_in_compiled_code(gradient, cls):
    t = IDS.copy()
    t[1, 2] = 3
    with pytest.raises(ValueError, match=r"class indices in \[0, 3\); got y_true"):
        cls()(t, P)
    if MODE:
        got, _ = gradient(cls(reduction=None), t, P, compiled=MODE)
        np.testing.assert_array_equal(np.isnan(got), [False, True, False])


@pytest.mark.parametrize("cls", CLASSES)
def test_weights_of_classes_that_are_equal_change_nothing(cls):
    wanted = value(cls(smooth=1.0), IDS, P)
    got = value(cls(smooth=1.0, class_weights=[3.0, 3.0, 3.0]), IDS, P)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


NUMBERS = [
    (pl.Jaccard, {"smooth": 2.0, "epsilon": 1e-3}),
    (pl.SoftTversky, {"alpha": 0.2, "beta": 0.7}),
    (pl.FocalTversky, {"alpha": 0.2, "beta": 0.7, "gamma": 0.5}),
    (pl.GeneralizedDice, {"smooth": 2.0, "epsilon": 1e-3}),
    (pl.UnifiedFocal, {"weight": 0.2, "delta": 0.7, "gamma": 0.4, "epsilon": 1e-3}),
    (pl.SensitivitySpecificity, {"weight": 0.2, "smooth": 2.0}),
    (CLASSES[-1], {"weight": 0.2, "smooth": 2.0}),
]


@pytest.mark.parametrize(("cls", "numbers"), NUMBERS)
def test_every_number_may_be_a_hyperparameter(cls, numbers):
    wanted = value(cls(**numbers), IDS, P)
    moving = {key: pl.Hyperparameter(number) for key, number in numbers.items()}
    weights = [pl.Hyperparameter(1.0) for _ in range(3)]
    got = value(cls(**moving, class_weights=weights), IDS, P)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


REJECTED = [
    (
        lambda: pl.FocalTversky(gamma=0),
        "FocalTversky: `gamma` must be a finite number > 0; got gamma=0 (",
    ),
    (
        lambda: pl.SoftTversky(alpha=-0.1),
        "SoftTversky: `alpha` must be a finite number >= 0; got alpha=-0.1 (",
    ),
    (
        lambda: pl.GeneralizedDice(weighting="cube"),
        "GeneralizedDice: `weighting` must be one of 'simple', 'square', 'uniform'; "
        "got weighting='cube' (",
    ),
    (
        lambda: pl.UnifiedFocal(gamma=1.0),
        "UnifiedFocal: `gamma` must be a finite number >= 0 and < 1; got gamma=1.0 (",
    ),
    (
        lambda: pl.UnifiedFocal(delta=1.1),
        "UnifiedFocal: `delta` must be a finite number >= 0 and <= 1; got delta=1.1 (",
    ),
    (
        lambda: pl.SensitivitySpecificity(weight=-1),
        "SensitivitySpecificity: `weight` must be a finite number >= 0 and <= 1; got "
        "weight=-1 (",
    ),
    (
        lambda: pl.CenterlineDice(iterations=-1),
        "CenterlineDice: `iterations` must be a whole number >= 0; got iterations=-1 (",
    ),
    (
        lambda: pl.Jaccard(from_logits=True),
        "Jaccard: `from_logits` must be omitted; got from_logits=True (for logits pass "
        'activation="sigmoid" or "softmax").',
    ),
    (
        lambda: pl.UnifiedFocal(include_background=False)(IDS, P[..., :1]),
        "UnifiedFocal: `include_background` must be True for one class; got ",
    ),
    (
        lambda: pl.GeneralizedDice(per="batch")(IDS, P, [1.0, 1.0, 1.0]),
        "GeneralizedDice: `sample_weight` must be None for a statistic, ",
    ),
    (
        lambda: pl.UnifiedFocal()(IDS, LOGITS),
        "UnifiedFocal: `y_pred` must be probabilities in [0, 1]; got y_pred",
    ),
]


@pytest.mark.parametrize(("make", "message"), REJECTED)
def test_bad_input_is_rejected(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("cls", [pl.Jaccard, pl.GeneralizedDice, pl.UnifiedFocal])
def test_no_samples_of_class_indices_cost_nothing(cls):
    ids, p = drawn()
    assert value(cls(), ids[:0], p[:0]) == 0.0
    assert value(cls(reduction=None), ids[:0], p[:0]).shape == (0,)
