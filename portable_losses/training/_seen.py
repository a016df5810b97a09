"""The inputs, items and gradient of a loss on a batch, for each term of a sum."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from portable_losses.core import checks, errors
from portable_losses.core.axes import expand, leading, squeezed
from portable_losses.core.loss import Loss
from portable_losses.core.moving import as_numbers
from portable_losses.training._numbers import (
    float_of,
    number,
    tensor,
)
from portable_losses.training.sum import Sum

_ON_JAX = keras.config.backend() == "jax"


@dataclasses.dataclass(frozen=True)
class Batch:
    """The inputs of a loss; the mask is that of Keras if no other was given."""

    y_true: Any
    y_pred: Any
    sample_weight: Any = None
    mask: Any = None
    context: tuple[Any, ...] = ()

    @property
    def size(self) -> int:
        """The number of samples; 0 if the predictions are empty, or no tensor."""
        shape = tuple(getattr(tensor(self.y_pred), "shape", ()))
        return int(shape[0]) if shape and 0 not in shape else 0

    def of_samples(self, samples: Sequence[int]) -> "Batch":
        """A batch of these samples."""

        def picked(x: Any) -> Any:
            x = tensor(x)
            if x is None or not len(x.shape) or x.shape[0] != self.size:
                return x  # of the whole batch
            return keras.ops.take(x, list(samples), axis=0)

        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        context = tuple(map(picked, given.pop("context")))
        return Batch(**{k: picked(x) for k, x in given.items()}, context=context)

    def counts(self, shape: tuple[int, ...]) -> Any:
        """True for the elements of this shape that are not masked or of weight 0."""
        counted = keras.ops.ones(shape, "bool")
        for x in map(tensor, (self.mask, self.sample_weight)):
            if x is not None and len(x.shape) and 0 not in tuple(x.shape):
                x = squeezed(keras.ops.cast(x, "bool"), shape)
                if len(x.shape) <= len(shape) and all(
                    n in (1, m) for n, m in zip(tuple(x.shape), shape, strict=False)
                ):
                    counted = counted & expand(x, len(shape))
        return counted


@dataclasses.dataclass
class Seen:
    """A loss, or a term of a sum, and its values on the batch.

    `y_true` and `y_pred` are the inputs of its `call`. `items` are the weighted items
    without a reduction. `gradient` is the gradient in y_pred of their sum, or of their
    mean for a statistic.
    """

    name: str
    loss: Any
    weight: float
    value: float = math.nan
    y_true: Any = None
    y_pred: Any = None
    items: Any = None
    statistic: bool = False
    gradient: Any = None
    error: Exception | None = None


def look(loss: Any, batch: Batch) -> list[Seen]:
    """Call each term by itself, and take the gradients of terms without an error."""
    found = [Seen(*term) for term in _terms(loss)]
    for seen in found:
        try:
            _check(seen.loss, batch)
            seen.value = number(_call(_still(seen.loss), batch))
            if batch.size:
                _watch(seen, batch)
        except Exception as error:  # of any kind: the report shows it
            seen.error = error
    _take_gradients([seen for seen in found if seen.items is not None], batch)
    return found


def _check(loss: Any, batch: Batch) -> None:
    """Reject what no loss takes, with an error of the package and not of a backend."""
    owner = type(loss).__name__
    checks.one_tensor(owner, "y_pred", batch.y_pred)
    if batch.y_true is None and not isinstance(loss, Loss):
        checks.one_tensor(owner, "y_true", None)
    for name in ("y_true", "y_pred", "sample_weight"):
        x = getattr(batch, name)
        if x is not None and not isinstance(x, dict) and tensor(x) is None:
            kind = f"an array of dtype {x.dtype}" if hasattr(x, "dtype") else "no array"
            shown = errors.Described(kind)
            remedy = "pass an array of numbers, all samples of one shape"
            errors.fail(owner, name, "numbers", shown, remedy, TypeError)
    p = tensor(batch.y_pred)
    if not len(p.shape):
        rule, remedy = "a tensor with a batch axis", "pass an array of shape (1,)"
        errors.fail(owner, "y_pred", rule, errors.Described("a scalar"), remedy)
    if batch.mask is not None:
        leading(owner, "mask", batch.mask, tuple(p.shape), "y_pred")


def items_of(loss: Any, batch: Batch) -> Any:
    """The items of a loss, without a reduction."""
    return _call(_unreduced(loss), batch)


def _call(loss: Any, batch: Batch) -> Any:
    return _called(loss, batch, batch.y_pred)


def _called(loss: Any, batch: Batch, y_pred: Any) -> Any:
    given = batch.y_true, y_pred, batch.sample_weight
    if isinstance(loss, Loss):
        return loss(*given, batch.mask, *batch.context)
    if batch.mask is not None:  # Keras's losses read the mask from the prediction
        y_pred = _Masked(batch.mask)(y_pred)
    return loss(batch.y_true, y_pred, batch.sample_weight)


def _terms(loss: Any, weight: float = 1.0, path: str = "") -> Iterator[tuple[Any, ...]]:
    if not isinstance(loss, Sum):
        yield path or loss.name, loss, weight
        return
    for name, (factor, term) in loss.terms.items():
        inner = f"{path}/{name}" if path else name
        yield from _terms(term, weight * float(factor), inner)


def _still(loss: Any) -> Any:
    """A copy of a loss with numbers in place of its Hyperparameters.

    On JAX a model that trains has taken the arrays of the variables, but a
    Hyperparameter still knows its value.
    """
    copy = object.__new__(type(loss))
    copy.__dict__.update(vars(loss))
    if isinstance(loss, Loss):
        # The check of the first predictions is not done by this copy.
        copy.__dict__.update(as_numbers(vars(loss)), _moving=False, _first_look=None)
        return copy

    def call(*given: Any, **also: Any) -> Any:
        items = type(copy).call(copy, *given, **also)
        checks.returned(type(loss).__name__, items)
        return items

    copy.__dict__["call"] = call
    return copy


def _unreduced(loss: Any) -> Any:
    """The same, with a copy that returns its items."""
    copy = _still(loss)
    copy.__dict__["reduction"] = None
    return copy


def _watch(seen: Seen, batch: Batch) -> None:
    """Call the loss, and record the inputs of its `call` and its items."""
    probe = _unreduced(seen.loss)

    def note(y_true: Any, y_pred: Any, items: Any) -> None:
        seen.y_true, seen.y_pred = y_true, y_pred
        seen.statistic = len(items.shape) == 0 or (
            isinstance(probe, Loss) and type(probe).is_statistic(probe, y_pred)
        )

    def call(y_true: Any, y_pred: Any) -> Any:  # of a loss of Keras
        items = type(probe).call(probe, y_true, y_pred)
        note(y_true, y_pred, items)
        return items

    ours = isinstance(probe, Loss)
    probe.__dict__.update({"_watched": note} if ours else {"call": call})
    seen.items = keras.ops.stop_gradient(_call(probe, batch))


# --- the gradient ---------------------------------------------------------------------


def _take_gradients(found: list[Seen], batch: Batch) -> None:
    """Record the gradients, or the error of the term that has none."""
    try:
        gradients = _gradients(found, batch)
    except Exception as error:
        if len(found) == 1:
            found[0].error = error
        else:
            for seen in found:
                _take_gradients([seen], batch)
    else:
        for seen, gradient in zip(found, gradients, strict=True):
            seen.gradient = gradient


def _gradients(found: list[Seen], batch: Batch) -> list[Any]:
    """The gradient of each term in y_pred.

    Keras has no function that returns gradients. So each term gets a trainable weight
    that is 0 and is added to the predictions. After one step of gradient descent with a
    learning rate of 1, the weight is minus the gradient.
    """
    if not found:
        return []
    model = _Shifted(
        [_total(seen, batch) for seen in found],
        tuple(tensor(batch.y_pred).shape),
        [float_of(seen.y_pred) for seen in found],
    )
    # Compiled as a whole on JAX, since there each single operation is compiled, too.
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=not _ON_JAX)
    model.train_on_batch(keras.ops.ones((1, 1)))
    return [keras.ops.stop_gradient(-z) for z in model.shifts]


def _total(seen: Seen, batch: Batch) -> Callable[[Any], Any]:
    probe = _unreduced(seen.loss)
    together = keras.ops.mean if seen.statistic else keras.ops.sum
    y_pred = keras.ops.stop_gradient(tensor(batch.y_pred))

    def total(z: Any) -> Any:
        shifted = keras.ops.cast(y_pred, z.dtype) + z
        items = _called(probe, batch, shifted)
        # The term 0 * z is for a loss that does not depend on z: without it torch and
        # TensorFlow would raise an error.
        return together(keras.ops.cast(items, z.dtype)) + 0.0 * keras.ops.sum(z)

    return total


class _Masked(keras.layers.Layer):
    """Attaches a mask to a prediction, as a layer of a model does."""

    def __init__(self, mask: Any) -> None:
        super().__init__(autocast=False, dtype="float32", name="masked")
        self._of_output = mask
        self.supports_masking = True

    def call(self, x: Any) -> Any:
        return keras.ops.copy(x)  # a new tensor: Keras attaches the mask to it

    def compute_mask(self, x: Any, previous: Any) -> Any:
        return self._of_output


class _Shifted(keras.Model):
    """A model whose loss is the sum of `totals`, each with its own trainable shift."""

    def __init__(
        self, totals: list[Any], shape: tuple[int, ...], dtypes: list[str]
    ) -> None:
        # float32: with a policy of half precision the optimizer would scale the loss.
        super().__init__(name="diagnose", dtype="float32")
        self.totals = totals
        self.shifts = [
            self.add_weight(shape=shape, initializer="zeros", dtype=dtype)
            for dtype in dtypes
        ]

    def call(self, x: Any) -> Any:
        return x

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        return sum(
            keras.ops.cast(total(keras.ops.convert_to_tensor(z)), "float32")
            for total, z in zip(self.totals, self.shifts, strict=True)
        )
