"""What `diagnose` says of a batch, and that it says nothing of a healthy one."""

import itertools

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import diagnose
from portable_losses.parity.cases import families

RNG = np.random.default_rng(0)
P = RNG.normal(size=(8, 3)).astype("float32")
T = RNG.normal(size=(8, 3)).astype("float32")
IDS = np.arange(8) % 3
LOGITS = portable_losses.SparseCategoricalCrossentropy(from_logits=True)


@portable_losses.loss
def root(y_true, y_pred):
    return keras.ops.mean(keras.ops.sqrt(keras.ops.square(y_pred - y_true)), axis=-1)


@portable_losses.loss
def rounded(y_true, y_pred):
    return keras.ops.mean(
        keras.ops.square(keras.ops.round(y_pred) - y_true - 0.25), axis=-1
    )


@portable_losses.loss
def scaled_by(y_true, y_pred, *, factor):
    return factor * keras.ops.mean(keras.ops.abs(y_pred - y_true), axis=-1)


@portable_losses.loss
def logarithm(y_true, y_pred):
    return keras.ops.mean(y_true - keras.ops.log(y_pred), axis=-1)


@portable_losses.loss
def length(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_pred), axis=-1)


class Plain(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_pred - y_true), axis=-1)


def put(x, row, value):
    x = np.array(x)
    x[row] = value
    return x


def kinds(report):
    return [(finding.kind, finding.samples) for finding in report.findings]


def to_numpy(x):
    return np.asarray(keras.ops.convert_to_numpy(x))


# --- healthy batches ------------------------------------------------------------------


def test_a_healthy_batch_says_so_in_its_first_line():
    report = diagnose(portable_losses.MeanSquaredError(name="mse"), P + 1.0, P)
    assert report.healthy
    assert str(report).splitlines()[0] == "mse on 8 samples: loss 1, healthy"


MOVING = portable_losses.Hyperparameter(0.5, name="moving")
VIEWS = RNG.normal(size=(8, 2, 4)).astype("float32")
MAPS = RNG.integers(0, 2, size=(4, 5, 5, 1))
HEALTHY = {
    "ours": (portable_losses.Huber(), T, P),
    "function": (root, T, P),
    "function of an argument": (scaled_by(factor=2.0), T, P),
    "plain": (Plain(), T, P),
    "of keras": (keras.losses.MeanSquaredError(), T, P),
    "sum": (0.5 * portable_losses.Huber() + portable_losses.LogCosh(), T, P),
    "moving": (scaled_by(factor=MOVING) * MOVING + Plain(), T, P),
    "reduction sum": (portable_losses.Huber(reduction="sum"), T, P),
    "no reduction": (portable_losses.Huber(reduction=None), T, P),
    "plain, no reduction": (keras.losses.MeanSquaredError(reduction=None), T, P),
    "statistic": (portable_losses.VICReg(), None, VIEWS),
    "statistic a class": (
        portable_losses.SoftDice(per="batch"),
        MAPS,
        RNG.uniform(0.1, 0.9, MAPS.shape).astype("float32"),
    ),
    "statistic of keras": (
        keras.losses.Dice(),
        MAPS.astype("float32"),
        RNG.uniform(0.1, 0.9, MAPS.shape).astype("float32"),
    ),
    "ids": (LOGITS, IDS, P),
    "no targets": (length, None, P),
    "lists": (portable_losses.Huber(), T.tolist(), P.tolist()),
    "lists, of keras": (keras.losses.MeanSquaredError(), T.tolist(), P.tolist()),
    "tensors": (
        portable_losses.Huber(),
        keras.ops.convert_to_tensor(T),
        keras.ops.convert_to_tensor(P),
    ),
    "half precision": (portable_losses.Huber(), T, P.astype("float16")),
    "double precision": (portable_losses.Huber(), T.astype("float64"), P),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_batch_of_every_form_of_loss(name):
    loss, y_true, y_pred = HEALTHY[name]
    report = diagnose(loss, y_true, y_pred)
    assert report.healthy, str(report)
    assert all(seen.gradient is not None for seen in report.terms)
    if not isinstance(y_pred, list):  # of which Keras makes many outputs
        value = to_numpy(loss(y_true, y_pred)).mean()
        assert report.value == pytest.approx(value, rel=1e-6)


def test_it_may_be_called_while_a_model_trains():
    w = portable_losses.Hyperparameter(1.0, name="w")
    loss = w * portable_losses.MeanSquaredError() + portable_losses.Huber(delta=w)
    reports = []

    class Ask(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            reports.append(diagnose(loss, T, P))

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile("sgd", loss=loss)
    schedule = portable_losses.HyperparameterScheduler(w, lambda epoch: 0.25)
    model.fit(T, P, batch_size=8, verbose=0, callbacks=[schedule, Ask()])
    (report,) = reports
    assert report.healthy, str(report)
    assert report.terms[0].weight == 0.25
    huber = portable_losses.Huber(delta=0.25)(T, P)
    assert report.terms[1].value == pytest.approx(float(huber), rel=1e-6)


def test_samples_at_their_target_are_not_dead():
    report = diagnose(portable_losses.MeanSquaredError(), P, P)
    assert report.healthy


@pytest.mark.skipif(
    keras.config.backend() == "jax",
    reason="compiles each operation anew for each shape, which takes over a minute",
)
def test_there_is_no_false_alarm_on_the_cases_of_the_catalogue():
    for case in (case for cases in families().values() for case in cases):
        loss = getattr(portable_losses, case.loss)(**case.config)
        y_true, y_pred = case.inputs()
        report = diagnose(loss, y_true, y_pred)
        assert report.healthy, f"{case.id}: {report}"
        y_pred[2] = np.nan
        report = diagnose(loss, y_true, y_pred)
        assert kinds(report) == [("not finite", (2,))], f"{case.id}: {report}"


# --- the gradient ---------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_the_gradient_is_that_of_the_sum_of_the_items(policy):
    keras.config.set_dtype_policy(policy)
    try:
        weight = np.arange(8, dtype="float32") / 4
        loss = portable_losses.MeanSquaredError() + portable_losses.MeanAbsoluteError()
        square, absolute = diagnose(loss, T, P, weight).terms
    finally:
        keras.config.set_dtype_policy("float32")
    by_hand = weight[:, None] * (P - T) * np.float32(2 / 3)
    np.testing.assert_allclose(to_numpy(square.gradient), by_hand, rtol=3e-7)
    by_hand = weight[:, None] * np.sign(P - T) / np.float32(3)
    np.testing.assert_allclose(to_numpy(absolute.gradient), by_hand, rtol=3e-7)


def test_the_gradient_of_a_statistic_is_its_own():
    x = RNG.uniform(0.1, 0.9, MAPS.shape).astype("float32")
    loss = portable_losses.SoftDice(per="batch")
    (seen,) = diagnose(loss, MAPS, x).terms
    assert seen.statistic
    bumped, step = x.astype("float64"), 1e-2
    bumped[1, 2, 3, 0] += step
    up = float(loss(MAPS, bumped))
    bumped[1, 2, 3, 0] -= 2 * step
    slope = (up - float(loss(MAPS, bumped))) / (2 * step)
    assert float(seen.gradient[1, 2, 3, 0]) == pytest.approx(slope, rel=1e-2)


def test_the_mask_of_the_prediction_is_kept():
    x = np.array([[[1.0], [2.0], [0.0]], [[3.0], [0.0], [0.0]]], "float32")
    y_pred = keras.layers.Masking()(x)
    y_true = put(put(x + 1.0, (0, 2), np.nan), (1, 1), np.nan)
    y_true[1, 2] = np.nan
    report = diagnose(portable_losses.MeanSquaredError(), y_true, y_pred)
    assert report.healthy, str(report)
    shown = to_numpy(report.terms[0].gradient)[..., 0]
    np.testing.assert_allclose(shown, [[-2, -2, 0], [-2, 0, 0]])


def test_an_exploding_gradient_is_named_with_its_size():
    loss = portable_losses.MeanSquaredError()
    report = diagnose(loss, put(T, 4, 1e5), P)
    assert kinds(report) == [("exploding", (4,))]
    assert "to 6.67e+04" in report.findings[0].text
    assert diagnose(1e-3 * loss, put(T, 4, 1e5), P).healthy


def test_a_dead_gradient_is_named():
    loss = portable_losses.BinaryCrossentropy()
    report = diagnose(loss, [[1.0], [0.0], [1.0]], [[0.0], [0.4], [1.0]])
    assert kinds(report) == [("dead", (0,))]  # the last one has learned
    assert "from_logits=True" in report.findings[0].remedy


@pytest.mark.parametrize("loss", [rounded, rounded + portable_losses.Huber()])
def test_a_loss_without_any_gradient_is_dead(loss):
    report = diagnose(loss, T, P)
    assert kinds(report) == [("dead", tuple(range(8)))]
    assert report.findings[0].terms == ("rounded",)
    assert "round" in report.findings[0].remedy


def test_a_dead_statistic_is_dead_as_a_whole():
    @portable_losses.loss
    def constant(y_true, y_pred):
        return keras.ops.mean(keras.ops.square(keras.ops.round(y_pred)))

    assert kinds(diagnose(constant, T, P)) == [("dead", tuple(range(8)))]


def test_a_term_of_weight_0_is_not_dead():
    assert diagnose(0.0 * portable_losses.Sum([rounded]), T, P).healthy


def test_a_gradient_that_is_not_finite_where_the_loss_is():
    report = diagnose(root, put(T, 3, P[3]), P)
    assert kinds(report) == [("gradient not finite", (3,))]
    assert "portable_losses.ops" in report.findings[0].remedy


class Twice(portable_losses.Loss):
    """Works until the gradient is taken, which is in the third call."""

    def __init__(self):
        super().__init__(name="twice")
        self.__dict__["calls"] = itertools.count(1)

    def call(self, y_true, y_pred):
        if next(self.calls) > 2:
            raise ValueError("no more")
        return keras.ops.mean(keras.ops.square(y_pred - y_true), axis=-1)


def test_a_gradient_that_cannot_be_taken_is_reported_by_term():
    report = diagnose(Twice() + portable_losses.Huber(), T, P)
    assert kinds(report) == [("no gradient", ())]
    assert report.findings[0].terms == ("twice",)
    assert report.terms[1].gradient is not None


def test_without_a_gradient_the_rest_is_reported():
    report = diagnose(Twice(), put(T, 5, np.nan), P)
    assert kinds(report) == [("no gradient", ()), ("not finite", (5,))]


# --- what is not finite ---------------------------------------------------------------

LOSSES = {
    "ours": portable_losses.MeanSquaredError(),
    "function": root,
    "plain": Plain(),
    "sum": portable_losses.Sum([portable_losses.Huber(), Plain()]),
}
ONES = np.ones(8, "float32")
BAD = {
    "y_true": (put(T, 5, np.nan), P, ONES),
    "y_pred": (T, put(P, 5, np.inf), ONES),
    "sample_weight": (T, P, put(ONES, 5, np.nan)),
}


@pytest.mark.parametrize("culprit", BAD)
@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_not_finite_is_named_with_its_culprit(loss, culprit):
    report = diagnose(LOSSES[loss], *BAD[culprit])
    (finding,) = report.findings
    assert (finding.kind, finding.samples) == ("not finite", (5,))
    assert finding.culprit == culprit
    assert "sample 5: the loss is not finite, because the" in str(report)
    assert finding.terms == tuple(seen.name for seen in report.terms)


def test_a_loss_that_is_not_finite_of_finite_numbers_is_at_fault_itself():
    report = diagnose(logarithm, T, put(np.abs(P) + 1.0, 6, -1.0))
    assert [(f.samples, f.culprit) for f in report.findings] == [((6,), "loss")]
    assert "logarithm" in report.findings[0].remedy


def test_a_loss_that_overflows_is_told_from_one_that_leaves_its_domain():
    report = diagnose(Plain(), put(T, 2, 1e30), P)
    (finding, _) = report.findings
    assert (finding.samples, finding.culprit) == ((2,), "loss")
    assert "scale" in finding.remedy


def test_two_faults_in_one_batch_are_told_apart():
    report = diagnose(logarithm, put(T, 1, np.nan), put(np.abs(P) + 1.0, 6, -1.0))
    found = {finding.culprit: finding.samples for finding in report.findings}
    assert found == {"y_true": (1,), "loss": (6,)}


def test_a_sample_that_spoils_the_others_is_named_alone():
    loss = portable_losses.SupervisedContrastive()
    for labels in (IDS, put(IDS, 5, 9)):  # of which 9 has no partner and no loss
        report = diagnose(loss, labels, put(P, 5, np.nan))
        assert kinds(report) == [("not finite", (5,))]
        assert report.findings[0].culprit == "y_pred"


def test_a_statistic_that_is_not_finite_names_the_sample():
    report = diagnose(portable_losses.VICReg(), None, put(VIEWS, 2, np.nan))
    assert kinds(report) == [("not finite", (2,))]


def test_what_has_weight_0_and_is_not_finite_is_healthy():
    weight = put(ONES, 5, 0.0)
    report = diagnose(portable_losses.Huber(), put(T, 5, np.nan), P, weight)
    assert report.healthy, str(report)
    assert "not finite in 1 sample" in str(report)


def test_float16_that_overflowed_is_recognized():
    y_pred = put(P.astype("float16"), 0, np.inf)
    report = diagnose(portable_losses.Huber(), T, y_pred)
    assert "65504" in report.findings[0].remedy


def test_a_term_of_a_nested_sum_is_named_by_its_path():
    inner = portable_losses.Sum({"bad": logarithm, "good": portable_losses.Huber()})
    loss = portable_losses.Sum({"outer": (0.5, inner), "last": root})
    report = diagnose(loss, T, put(np.abs(P) + 1.0, 6, -1.0))
    assert [seen.name for seen in report.terms] == ["outer/bad", "outer/good", "last"]
    assert [seen.weight for seen in report.terms] == [0.5, 0.5, 1.0]
    assert [finding.terms for finding in report.findings] == [("outer/bad",)]
    assert "(in outer/bad)" in str(report)


# --- what the loss sees ---------------------------------------------------------------


def test_shapes_and_dtypes_are_those_after_alignment():
    y_true, y_pred = np.arange(4), np.linspace(0, 1, 4, dtype="float16")[:, None]
    report = diagnose(root, y_true, y_pred)
    lines = [" ".join(line.split()) for line in str(report).splitlines()]
    given = lines.index("as given")
    assert lines[given + 1].startswith("y_true (4,) int64 0 to 3")
    assert lines[given + 2].startswith("y_pred (4, 1) float16 0 to 1")
    assert lines[given + 3] == "sample_weight none"
    assert lines[given + 5 : given + 7] == [
        "y_true (4, 1) float32",
        "y_pred (4, 1) float32",
    ]
    assert lines[given + 7].startswith("items (4,) float32 0 to")
    assert lines[given + 8].startswith("gradient largest of each sample")


def test_what_the_loss_rejects_is_reported_in_its_own_words():
    report = diagnose(portable_losses.MeanSquaredError(), T[:, 0], P)
    (finding,) = report.findings
    assert finding.kind == "rejected"
    assert finding.text.startswith(
        "MeanSquaredError: `y_true` must have y_pred's shape"
    )
    assert finding.remedy == "reshape one of them: nothing is broadcast"
    assert isinstance(report.terms[0].error, ValueError)
    assert np.isnan(report.value)


def test_a_term_that_rejects_the_batch_leaves_the_others():
    report = diagnose(LOGITS + portable_losses.MeanSquaredError(), IDS, P)
    assert [finding.terms for finding in report.findings] == [("mean_squared_error",)]
    assert report.terms[0].gradient is not None


def test_an_error_of_any_kind_is_reported():
    @portable_losses.loss
    def broken(y_true, y_pred):
        return y_pred.no_such_thing

    report = diagnose(broken, T, P)
    assert "no_such_thing" in report.findings[0].text
    assert isinstance(report.terms[0].error, AttributeError)


@pytest.mark.parametrize("loss", [portable_losses.Huber(), Plain()])
def test_several_outputs_are_rejected(loss):
    report = diagnose(loss, {"a": T}, {"a": P})
    assert [finding.kind for finding in report.findings] == ["rejected"]
    assert "y_pred        dict" in str(report)


@pytest.mark.parametrize("loss", [portable_losses.Huber(), Plain()])
def test_an_empty_batch_is_said_to_be_empty(loss):
    report = diagnose(loss, T[:0], P[:0])
    assert [finding.kind for finding in report.findings] == ["empty"]
    assert "on 0 samples" in str(report)


def test_weights_that_are_all_0_are_reported():
    report = diagnose(portable_losses.Huber(), T, P, 0 * ONES)
    assert [finding.kind for finding in report.findings] == ["empty"]


def test_what_is_no_loss_is_rejected():
    with pytest.raises(TypeError, match=r"diagnose: `loss` must be a loss; got loss="):
        diagnose("mse", T, P)


@pytest.mark.parametrize(
    "loss, y_true",
    [(Plain(), T[:, 0]), (keras.losses.MeanSquaredError(), T[:, :1])],
)
def test_targets_that_a_plain_loss_repeats_are_reported(loss, y_true):
    y_pred = P[:, :1] if y_true.ndim == 1 else P
    report = diagnose(loss, y_true, y_pred)
    assert [finding.kind for finding in report.findings] == ["repeated"]


# --- classes, logits and probabilities ------------------------------------------------


@pytest.mark.parametrize(
    "loss", [LOGITS, keras.losses.SparseCategoricalCrossentropy(from_logits=True)]
)
@pytest.mark.parametrize("wrong", [3, -1, 0.5])
def test_class_indices_out_of_range_or_not_whole_are_named(loss, wrong):
    y_true = put(IDS.astype("float32" if wrong == 0.5 else "int64"), [2, 7], wrong)
    finding = diagnose(loss, y_true, P).findings[0]
    assert (finding.kind, finding.samples) == ("class indices", (2, 7))
    assert finding.text.endswith(f"in 0 to 2; the first is {wrong}")


def test_class_indices_that_are_ignored_or_of_weight_0_are_not_named():
    loss = portable_losses.SparseCategoricalCrossentropy(True, ignore_class=-1)
    assert diagnose(loss, put(IDS, 2, -1), P).healthy
    assert diagnose(LOGITS, put(IDS, 2, 99), P, put(ONES, 2, 0.0)).healthy


def test_one_hot_targets_of_a_loss_of_ids_are_recognized():
    (finding,) = diagnose(LOGITS, np.eye(3)[IDS], P).findings
    assert finding.kind == "rejected"
    assert finding.remedy.startswith("y_true looks one-hot")


def test_indices_for_a_loss_of_dense_labels_are_recognized():
    loss = portable_losses.CategoricalCrossentropy(from_logits=True)
    (finding,) = diagnose(loss, IDS, P).findings
    assert finding.kind == "rejected"
    assert finding.remedy.startswith("y_true looks like class indices")


SOFTMAX = np.exp(P) / np.exp(P).sum(-1, keepdims=True)
SIGMOID = 1 / (1 + np.exp(-P))


@pytest.mark.parametrize("package", [portable_losses, keras.losses])
def test_logits_and_probabilities_are_told_apart(package):
    sparse, binary = package.SparseCategoricalCrossentropy, package.BinaryCrossentropy
    hard = (T > 0).astype("float32")
    for loss, y_true, y_pred in (
        (sparse(from_logits=True), IDS, SOFTMAX),
        (binary(from_logits=True), hard, SIGMOID),
    ):
        assert [f.kind for f in diagnose(loss, y_true, y_pred).findings] == [
            "probabilities"
        ]
    outside = tuple(np.flatnonzero(((P < 0) | (P > 1)).any(1)))
    report = diagnose(binary(), hard, P)
    assert ("logits", outside) in kinds(report)
    for loss, y_true, y_pred in (
        (sparse(from_logits=True), IDS, P),
        (sparse(), IDS, SOFTMAX),
        (binary(from_logits=True), hard, P),
        (binary(), hard, SIGMOID),
        (binary(from_logits=True), hard, 0 * P),  # a model that begins with zeros
    ):
        assert diagnose(loss, y_true, y_pred).healthy


def test_targets_that_are_no_probabilities_are_named():
    loss = portable_losses.BinaryCrossentropy(from_logits=True)
    report = diagnose(loss, np.sign(T[:, :1]), P[:, :1])
    below = tuple(np.flatnonzero(T[:, 0] < 0))
    assert kinds(report) == [("targets", below)]


# --- the text -------------------------------------------------------------------------


def test_the_report_fits_a_screen():
    losses = {f"a_term_with_a_long_name_{i}": root for i in range(30)}
    losses["the_last"] = Plain()
    y_true = RNG.normal(size=(500, 3)).astype("float32")
    y_true[::2] = np.nan
    text = str(diagnose(portable_losses.Sum(losses), y_true, y_true + 1e5))
    lines = text.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 88
    assert "samples 0, 2, 4, 6, 8, 10 and 244 more" in text
    assert "and 28 more terms" in text
