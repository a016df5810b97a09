"""Losses for bounding boxes."""

from portable_losses.losses.detection.box_iou import BoxIoU
from portable_losses.losses.detection.complete_iou import CompleteIoU
from portable_losses.losses.detection.distance_iou import DistanceIoU
from portable_losses.losses.detection.efficient_iou import EfficientIoU
from portable_losses.losses.detection.generalized_iou import GeneralizedIoU
from portable_losses.losses.detection.scylla_iou import ScyllaIoU

__all__ = [
    "BoxIoU",
    "CompleteIoU",
    "DistanceIoU",
    "EfficientIoU",
    "GeneralizedIoU",
    "ScyllaIoU",
]

PROBLEMS = (
    ("bounding boxes", "boxes that overlap", ("GeneralizedIoU", "BoxIoU")),
    ("bounding boxes", "centers that meet", ("DistanceIoU",)),
    ("bounding boxes", "the right center and aspect ratio", ("CompleteIoU",)),
    (
        "bounding boxes",
        "the right center, width and height",
        ("EfficientIoU", "ScyllaIoU"),
    ),
)
"""What you have, what you want, and the losses that fit."""
