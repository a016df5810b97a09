"""A weighted sum of losses."""

# Long because the docstring of `Sum` says what it does with terms of every kind.

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from portable_losses.core import arguments, errors, held
from portable_losses.core.loss import Loss
from portable_losses.core.mask import remember
from portable_losses.core.moving import Moving, is_number, now
from portable_losses.core.reduction import result
from portable_losses.core.saving import shown
from portable_losses.core.signature import Reduction
from portable_losses.ops import eager
from portable_losses.training._shared import one_number
from portable_losses.training._term_value import TermValue, mask_of, value_of


class Sum(Loss):
    """A weighted sum of losses, each with a separate reduction.

    With L_k the losses and w_k their weights, the value is sum_k w_k L_k: scalars are
    added, and never items of different shapes. `0.7 * SoftDice() + SigmoidFocal()` is
    the sum of these two. A sum of sums has all their terms; to keep a sum as one term,
    pass it in `terms`.

    Shapes: `y_true`, `y_pred`, weights, mask and context are passed to each loss
    unchanged. A `keras.losses.Loss`, too, excludes items that are masked or have weight
    0, also if they are NaN. A mask raises an error for a loss of Keras that returns one
    number for the batch (`keras.losses.Dice`), or that overrides `__call__` without a
    mask. A context raises TypeError if a loss takes none: give that loss a separate
    `LossEndpoint`.

    Arithmetic: `+` and `-` join losses, `*` and `/` take a number, a tensor or array of
    shape () or a Hyperparameter. Other operators, and sums with a number, raise
    TypeError.

    Args:
        terms: `{name: (weight, loss)}`, `{name: loss}`, or a sequence of such pairs and
            losses, which are named after the losses. A weight is a finite number or a
            Hyperparameter.
        reduction: must not be changed: each term has a reduction.
        name: name of the loss.
        dtype: dtype of the result; by default `keras.config.floatx()`, or float64 if a
            term has it.

    `compile(loss=loss, metrics=loss.metrics)` shows the value of each term, without its
    weight, and of each Hyperparameter. For this the terms are computed again. With
    several outputs pass the metrics per output: `metrics={"mask": loss.metrics}`; with
    sample weights use `weighted_metrics`. Keras keeps the metrics of an earlier
    `compile` in `model.metrics`: after a second `compile` of the same model they are
    still shown. Use a new model, or `keras.models.clone_model(model)`.

    Raises:
        ValueError: for no terms, a weight that is not finite, two terms with the same
            name, a `reduction` of the sum, a term whose reduction does not give one
            number; and all inputs that a term rejects, with the name of the term.
        TypeError: for a term that is not a loss, and for other arithmetic.

    Example:
        >>> mse, mae = (
        ...     portable_losses.MeanSquaredError(), portable_losses.MeanAbsoluteError()
        ... )
        >>> loss = 0.5 * mse + mae
        >>> float(loss([[0.0]], [[2.0]]))
        4.0
        >>> mse / 2.0
        Sum({'mean_squared_error': (0.5, MeanSquaredError())})
    """

    targets = "any"

    def __init__(
        self,
        terms: Any,
        *,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        owner = type(self).__name__
        if reduction != "sum_over_batch_size":
            remedy = "give the reduction to each term"
            errors.fail(owner, "reduction", "left to the terms", reduction, remedy)
        found = {
            name: _checked_term(owner, name, term)
            for name, term in _named(terms).items()
        }
        if not found:
            rule, remedy = "at least one loss", "pass [(0.7, SoftDice()), ...]"
            errors.fail(owner, "terms", rule, terms, remedy)
        if dtype is None and any(loss.dtype == "float64" for _, loss in found.values()):
            dtype = "float64"
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.terms: dict[str, tuple[Any, Any]] = found

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        mask: Any = None,
        *context: Any,
    ) -> Any:
        if mask is None:
            mask = mask_of(y_pred)  # once for all terms, since on JAX it takes a layer
            remember(y_true, mask)
        total: Any = 0.0
        for name, (weight, loss) in self.terms.items():
            value = value_of(name, loss, y_true, y_pred, sample_weight, mask, context)
            value = keras.ops.cast(value, self._compute_dtype)
            total = total + value * now(weight, self._compute_dtype)
        return result(self, total)

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

    def __repr__(self) -> str:
        terms = []
        for name, (weight, loss) in self.terms.items():
            plain = not isinstance(weight, Moving) and weight == 1
            shown = _shown(loss) if plain else f"({weight!r}, {_shown(loss)})"
            terms.append(f"{name!r}: {shown}")
        return f"Sum({{{', '.join(terms)}}})"


def _named(terms: Any) -> dict[str, Any]:
    """The terms by name; by default the names of the losses."""
    if isinstance(terms, Mapping):
        return dict(terms)
    # A tensor of shape () has `__iter__`, which raises an error of its backend.
    scalar = tuple(getattr(terms, "shape", (1,))) == ()
    if isinstance(terms, str) or scalar or not isinstance(terms, Iterable):
        rule, remedy = "losses", "pass [(0.7, SoftDice()), SigmoidFocal()]"
        errors.fail("Sum", "terms", rule, terms, remedy, TypeError)
    return _numbered((_name_of(term), term) for term in terms)


def _name_of(term: Any) -> str:
    loss = term[-1] if isinstance(term, tuple | list) and term else term
    return str(getattr(loss, "name", type(loss).__name__))


def _numbered(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Terms by name; the second one with the same name becomes `name_2`."""
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
        errors.fail(owner, argument, rule, term, remedy, TypeError)
    weight, loss = pair
    loss = one_number(owner, argument, loss)
    return arguments.number(owner, f"the weight of {argument}", weight), loss


# --- arithmetic -----------------------------------------------------------------------


def _combined(operator: str, left: Any, right: Any) -> Sum:
    """The sum that an operator makes of losses, or of a loss and a number."""
    if operator in ("+", "-"):
        terms = [*_terms_of(left), *_terms_of(right, -1.0 if operator == "-" else 1.0)]
        doubles = [x for x in (left, right) if isinstance(x, Sum)]
        wide = any(x.dtype == "float64" for x in doubles)
        return Sum(_numbered(terms), dtype="float64" if wide else None)
    factor = _factor(operator, right)
    if not isinstance(left, Sum):
        return Sum([(factor, left)])
    scaled = {name: (factor * w, loss) for name, (w, loss) in left.terms.items()}
    return Sum(scaled, name=left.name, dtype=left.dtype)


def _terms_of(side: Any, sign: float = 1.0) -> list[tuple[str, Any]]:
    if isinstance(side, Sum):
        return [
            (name, (w if sign > 0 else sign * w, loss))
            for name, (w, loss) in side.terms.items()
        ]
    if isinstance(side, keras.losses.Loss):
        return [(_name_of(side), (sign, side))]
    if is_number(side) and not isinstance(side, Moving) and side == 0:
        return []  # the builtin `sum` starts at 0
    remedy = "pass an instance, such as MeanSquaredError()"
    if is_number(side) or keras.ops.is_tensor(side) or hasattr(side, "dtype"):
        remedy = "a constant has no gradient: drop it, or show it as a metric"
        if hasattr(side, "dtype") and not isinstance(side, Moving):
            side = errors.Described(f"a {type(side).__name__}")
    errors.fail("Sum", "terms", "losses", side, remedy, TypeError)


def _factor(operator: str, x: Any) -> Any:
    """The weight that `*` or `/` gives to the terms."""
    argument = "weight" if operator == "*" else "divisor"
    rule = "a number or a Hyperparameter"
    if isinstance(x, keras.losses.Loss):
        remedy = "losses are added; write their product or quotient as a @loss function"
        shown = errors.Described(f"a {type(x).__name__}")
        errors.fail("Sum", argument, rule, shown, remedy, TypeError)
    if operator == "*" and is_number(x):
        return x  # `Sum` checks it, and its error names the term
    if not isinstance(x, Moving):
        x = _as_number(argument, rule, x)
    if operator == "*":
        return x
    if not isinstance(x, Moving) and x == 0:
        remedy = "choose another number"
        errors.fail("Sum", argument, "a finite number != 0", x, remedy)
    return 1.0 / x


def _as_number(argument: str, rule: str, x: Any) -> float:
    """A Python number, from a number or a tensor or array of shape ()."""
    held.reject_variables("Sum", argument, x)
    shape = tuple(getattr(x, "shape", ()))
    kind = str(getattr(x, "dtype", ""))
    if shape != () or "bool" in kind or "complex" in kind:
        shown = errors.Described(f"a {type(x).__name__} of shape {shape} and {kind}")
        remedy = "a term has one weight; weight classes or samples in the loss"
        errors.fail("Sum", argument, rule, shown, remedy, TypeError)
    if keras.ops.is_tensor(x):
        array = eager.known_values(x)
        if array is None:
            rule = "a number that is known when the sum is made"
            shown = errors.Described("a tensor of compiled code")
            remedy = "make the sum outside of it, and use a Hyperparameter for a "
            remedy += "weight that moves"
            errors.fail("Sum", argument, rule, shown, remedy, TypeError)
        x = array.item()
    return arguments.number("Sum", argument, x)


Loss._combined = staticmethod(_combined)  # type: ignore[method-assign]


# --- how it is shown ------------------------------------------------------------------


def _shown(loss: Any) -> str:
    """A loss with its arguments, also a loss of Keras, whose repr is an address."""
    if isinstance(loss, Loss):
        return repr(loss)
    cls = type(loss)
    name = f"keras.losses.{cls.__name__}"
    if not cls.__module__.startswith("keras."):
        name = cls.__name__
    try:
        # For most of its losses Keras omits the arguments from the config.
        config = {**getattr(loss, "_fn_kwargs", {}), **loss.get_config()}
    except Exception:  # a repr must not raise
        return f"{name}(...)"
    config.pop("fn", None)
    return f"{name}({shown(config)})"
