"""Losses for bounding boxes."""

from portable_losses.losses.detection.iou import GeneralizedIoU

__all__ = ["GeneralizedIoU"]

PROBLEMS = (("bounding boxes", "boxes that overlap", ("GeneralizedIoU",)),)
"""What you have, what you want, and the losses that fit."""
