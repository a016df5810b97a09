import keras
import numpy as np
import pytest

from portable_losses import CTC

BACKEND = keras.config.backend()
MODE = {"jax": "jit", "tensorflow": "graph"}.get(BACKEND, False)

RNG = np.random.default_rng(9)
LABELS = np.array([[1, 2, 3], [3, 3, -1], [2, -1, -1], [-1, -1, -1]])
LOGITS = (2 * RNG.normal(size=(4, 6, 4))).astype("float32")
UNIFORM = np.log(4.0)  # what a frame of equal logits costs


def value(loss, y_true, y_pred, weight=None, mask=None):
    def run(y_true, y_pred):
        how = {} if mask is None else {"mask": mask}
        return loss(y_true, y_pred, weight, **how)

    if BACKEND == "jax":  # outside of jit it compiles every operation by itself
        import jax

        run = jax.jit(run)
    return keras.ops.convert_to_numpy(run(np.asarray(y_true), y_pred))


def items(labels, logits, mask=None, **arguments):
    return value(CTC(reduction=None, **arguments), labels, logits, mask=mask)


def test_the_numbers_of_keras():
    padded = np.where(LABELS == -1, 0, LABELS)[:3]
    ours = value(CTC("none", "mine", "float32"), padded, LOGITS[:3])
    theirs = value(keras.losses.CTC("none", "mine", "float32"), padded, LOGITS[:3])
    np.testing.assert_allclose(ours, theirs, rtol=2e-6)
    assert CTC().name == keras.losses.CTC().name


SAME_LABELS = [[1, 2, 3, -1], [1, 2, 3, 0], [1, -1, 2, 3], [-1, 1, 2, 3]]


@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_padding_may_stand_anywhere(dtype):
    x = np.repeat(LOGITS[:1], 4, axis=0)
    got = items(np.array(SAME_LABELS, dtype), x)
    np.testing.assert_allclose(got, np.full(4, forward([1, 2, 3], x[0])), rtol=2e-6)


def test_a_blank_between_equal_labels_is_padding():
    wanted = forward([3, 3], LOGITS[0])
    got = items([[3, 0, 3, -1]] * 4, np.repeat(LOGITS[:1], 4, axis=0))
    np.testing.assert_allclose(got, np.full(4, wanted), rtol=2e-6)


# frames, labels, number of alignments; every path of equal logits is as probable
COUNTED = np.array(
    [
        (3, -1, -1, -1, 1),
        (1, 1, -1, -1, 1),
        (3, 1, -1, -1, 6),
        (2, 1, 2, -1, 1),
        (3, 1, 2, -1, 5),
        (3, 1, 1, -1, 1),
        (5, 1, 1, 1, 1),
        (4, 1, 1, 2, 1),
        (3, 1, 2, 1, 1),
    ]
)


def test_alignments_are_counted():
    got = items(COUNTED[:, :4], np.zeros((9, 6, 4), "f"), lengths_in_target=True)
    wanted = COUNTED[:, 0] * UNIFORM - np.log(COUNTED[:, 4])
    np.testing.assert_allclose(got, wanted, rtol=2e-6)


IMPOSSIBLE = np.array([(1, 1, 2, -1), (2, 1, 1, -1), (4, 1, 1, 1), (2, 1, 2, 3)])


def test_labels_that_do_not_fit_cost_nothing_or_infinity(gradient):
    for zero_infinity, cost in ((True, 0.0), (False, np.inf)):
        loss = CTC(None, zero_infinity=zero_infinity, lengths_in_target=True)
        got, slope = gradient(loss, IMPOSSIBLE, LOGITS, compiled=MODE)
        assert (got == cost).all()
        assert not slope.any()


def test_labels_that_do_not_fit_leave_the_others_alone(gradient):
    y = np.array([[1, 2, 3], [3, 3, 3], [2, -1, -1], [1, 1, -1]])
    x = LOGITS[:, :3]
    both, slope = gradient(CTC(reduction=None), y, x, compiled=MODE)
    assert both[1] == 0
    np.testing.assert_allclose(both[0], forward(y[0], x[0]), rtol=2e-6)
    assert np.isfinite(slope).all()
    assert not slope[1].any()
    assert (np.abs(slope[[0, 2, 3]]).max(axis=(1, 2)) > 0).all()


def test_no_labels_cost_their_blanks():
    log_p = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))
    wanted = -log_p[:, :, 0].sum(axis=1)
    for labels in (np.full((4, 2), -1), np.zeros((4, 0), "int32")):
        np.testing.assert_allclose(items(labels, LOGITS), wanted, rtol=2e-6)


def test_the_last_class_may_be_the_blank():
    turned = np.roll(LOGITS, -1, axis=-1)  # class 0 becomes class 3
    labels = np.where(LABELS == -1, -1, LABELS - 1)
    got = items(labels, turned, blank_index=3)
    np.testing.assert_allclose(got, items(LABELS, LOGITS), rtol=2e-6)


LENGTHS = np.array([6, 4, 1, 0])


def test_frames_are_those_that_the_mask_keeps(gradient):
    mask = np.arange(6) < LENGTHS[:, None]
    wanted = [
        forward(row[row > 0], x[:n])
        for row, x, n in zip(LABELS[:3], LOGITS, LENGTHS, strict=False)
    ]
    x = np.where(mask[..., None], LOGITS, np.nan).astype("float32")
    np.testing.assert_allclose(items(LABELS, x, mask), [*wanted, 0.0], rtol=2e-6)
    # The sample without a frame is masked as a whole and leaves the mean.
    got, slope = gradient(CTC(), LABELS, x, mask=mask, compiled=MODE)
    np.testing.assert_allclose(got, np.mean(wanted), rtol=2e-6)
    assert not slope[~mask].any()
    assert np.isfinite(slope).all()


def test_masked_frames_may_stand_anywhere():
    mask = np.repeat([[False, True, True, False, True, True]], 4, axis=0)
    wanted = forward(LABELS[0], LOGITS[0, mask[0]])
    np.testing.assert_allclose(items(LABELS, LOGITS, mask)[0], wanted, rtol=2e-6)


def test_lengths_in_the_target():
    y = np.concatenate([LENGTHS[:, None], LABELS], axis=1)
    got = items(y, LOGITS, lengths_in_target=True)
    mask = np.arange(6) < LENGTHS[:, None]
    np.testing.assert_allclose(got, items(LABELS, LOGITS, mask), rtol=1e-6)
    # No frames and no labels: certain, and counted.
    assert got[3] == 0
    mean = value(CTC(lengths_in_target=True), y, LOGITS)
    np.testing.assert_allclose(mean, got.sum() / 4, rtol=1e-6)


def test_weights_count_samples_and_not_frames():
    mask = np.arange(6) < np.array([6, 5, 4, 3])[:, None]
    weight = np.array([1.0, 0.0, 2.0, 1.0], "float32")
    each = items(LABELS, LOGITS, mask)
    x = LOGITS.copy()
    x[1] = np.nan
    got = value(CTC(), LABELS, x, weight, mask)
    np.testing.assert_allclose(got, (weight * each).sum() / 4, rtol=2e-6)


def test_a_nan_is_seen():
    x = LOGITS.copy()
    x[0, 2, 0] = np.nan
    assert np.isnan(value(CTC(), LABELS, x))


def test_many_frames(gradient):
    x = (3 * RNG.normal(size=(2, 400, 5))).astype("float32")
    y = RNG.integers(1, 5, (2, 30))
    wanted = [forward(*sample) for sample in zip(y, x, strict=True)]
    got, slope = gradient(CTC(), y, x, compiled=MODE)
    np.testing.assert_allclose(got, np.mean(wanted), rtol=2e-6)
    # A frame's gradient is p - (where the alignments are): it sums to 0.
    assert np.isfinite(slope).all()
    np.testing.assert_allclose(slope.sum(-1), 0, atol=1e-6)


def forward(labels, logits):
    """The forward variables of Graves 2006, state by state, in float64."""
    logits = logits.astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    states = [0]
    for label in labels:
        states += [int(label), 0]
    alpha = np.full(len(states), -np.inf)
    alpha[0] = 0.0
    for frame in log_p:
        before = np.concatenate([[-np.inf, -np.inf], alpha])
        for s, c in enumerate(states):
            stay, one, two = before[s + 2], before[s + 1], before[s]
            if c == 0 or (s >= 2 and states[s - 2] == c):
                two = -np.inf
            alpha[s] = np.logaddexp.reduce([stay, one, two]) + frame[c]
    return -np.logaddexp(alpha[-1], alpha[-2])


def test_a_float64_loss():
    got = items(LABELS, LOGITS.astype("float64"), dtype="float64")
    np.testing.assert_allclose(got[0], forward(LABELS[0], LOGITS[0]), rtol=2e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_logits_are_summed_in_float32(dtype):
    x = keras.ops.cast(LOGITS, dtype)
    wanted = value(CTC(), LABELS, keras.ops.cast(x, "float32"))
    np.testing.assert_allclose(value(CTC(), LABELS, x), wanted, rtol=1e-6)


if BACKEND == "tensorflow":

    def test_a_graph_may_not_know_the_batch_or_the_frames():
        import tensorflow as tf

        signature = [
            tf.TensorSpec([None, 3], "int64"),
            tf.TensorSpec([None, None, 4], "float32"),
        ]
        graph = tf.function(CTC(reduction=None), signature, autograph=False)
        wanted = items(LABELS, LOGITS)
        np.testing.assert_allclose(graph(LABELS, LOGITS), wanted, rtol=1e-6)


REFUSED = [
    (CTC(), LABELS[0], LOGITS[:3], r"`y_true` must be \(B, L\) class indices"),
    (CTC(), LABELS, LOGITS[:, 0], r"y_pred of shape \(4, 4\) \(pad the labels"),
    (CTC(), LABELS[:2], LOGITS, "`y_true` must have y_pred's batch axis"),
    (CTC(), LABELS + 1, LOGITS, r"class indices in \[0, 4\); .*holds 4 "),
    (CTC(), LABELS - 1, LOGITS, r"class indices in \[0, 4\); .*holds -2 "),
    (CTC(), LABELS + 0.5, LOGITS, "whole class indices; .*holds 1.5 "),
    (CTC(blank_index=4), LABELS, LOGITS, "`blank_index` must be below 4"),
    (CTC(lengths_in_target=True), LABELS + 6, LOGITS, r"length in \[0, 6\], .*of 7 "),
    (CTC(lengths_in_target=True), LABELS, LOGITS, r"length in \[0, 6\], .*of -1 "),
    (CTC(lengths_in_target=True), LABELS[:, :0], LOGITS, "first column of lengths"),
]


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "message"), REFUSED)
def test_bad_inputs_are_rejected(loss, y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        loss(y_true, y_pred)


def test_bad_arguments_are_rejected():
    with pytest.raises(ValueError, match="`blank_index` must be a whole number >= 0"):
        CTC(blank_index=-1)
    with pytest.raises(TypeError, match="`zero_infinity` must be True or False"):
        CTC(zero_infinity=0)
    with pytest.raises(TypeError, match="`lengths_in_target` must be True or False"):
        CTC(lengths_in_target=None)


if MODE:

    @pytest.mark.parametrize("lengths", [True, False])
    def test_bad_targets_are_nan_in_compiled_code(lengths, gradient):
        y = np.where(LABELS == 3, 9, LABELS)  # no class, and no length
        loss = CTC(lengths_in_target=lengths, reduction=None)
        got, _ = gradient(loss, y, LOGITS, compiled=MODE)
        assert (np.isnan(got) == [True, True, False, lengths]).all()
