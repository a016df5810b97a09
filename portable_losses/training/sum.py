"""A weighted sum of losses."""

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.config import restored
from portable_losses.core.loss import Loss
from portable_losses.core.moving import is_number, now
from portable_losses.training._shared import one_number


class Sum(Loss):
    """A weighted sum of losses, each reduced by itself.

    With L_k the losses and w_k their weights, the value is sum_k w_k L_k: scalars are
    added, and never items of different shape. `0.7 * SoftDice() + SigmoidFocal()` is
    the sum of these two; sums of sums are flat, unless one is a term itself.

    Shapes: `y_true`, `y_pred`, weights and mask reach each loss as they are.

    Args:
        terms: `{name: (weight, loss)}`, `{name: loss}`, or a sequence of such pairs and
            losses, which are named after the losses. A weight is a finite number or a
            Hyperparameter.
        reduction: left as it is: each term has its own.

    `compile(loss=loss, metrics=loss.metrics)` shows the value of each term, before its
    weight, and of each Hyperparameter. The terms are computed again for it. For several
    outputs give each output its own: `metrics={"mask": loss.metrics}`; with sample
    weights use `weighted_metrics`.

    Raises:
        ValueError: for no terms, a weight that is not finite, two terms of one name, a
            `reduction`, of the sum or of a term, that does not give one number; and
            whatever a term refuses, with its name.
        TypeError: for a term that is no loss.

    Example:
        >>> mse, mae = (
        ...     portable_losses.MeanSquaredError(), portable_losses.MeanAbsoluteError()
        ... )
        >>> loss = 0.5 * mse + mae
        >>> float(loss([[0.0]], [[2.0]]))
        4.0
    """

    targets = "any"

    def __init__(
        self,
        terms: Any,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        owner = type(self).__name__
        if reduction != "sum_over_batch_size":
            remedy = "give the reduction to each term"
            checks.fail(owner, "reduction", "left to the terms", reduction, remedy)
        self.terms = {
            name: _checked_term(owner, name, term)
            for name, term in _named(terms).items()
        }
        if not self.terms:
            rule, remedy = "at least one loss", "pass [(0.7, SoftDice()), ...]"
            checks.fail(owner, "terms", rule, terms, remedy)

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        mask: Any = None,
        *context: Any,
    ) -> Any:
        total: Any = 0.0
        for name, (weight, loss) in self.terms.items():
            value = _value_of(name, loss, y_true, y_pred, sample_weight, mask, context)
            value = keras.ops.cast(value, self._compute_dtype)
            total = total + value * now(weight, self._compute_dtype)
        return self._result(total)

    @property
    def metrics(self) -> list[Any]:
        return [*self._term_metrics(), *self.hyperparameters]

    def _term_metrics(self, prefix: str = "") -> list[Any]:
        found = []
        for name, (_, loss) in self.terms.items():
            found.append(TermValue(loss, name=prefix + name))
            if isinstance(loss, Sum):
                found += loss._term_metrics(f"{prefix}{name}_")
        return found

    # --- arithmetic -------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return _sum(self, other)

    def __radd__(self, other: Any) -> Any:
        return self if other == 0 else _sum(other, self)

    def __mul__(self, weight: Any) -> Any:
        if not is_number(weight):
            return NotImplemented
        terms = {name: (weight * w, loss) for name, (w, loss) in self.terms.items()}
        return Sum(terms, name=self.name, dtype=self.dtype)

    __rmul__ = __mul__


@keras.saving.register_keras_serializable("portable_losses")
class TermValue(keras.metrics.Metric):
    """The value of a term of a `Sum`, the mean over what was seen of an epoch.

    Args:
        loss: the term.
        name: its name in logs.
    """

    def __init__(self, loss: Any, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.loss = loss
        self._total = self.add_variable((), "zeros", name="total")
        self._samples = self.add_variable((), "zeros", name="samples")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the loss of a batch, counted once for each of its samples."""
        value = keras.ops.cast(self.loss(y_true, y_pred, sample_weight), "float32")
        samples = keras.ops.cast(keras.ops.shape(y_pred)[0], "float32")
        self._total.assign_add(value * samples)
        self._samples.assign_add(samples)

    def result(self) -> Any:
        """The mean over the samples since the last reset."""
        return keras.ops.divide_no_nan(self._total, self._samples)

    def get_config(self) -> dict[str, Any]:
        """Return the term, which Keras restores as the sum's, and the name."""
        return {"loss": self.loss, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TermValue":
        """Make it from `get_config()`, as it is or as it was read from a file."""
        return cls(**restored(config))


def _named(terms: Any) -> dict[str, Any]:
    """The terms by name; without names they have those of the losses."""
    if isinstance(terms, Mapping):
        return dict(terms)
    if isinstance(terms, str) or not isinstance(terms, Iterable):
        rule, remedy = "losses", "pass [(0.7, SoftDice()), SigmoidFocal()]"
        checks.fail("Sum", "terms", rule, terms, remedy, TypeError)
    return _numbered((_name_of(term), term) for term in terms)


def _name_of(term: Any) -> str:
    loss = term[-1] if isinstance(term, tuple | list) and term else term
    return str(getattr(loss, "name", type(loss).__name__))


def _numbered(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Terms by name, the second of a name as `name_2`."""
    found: dict[str, Any] = {}
    for name, term in named:
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name}_{number}"
        found[free] = term
    return found


def _checked_term(owner: str, name: str, term: Any) -> tuple[Any, Any]:
    argument = f"terms[{name!r}]"
    pair = term if isinstance(term, tuple | list) else (1.0, term)
    if len(pair) != 2:
        rule, remedy = "a loss or a pair of weight and loss", "pass (0.7, SoftDice())"
        checks.fail(owner, argument, rule, term, remedy, TypeError)
    weight, loss = pair
    loss = one_number(owner, argument, loss)
    return checks.number(owner, f"the weight of {argument}", weight), loss


def _value_of(
    name: str,
    loss: Any,
    y_true: Any,
    y_pred: Any,
    weight: Any,
    mask: Any,
    context: tuple[Any, ...],
) -> Any:
    """One number, or the error of the term with its name."""
    also = (mask, *context) if isinstance(loss, Loss) else ()
    try:
        return loss(y_true, y_pred, weight, *also)
    except (TypeError, ValueError) as error:
        if type(error) in (TypeError, ValueError):
            raise type(error)(f"Sum: term {name!r}: {error}") from error
        raise


def _sum(left: Any, right: Any) -> Any:
    terms: list[tuple[str, Any]] = []
    for side in (left, right):
        if isinstance(side, Sum):
            terms += side.terms.items()
        elif isinstance(side, keras.losses.Loss):
            terms.append((_name_of(side), side))
        else:
            return NotImplemented
    return Sum(_numbered(terms))


def _of_one(loss: Loss) -> Sum:
    return Sum([loss])


Loss._as_sum = _of_one
