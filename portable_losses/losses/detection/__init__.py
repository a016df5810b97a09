"""Losses for bounding boxes."""

from portable_losses.losses.detection.iou import GeneralizedIoU

__all__ = ["GeneralizedIoU"]
