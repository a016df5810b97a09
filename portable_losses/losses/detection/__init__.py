"""Losses for bounding boxes."""

from portable_losses.losses.detection.box_iou import BoxIoU
from portable_losses.losses.detection.complete_iou import CompleteIoU
from portable_losses.losses.detection.distance_iou import DistanceIoU
from portable_losses.losses.detection.generalized_iou import GeneralizedIoU

__all__ = ["BoxIoU", "CompleteIoU", "DistanceIoU", "GeneralizedIoU"]

PROBLEMS = (
    ("bounding boxes", "boxes that overlap", ("GeneralizedIoU", "BoxIoU")),
    ("bounding boxes", "centers that meet", ("DistanceIoU",)),
    ("bounding boxes", "the right center and aspect ratio", ("CompleteIoU",)),
)
"""What you have, what you want, and the losses that fit."""
