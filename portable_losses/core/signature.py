"""Types of constructor arguments, and the full signature of a constructor.

The arguments that a family shares are written once, in the constructor of its base
class. A loss takes them as `**common: Unpack[FamilyArguments]`, which type checkers
understand. At run time, in `help` for example, the signature has each argument by name.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from portable_losses.core.config import NOTED, as_written, parameters_in, parameters_of
from portable_losses.core.moving import Moving

Number = float | Moving
"""A number, or a Hyperparameter."""

ClassWeights = Sequence[float] | Mapping[int, float] | Moving | None
"""A weight per class, `{class index: weight}`, or None."""

ChunkSize = int | Literal["auto"] | None
"""How many items are computed at a time; None for all, which takes more memory."""

Reduction = Literal[
    "sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"
]
DType = Any
"""The name of a dtype, or a Keras DTypePolicy."""


class LossArguments(TypedDict, total=False):
    """The arguments that the constructor of every loss takes."""

    reduction: Reduction | None
    name: str | None
    dtype: DType


OF_EVERY_LOSS = tuple(LossArguments.__annotations__)
"""Their names: reduction, name, dtype."""


def show_whole(cls: Any) -> None:
    """Give a class's constructor a signature with all of its arguments by name."""
    init = vars(cls).get("__init__")
    if init is None or not hasattr(init, NOTED):
        return
    own = parameters_in(init)
    if all(p.kind is not p.VAR_KEYWORD for p in own):
        return
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = [p for p in own if p.kind is not p.VAR_KEYWORD]
    known = {p.name for p in own}
    for name, p in parameters_of(cls).items():
        if name not in known and p.kind not in kinds:
            parameters.append(p.replace(kind=p.KEYWORD_ONLY))
    owner = next(iter(inspect.signature(as_written(init)).parameters.values()))
    init.__signature__ = inspect.Signature([owner, *parameters])
