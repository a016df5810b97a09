"""Losses for images: similarity, noise, smoothness, frequencies."""

from portable_losses.losses.image.edge_aware_smoothness import EdgeAwareSmoothness
from portable_losses.losses.image.focal_frequency import FocalFrequency
from portable_losses.losses.image.mixed_structural_similarity import (
    MixedStructuralSimilarity,
)
from portable_losses.losses.image.multi_scale_structural_similarity import (
    MultiScaleStructuralSimilarity,
)
from portable_losses.losses.image.peak_signal_to_noise import PeakSignalToNoise
from portable_losses.losses.image.structural_similarity import StructuralSimilarity
from portable_losses.losses.image.total_variation import TotalVariation

__all__ = [
    "EdgeAwareSmoothness",
    "FocalFrequency",
    "MixedStructuralSimilarity",
    "MultiScaleStructuralSimilarity",
    "PeakSignalToNoise",
    "StructuralSimilarity",
    "TotalVariation",
]

PROBLEMS = (
    (
        "images",
        "images that people perceive as similar",
        (
            "MixedStructuralSimilarity",
            "MultiScaleStructuralSimilarity",
            "StructuralSimilarity",
        ),
    ),
    ("images", "a high PSNR", ("PeakSignalToNoise",)),
    ("images", "fine textures, which other losses blur", ("FocalFrequency",)),
    ("images", "less noise in the prediction, as a second loss", ("TotalVariation",)),
    (
        "a map of depth or flow",
        "smoothness, except at the edges of the image",
        ("EdgeAwareSmoothness",),
    ),
)
