import json

import keras
import numpy as np
import pytest

import portable_losses

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


# Two pixels of two classes; the second class is never there.
ALONE = np.array([[[1.0, 0.0], [1.0, 0.0]]], "float32")
NUMBERS = [
    # p of the present class is 1, p of the absent one:
    ({}, 0.0, 0.0),
    ({}, 1.0, 0.5),
    ({}, 0.5, (0.0 + (1 - 2 / 3)) / 2),
    ({"empty": "skip"}, 1.0, 0.0),
    ({"empty": "formula"}, 1.0, 0.5),
    ({"empty": "formula"}, 0.0, 0.5),
    ({"empty": "formula", "smooth": 1.0}, 1.0, (1 - 1 / 3) / 2),
    ({"squared": True}, 0.5, (1 - 2 * 1 / (2 + 0.5)) / 2),
    ({"log": True}, 0.5, -np.log(2 / 3) / 2),
    ({"log": True}, 1.0, -np.log(1e-7) / 2),
    ({"log_cosh": True}, 0.5, np.log(np.cosh(1 / 3)) / 2),
    ({"class_weights": [1.0, 3.0]}, 1.0, 0.75),
    ({"class_weights": {1: 3.0}}, 1.0, 0.75),
    ({"class_weights": {1: 0.0}}, 1.0, 0.0),
    ({"include_background": False}, 0.5, 1 / 3),
    ({"include_background": False, "class_weights": [0.0, 3.0]}, 0.5, 1 / 3),
]


@pytest.mark.parametrize(("config", "absent", "wanted"), NUMBERS)
def test_what_an_absent_class_costs(config, absent, wanted):
    p = ALONE + np.array([0.0, absent], "float32")
    loss = portable_losses.SoftDice(**config)
    np.testing.assert_allclose(value(loss, ALONE, p), wanted, rtol=1e-6, atol=1e-7)
    ids = np.zeros((1, 2), "int32")
    np.testing.assert_allclose(value(loss, ids, p), wanted, rtol=1e-6, atol=1e-7)


def test_every_form_of_a_target_is_the_same():
    ids, p = drawn()
    loss = portable_losses.SoftDice()
    wanted = value(loss, one_hot(ids), p)
    for t in (
        ids,
        ids[..., None],
        ids.astype("uint8"),
        ids.astype("float32"),
        one_hot(ids).astype("int32"),
        one_hot(ids).astype("bool"),
    ):
        np.testing.assert_allclose(value(loss, t, p), wanted, rtol=1e-6)


def test_space_has_one_to_three_axes():
    ids, p = drawn()
    loss = portable_losses.SoftDice(reduction=None)
    wanted = value(loss, ids, p)
    for space in ((2, 2), (2, 1, 2)):
        got = value(loss, ids.reshape(3, *space), p.reshape(3, *space, 3))
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_channels_first_is_channels_last_transposed():
    ids, p = drawn((3, 2, 2))
    wanted = value(portable_losses.SoftDice(), ids, p)
    loss = portable_losses.SoftDice(data_format="channels_first")
    first = p.transpose(0, 3, 1, 2)
    for t in (ids, ids[:, None], one_hot(ids).transpose(0, 3, 1, 2)):
        np.testing.assert_allclose(value(loss, t, first), wanted, rtol=1e-6)
    keep = np.arange(4).reshape(1, 2, 2) != np.arange(3).reshape(3, 1, 1)
    masked = value(portable_losses.SoftDice(), ids, p, mask=keep)
    np.testing.assert_allclose(value(loss, ids, first, mask=keep), masked, rtol=1e-6)


def test_the_data_format_is_that_of_keras_when_the_loss_is_made():
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        loss = portable_losses.SoftDice()
    finally:
        keras.config.set_image_data_format(before)
    assert loss.get_config()["data_format"] == "channels_first"


def test_one_class_is_a_mask():
    t, p = np.array([[1, 0, 1]], "int32"), np.array([[[0.5], [0.25], [1.0]]], "float32")
    loss = portable_losses.SoftDice()
    wanted = 1 - 2 * 1.5 / (2 + 1.75)
    np.testing.assert_allclose(value(loss, t, p), wanted, rtol=1e-6)
    np.testing.assert_allclose(value(loss, t[..., None], p), wanted, rtol=1e-6)


@pytest.mark.parametrize("per", ["sample", "batch"])
@pytest.mark.parametrize("how", ["mask", "ignored ids", "ignored rows"])
def test_pixels_that_are_masked_leave_the_sums(gradient, per, how):
    ids, p = drawn()
    if how != "mask":
        ids[ids == 2] = 0
    out = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 0, 0]], "bool")
    logits = np.log(p)
    config = {"activation": "softmax", "per": per, "empty": "skip"}
    wanted, slope = gradient(
        portable_losses.SoftDice(**config),
        ids[~out].reshape(3, -1),
        logits[~out].reshape(3, -1, 3),
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
    loss = portable_losses.SoftDice(**config)
    got, slopes = gradient(loss, t, broken, mask=mask, compiled=MODE)
    np.testing.assert_allclose(got, wanted, rtol=2e-6)
    np.testing.assert_allclose(slopes[~out], slope.reshape(-1, 3), rtol=1e-4, atol=1e-7)
    assert not slopes[out].any()


@pytest.mark.parametrize("per", ["sample", "batch"])
@pytest.mark.parametrize("empty", ["complement", "skip", "formula"])
def test_nothing_but_ignored_pixels_costs_0(gradient, per, empty):
    p = drawn()[1]
    loss = portable_losses.SoftDice(
        ignore_class=VOID, per=per, empty=empty, epsilon=0.0
    )
    ids = np.full((3, 4), VOID, "int32")
    got, slope = gradient(loss, ids, p, compiled=MODE)
    assert got == 0
    assert not slope.any()


def test_a_sample_of_ignored_pixels_leaves_the_mean():
    ids, p = drawn()
    loss = portable_losses.SoftDice(ignore_class=VOID)
    t = ids.copy()
    t[1] = VOID
    wanted = value(loss, ids[[0, 2]], p[[0, 2]])
    np.testing.assert_allclose(value(loss, t, p), wanted, rtol=1e-6)
    keep = np.ones((3, 4), "bool")
    keep[1] = False
    got = value(portable_losses.SoftDice(), ids, p, mask=keep)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_a_weight_of_0_stays_in_the_divisor():
    ids, p = drawn()
    keep = np.ones((3, 4), "bool")
    keep[0, 1] = keep[1, 2] = False
    for config in ({}, {"empty": "skip"}):
        items = value(portable_losses.SoftDice(reduction=None, **config), ids, p)
        loss = portable_losses.SoftDice(**config)
        got = value(loss, ids, p, [2.0, 0.0, 1.0])
        np.testing.assert_allclose(got, (2 * items[0] + items[2]) / 3, rtol=1e-6)
        loss = portable_losses.SoftDice(reduction=None, **config)
        items = value(loss, ids, p, mask=keep)
        loss = portable_losses.SoftDice(**config)
        got = value(loss, ids, p, [2.0, 0.0, 1.0], mask=keep)
        np.testing.assert_allclose(got, (2 * items[0] + items[2]) / 3, rtol=1e-6)


def test_skip_leaves_out_a_sample_without_a_class():
    ids, p = drawn()
    ids[1] = 0
    config = {"empty": "skip", "include_background": False}
    items = value(portable_losses.SoftDice(reduction=None, **config), ids, p)
    assert items[1] == 0
    got = value(portable_losses.SoftDice(**config), ids, p)
    np.testing.assert_allclose(got, (items[0] + items[2]) / 2, rtol=1e-6)


def test_a_batch_is_one_sample_with_more_pixels():
    ids, p = drawn()
    got = value(portable_losses.SoftDice(per="batch", reduction=None), ids, p)
    wanted = value(portable_losses.SoftDice(), ids.reshape(1, 12), p.reshape(1, 12, 3))
    np.testing.assert_allclose(got, np.full(3, wanted), rtol=1e-6)


def test_hard_targets_have_the_gradient_of_the_product(gradient):
    t = np.array([[[1.0], [0.0], [1.0], [0.0]]], "float32")
    p = np.array([[[1.0], [0.0], [0.0], [1.0]]], "float32")
    _, slope = gradient(portable_losses.SoftDice(), t, p, compiled=MODE)
    # d(1 - 2 I / S) = -2 t / S + 2 I / S^2, with I = 1 and S = 4
    wanted = [[[-0.375], [0.125], [-0.375], [0.125]]]
    np.testing.assert_allclose(slope, wanted, rtol=1e-6)


def test_soft_targets_are_met_by_themselves():
    t = np.array([[[0.3], [0.6], [0.1]]], "float32")
    loss = portable_losses.SoftDice()
    assert float(loss(t, t)) < 1e-6
    assert float(loss(t, np.round(t))) > 0.1


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_an_absent_class_has_a_live_gradient(gradient, p):
    t = np.zeros((1, 2, 1), "float32")
    loss = portable_losses.SoftDice()
    _, slope = gradient(loss, t, np.full_like(t, p), compiled=MODE)
    assert (slope > 0.1).all()


def test_class_257_in_bfloat16():
    ids = np.array([[257, 256, 257, 3]], "int32")
    p = np.full((1, 4, 300), 1e-4, "float32")
    p[0, np.arange(4), ids[0]] = 0.9
    exact = value(portable_losses.SoftDice(empty="skip"), ids, p)
    loss = portable_losses.SoftDice(empty="skip", dtype="bfloat16")
    got = np.asarray(
        keras.ops.convert_to_numpy(keras.ops.cast(loss(ids, p), "float32"))
    )
    np.testing.assert_allclose(got, exact, rtol=1e-2)


def test_a_dict_of_weights_survives_json():
    loss = portable_losses.SoftDice(class_weights={1: 3.0}, ignore_class=VOID)
    text = json.dumps(keras.saving.serialize_keras_object(loss))
    back = keras.saving.deserialize_keras_object(json.loads(text))
    ids, p = drawn()
    np.testing.assert_array_equal(value(back, ids, p), value(loss, ids, p))


def test_a_uint8_map_of_many_classes_is_not_wrapped():
    p = np.full((1, 2, 260), 1 / 260, "float32")
    ids = np.array([[0, 4]], "uint8")
    loss = portable_losses.SoftDice(empty="skip")
    wanted = value(loss, ids.astype("int32"), p)
    np.testing.assert_allclose(value(loss, ids, p), wanted, rtol=1e-6)


IDS, P = drawn()
ERRORS = [
    (
        {"from_logits": True},
        None,
        None,
        ValueError,
        "`from_logits` must be omitted",
    ),
    ({"from_logits": False}, None, None, ValueError, 'activation="sigmoid" or "softm'),
    ({"activation": "relu"}, None, None, ValueError, "one of 'sigmoid', 'softmax', No"),
    ({"per": "image"}, None, None, ValueError, "one of 'batch', 'sample'; got per='im"),
    ({"empty": "zero"}, None, None, ValueError, "one of 'complement', 'formula', 'sk"),
    ({"smooth": -1}, None, None, ValueError, "`smooth` must be a finite number >= 0"),
    ({"epsilon": float("nan")}, None, None, ValueError, "`epsilon` must be a finite"),
    ({"data_format": "NHWC"}, None, None, ValueError, "one of 'channels_first'"),
    ({"squared": 1}, None, None, TypeError, "`squared` must be True or False"),
    ({"unknown": 1}, None, None, TypeError, "unexpected keyword argument 'unknown'"),
    ({"class_weights": [1.0]}, IDS, P, ValueError, "of length 3, the size of y_pred's"),
    (
        {"class_weights": [0.0] * 3},
        IDS,
        P,
        ValueError,
        "> 0 for a class that is scored",
    ),
    ({}, IDS, P[0], ValueError, "shape"),
    (
        {},
        IDS[:, :3],
        P,
        ValueError,
        r"y_true of shape \(3, 3\) and y_pred of shape \(3",
    ),
    ({}, IDS[:1], P, ValueError, "must have y_pred's batch axis"),
    ({}, IDS + 1, P, ValueError, r"class indices in \[0, 3\); got y_true that holds 3"),
    ({}, IDS + 0.5, P, ValueError, "must be whole class indices"),
    ({}, IDS[:, 0], P[:, 0], ValueError, r"must be of shape \(B, \*space, C\)"),
    ({"include_background": False}, IDS, P[..., :1], ValueError, "True for one class"),
    ({"activation": "softmax"}, IDS, P[..., :1], ValueError, '"sigmoid" for one class'),
]


@pytest.mark.parametrize(("config", "t", "p", "kind", "message"), ERRORS)
def test_bad_input_is_rejected(config, t, p, kind, message):
    with pytest.raises(kind, match=message):
        loss = portable_losses.SoftDice(**config)
        loss(t, p)


def test_a_batch_rejects_weights_and_names_what_takes_them():
    loss = portable_losses.SoftDice(per="batch")
    with pytest.raises(ValueError, match='use per="sample", which has one value per s'):
        loss(IDS, P, [1.0, 1.0, 1.0])


def test_weights_of_pixels_are_rejected():
    with pytest.raises(ValueError, match="leading axes of the items"):
        portable_losses.SoftDice()(IDS, P, np.ones((3, 4), "float32"))
