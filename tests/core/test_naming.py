"""Names of losses, which are keys of logs: words in lower case, acronyms whole."""

import pytest

import portable_losses
from portable_losses.core.naming import name_from


@pytest.mark.parametrize(
    ("of_class", "name"),
    [
        ("SoftDice", "soft_dice"),
        ("GeneralizedIoU", "generalized_iou"),
        ("BoxIoU", "box_iou"),
        ("VICReg", "vicreg"),
        ("InfoNCE", "info_nce"),
        ("NTXent", "nt_xent"),
        ("SigLIP", "siglip"),
        ("CLIP", "clip"),
        ("LDAM", "ldam"),
        ("ArcFace", "arcface"),
        ("CosFace", "cosface"),
        ("ListNet", "listnet"),
        ("CoxPH", "cox_ph"),
        ("HausdorffDT", "hausdorff_dt"),
        ("StudentTNLL", "student_t_nll"),
        ("EnsembleCRPS", "ensemble_crps"),
        ("SoftF1", "soft_f1"),
        ("SmoothL1", "smooth_l1"),
        ("MyMSELoss", "my_mse_loss"),
        ("my_loss", "my_loss"),
    ],
)
def test_words(of_class, name):
    assert name_from(of_class) == name


def test_a_loss_has_one_name_however_many_were_made():
    class Mine(portable_losses.Loss):
        def call(self, y_true, y_pred):
            return y_pred

    for cls, name in (
        (portable_losses.SoftDice, "soft_dice"),
        (portable_losses.GeneralizedIoU, "generalized_iou"),
        (portable_losses.GaussianNLL, "gaussian_nll"),
        (Mine, "mine"),
    ):
        assert [cls().name for _ in range(3)] == [name] * 3
    assert portable_losses.SoftDice(name="mine").name == "mine"


def test_two_terms_of_one_name_are_numbered_within_the_sum():
    dice = portable_losses.SoftDice
    for _ in range(2):
        total = dice() + dice(log=True)
        assert list(total.terms) == ["soft_dice", "soft_dice_2"]
