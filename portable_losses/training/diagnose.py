"""`diagnose`: a report on what is wrong with a loss and a batch."""

import dataclasses
import textwrap
from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.core import errors, held
from portable_losses.core.mask import keras_mask
from portable_losses.ops import eager
from portable_losses.training._batch import Batch, Seen
from portable_losses.training._numbers import broken, extent, largest, tensor
from portable_losses.training._seen import look
from portable_losses.training.findings import Finding, findings

# A screen has about 40 lines.
MOST_TERMS = 3
MOST_FINDINGS = 5
WIDTH = 88


@dataclasses.dataclass(frozen=True)
class Report:
    """The result of `diagnose`; `print` it.

    Attributes:
        name: the name of the loss.
        samples: the size of the batch.
        value: the loss; NaN if it raises an error, the mean if it is not one number.
        findings: what is wrong, each with `kind`, `text`, `remedy`, `samples`,
            `culprit` and `terms`.
        terms: the values of each term of the loss: `name`, `weight`, `value`,
            `y_true`, `y_pred`, `items`, `gradient`, `statistic` and `error`.
    """

    name: str
    value: float
    findings: tuple[Finding, ...]
    terms: tuple[Seen, ...]
    batch: Batch

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def samples(self) -> int:
        """The size of the batch."""
        return self.batch.size

    def __str__(self) -> str:
        return "\n".join(line[:WIDTH].rstrip() for line in self._lines())

    def _lines(self) -> Iterator[str]:
        count = len(self.findings)
        verdict = f"{count} problem{'s' if count > 1 else ''}" if count else "healthy"
        size = f"{self.samples} sample{'s' if self.samples != 1 else ''}"
        yield f"{self.name} on {size}: loss {self.value:.4g}, {verdict}"
        yield ""
        yield "as given"
        for name in ("y_true", "y_pred", "sample_weight"):
            x = getattr(self.batch, name)
            yield _row(name, x, tensor(x))
        if self.batch.mask is not None:
            yield f"  {'mask':<14}{_described(self.batch.mask, self.batch.mask)}"
        for x in self.batch.context:
            yield _row("context", x, tensor(x))
        ill = {name for finding in self.findings for name in finding.terms}
        terms = sorted(self.terms, key=lambda seen: seen.name not in ill)
        for seen in terms[:MOST_TERMS]:
            yield from _of_term(seen)
        if len(terms) > MOST_TERMS:
            yield f"and {len(terms) - MOST_TERMS} more terms"
        if any(seen.gradient is not None for seen in terms):
            yield "(gradient in y_pred: of the sum of the items, or of the statistic)"
        if count:
            yield ""
        for i, finding in enumerate(self.findings[:MOST_FINDINGS], start=1):
            where = f" (in {', '.join(finding.terms)})" if len(self.terms) > 1 else ""
            yield from _wrapped(f"{i}. ", finding.text + where)
            yield from _wrapped("   Remedy: ", finding.remedy)
        if count > MOST_FINDINGS:
            yield f"and {count - MOST_FINDINGS} more problems"


def diagnose(
    loss: Any,
    y_true: Any,
    y_pred: Any,
    sample_weight: Any = None,
    mask: Any = None,
    context: Any = (),
) -> Report:
    """Say what is wrong with a batch, and what to change.

    The report shows which samples have a loss or a gradient that is not finite, and
    whether the target, the prediction, the weight or the loss itself is the cause;
    gradients that explode or are dead (0); class indices out of range; logits in place
    of probabilities, and the reverse; shapes and dtypes of the inputs of `call`. If the
    loss raises an error, the report shows its message. Each term of a `Sum` is examined
    by itself.

    It calls the loss in eager mode and takes one gradient: that of the sum of the items
    with respect to y_pred. So the gradient of a sample does not depend on the size of
    the batch. For a statistic, which has no items, it is the gradient of the value. Use
    it for a batch that caused a problem, and not in every step.

    Args:
        loss: any loss: of this package, a `@loss` function, a `Sum`, or a plain
            `keras.losses.Loss`.
        y_true: targets, as the loss takes them.
        y_pred: predictions, such as `model(x, training=True)`.
        sample_weight: weights, as the loss takes them.
        mask: booleans, False for masked elements; by default the mask that Keras
            attached to y_pred. A plain Keras loss gets it as the mask of a layer.
        context: the further tensors that the loss takes, as a tuple, or one tensor.

    Returns:
        A `Report`: `print` it, or read its `healthy`, `findings` and `terms`.

    Raises:
        TypeError: for an object that is not a loss, for a loss of Keras that holds a
            Hyperparameter, and for predictions without values.

    Example:
        >>> loss = portable_losses.MeanSquaredError()
        >>> report = portable_losses.diagnose(loss, [0.0, float("nan")], [0.5, 0.5])
        >>> report.healthy
        False
        >>> print(report.findings[0].text)
        sample 1: the loss is not finite, because the target is not
    """
    loss = getattr(loss, "with_defaults", lambda: loss)()
    if not isinstance(loss, keras.losses.Loss):
        rule, remedy = "a loss", "pass an instance, such as MeanSquaredError()"
        errors.fail("diagnose", "loss", rule, loss, remedy, TypeError)
    held.reject_moving_inside("diagnose", "loss", loss)
    y_true, y_pred, sample_weight = map(_array, (y_true, y_pred, sample_weight))
    mask = keras_mask(y_pred) if mask is None else tensor(_array(mask))
    if eager.known_values(y_pred) is None and tensor(y_pred) is not None:
        rule, remedy = "values", "pass a batch, in eager mode: model(x, training=True)"
        shown = errors.Described("a symbolic tensor, or one of compiled code")
        errors.fail("diagnose", "y_pred", rule, shown, remedy, TypeError)
    if not isinstance(context, tuple | list):
        context = (context,)
    batch = Batch(y_true, y_pred, sample_weight, mask, tuple(map(_array, context)))
    terms = look(loss, batch)
    value = sum(seen.weight * seen.value for seen in terms)
    return Report(loss.name, value, tuple(findings(batch, terms)), tuple(terms), batch)


def _array(x: Any) -> Any:
    """A sequence as a tensor: Keras would treat a list as several outputs."""
    made = tensor(x) if isinstance(x, tuple | list | int | float) else x
    return x if made is None else made


# --- text -----------------------------------------------------------------------------


def _of_term(seen: Seen) -> Iterator[str]:
    factor = f", times {seen.weight:.4g}" if seen.weight != 1 else ""
    yield f"{seen.name}{factor}: {'rejected' if seen.error else f'{seen.value:.4g}'}"
    for name in ("y_true", "y_pred"):
        x = getattr(seen, name)
        if x is not None:
            yield f"  {name:<14}{_described(x, x)}"
    if seen.items is not None:
        name = "statistic" if seen.statistic else "items"
        yield _row(name, seen.items, seen.items)
    if seen.gradient is not None:
        tops = keras.ops.convert_to_tensor(largest(keras.ops.abs(seen.gradient)))
        extent = _extent(tops, len(broken(seen.gradient)))
        yield f"  {'gradient':<14}{'largest of each sample':<24}  {extent}"


def _row(name: str, given: Any, x: Any) -> str:
    if x is None:
        return f"  {name:<14}{'none' if given is None else type(given).__name__}"
    return f"  {name:<14}{_described(given, x):<24}  {_extent(x, len(broken(x)))}"


def _described(given: Any, x: Any) -> str:
    """A shape, and the dtype of the given array."""
    return f"{tuple(x.shape)} {keras.backend.standardize_dtype(given.dtype)}"


def _extent(x: Any, bad: int) -> str:
    ends = extent(x)
    shown = "" if ends is None else f"{ends[0]:.3g} to {ends[1]:.3g}"
    faults = f"not finite in {bad} sample{'s' if bad > 1 else ''}" if bad else ""
    return ", ".join(filter(None, (shown, faults)))


def _wrapped(first: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent="   ",
        max_lines=3,
        placeholder=" ...",
    )
