"""Which losses stand in for Keras's, and the known faults of Keras's own."""

from portable_losses.parity.cases._fault import Fault

DROP_INS = (
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CTC",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalFocalCrossentropy",
    "SquaredHinge",
    "Tversky",
)
"""Losses with the name, the positional arguments and the values of Keras's."""

TRAINING = ("tensorflow", "jax", "torch")

_STATISTICS = ("drawn", "edge empty", "edge corners")
_ROUNDS = (
    "takes log(1 - p) of a rounded 1 - p: a wrong p = 1 costs 15.942, a wrong p = 0 "
    "16.118"
)
_CLIPS = "clips the probabilities of logits: a logit of 1e4 costs what one of 16 does"
_EMPTY = "charges 1 for an empty region against an empty prediction"
_SCALES = "lets sample weights scale the one number of a batch"
_SCALAR = "returns one number without reduction, where ours has one a sample"

FAULTS = (
    # --- what Keras 3.16 changes ----------------------------------------------------
    Fault(
        loss="Tversky",
        why="weighs false negatives by alpha, against its own description",
        keras="<3.16",
        at=("drawn",),
    ),
    Fault(
        loss="SparseCategoricalCrossentropy",
        why="has no label_smoothing before name and dtype",
        keras="<3.16",
        at=("arguments without label_smoothing",),
    ),
    Fault(
        loss="SparseCategoricalFocalCrossentropy",
        why="has no such loss",
        keras="<3.16",
        at=("absent",),
    ),
    # --- values ---------------------------------------------------------------------
    Fault(loss="BinaryCrossentropy", why=_ROUNDS, at=("edge corners",)),
    Fault(
        loss="BinaryFocalCrossentropy", why=_ROUNDS, at=("edge corners", "edge match")
    ),
    Fault(
        loss="BinaryCrossentropy",
        why=_CLIPS,
        backends=("numpy",),
        at=("edge huge",),
    ),
    Fault(
        loss="BinaryFocalCrossentropy",
        why=_CLIPS,
        backends=("jax", "torch", "numpy"),
        at=("edge huge", "edge half"),
    ),
    Fault(
        loss="BinaryFocalCrossentropy",
        why="clips the probabilities of logits, which have no gradient there",
        backends=("jax", "torch"),
        checks=("edges", "live"),
    ),
    Fault(
        loss="CategoricalFocalCrossentropy",
        why=_CLIPS,
        at=("edge huge",),
    ),
    Fault(
        loss="CategoricalFocalCrossentropy",
        why="clips the probabilities of logits, which have no gradient there",
        backends=TRAINING,
        checks=("live",),
    ),
    Fault(
        loss="SparseCategoricalFocalCrossentropy",
        why=_CLIPS,
        keras=">=3.16",
        at=("edge huge",),
    ),
    *(
        Fault(loss=loss, why="divides a row of zeros by its sum", at=("edge zero row",))
        for loss in ("CategoricalCrossentropy", "CategoricalFocalCrossentropy")
    ),
    Fault(
        loss="CategoricalGeneralizedCrossEntropy",
        why="has a gradient of NaN at p = 0",
        backends=("jax",),
        checks=("edges",),
    ),
    # --- regions --------------------------------------------------------------------
    Fault(loss="Dice", why=_EMPTY, at=("edge empty",)),
    Fault(loss="Dice", why=_EMPTY, backends=TRAINING, checks=("edges",)),
    Fault(loss="Dice", why=_SCALES, at=_STATISTICS, of="weighted", labels=("",)),
    Fault(loss="Dice", why=_SCALAR, at=_STATISTICS, of="unreduced", labels=("",)),
    Fault(loss="Tversky", why=_EMPTY, at=("edge empty",)),
    Fault(loss="Tversky", why=_SCALES, at=("drawn",), of="weighted", labels=("batch",)),
    Fault(
        loss="Tversky", why=_SCALAR, at=("drawn",), of="unreduced", labels=("batch",)
    ),
    # --- class indices --------------------------------------------------------------
    Fault(
        loss="SparseCategoricalCrossentropy",
        why="rounds class indices to the loss's dtype: 257 counts as 256 in bfloat16",
        backends=TRAINING,
        checks=("exact_targets",),
    ),
    Fault(
        loss="SparseCategoricalCrossentropy",
        why="charges nothing for a class index out of range",
        backends=("jax",),
        checks=("class_ids",),
    ),
    Fault(
        loss="Circle",
        why="rounds class indices to the loss's dtype: 2^24 + 1 is 2^24 in float32",
        at=("exact",),
    ),
    Fault(
        loss="CTC",
        why="knows no padding but the blank, and takes -1 for a class",
        at=("drawn", "edge huge", "edge even"),
        labels=("",),
    ),
    Fault(
        loss="CTC",
        why="charges labels that fit no alignment 708, 1e5 or inf, by backend",
        at=("edge infeasible",),
    ),
    # --- the same number, and not the same gradient ---------------------------------
    Fault(
        loss="CosineSimilarity",
        why="has a gradient of NaN, or of millions, at a zero vector",
        backends=("jax", "torch"),
        checks=("edges",),
    ),
    *(
        Fault(loss=loss, why="has the backend's own gradient at 0", checks=("between",))
        for loss in (
            "Hinge",
            "KLDivergence",
            "MeanAbsoluteError",
            "MeanAbsolutePercentageError",
        )
    ),
    # --- the base of all of them ----------------------------------------------------
    Fault(
        loss="MeanSquaredError",
        why="multiplies an item of weight 0, and a NaN stays a NaN",
        backends=TRAINING,
        checks=("weight_zero",),
    ),
    Fault(
        loss="MeanSquaredError",
        why="leaves dtype out of its config",
        backends=TRAINING,
        checks=("config",),
    ),
)
"""Every known fault, by loss, version of Keras, backend, and where it shows."""
