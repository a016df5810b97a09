"""Gradients that vanish or explode."""

from collections.abc import Iterator

import keras

from portable_losses.core.domain import (
    argument_of,
)
from portable_losses.training._batch import Batch, Seen
from portable_losses.training._numbers import broken, largest
from portable_losses.training.findings._finding import Finding, some
from portable_losses.training.findings.domains import outlier_of

DEAD = 1e-7
"""A sample whose largest gradient is at most this has a dead gradient.

At a usual learning rate, a training step with it is lost by rounding in float32.
"""


LEARNED = 1e-3
"""A sample whose loss is at most this counts as learned.

Such a sample needs no gradient, and is not reported as dead.
"""


EXPLODING = 1e3
"""A sample whose largest gradient is at least this has an exploding gradient.

At a learning rate of 1e-3 one step changes the prediction by 1 or more. The gradient of
cross-entropy from logits and of the absolute error is at most 1.
"""


def gradients(batch: Batch, seen: Seen) -> Iterator[Finding]:
    """Samples whose gradient explodes, and wrong samples whose gradient is 0."""
    if seen.gradient is None or seen.weight == 0:
        return
    tops = largest(keras.ops.abs(seen.gradient))
    far = tuple(i for i, top in enumerate(tops) if top * abs(seen.weight) >= EXPLODING)
    if far:
        yield Finding(
            "exploding",
            f"{some(far)}: the gradient explodes, to "
            f"{max(tops[i] for i in far) * abs(seen.weight):.3g}",
            "scale the targets to about 1, or clip: Adam(clipnorm=1.0)",
            far,
        )
    flat = {i for i, top in enumerate(tops) if top <= DEAD} - {*broken(seen.gradient)}
    if seen.statistic or seen.items.shape[0] != batch.size:
        # The contribution of each sample to a statistic is not known.
        dead = tuple(flat) if len(flat) == batch.size and seen.value > LEARNED else ()
    else:
        dead = tuple(i for i, x in enumerate(largest(seen.items)) if x > LEARNED)
        dead = tuple(i for i in dead if i in flat)
    outlier = outlier_of(batch, seen)
    if outlier is not None:  # then this explains the missing gradient
        dead = tuple(i for i in dead if i not in outlier[1])
    if dead:
        yield Finding(
            "dead",
            f"{some(dead)}: a loss without a gradient, nothing is learned from it",
            "take the last activation out of the model, and give from_logits=True"
            if argument_of(seen.loss, "from_logits") is False
            else "look for what is flat in the loss: clip, round, relu, a comparison",
            dead,
        )
