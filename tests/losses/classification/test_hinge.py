import keras
import numpy as np
import pytest

import portable_losses

RNG = np.random.default_rng(3)
SCORES = (2.0 * RNG.normal(size=(6, 4))).astype("float32")
ZERO_ONE = RNG.integers(0, 2, (6, 4))
LABELS = {
    "0 and 1": ZERO_ONE,
    "-1 and 1": 2 * ZERO_ONE - 1,
    "-1, 0 and 1": RNG.integers(-1, 2, (6, 4)),
    "bool": ZERO_ONE.astype("bool"),
    "float": ZERO_ONE.astype("float32"),
    "all 1": np.ones((6, 4), "int32"),
}
ROWS = np.eye(4)[RNG.integers(0, 4, 6)]


@pytest.mark.parametrize("name", ["Hinge", "SquaredHinge"])
@pytest.mark.parametrize("labels", LABELS)
def test_binary_labels_are_read_as_keras_reads_them(name, labels):
    ours, theirs = (getattr(m, name) for m in (portable_losses, keras.losses))
    y, rest = LABELS[labels], ("none", "mine", "float32")
    np.testing.assert_allclose(
        np.asarray(ours(*rest)(y, SCORES)),
        np.asarray(theirs(*rest)(y, SCORES)),
        rtol=1e-6,
    )
    assert ours().name == theirs().name


@pytest.mark.parametrize("y", [ROWS, 2 * ROWS - 1, np.abs(ROWS - 0.1)])
def test_dense_labels_are_scored_as_keras_scores_them(y):
    rest = ("none", "mine", "float32")
    ours = portable_losses.CategoricalHinge(*rest)(y, SCORES)
    theirs = keras.losses.CategoricalHinge(*rest)(y, SCORES)
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-6)
    assert portable_losses.CategoricalHinge().name == "categorical_hinge"


def test_a_margin_of_exactly_1_has_no_gradient(gradient, compiled):
    y = np.array([[1, 1], [0, 0]])
    p = np.array([[1.0, 0.5], [-1.0, -2.0]], "float32")
    _, slope = gradient(portable_losses.Hinge(), y, p, compiled=compiled)
    np.testing.assert_array_equal(slope, [[0.0, -0.25], [0.0, 0.0]])
    y, p = np.array([[1, 0, 0]]), np.array([[2.0, 1.0, 0.5]], "float32")
    _, slope = gradient(portable_losses.CategoricalHinge(), y, p, compiled=compiled)
    np.testing.assert_array_equal(slope, np.zeros((1, 3)))


@pytest.mark.parametrize("weighted", [False, True])
def test_labels_that_are_excluded_do_not_decide_how_the_others_are_read(weighted):
    y = np.array([[0, 1], [1, 0], [-1, -1]])
    p, kept = SCORES[:3, :2], np.array([True, True, False])
    loss = portable_losses.Hinge(reduction="sum")
    how = {"sample_weight": kept.astype("float32")} if weighted else {"mask": kept}
    expected = float(loss(y[:2], p[:2]))
    np.testing.assert_allclose(float(loss(y, p, **how)), expected, rtol=1e-6)


def test_one_column_takes_a_mask_with_its_axis():
    y, p = np.array([[0], [1], [7]]), np.array([[0.5], [0.25], [3.0]], "float32")
    mask = np.array([[True], [True], [False]])
    got = float(portable_losses.Hinge()(y, p, mask=mask))
    np.testing.assert_allclose(got, (1.5 + 0.75) / 2, rtol=1e-6)
    weight = np.array([[1.0], [2.0], [0.0]])
    got = float(portable_losses.Hinge()(y, p, weight))
    np.testing.assert_allclose(got, (1.5 + 2 * 0.75) / 3, rtol=1e-6)


def test_a_mask_of_elements_leaves_their_labels_out():
    kept = np.ones(np.shape(ZERO_ONE), "bool")
    kept[0, 0] = False
    y = np.array(ZERO_ONE)
    y[0, 0] = 7  # or the others were no longer read as -1 and 1
    items = portable_losses.Hinge(reduction=None)(ZERO_ONE[1:], SCORES[1:])
    first = portable_losses.Hinge()(ZERO_ONE[:1, 1:], SCORES[:1, 1:])
    want = (float(np.sum(keras.ops.convert_to_numpy(items))) + float(first)) / len(y)
    got = portable_losses.Hinge()(y, SCORES, mask=kept)
    np.testing.assert_allclose(float(got), want, rtol=1e-6)


def test_ignored_elements_leave_the_mean_of_their_item():
    y = np.array([[0, 1, 255, 255], [255, 255, 255, 255], [1, 1, 1, 1]])
    p = SCORES[:3].copy()
    p[0, 2] = np.nan
    loss = portable_losses.Hinge(ignore_class=255, reduction="none")
    short = np.maximum(0, 1 - np.where(y == 0, -1, 1) * p)
    expected = [short[0, :2].mean(), 0.0, short[2].mean()]
    np.testing.assert_allclose(np.asarray(loss(y, p)), expected, rtol=1e-6)
    mean = portable_losses.Hinge(ignore_class=255)(y, p)
    np.testing.assert_allclose(float(mean), (expected[0] + expected[2]) / 2, rtol=1e-6)


@pytest.mark.parametrize("name", ["Hinge", "SquaredHinge"])
def test_weights_multiply_their_columns_and_the_positive_ones(name):
    weights, positive = np.array([0.5, 2.0, 0.0, 1.5]), np.array([3.0, 1.0, 1.0, 0.0])
    loss = getattr(portable_losses, name)(
        class_weights=tuple(weights), pos_weight=tuple(positive)
    )
    power = 2 if name == "SquaredHinge" else 1
    terms = np.maximum(0, 1 - (2 * ZERO_ONE - 1) * SCORES) ** power
    expected = np.mean(terms * weights * np.where(ZERO_ONE == 1, positive, 1.0))
    np.testing.assert_allclose(float(loss(ZERO_ONE, SCORES)), expected, rtol=1e-6)


def test_a_class_of_dense_labels_has_its_weight_or_is_ignored():
    weights = np.array([0.5, 2.0, 0.25, 1.5])
    items = np.asarray(portable_losses.CategoricalHinge(reduction="none")(ROWS, SCORES))
    y = ROWS.argmax(-1)
    weighted = portable_losses.CategoricalHinge(class_weights=tuple(weights))
    expected = np.mean(weights[y] * items)
    np.testing.assert_allclose(float(weighted(ROWS, SCORES)), expected, rtol=1e-6)
    ignoring = portable_losses.CategoricalHinge(ignore_class=int(y[0]))
    expected = items[y != y[0]].mean()
    np.testing.assert_allclose(float(ignoring(ROWS, SCORES)), expected, rtol=1e-6)


WRONG_LENGTHS = [
    ("Hinge", "class_weights"),
    ("SquaredHinge", "class_weights"),
    ("CategoricalHinge", "class_weights"),
    ("Hinge", "pos_weight"),
    ("SquaredHinge", "pos_weight"),
]


@pytest.mark.parametrize(("name", "argument"), WRONG_LENGTHS)
def test_weights_of_the_wrong_length_are_rejected(name, argument):
    loss = getattr(portable_losses, name)(**{argument: (1.0, 2.0)})
    message = rf"{name}: `{argument}` must be of length 4, .*it has length 2"
    with pytest.raises(ValueError, match=message):
        loss(ROWS, SCORES)
