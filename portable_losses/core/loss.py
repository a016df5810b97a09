"""`Loss`, the base class: alignment, targets, masks, weights, reduction, config."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import keras

from portable_losses.core import checks
from portable_losses.core.alignment import align
from portable_losses.core.axes import both, expand, leading, squeezed
from portable_losses.core.config import arguments_of, restored
from portable_losses.core.mask import keras_mask
from portable_losses.core.moving import claim, leaves_in, moves, now

REDUCTIONS = (
    "sum_over_batch_size",
    "mean",
    "sum",
    "mean_with_sample_weight",
    "none",
    None,
)
_MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
# tf.distribute wants every replica's loss scaled, and only Keras knows by how much;
# elsewhere its reduction scales nothing.
_KERAS_SCALES = keras.config.backend() == "tensorflow"


class Loss(keras.losses.Loss):
    """Base class of every loss; subclass it and write `call`.

    `call(y_true, y_pred)` returns one value per *item* (what one loss value is
    about: a sample, a position, a box) and knows nothing of weights, masks and
    reduction. It may return

    * the items, of shape `(B,)` or `(B, ...)`;
    * `(items, kept)`, where the boolean `kept` is False for items the loss leaves
      out itself, such as an ignored class: the mean is over what is kept;
    * a scalar, for a *statistic*: one number a batch. `reduction=None` broadcasts it
      to `(B,)`, and sample weights, which have no meaning there, are refused.

    A loss that couples the samples of a batch takes a third argument, `kept`: None,
    or a boolean tensor with the leading axes of `y_pred` that is False for samples
    which are masked or have weight 0, and should leave the batch. Further arguments
    are its *context*, such as the model's input or another layer's output: a
    `LossEndpoint` in the model passes them.

    What changes while a model trains is a `Hyperparameter` in place of a number: in
    `call` the attribute is a tensor with the value of the step.

    Shapes: a loss says once, as the class attribute `targets`, how `y_true` relates
    to `y_pred`:

    * `"same"`: it has y_pred's shape; `(B,)` is aligned with `(B, 1)`, any other
      difference is refused;
    * `"ids"`: whole class ids of shape `y_pred.shape[:-1]`, or with a trailing 1.
      Ids that are visibly out of range are refused;
    * `"classes"`: class ids as above, or rows of y_pred's shape (one-hot or soft),
      which reach `call` as they are;
    * `"any"`: the loss looks for itself; only the batch axis is compared;
    * `"auto"`: as `"same"` where the shapes allow it, and in y_pred's dtype even if it
      is whole or boolean; else as `"any"`, if it is floating only where nothing would
      be broadcast.

    Dtypes: `y_pred`, and a floating `y_true` of `"same"`, reach `call` in float32
    (float64 with `dtype="float64"`), whatever half precision they came in. Integer
    and boolean targets reach it unchanged, so that class ids are exact.

    Removed items (masked, or of weight 0) have their inputs replaced by harmless
    ones before `call` and their values dropped after it: a NaN there leaves value
    and gradient finite. All removed, or no items at all, gives 0.

    Args:
        reduction: `"sum_over_batch_size"` (default) or `"mean"` divide the weighted
            sum of the items by their number, `"mean_with_sample_weight"` by the sum
            of their weights (a sample's weight counts for each of its items);
            `"sum"` adds them; `None` or `"none"` returns the items.
        name: name of the loss; by default made from the class's.
        dtype: dtype of the result, by default `keras.config.floatx()`. A float16
            result is returned as float32, since sums soon leave float16's range.

    Example:
        >>> class Cubic(portable_losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         error = ops.abs(y_pred - y_true)
        ...         return ops.mean(error * error * error, axis=-1)
        >>> float(Cubic()([[0.0, 1.0]], [[1.0, 1.0]]))
        0.5
    """

    targets: ClassVar[Literal["same", "ids", "classes", "any", "auto"]] = "same"
    """How y_true relates to y_pred."""

    per_sample_form: ClassVar[str | None] = None
    """For a statistic: the loss or argument that takes sample weights."""

    _takes_kept: ClassVar[bool] = False
    _context: ClassVar[tuple[inspect.Parameter, ...]] = ()
    _as_sum: ClassVar[Callable[["Loss"], Any]]  # by Sum, which stands above this room
    _moving = False
    __array_ufunc__ = None  # a NumPy number on the left leaves arithmetic to us

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        known = ("same", "ids", "classes", "any", "auto")
        checks.choice(cls.__name__, "targets", cls.targets, known)
        further = list(inspect.signature(cls.call).parameters.values())[3:]
        cls._takes_kept = any(p.name == "kept" for p in further)
        cls._context = tuple(p for p in further if p.name != "kept")
        if cls.__module__.startswith("portable_losses."):
            keras.saving.register_keras_serializable("portable_losses")(cls)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        checks.choice(type(self).__name__, "reduction", reduction, REDUCTIONS)
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        floats = ("bfloat16", "float16", "float32", "float64")
        checks.choice(type(self).__name__, "dtype", self.dtype, floats)
        self._compute_dtype = "float64" if self.dtype == "float64" else "float32"
        self._result_dtype = "float32" if self.dtype == "float16" else self.dtype
        self._keras_reduction = _KerasReduction(
            name=self.name, reduction=reduction, dtype=self._compute_dtype
        )

    def __setattr__(self, name: str, value: Any) -> None:
        checks.refuse_variables(type(self).__name__, name, value)
        if moves(value):
            super().__setattr__("_moving", True)
            claim(self, value)
        super().__setattr__(name, value)

    # --- what a loss may override --------------------------------------------------

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the items, `(items, kept)` or a scalar statistic."""
        raise NotImplementedError

    def is_statistic(self, y_pred: Any) -> bool:
        """Whether what `call` returns has no batch axis though it is no scalar.

        One statistic a class or a column, say, of shape `(C,)`: it is reduced as
        items are, and sample weights are refused.
        """
        return False

    def feature_axis(self) -> int:
        """The axis of y_pred that one item spans; `call` sees it moved to the end."""
        return -1

    def class_count(self, y_pred: Any) -> int | None:
        """How many class ids there are; for losses with `targets = "ids"`."""
        size: int | None = y_pred.shape[-1]
        return size

    def keep(self, y_true: Any) -> Any | None:
        """Which items the loss wants, judged by the targets alone; None for all.

        What is not kept is treated as if it were masked. Here: class ids other than
        `ignore_class`, for a loss of class ids that has this argument; rows of
        classes are judged by their argmax.
        """
        ignore_class = getattr(self, "ignore_class", None)
        if self.targets not in ("ids", "classes") or ignore_class is None:
            return None
        return y_true != ignore_class

    # --- sums, and numbers that move -----------------------------------------------

    def __add__(self, other: Any) -> Any:
        """The `Sum` of two losses."""
        return self._as_sum() + other

    def __radd__(self, other: Any) -> Any:
        """The `Sum` of two losses; 0 is nothing, for the builtin `sum`."""
        return other + self._as_sum()

    def __mul__(self, weight: Any) -> Any:
        """A `Sum` of this loss times a number or Hyperparameter."""
        return self._as_sum() * weight

    __rmul__ = __mul__

    @property
    def hyperparameters(self) -> list[Any]:
        """The Hyperparameters of this loss and of the losses in it, each once."""
        return leaves_in(vars(self))

    @property
    def metrics(self) -> list[Any]:
        """What `compile(metrics=loss.metrics)` shows: the Hyperparameters' values."""
        return self.hyperparameters

    def _now(self) -> "Loss":
        """This loss with the values of this step in place of what moves."""
        loss: Loss = object.__new__(type(self))
        here = {k: now(v, self._compute_dtype) for k, v in vars(self).items()}
        loss.__dict__.update(here, _moving=False)
        return loss

    # --- the call ------------------------------------------------------------------

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        mask: Any = None,
        *context: Any,
    ) -> Any:
        """Return the reduced loss.

        Args:
            y_true: targets, as the loss's `targets` says.
            y_pred: predictions, `(B, ...)`.
            sample_weight: weights whose axes are the leading axes of the items.
            mask: booleans whose axes are the leading axes of y_pred, False for what
                is left out; by default the mask that Keras attached to y_pred.
            *context: what else `call` takes.
        """
        if self._moving:
            loss = self._now()
            return loss(y_true, y_pred, sample_weight, mask, *context)
        owner = type(self).__name__
        if context or self._context:
            checks.context(owner, self._context, context)
            context = tuple(self._tensor(x) for x in context)
        checks.one_tensor(owner, "y_pred", y_pred)
        if mask is None:
            mask = keras_mask(y_pred)
        y_pred = keras.ops.convert_to_tensor(y_pred, dtype=self._compute_dtype)
        y_true, y_pred = align(owner, self.targets, self.feature_axis(), y_true, y_pred)
        ids, classes = y_true, self.targets == "classes"
        rows = classes and len(y_true.shape) == len(y_pred.shape)
        by_id = self.targets == "ids" or (classes and not rows)
        if by_id and not _is_whole(y_true):
            y_true = keras.ops.cast(y_true, "int32")

        pred_shape = tuple(y_pred.shape)
        if 0 in pred_shape and self.reduction not in (None, "none"):
            return self._result(keras.ops.sum(y_pred))  # no items: 0
        if mask is not None:
            mask = keras.ops.cast(mask, "bool")
            mask = leading(owner, "mask", mask, pred_shape, "y_pred")
        mask = both(mask, self._wanted(y_true, rows))
        weight, nonzero, kept = None, None, mask
        if sample_weight is not None:
            weight = keras.ops.convert_to_tensor(sample_weight, self._compute_dtype)
            weight = leading(owner, "sample_weight", weight, pred_shape, "y_pred")
            nonzero = weight != 0
            kept = both(mask, nonzero)
        if by_id:
            self._check_ids(owner, ids, y_true, self.class_count(y_pred), kept)
        if kept is not None:
            y_true, y_pred = self._replace_removed(y_true, y_pred, kept)
            context = tuple(_replace_broken(x, kept) for x in context)

        also = {"kept": kept} if self._takes_kept else {}
        items = self.call(y_true, y_pred, *context, **also)
        items, chosen = items if isinstance(items, tuple) else (items, None)
        checks.returned(owner, items)
        if len(items.shape) == 0 or self.is_statistic(y_pred):
            return self._reduce_statistic(owner, items, y_pred, weight, mask)
        if mask is None and weight is None and chosen is None:
            return self._result(self._reduce(items))
        weights = (weight, nonzero)
        return self._result(self._reduce_chosen(owner, items, chosen, mask, *weights))

    def _tensor(self, x: Any) -> Any:
        """A context as a tensor, in the dtype of the computation if it is floating."""
        x = keras.ops.convert_to_tensor(x)
        floating = keras.backend.is_float_dtype(x.dtype)
        return keras.ops.cast(x, self._compute_dtype) if floating else x

    def _wanted(self, y_true: Any, rows: bool) -> Any | None:
        if not rows:
            return self.keep(y_true)
        if getattr(self, "ignore_class", None) is None:
            return None
        return self.keep(keras.ops.argmax(y_true, axis=-1))

    def _replace_removed(self, y_true: Any, y_pred: Any, kept: Any) -> tuple[Any, Any]:
        """Harmless stand-ins, inside the domain of logarithms, roots and ratios and
        off every kink between the two.
        """
        wide = expand(kept, len(y_pred.shape))
        y_pred = keras.ops.where(wide, y_pred, 0.5)
        floating = y_true is not None and keras.backend.is_float_dtype(y_true.dtype)
        if floating and self.targets == "same":
            return keras.ops.where(wide, y_true, 1.0), y_pred
        return _replace_broken(y_true, kept), y_pred

    def _check_ids(
        self, owner: str, given: Any, ids: Any, count: int | None, kept: Any
    ) -> None:
        if keras.backend.is_float_dtype(given.dtype):
            checks.whole_ids(owner, given, kept)
        if count is not None:
            checks.ids_in_range(owner, ids, count, kept)

    # --- reduction -----------------------------------------------------------------

    def _reduce(self, items: Any) -> Any:
        if self.reduction in (None, "none"):
            return items
        if self.reduction == "sum":
            return keras.ops.sum(items)
        if _KERAS_SCALES:
            return self._keras_reduction(items, items)
        return keras.ops.mean(items)

    def _reduce_chosen(
        self,
        owner: str,
        items: Any,
        chosen: Any,
        mask: Any,
        weight: Any,
        nonzero: Any,
    ) -> Any:
        shape = tuple(items.shape)
        counted = chosen
        if mask is not None:
            mask = squeezed(mask, shape)
            if self._takes_kept and len(mask.shape) > len(shape):
                # A mask within the items was the business of `call`: here it leaves
                # out the samples of which nothing is left.
                mask = keras.ops.any(mask, axis=tuple(range(1, len(mask.shape))))
            mask = leading(owner, "mask", mask, shape, "the items")
            counted = both(mask, chosen)
        if counted is not None:
            counted = expand(counted, len(shape))
        used = counted
        if weight is not None:
            weight = leading(owner, "sample_weight", weight, shape, "the items")
            weight = expand(weight, len(shape))
            used = both(counted, expand(squeezed(nonzero, shape), len(shape)))
        if used is not None:
            # A weight of 0 is a zero at hand: a new constant is a third of the `where`.
            zero = 0.0 if weight is None or counted is not None else weight
            items = keras.ops.where(used, items, zero)
        if weight is not None:
            items = items * weight
        if self.reduction in (None, "none"):
            return items
        by_weight = self.reduction == "mean_with_sample_weight" and weight is not None
        if counted is None and not by_weight:
            return self._reduce(items)
        total = keras.ops.sum(items)
        if self.reduction == "sum":
            return total
        if not by_weight:
            divisor = keras.ops.cast(counted, items.dtype)
        elif counted is None:
            divisor = weight
        else:
            divisor = keras.ops.where(counted, weight, 0.0)
        divisor = keras.ops.sum(keras.ops.broadcast_to(divisor, keras.ops.shape(items)))
        mean = keras.ops.divide_no_nan(total, divisor)
        return self._reduce(keras.ops.reshape(mean, (1,)))

    def _reduce_statistic(
        self, owner: str, value: Any, y_pred: Any, weight: Any, mask: Any
    ) -> Any:
        if weight is not None:
            remedy = "reduce with axis=-1 to get one value per sample"
            if self.per_sample_form is not None:
                remedy = f"use {self.per_sample_form}, which has one value per sample"
            rule = "None for a statistic, one number for the whole batch"
            shown = checks.Described(f"weights of shape {tuple(weight.shape)}")
            checks.fail(owner, "sample_weight", rule, shown, remedy)
        if mask is not None and not self._takes_kept:
            rule = "None for this statistic, which cannot leave samples out"
            shown = checks.Described(f"a mask of shape {tuple(mask.shape)}")
            remedy = "reduce with axis=-1 to get one value per sample"
            remedy += ", or give `call` a `kept` argument"
            checks.fail(owner, "mask", rule, shown, remedy)
        if self.reduction in (None, "none"):
            if len(value.shape) == 0:
                value = keras.ops.broadcast_to(value, keras.ops.shape(y_pred)[:1])
            return self._result(value)
        # One item, not a scalar: Keras scales items for tf.distribute, not scalars.
        return self._result(self._reduce(keras.ops.reshape(value, (-1,))))

    def _result(self, value: Any) -> Any:
        if keras.backend.standardize_dtype(value.dtype) == self._result_dtype:
            return value
        return keras.ops.cast(value, self._result_dtype)

    # --- saving --------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return every constructor argument, read from the constructor's signature."""
        config = {}
        cls: Any = type(self)  # untyped, like Keras
        for argument in arguments_of(cls):
            if not hasattr(self, argument):
                rule = "stored as an attribute of that name by the constructor"
                remedy = f"write self.{argument} = {argument}"
                owner, shown = type(self).__name__, checks.Described("nothing")
                checks.fail(owner, argument, rule, shown, remedy, AttributeError)
            config[argument] = getattr(self, argument)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        """Make a loss from `get_config()`, as it is or as it was read from a file."""
        return cls(**restored(config))

    def __reduce__(self) -> Any:
        # Not as Keras does it, by a file: a metric pickled beside it stays the same.
        cls: Any = type(self)
        name = keras.saving.get_registered_name(cls)
        if keras.saving.get_registered_object(name) is cls:
            return _registered_again, (cls.__module__, name, self.get_config())
        return cls.from_config, (self.get_config(),)


def _registered_again(module: str, name: str, config: dict[str, Any]) -> Any:
    if keras.saving.get_registered_object(name) is None:
        importlib.import_module(module)
    return keras.saving.get_registered_object(name).from_config(config)


class _KerasReduction(keras.losses.Loss):
    """Lets Keras reduce ready items, with the scaling its strategies want."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return y_pred


def _replace_broken(x: Any, kept: Any) -> Any:
    """1 for what is not finite in a sample that was removed.

    Only the leading axes are sure to mean the same as y_pred's: what is fine stays.
    """
    if x is None or not keras.backend.is_float_dtype(x.dtype):
        return x
    shape = tuple(x.shape)
    if not checks.same(tuple(kept.shape), shape[: len(kept.shape)]):
        return x
    wide = expand(kept, len(shape))
    fine = keras.ops.logical_or(wide, keras.ops.isfinite(x))
    return keras.ops.where(fine, x, 1.0)


def _is_whole(x: Any) -> bool:
    return keras.backend.standardize_dtype(x.dtype) in ("int32", "int64")
