"""The Lovász losses: sums, pixels that are left out, ties, errors."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import LovaszHinge, LovaszSoftmax

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)
VOID = 255


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def drawn(shape=(3, 4), classes=3, seed=0):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, classes, shape).astype("int32")
    return ids, rng.dirichlet(np.ones(classes), shape).astype("float32")


def one_hot(ids, classes=3):
    return np.eye(classes, dtype="float32")[ids]


EVERY = [
    lambda **common: LovaszSoftmax(activation="softmax", **common),
    lambda **common: LovaszSoftmax(classes="all", activation="sigmoid", **common),
    LovaszHinge,
]


def test_wholly_right_or_wrong_pixels_cost_the_jaccard_loss():
    rng = np.random.default_rng(0)
    ids, guess = rng.integers(0, 3, (2, 5, 40)).astype("int32")
    t, p = one_hot(ids), one_hot(guess)
    union = np.maximum(t, p).sum(1)
    wanted = 1 - (t * p).sum(1) / union
    got = value(LovaszSoftmax(reduction=None), ids, p)
    np.testing.assert_allclose(got, wanted.mean(-1), rtol=1e-6)
    got = value(portable_losses.SoftDice(reduction=None), ids, p)
    dice = (wanted / (2 - wanted)).mean(-1)  # 1 - 2 I / S == J / (2 - J)
    np.testing.assert_allclose(got, dice, rtol=1e-5)


def test_hinges_of_confident_logits_cost_the_jaccard_loss_twice():
    rng = np.random.default_rng(0)
    t, p = (rng.uniform(size=(2, 5, 40, 1)) < 0.4).astype("float32")
    wanted = 1 - (t * p).sum(1) / np.maximum(t, p).sum(1)
    got = value(LovaszHinge(reduction=None), t, 2 * p - 1)
    np.testing.assert_allclose(got, 2 * wanted.mean(-1), rtol=1e-6)


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({}, 0.5),  # 1 - J of (0.5, 0.5) of class 0
        ({"classes": "all"}, (0.5 + 0.75) / 2),
        ({"classes": "all", "class_weights": [1.0, 3.0]}, (0.5 + 3 * 0.75) / 4),
        ({"class_weights": [1.0, 3.0]}, 0.5),
        ({"include_background": False, "classes": "all"}, 0.75),
        ({"include_background": False}, 0.0),
    ],
)
def test_what_an_absent_class_costs(config, wanted):
    ids = np.zeros((1, 2), "int32")
    p = np.array([[[0.5, 0.75], [0.5, 0.25]]], "float32")
    np.testing.assert_allclose(value(LovaszSoftmax(**config), ids, p), wanted, 1e-6)
    got = value(LovaszSoftmax(**config), one_hot(ids, 2), p)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_a_sample_without_a_present_class_leaves_the_mean(gradient):
    ids, p = drawn()
    ids[1] = 0
    loss = LovaszSoftmax(include_background=False)
    got, grad = gradient(loss, ids, p, compiled=MODE)
    np.testing.assert_allclose(got, value(loss, ids[[0, 2]], p[[0, 2]]), rtol=1e-6)
    assert not grad[1].any()


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("per", ["sample", "batch"])
@pytest.mark.parametrize("how", ["mask", "ignored ids", "ignored rows"])
def test_pixels_that_are_masked_change_nothing(gradient, make, per, how):
    ids, p = drawn()
    if how == "ignored rows":
        ids[ids == 2] = 0
    out = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 0, 0]], "bool")
    logits, config = np.log(p), {"per": per}
    wanted, grad = gradient(
        make(**config), ids[~out].reshape(3, -1), logits[~out].reshape(3, -1, 3)
    )
    broken, mask, t = logits.copy(), None, ids
    broken[out] = np.nan
    if how == "mask":
        mask = ~out
    elif how == "ignored ids":
        config["ignore_class"] = VOID
        t = np.where(out, VOID, ids)
    else:
        config["ignore_class"] = 2
        t = one_hot(np.where(out, 2, ids))
    got, grads = gradient(make(**config), t, broken, mask=mask, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    np.testing.assert_allclose(grads[~out], grad.reshape(-1, 3), rtol=1e-4, atol=1e-7)
    assert not grads[out].any()


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("per", ["sample", "batch"])
def test_nothing_but_ignored_pixels_costs_0(gradient, make, per):
    p = drawn()[1]
    ids = np.full((3, 4), VOID, "int32")
    loss = make(ignore_class=VOID, per=per)
    got, grad = gradient(loss, ids, p, compiled=MODE)
    assert got == 0
    assert not grad.any()


@pytest.mark.parametrize("make", EVERY)
def test_a_sample_of_ignored_pixels_leaves_the_mean(make):
    ids, p = drawn()
    t = ids.copy()
    t[1] = VOID
    got = value(make(ignore_class=VOID), t, p)
    np.testing.assert_allclose(got, value(make(), ids[[0, 2]], p[[0, 2]]), rtol=1e-6)
    keep = np.ones((3, 4), "bool")
    keep[1] = False
    np.testing.assert_allclose(value(make(), ids, p, mask=keep), got, rtol=1e-6)


@pytest.mark.parametrize("make", EVERY)
def test_a_batch_is_one_image_with_more_pixels(make):
    ids, p = drawn()
    got = value(make(per="batch", reduction=None), ids, p)
    wanted = value(make(), ids.reshape(1, 12), p.reshape(1, 12, 3))
    np.testing.assert_allclose(got, np.full(3, wanted), rtol=1e-6)


@pytest.mark.parametrize("per", ["sample", "batch"])
@pytest.mark.parametrize("make", EVERY)
def test_class_indices_out_of_range(gradient, make, per):
    ids, p = drawn()
    ids[1, 2] = 3
    with pytest.raises(ValueError, match=r"class indices in \[0, 3\); got y_true"):
        make(per=per)(ids, p)
    if MODE:
        loss = make(per=per, reduction=None)
        got, _ = gradient(loss, ids, p, compiled=MODE)
        wanted = [False, True, False] if per == "sample" else [True] * 3
        np.testing.assert_array_equal(np.isnan(got), wanted)


def test_equal_errors_have_one_gradient_on_every_backend(gradient):
    # Two pixels of the class and two others, all half wrong: the first comes first.
    t = np.array([[[0.0], [1.0], [0.0], [1.0]]], "float32")
    p = np.full_like(t, 0.5)
    got, grad = gradient(LovaszSoftmax(), t, p, compiled=MODE)
    np.testing.assert_allclose(got, 0.5, rtol=1e-6)
    # J_k = 1 - 2/3, 1 - 1/3, 1 - 1/4, 1
    wanted = [[[1 / 3], [-1 / 3], [1 / 12], [-1 / 4]]]
    np.testing.assert_allclose(grad, wanted, rtol=1e-5)


def test_the_steps_of_a_large_image_do_not_cancel(gradient):
    # One pixel of the class in a million: all others are right of each other's order.
    n = 2**20
    t = np.zeros((1, n, 1), "float32")
    t[0, n // 2] = 1.0
    p = (np.arange(n, 0, -1).reshape(1, n, 1) / (2.0 * n)).astype("float32")
    p[0, n // 2] = 1.0
    _, grad = gradient(LovaszSoftmax(), t, p, compiled=MODE)
    # J_k - J_{k-1} = 1 / (1 + k) - ... with G = 1: 1 / k - 1 / (k + 1)
    k = np.arange(1, n // 2 + 1, dtype="float64")
    wanted = 1 / (k * (k + 1))
    np.testing.assert_allclose(grad[0, : n // 2, 0], wanted, rtol=1e-5)


def test_an_infinite_hinge_is_infinite_without_nan(gradient):
    t = np.array([[[1.0], [0.0], [0.0]]], "float32")
    x = np.array([[[-np.inf], [np.inf], [np.inf]]], "float32")
    got, grad = gradient(LovaszHinge(), t, x, compiled=MODE)
    assert got == np.inf
    assert not np.isnan(grad).any()
    got, grad = gradient(LovaszHinge(), t, -x, compiled=MODE)
    assert got == 0
    assert not grad.any()


REJECTED = [
    (
        lambda: LovaszSoftmax(classes="some"),
        "LovaszSoftmax: `classes` must be one of 'all', 'present'; got "
        "classes='some' (",
    ),
    (
        lambda: LovaszSoftmax(from_logits=True),
        "LovaszSoftmax: `from_logits` must be omitted; got "
        'from_logits=True (for logits pass activation="sigmoid" or "softmax").',
    ),
    (
        lambda: LovaszSoftmax(smooth=1.0),
        "LovaszSoftmax: `smooth` must be 0.0, since this loss has no quotient that it "
        "acts on; got smooth=1.0 (omit it).",
    ),
    (
        lambda: LovaszHinge(empty="skip"),
        "LovaszHinge: `empty` must be 'complement', since this loss has no quotient "
        "that it acts on; got empty='skip' (omit it).",
    ),
    (
        lambda: LovaszHinge(activation="sigmoid"),
        "LovaszHinge: `activation` must be None for this loss of logits; got "
        "activation='sigmoid' (omit it).",
    ),
    (
        lambda: LovaszHinge(from_logits=False),
        "LovaszHinge: `from_logits` must be True for this loss of logits; got "
        "from_logits=False (",
    ),
    (
        lambda: LovaszSoftmax(per="batch")(*drawn(), [1.0, 1.0, 1.0]),
        "LovaszSoftmax: `sample_weight` must be None for a statistic, one number for "
        "the whole batch; got sample_weight=weights of shape (3,) (use per=",
    ),
    (
        lambda: LovaszSoftmax()(drawn()[0], 9 * drawn()[1] - 3),
        "LovaszSoftmax: `y_pred` must be probabilities in [0, 1]; got y_pred",
    ),
]


@pytest.mark.parametrize(("make", "message"), REJECTED)
def test_bad_input_is_rejected(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value).startswith(message)


def test_logits_are_what_the_hinge_takes():
    ids, p = drawn()
    assert np.isfinite(value(LovaszHinge(from_logits=True), ids, 9 * p - 3))
    assert LovaszHinge().name == "lovasz_hinge"
    assert LovaszSoftmax().name == "lovasz_softmax"
