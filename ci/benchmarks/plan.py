"""The numbers by which people ask for workloads, each with what it runs."""

PLAN: dict[str, tuple[str, ...]] = {
    "P0": ("drop_ins", "pins"),
    "P1": ("call_overhead",),
    "P2": ("robust",),
    "P3": ("focal",),
    "P4": ("sparse_crossentropy/tokens",),
    "P5": ("sparse_crossentropy/ignore_class",),
    "P6": ("vocabulary/LinearCrossentropy", "vocabulary/linear_log_probability"),
    "P7": ("vocabulary/LinearCrossentropy, 8192 tokens",),
    "P8": ("contrastive/CLIP in chunks",),
    "P9": ("contrastive/SigLIP in chunks",),
    "P10": (
        "contrastive/NTXent in chunks",
        "contrastive/SupervisedContrastive in chunks",
        "contrastive/SupervisedContrastive",
        "contrastive/NTXent",
    ),
    "P11": ("triplet",),
    "P12": ("regions/Soft*",),
    "P13": ("regions/LovaszSoftmax",),
    "P14": ("similarity",),
}
