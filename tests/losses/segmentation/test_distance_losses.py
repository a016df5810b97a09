"""Boundary and HausdorffDT: values by hand, pixels that are left out, errors."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Boundary, HausdorffDT

BACKEND = keras.config.backend()
MODE = {"jax": "jit", "tensorflow": "xla"}.get(BACKEND, False)
VOID = 255
EVERY = [
    lambda **common: Boundary(activation="softmax", **common),
    lambda **common: HausdorffDT(activation="softmax", **common),
]


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def drawn(shape=(3, 5, 4), seed=0):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 3, shape).astype("int32")
    return ids, rng.normal(size=(*shape, 3)).astype("float32")


def line(*x):
    return np.array(x, "float32").reshape(1, -1, 1)


# D of the target is 1, 1, 2, 3.
TARGET = line(1, 0, 0, 0)
NUMBERS = [
    (Boundary(), [1, 0, 0, 0], -1 / 4),
    (Boundary(), [0.5, 0.25, 1, 1], (-0.5 + 0.25 + 2 + 3) / 4),
    (HausdorffDT(), [1, 0, 0, 0], 0.0),
    (HausdorffDT(), [1, 0.25, 0, 0.5], (2 * 0.0625 + 18 * 0.25) / 4),
    (HausdorffDT(alpha=1.0), [1, 0.25, 0, 0.5], (2 * 0.0625 + 6 * 0.25) / 4),
    # Of this prediction it is 0, and of the next 2, 1, 1, 1.
    (HausdorffDT(), [0.5, 0, 0, 0.5], (1 * 0.25 + 9 * 0.25) / 4),
    (HausdorffDT(), [0, 0, 1, 0], (1 + 4 + 4 + 1) / 4),
]


@pytest.mark.parametrize(("loss", "p", "wanted"), NUMBERS)
def test_what_a_line_costs(loss, p, wanted):
    np.testing.assert_allclose(value(loss, TARGET, line(*p)), wanted, rtol=1e-6)


def test_a_moving_alpha():
    alpha = portable_losses.Hyperparameter(2.0, name="alpha")
    loss = HausdorffDT(alpha=alpha)
    p = line(1, 0.25, 0, 0.5)
    np.testing.assert_allclose(value(loss, TARGET, p), 4.625 / 4, rtol=1e-6)
    alpha.assign(1.0)
    np.testing.assert_allclose(value(loss, TARGET, p), 1.625 / 4, rtol=1e-6)


def test_the_gradient_is_that_of_constant_distances(gradient):
    p = line(0.75, 0.75, 0.0, 0.25)
    _, grad = gradient(HausdorffDT(), TARGET, p, compiled=MODE)
    weights = np.array([1 + 4, 1 + 1, 4 + 1, 9 + 4])  # D_p is 2, 1, 1, 2
    wanted = 2 * (p - TARGET).ravel() * weights / 4
    np.testing.assert_allclose(grad.ravel(), wanted, rtol=1e-6)
    _, grad = gradient(Boundary(), TARGET, p, compiled=MODE)
    np.testing.assert_allclose(grad.ravel(), np.array([-1, 1, 2, 3]) / 4, rtol=1e-6)


@pytest.mark.parametrize("full", [0.0, 1.0])
def test_maps_without_a_border_have_no_distance(gradient, full):
    t = np.full((2, 3, 4, 1), full, "float32")
    p = np.full_like(t, 0.75 if full else 0.25)
    for loss in (Boundary(), HausdorffDT()):
        got, grad = gradient(loss, t, p, compiled=MODE)
        assert got == 0
        assert not grad.any()
    # A prediction with a border of its own is drawn to the target.
    p[:, 1, 1] = 1 - p[:, 1, 1]
    got, grad = gradient(HausdorffDT(), t, p, compiled=MODE)
    assert got > 0
    assert ((grad > 0) == (full == 0)).all()


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("per", ["sample", "batch"])
@pytest.mark.parametrize("how", ["mask", "ignored ids"])
def test_pixels_that_are_masked_count_as_outside(gradient, make, per, how):
    ids, x = drawn()
    out = np.random.default_rng(1).uniform(size=ids.shape) < 0.3
    broken = np.where(out[..., None], np.nan, x)
    inside = np.eye(3, dtype="float32")[ids] * ~out[..., None]
    if how == "mask":
        got, grad = gradient(make(per=per), ids, broken, mask=~out, compiled=MODE)
    else:
        loss = make(per=per, ignore_class=VOID)
        got, grad = gradient(loss, np.where(out, VOID, ids), broken, compiled=MODE)
    assert not grad[out].any()
    # The same by hand: nothing of these pixels is in the sums, and no class there.
    p = keras.ops.convert_to_numpy(keras.ops.softmax(x)) * ~out[..., None]
    phi = keras.ops.convert_to_numpy(portable_losses.signed_distance(inside))
    terms = p * phi
    if isinstance(make(), HausdorffDT):
        of_p = keras.ops.convert_to_numpy(portable_losses.signed_distance(p))
        terms = (p - inside) ** 2 * (phi**2 + of_p**2)
    means = [terms[i][~out[i]].mean() for i in range(3)]
    wanted = np.mean(means) if per == "sample" else terms[~out].mean()
    np.testing.assert_allclose(got, wanted, rtol=2e-6)


@pytest.mark.parametrize("make", EVERY)
def test_a_sample_of_ignored_pixels_leaves_the_mean(gradient, make):
    ids, x = drawn()
    t = ids.copy()
    t[1] = VOID
    wanted = value(make(), ids[[0, 2]], x[[0, 2]])
    np.testing.assert_allclose(value(make(ignore_class=VOID), t, x), wanted, rtol=1e-6)
    t[:] = VOID
    for per in ("sample", "batch"):
        loss = make(ignore_class=VOID, per=per)
        got, grad = gradient(loss, t, x, compiled=MODE)
        assert got == 0
        assert not grad.any()


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("per", ["sample", "batch"])
def test_class_indices_out_of_range(gradient, make, per):
    ids, x = drawn()
    ids[1, 2, 0] = 3
    with pytest.raises(ValueError, match=r"class indices in \[0, 3\); got y_true"):
        make(per=per)(ids, x)
    if MODE:
        got, _ = gradient(make(per=per, reduction=None), ids, x, compiled=MODE)
        wanted = [False, True, False] if per == "sample" else [True] * 3
        np.testing.assert_array_equal(np.isnan(got), wanted)


@pytest.mark.parametrize("make", EVERY)
def test_sizes_that_are_unknown_in_a_graph(make):
    if BACKEND != "tensorflow":
        pytest.skip("only TensorFlow traces an unknown size")
    import tensorflow as tf

    ids, x = drawn()
    specs = [
        tf.TensorSpec((None,) * 3, tf.int32),
        tf.TensorSpec((None, None, None, 3), tf.float32),
    ]
    for config in ({}, {"per": "batch"}):
        graph = tf.function(make(**config).__call__, input_signature=specs)
        wanted = value(make(**config), ids, x)
        np.testing.assert_allclose(graph(ids, x), wanted, rtol=1e-6)


@pytest.mark.parametrize("make", EVERY)
def test_half_precision_is_computed_in_float32(make):
    # The sum of the squared distances is beyond float16.
    ids = np.zeros((1, 300, 2), "int32")
    ids[0, 0] = 1
    x = np.zeros((1, 300, 2, 3), "float16")
    got = value(make(dtype="float16"), ids, x)
    wanted = value(make(), ids, x.astype("float32"))
    np.testing.assert_allclose(got, wanted, rtol=1e-3)


REJECTED = [
    (
        lambda: HausdorffDT(alpha=0),
        "HausdorffDT: `alpha` must be a finite number > 0; got alpha=0 (choose a value "
        "in that range).",
    ),
    (
        lambda: HausdorffDT(smooth=1.0),
        "HausdorffDT: `smooth` must be 0.0, since this loss has no quotient that it "
        "acts on; got smooth=1.0 (omit it).",
    ),
    (
        lambda: Boundary(empty="skip"),
        "Boundary: `empty` must be 'complement', since this loss has no quotient that "
        "it acts on; got empty='skip' (omit it).",
    ),
    (
        lambda: Boundary(epsilon=1e-3),
        "Boundary: `epsilon` must be 1e-07, since this loss has no quotient that it "
        "acts on; got epsilon=0.001 (omit it).",
    ),
    (
        lambda: Boundary(distance_maps=True, ignore_class=2),
        "Boundary: `ignore_class` must be None for distance maps, which have no class "
        "indices; got ignore_class=2 (pass mask=, which is False for these pixels).",
    ),
    (
        lambda: Boundary(distance_maps=True, activation="softmax")(*drawn()),
        "Boundary: `y_true` must be distance maps of y_pred's shape; got y_true of "
        "shape (3, 5, 4) and y_pred of shape (3, 5, 4, 3) (signed_distance makes them "
        "of one-hot labels).",
    ),
    (
        lambda: HausdorffDT()(*drawn()),
        "HausdorffDT: `y_pred` must be probabilities in [0, 1]; got y_pred",
    ),
    (
        lambda: Boundary()(*drawn()),
        "Boundary: `y_pred` must be probabilities in [0, 1]; got y_pred",
    ),
]


@pytest.mark.parametrize(("make", "message"), REJECTED)
def test_bad_input_is_rejected(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value).startswith(message)


def test_names_and_what_makes_the_loss_comes_back():
    assert Boundary().name == "boundary"
    assert HausdorffDT().name == "hausdorff_dt"
    for loss in (Boundary(distance_maps=True), HausdorffDT(alpha=1.5)):
        back = keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(loss)
        )
        assert back.get_config() == loss.get_config()
