"""The drop-ins for losses of Keras, and the known faults of Keras's losses."""

# Long because all marks are in one list, in which a reader looks for a loss.

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

RELEASED, NIGHTLY = "3.15.1", "3.16.0.dev2026102704"
"""The versions of Keras that were tested."""

_STATISTICS = ("drawn", "edge empty", "edge corners")
_ROUNDS = (
    "takes log(1 - p) of a rounded 1 - p: a wrong p = 1 costs 15.942, a wrong p = 0 "
    "16.118"
)
_CLIPS = "clips the probabilities of logits: a logit of 1e4 costs what one of 16 does"
_EMPTY = "charges 1 for an empty region against an empty prediction"
_SCALES = (
    "lets sample weights scale the one number of a batch, where ours has one a sample"
)
_SCALAR = "returns one number without reduction, where ours has one a sample"

FAULTS = (
    # --- what Keras 3.16 changes ----------------------------------------------------
    Fault(
        loss="Tversky",
        seen=RELEASED,
        why="weighs false negatives by alpha, against its own description",
        keras="<3.16",
        at=("drawn",),
    ),
    Fault(
        loss="SparseCategoricalCrossentropy",
        seen=RELEASED,
        why="has no label_smoothing before name and dtype",
        keras="<3.16",
        at=("arguments without label_smoothing",),
    ),
    Fault(
        loss="SparseCategoricalFocalCrossentropy",
        seen=RELEASED,
        why="has no such loss",
        keras="<3.16",
        at=("absent",),
    ),
    # --- values ---------------------------------------------------------------------
    Fault(loss="BinaryCrossentropy", seen=RELEASED, why=_ROUNDS, at=("edge corners",)),
    Fault(
        loss="BinaryFocalCrossentropy",
        seen=RELEASED,
        why=_ROUNDS,
        at=("edge corners", "edge match"),
    ),
    Fault(
        loss="BinaryCrossentropy",
        seen=RELEASED,
        why=_CLIPS,
        backends=("numpy",),
        at=("edge huge",),
    ),
    Fault(
        loss="BinaryFocalCrossentropy",
        seen=RELEASED,
        why=_CLIPS,
        backends=("jax", "torch", "numpy"),
        at=("edge huge", "edge half"),
    ),
    Fault(
        loss="BinaryFocalCrossentropy",
        seen=NIGHTLY,
        why=_CLIPS,
        backends=("mlx", "openvino"),
        at=("edge huge", "edge half"),
    ),
    Fault(
        loss="CategoricalFocalCrossentropy",
        seen=NIGHTLY,
        why="takes no tuple for alpha, as in alpha=(0.25, 0.75)",
        backends=("mlx", "openvino"),
        at=("drawn", "edge corners"),
        labels=("probabilities", "weights"),
    ),
    Fault(
        loss="BinaryFocalCrossentropy",
        seen=RELEASED,
        why="clips the probabilities of logits, which have no gradient there",
        backends=("jax", "torch"),
        checks=("edges", "live"),
    ),
    Fault(
        loss="CategoricalFocalCrossentropy",
        seen=RELEASED,
        why=_CLIPS,
        at=("edge huge",),
    ),
    Fault(
        loss="CategoricalFocalCrossentropy",
        seen=RELEASED,
        why="clips the probabilities of logits, which have no gradient there",
        backends=TRAINING,
        checks=("live",),
    ),
    Fault(
        loss="SparseCategoricalFocalCrossentropy",
        seen=NIGHTLY,
        why=_CLIPS,
        keras=">=3.16",
        at=("edge huge",),
    ),
    *(
        Fault(
            loss=loss,
            seen=RELEASED,
            why="divides a row of zeros by its sum",
            at=("edge zero row",),
        )
        for loss in ("CategoricalCrossentropy", "CategoricalFocalCrossentropy")
    ),
    Fault(
        loss="CategoricalGeneralizedCrossEntropy",
        seen=RELEASED,
        why="has a gradient of NaN at p = 0",
        backends=("jax",),
        checks=("edges",),
    ),
    # --- regions --------------------------------------------------------------------
    Fault(loss="Dice", seen=RELEASED, why=_EMPTY, at=("edge empty",)),
    Fault(loss="Dice", seen=RELEASED, why=_EMPTY, backends=TRAINING, checks=("edges",)),
    Fault(
        loss="Dice",
        seen=RELEASED,
        why=_SCALES,
        kind="never",
        at=_STATISTICS,
        of="weighted",
        labels=("",),
    ),
    Fault(
        loss="Dice",
        seen=RELEASED,
        why=_SCALAR,
        kind="never",
        at=_STATISTICS,
        of="unreduced",
        labels=("",),
    ),
    Fault(loss="Tversky", seen=RELEASED, why=_EMPTY, at=("edge empty",)),
    Fault(
        loss="Tversky",
        seen=RELEASED,
        why=_SCALES,
        kind="never",
        at=("drawn",),
        of="weighted",
        labels=("batch",),
    ),
    Fault(
        loss="Tversky",
        seen=RELEASED,
        why=_SCALAR,
        kind="never",
        at=("drawn",),
        of="unreduced",
        labels=("batch",),
    ),
    # --- class indices --------------------------------------------------------------
    Fault(
        loss="SparseCategoricalCrossentropy",
        seen=RELEASED,
        why="rounds class indices to the loss's dtype: 257 counts as 256 in bfloat16",
        backends=TRAINING,
        checks=("exact_targets",),
    ),
    Fault(
        loss="SparseCategoricalCrossentropy",
        seen=RELEASED,
        why="charges nothing for a class index out of range",
        backends=("jax",),
        checks=("class_ids",),
    ),
    Fault(
        loss="Circle",
        seen=RELEASED,
        why="rounds class indices to the loss's dtype: 2^24 + 1 is 2^24 in float32",
        at=("exact",),
    ),
    Fault(
        loss="CTC",
        seen=RELEASED,
        why="knows no padding but the blank, and takes -1, our padding, for a class",
        kind="never",
        at=("drawn", "edge huge", "edge even"),
        labels=("",),
    ),
    Fault(
        loss="CTC",
        seen=RELEASED,
        why="charges labels that fit no alignment 708, 1e5 or inf, by backend",
        at=("edge infeasible",),
    ),
    Fault(
        loss="CTC",
        seen=NIGHTLY,
        why="rejects labels that are as many as the frames",
        backends=("openvino",),
        at=("drawn",),
        labels=("blanks",),
    ),
    # --- the same number, and not the same gradient ---------------------------------
    Fault(
        loss="CosineSimilarity",
        seen=RELEASED,
        why="has a gradient of NaN, or of millions, at a zero vector",
        backends=("jax", "torch"),
        checks=("edges",),
    ),
    *(
        Fault(
            loss=loss,
            seen=RELEASED,
            why="has the backend's own gradient at 0",
            checks=("between",),
        )
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
        seen=RELEASED,
        why="multiplies an item of weight 0, and a NaN stays a NaN",
        backends=TRAINING,
        checks=("weight_zero",),
    ),
    Fault(
        loss="MeanSquaredError",
        seen=RELEASED,
        why="leaves dtype out of its config",
        backends=TRAINING,
        checks=("config",),
    ),
)
"""Every known fault: the loss, the versions of Keras, the backends and the places."""
