"""`diagnose` says so where a loss gets numbers of another kind than it takes."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import diagnose

RNG = np.random.default_rng(0)
IDS = np.arange(8) % 3
ROWS = np.eye(3, dtype="float32")[IDS]
LOGITS = RNG.uniform(-9, 9, (8, 3)).astype("float32")
SOFTMAX = (np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)).astype("float32")
SIGMOID = (1 / (1 + np.exp(-LOGITS / 4))).astype("float32")
MAPS = RNG.integers(0, 2, (4, 5, 5, 1))
MAP_LOGITS = RNG.uniform(-9, 9, MAPS.shape).astype("float32")


def found(report):
    return {finding.kind: finding for finding in report.findings}


OF_KERAS = (
    *("BinaryCrossentropy", "BinaryFocalCrossentropy", "KLDivergence", "Dice"),
    *("CategoricalCrossentropy", "CategoricalFocalCrossentropy", "Tversky", "Poisson"),
    *("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"),
)
OURS = (*OF_KERAS, "SparseCategoricalFocalCrossentropy", "SigmoidFocal")
EVERY = [(portable_losses, name) for name in OURS]
EVERY += [(keras.losses, name) for name in OF_KERAS]


@pytest.mark.parametrize(
    "package, name", EVERY, ids=[f"{p.__name__}.{name}" for p, name in EVERY]
)
def test_logits_are_named_with_the_argument_to_set(package, name):
    loss = getattr(package, name)()
    takes_ids = name.startswith("Sparse") or "Generalized" in name
    y_true = IDS if takes_ids else ROWS
    report = diagnose(loss, y_true, LOGITS)
    first = report.findings[0]
    assert first.kind == "logits"
    above = "Categorical" in name and "Generalized" not in name
    outside = (LOGITS < 0) | ((LOGITS > 1) & (not above) & (name != "Poisson"))
    assert first.samples == tuple(np.flatnonzero(outside.any(1)))
    assert "y_pred goes to " in first.text
    if hasattr(loss, "from_logits"):
        assert first.remedy.startswith("pass from_logits=True")
    elif hasattr(getattr(portable_losses, name)(), "from_logits"):
        assert f"portable_losses.{name}(from_logits=True)" in first.remedy
    else:
        assert first.remedy.startswith("end the model with a s")
    if name in ("BinaryCrossentropy", "KLDivergence"):
        assert "dead" not in found(report)  # of which the logits are the reason


def test_logits_of_a_map_are_named_in_each_term_that_takes_none():
    loss = portable_losses.Sum(
        {
            "dice": (0.7, portable_losses.SoftDice()),
            "focal": portable_losses.SigmoidFocal(),
            "right": portable_losses.SigmoidFocal(from_logits=True),
        }
    )
    dice, focal = diagnose(loss, MAPS, MAP_LOGITS).findings
    assert (dice.kind, dice.terms) == ("logits", ("dice",))
    assert dice.remedy.startswith('pass activation="sigmoid" or "softmax"')
    assert (focal.kind, focal.terms) == ("logits", ("focal",))
    assert focal.remedy.startswith("pass from_logits=True")


def test_to_diagnose_is_no_first_call():
    loss = portable_losses.SoftDice()
    assert diagnose(loss, MAPS, 1 / (1 + np.exp(-MAP_LOGITS))).healthy
    with pytest.raises(ValueError, match="must be probabilities"):
        loss(MAPS, MAP_LOGITS)


@pytest.mark.parametrize(
    "loss, y_true, y_pred, remedy",
    [
        (
            portable_losses.SoftDice(activation="sigmoid"),
            MAPS,
            1 / (1 + np.exp(-MAP_LOGITS)),
            "pass activation=None, or drop",
        ),
        (
            portable_losses.KLDivergence(from_logits=True),
            ROWS,
            SOFTMAX,
            "pass from_logits=False, or drop",
        ),
        (
            portable_losses.Coral(num_classes=4),
            IDS,
            SIGMOID,
            "drop the softmax or sigmoid",
        ),
    ],
)
def test_probabilities_are_named_where_a_loss_takes_logits(
    loss, y_true, y_pred, remedy
):
    report = diagnose(loss, y_true, y_pred.astype("float32"))
    assert found(report)["probabilities"].remedy.startswith(remedy)


def test_what_does_not_count_is_no_fault():
    row = (np.arange(8) == 2)[:, None]
    for package in (portable_losses, keras.losses):
        loss = package.BinaryCrossentropy()
        y_pred = np.where(row, -99, SIGMOID).astype("float32")
        assert diagnose(loss, ROWS, y_pred, mask=~row[:, 0]).healthy
        assert diagnose(loss, ROWS, y_pred, (1.0 - row[:, 0])).healthy
    loss = portable_losses.CategoricalCrossentropy()
    assert diagnose(loss, ROWS, 40 * SIGMOID).healthy
    loss = portable_losses.BinaryCrossentropy(ignore_class=-1)
    assert diagnose(loss, np.where(row, -1, ROWS), y_pred).healthy
    assert diagnose(loss, ROWS, (SIGMOID + 2e-3).astype("float16")).healthy


@pytest.mark.parametrize("package", [portable_losses, keras.losses])
def test_targets_that_are_no_probabilities_are_named(package):
    for loss, y_true in (
        (package.BinaryCrossentropy(), 2 * ROWS - 1),
        (package.KLDivergence(), 5 * ROWS),
        (package.Dice(), 255 * ROWS),
    ):
        finding = found(diagnose(loss, y_true, SIGMOID))["targets"]
        assert finding.remedy.startswith("map the labels to 0 and 1")
    finding = found(diagnose(package.Poisson(), -ROWS, SIGMOID))["targets"]
    assert finding.remedy == "pass the counts as they are, not scaled"


@pytest.mark.parametrize("y_true", [255 * MAPS, 255 * MAPS[..., 0]])
def test_a_mask_of_255_is_named(y_true):
    loss = portable_losses.SoftDice(activation="sigmoid")
    report = diagnose(loss, y_true.astype("uint8"), MAP_LOGITS)
    assert list(found(report)) == ["targets"]


def test_class_indices_out_of_range_of_keras_are_named():
    y_true = np.where(np.arange(8) == 3, 7, IDS)
    loss = keras.losses.CategoricalGeneralizedCrossEntropy()
    finding = diagnose(loss, y_true, SOFTMAX).findings[0]
    assert (finding.kind, finding.samples) == ("class indices", (3,))


def test_class_indices_at_masked_positions_are_not_named():
    loss = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    y_true = np.where(np.arange(8) == 3, 7, IDS).reshape(2, 4)
    mask = np.arange(8).reshape(2, 4) != 3
    assert diagnose(loss, y_true, LOGITS.reshape(2, 4, 3), mask=mask).healthy
