"""The rules of `diagnose`: each function finds one kind of fault, with its remedy."""

import dataclasses
from collections.abc import Iterator

from portable_losses.training._batch import Batch, Seen
from portable_losses.training.findings._finding import Finding as Finding
from portable_losses.training.findings.domains import logits, targets
from portable_losses.training.findings.gradients import gradients
from portable_losses.training.findings.not_finite import not_finite
from portable_losses.training.findings.rejected import (
    class_ids,
    empty,
    own_words,
    rejected,
    repeated,
)


def findings(batch: Batch, terms: list[Seen]) -> list[Finding]:
    """All findings; a finding that several terms share is reported once."""
    found: dict[Finding, tuple[str, ...]] = {}
    for seen in terms:
        for finding in _of_term(batch, seen):
            found[finding] = (*found.get(finding, ()), seen.name)
    return [dataclasses.replace(f, terms=names) for f, names in found.items()]


def _of_term(batch: Batch, seen: Seen) -> Iterator[Finding]:
    # Causes are reported before their effects.
    ids = list(class_ids(batch, seen))
    values = [*logits(batch, seen), *targets(batch, seen)]
    yield from ids
    if seen.error is not None and not ids:  # else `ids` explains the error
        if not values or own_words(seen.error):
            yield rejected(batch, seen)
    yield from values
    if seen.error is not None and seen.items is None:
        return
    for rule in (empty, repeated, not_finite, gradients):
        yield from rule(batch, seen)
