"""A problem, and how to fix it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Finding:
    """A problem, and how to fix it.

    Attributes:
        kind: "rejected", "empty", "class indices", "repeated", "not finite",
            "no gradient" (it cannot be taken), "gradient not finite", "exploding",
            "dead", "logits" (or other predictions outside of the range that the loss
            takes), "probabilities" or "targets".
        text: what is wrong, in a sentence.
        remedy: what to change.
        samples: the samples with the fault, () for a fault of the whole batch.
        culprit: the cause of a value that is not finite: "y_true", "y_pred",
            "sample_weight", "context", or "loss" if all of these are finite.
        terms: the names of the terms with this fault.
    """

    kind: str
    text: str
    remedy: str
    samples: tuple[int, ...] = ()
    culprit: str | None = None
    terms: tuple[str, ...] = ()


def some(samples: tuple[int, ...], most: int = 6) -> str:
    """The first few samples, and how many more there are."""
    shown = ", ".join(map(str, samples[:most]))
    more = len(samples) - most
    word = "sample" if len(samples) == 1 else "samples"
    return f"{word} {shown}" + (f" and {more} more" if more > 0 else "")
