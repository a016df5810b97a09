"""`portable-losses list`: every way in which people name a loss finds it."""

import json
import pathlib
import subprocess
import sys

import pytest
from click.testing import CliRunner

import portable_losses
from portable_losses.command import catalogue, peers
from portable_losses.command.list import command
from portable_losses.command.search import search

FOLDER = pathlib.Path(portable_losses.__file__).parent

TABLE = (
    peers.Peer("monai", "DiceLoss", "SoftDice", "smooth=1e-5", "one channel each"),
    peers.Peer("torch", "SmoothL1Loss", "SmoothL1", "", ""),
    peers.Peer("kornia", "tversky_loss", "SoftTversky", "", ""),
    peers.Peer("torchvision", "sigmoid_focal_loss", "SigmoidFocal", "", ""),
    peers.Peer("kornia", "focal_loss", "CategoricalFocalCrossentropy", "", ""),
    peers.Peer("keras-rs", "ListMLELoss", "", "", "a ranking loss"),
)


def first(*words, table=TABLE):
    found = search(words, table)
    return found.entries[0].name if found.entries else None


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("huber", "Huber"),
        ("smooth_l1", "SmoothL1"),
        ("pinball", "Quantile"),
        ("MSE", "MeanSquaredError"),
        ("Lin's coefficient", "ConcordanceCorrelation"),
        ("lovasz hinge", "LovaszHinge"),
        ("DiceLoss", "SoftDice"),
        ("monai", "SoftDice"),
        ("SmoothL1Loss", "SmoothL1"),
        ("torch.nn.SmoothL1Loss", "SmoothL1"),
        ("torchvision sigmoid_focal_loss", "SigmoidFocal"),
        ("kornia focal_loss", "CategoricalFocalCrossentropy"),
        ("speech", "CTC"),
    ],
)
def test_the_best_is_first(words, name):
    assert first(*words.split()) == name


@pytest.mark.parametrize(
    ("word", "among"),
    [
        ("imbalanced", {"LDAM", "LogitAdjusted", "SigmoidFocal", "GeneralizedDice"}),
        ("counts", {"Poisson", "PoissonNLL", "NegativeBinomialNLL"}),
        ("outliers", {"Huber", "Cauchy", "TukeyBiweight"}),
        ("noisy labels", {"BiTempered", "SymmetricCrossentropy"}),
    ],
)
def test_a_problem_finds_what_fits(word, among):
    assert among <= {entry.name for entry in search(word.split(), ()).entries}


def test_a_family_finds_its_losses_and_no_other():
    found = search(["segmentation"], ()).entries
    assert {entry.family for entry in found} == {"segmentation"}
    assert "SoftDice" in {entry.name for entry in found}


def test_two_words_find_what_fits_both():
    found = {e.name for e in search(["imbalanced", "segmentation"], ()).entries}
    assert "GeneralizedDice" in found and "LDAM" not in found


@pytest.mark.parametrize(
    ("slip", "name"), [("Hubr", "Huber"), ("pinbal", "Quantile"), ("diceloss", "Dice")]
)
def test_a_slip_is_forgiven(slip, name):
    assert first(slip, table=()) == name


def test_a_peers_loss_without_one_of_ours_is_said():
    found = search(["ListMLELoss"], TABLE)
    assert [peer.note for peer in found.peers] == ["a ranking loss"]
    assert found.entries == ()


def test_every_public_loss_is_listed_with_what_makes_it():
    names = {entry.name for entry in catalogue.entries()}
    assert names >= set(portable_losses.losses.regression.__all__)
    assert set(portable_losses.__all__) - names == {"Loss", "ops", "parity"}
    for entry in catalogue.entries():
        if entry.is_loss:
            assert entry.title and entry.about and entry.takes and entry.problems
        if entry.is_loss and None not in entry.arguments.values():
            eval(entry.construct, {"portable_losses": portable_losses})


def test_the_table_of_peers_names_losses_of_ours():
    rows = peers.peers()
    assert len(rows) > 50
    for row in rows:
        assert row.library and row.theirs
        assert not row.ours or hasattr(portable_losses, row.ours), row


def test_the_command_prints_and_says_where_there_is_nothing():
    done = CliRunner().invoke(command, ["pinball"])
    assert done.exit_code == 0 and "Quantile" in done.stdout
    assert "portable_losses.Quantile(quantiles=0.5" in done.stdout
    done = CliRunner().invoke(command, ["--json", "pinball"])
    (loss,) = json.loads(done.stdout)["losses"]
    assert loss["name"] == "Quantile" and loss["family"] == "regression"
    done = CliRunner().invoke(command, ["xyzzy"])
    assert done.exit_code == 1 and "no loss is known by 'xyzzy'" in done.stderr


def test_no_backend_and_no_keras_is_imported():
    code = (
        f"import sys; sys.path.insert(0, {str(FOLDER.parent)!r}); import runpy; "
        f"entry = runpy.run_path({str(FOLDER / 'command' / 'entry.py')!r}); "
        "entry['without_keras'](); "
        "from portable_losses.command.list import command; "
        "command(['huber'], standalone_mode=False)"
    )
    script = (
        "try:\n    exec(" + repr(code) + ")\nexcept SystemExit:\n    pass\n"
        "import sys\nprint(sorted({'keras', 'jax', 'torch', 'tensorflow'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "PseudoHuber" in done.stdout
    assert done.stdout.strip().endswith("[]")
