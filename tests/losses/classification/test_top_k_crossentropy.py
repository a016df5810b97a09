"""The hardest items: which, how many, and what masks and weights do to that."""

import functools

import keras
import numpy as np
import pytest

from portable_losses import (
    CategoricalCrossentropy,
    Hyperparameter,
    SparseCategoricalCrossentropy,
    TopKCrossentropy,
)

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

RNG = np.random.default_rng(7)
X = (2.0 * RNG.normal(size=(3, 10, 4))).astype("float32")
IDS = RNG.integers(0, 4, (3, 10))
ROWS = np.eye(4, dtype="float32")[IDS]
PLAIN = SparseCategoricalCrossentropy(from_logits=True, reduction=None)
ITEMS = keras.ops.convert_to_numpy(PLAIN(IDS, X))


@pytest.fixture(name="gradient")
def _gradient(gradient):
    return functools.partial(gradient, compiled=MODE)


def mean_of_largest(items, k):
    return np.sort(items, axis=-1)[..., ::-1][..., :k].mean()


@pytest.mark.parametrize("shape", [(3, 2, 5), (30, 1)])
def test_fraction_1_is_crossentropy(shape, gradient):
    y, x = IDS.reshape(shape), X.reshape(*shape, 4)
    wanted, its = gradient(SparseCategoricalCrossentropy(from_logits=True), y, x)
    got, slope = gradient(TopKCrossentropy(fraction=1, from_logits=True), y, x)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(slope, its, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("fraction", [0.35, 0.01])
def test_the_largest_of_each_sample(fraction, gradient):
    k = max(1, int(fraction * 10 + 1e-4))
    loss = TopKCrossentropy(fraction=fraction, from_logits=True)
    got, slope = gradient(loss, IDS, X)
    np.testing.assert_allclose(got, mean_of_largest(ITEMS, k), rtol=1e-6)
    assert (np.abs(slope).max(axis=-1) > 0).sum(axis=-1).tolist() == [k] * 3


@pytest.mark.parametrize("shape", [(30,), (30, 1)])
def test_the_largest_of_the_batch_where_a_sample_is_one_item(shape, gradient):
    y, x = IDS.reshape(shape), X.reshape(*shape, 4)
    got = gradient(TopKCrossentropy(fraction=0.2, from_logits=True), y, x)[0]
    np.testing.assert_allclose(got, mean_of_largest(ITEMS.reshape(-1), 6), rtol=1e-6)


def test_labels_of_every_form_agree(gradient):
    weights = [0.5, 2.0, 0.1, 1.5]
    config = {"fraction": 0.3, "class_weights": weights, "reduction": None}
    p = RNG.dirichlet(np.ones(4), (3, 10)).astype("float32")
    for from_logits, x in ((True, X), (False, 3 * p)):
        loss = TopKCrossentropy(from_logits=from_logits, **config)
        wanted, its = gradient(loss, IDS, x)
        for y in (IDS[..., None], ROWS):
            got, slope = gradient(loss, y, x)
            np.testing.assert_allclose(got, wanted, rtol=1e-5)
            np.testing.assert_allclose(slope, its, rtol=1e-4, atol=1e-6)
    plain = CategoricalCrossentropy(class_weights=weights, reduction=None)
    items = keras.ops.convert_to_numpy(plain(ROWS, p))
    np.testing.assert_allclose(wanted.sum(), 9 * mean_of_largest(items, 3), rtol=1e-5)


@pytest.mark.parametrize("single", [True, False])
def test_ties_go_to_the_first(single, gradient):
    x = np.zeros((1, 10, 2))
    x[0, 7] = -1.0, 1.0
    y = np.zeros((1, 10), "int32")
    if single:
        x, y = x[0], y[0]
    loss = TopKCrossentropy(fraction=0.3, from_logits=True)
    _, slope = gradient(loss, y, x)
    taken = np.abs(slope).reshape(10, 2).max(axis=-1) > 0
    assert np.flatnonzero(taken).tolist() == [0, 1, 7]


@pytest.mark.parametrize("by", ["mask", "sample_weight", "ignore_class"])
def test_what_is_excluded_does_not_count(by, gradient):
    keep = np.ones((3, 10), "bool")
    keep[0, 3:] = False  # 3 are left: k is 1
    keep[1, :5] = False
    loss, y, more = TopKCrossentropy(fraction=0.4, from_logits=True), IDS, {}
    if by == "ignore_class":
        y = np.where(keep, IDS, 255)
        loss = TopKCrossentropy(fraction=0.4, from_logits=True, ignore_class=255)
    else:
        more = {by: keep if by == "mask" else keep.astype("float32")}
    x = np.where(keep[..., None], X, np.nan)
    got, slope = gradient(loss, y, x, **more)
    largest = [np.sort(i[k])[::-1] for i, k in zip(ITEMS, keep, strict=True)]
    taken = np.concatenate([largest[0][:1], largest[1][:2], largest[2][:4]])
    np.testing.assert_allclose(got, taken.mean(), rtol=1e-6)
    assert not slope[~keep].any() and np.isfinite(slope).all()


def test_a_sample_without_any_item_is_excluded(gradient):
    mask = np.ones((3, 10), "bool")
    mask[1] = False
    loss = TopKCrossentropy(fraction=0.4, from_logits=True)
    got, slope = gradient(loss, IDS, X, mask=mask)
    np.testing.assert_allclose(got, mean_of_largest(ITEMS[::2], 4), rtol=1e-6)
    assert not slope[1].any()
    got, slope = gradient(loss, IDS, X, mask=0 * mask)
    assert got == 0 and not slope.any()


def test_a_sample_of_weight_0_counts_in_the_mean_as_in_keras(gradient):
    loss = TopKCrossentropy(fraction=0.4, from_logits=True)
    got, _ = gradient(loss, IDS, X, sample_weight=np.array([1.0, 0.0, 2.0]))
    sums = np.sort(ITEMS, axis=-1)[:, -4:].sum(axis=-1)
    np.testing.assert_allclose(got, (sums[0] + 2 * sums[2]) / 12, rtol=1e-6)


def test_masked_samples_of_one_item_leave_the_batch(gradient):
    y, x, items = IDS[0], X[0], ITEMS[0]
    keep = np.array([True, False] * 5)
    loss = TopKCrossentropy(fraction=0.5, from_logits=True)
    got, _ = gradient(loss, y, x, mask=keep)
    np.testing.assert_allclose(got, mean_of_largest(items[keep], 2), rtol=1e-6)


def test_a_nan_and_an_infinity_are_taken(gradient):
    loss = TopKCrossentropy(fraction=0.1, from_logits=True)
    x = X.copy()
    x[0, 4] = np.nan
    assert np.isnan(gradient(loss, IDS, x)[0])
    y, x = IDS.copy(), X.copy()
    y[1, 4] = 0
    x[1, 4, 0] = -np.inf
    got, slope = gradient(loss, y, x)
    assert got == np.inf and np.isfinite(slope).all()


@pytest.mark.parametrize(("fraction", "count"), [(0.53, 4300), (0.95, 280001)])
def test_of_many_items_the_number_is_right(fraction, count):
    # In float32 the first product lies below 2279 by more than 0.0001.
    loss = TopKCrossentropy(fraction=fraction, from_logits=True, reduction=None)
    y, x = np.zeros((1, count), "int32"), np.zeros((1, count, 2), "float32")
    items = keras.ops.convert_to_numpy(loss(y, x))
    assert (items > 0).sum() == int(fraction * count + 1e-4)


def test_fraction_may_move(gradient):
    fraction = Hyperparameter(0.3, name="fraction")
    loss = TopKCrossentropy(fraction=fraction, from_logits=True)
    got = float(loss(IDS, X))
    np.testing.assert_allclose(got, mean_of_largest(ITEMS, 3), rtol=1e-6)


def test_no_samples_give_0_and_no_items():
    for shape in ((0,), (0, 10)):
        y, x = np.zeros(shape, "int32"), np.zeros((*shape, 4), "float32")
        assert float(TopKCrossentropy(from_logits=True)(y, x)) == 0
        items = TopKCrossentropy(from_logits=True, reduction=None)(y, x)
        assert tuple(items.shape) == shape


def test_a_model_of_any_batch_size_trains():
    model = keras.Sequential([keras.Input((10, 4)), keras.layers.Dense(4)])
    model.compile("sgd", TopKCrossentropy(fraction=0.3, from_logits=True))
    first = model.fit(X, IDS, batch_size=2, epochs=5, verbose=0).history["loss"]
    assert first[-1] < first[0]


BAD = [
    (lambda: TopKCrossentropy(fraction=0), "`fraction` must be .*> 0"),
    (lambda: TopKCrossentropy(fraction=1.5), "`fraction` must be .*<= 1"),
    (lambda: TopKCrossentropy()(IDS, X), "pass from_logits=True"),
    (
        lambda: TopKCrossentropy(from_logits=True)(IDS, X, mask=np.ones((3, 10, 4))),
        "`mask` must have the leading axes of the items",
    ),
    (
        lambda: TopKCrossentropy(from_logits=True)(IDS, X, np.ones((3, 10, 4))),
        "`sample_weight` must have the leading axes of the items",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_values_are_rejected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
