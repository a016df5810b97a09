"""Words that users search for, and phrases of the catalogue with the same meaning."""

import re
import unicodedata

LIKE: dict[str, tuple[str, ...]] = {
    "imbalanced": (
        "rare",
        "easy or of one class",
        "number of samples of each class",
        "most of them absent",
        "classes of very different sizes",
        "small regions",
        "long-tailed",
    ),
    "ce": ("cross-entropy", "crossentropy"),
    "nll": ("negative log-likelihood", "negative log likelihood", "cross-entropy"),
    "segmentation": ("maps of classes",),
    "count": ("counts",),
    "censored": ("censored", "survival"),
    "outlier": ("outliers", "robust"),
    "robust": ("outliers",),
    "noisy": ("noisy labels",),
    "noise": ("noisy labels", "less noise"),
    "uncertainty": ("unknown spread", "uncertainty", "whole distribution", "ensemble"),
    "heteroscedastic": ("unknown spread",),
    "calibration": ("calibrated",),
    "interval": ("interval", "quantiles"),
    "zero": ("many of them 0", "zero"),
    "multilabel": ("several labels", "several per sample"),
    "detection": ("bounding boxes", "detector"),
    "box": ("bounding boxes",),
    "overlap": ("overlap", "iou"),
    "keypoint": ("landmarks", "keypoint", "heat maps"),
    "pose": ("landmarks", "keypoint", "heat maps"),
    "selfsupervised": ("two views", "no labels"),
    "contrastive": ("two views", "embeddings that"),
    "embedding": ("embeddings",),
    "retrieval": ("embeddings", "its partner", "ranked list"),
    "similarity": ("embeddings", "perceive as similar", "same direction"),
    "face": ("center for each class",),
    "ordinal": ("ranks, or ordered classes",),
    "rating": ("ratings", "ordered classes"),
    "speech": ("connectionist temporal classification", "audio"),
    "ocr": ("connectionist temporal classification",),
    "tagging": ("tagging",),
    "ner": ("tagging",),
    "superresolution": ("perceive as similar", "psnr"),
    "denoising": ("less noise", "perceive as similar", "psnr"),
    "depth": ("depth",),
    "vessel": ("thin structures",),
    "medical": ("maps of classes",),
    "forecast": ("forecasts", "quantiles", "series of measurements"),
    "insurance": ("amounts", "durations or costs"),
    "rain": ("amounts, many of them 0",),
    "multitask": ("weighted sum of losses",),
    "distillation": ("of a teacher", "distillation"),
    "hard": ("hardest items", "hard and rare"),
    "curriculum": ("while the model trains", "changes during training"),
    "regression": ("real numbers",),
    "positive": ("positive",),
    "angle": ("same direction", "angle"),
}
"""A word that a user may type, and parts of `PROBLEMS`, titles and docstrings that mean
the same."""

FILLER = frozenset(
    "a an and class classes data for from in is keras label labels loss losses model "
    "of on or problem problems the to with".split()
)
"""Words that the search ignores."""


def squash(text: str) -> str:
    """A name without case, accents, spaces and signs: `smooth_l1` is `Smooth L1`."""
    plain = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]", "", plain.encode("ascii", "ignore").decode().lower())


def bare(text: str) -> str:
    """`squash` of a name without its module path, and without `loss` at its end."""
    name = squash(text.rpartition(".")[2] or text)
    for end in ("losses", "loss", "criterion"):
        if name.endswith(end) and name != end:
            return name.removesuffix(end)
    return name


def tokens(text: str) -> list[str]:
    """The words of a text or name in lower case: `DiceLoss` is `dice` and `loss`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return [one(word) for word in re.findall(r"[a-z0-9]+", parts.lower())]


def one(word: str) -> str:
    """A word in the singular."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-2] if word.endswith(("xes", "sses")) else word[:-1]
    return word
