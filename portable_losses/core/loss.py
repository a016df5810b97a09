"""`Loss`, the base class: alignment, targets, masks, weights, reduction, config."""

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Literal

import keras

from portable_losses.core import arguments, checks, errors, held, names
from portable_losses.core.alignment import align
from portable_losses.core.arithmetic import Arithmetic
from portable_losses.core.axes import both, expand, fitted, leading, squeezed
from portable_losses.core.call import Further, further_of
from portable_losses.core.columns import (
    Columns,
    for_groups,
    mean_over_columns,
    of_elements,
)
from portable_losses.core.config import (
    arguments_of,
    is_default,
    parameters_of,
    registered,
    restored,
    storable,
)
from portable_losses.core.construction import Call, Form, form_of, noted
from portable_losses.core.domain import KNOWN, FirstLook
from portable_losses.core.inputs import tensor
from portable_losses.core.mask import keras_mask
from portable_losses.core.moving import claim, leaves_in, moves, now
from portable_losses.core.trial import works_apart

REDUCTIONS = (
    "sum_over_batch_size",
    "mean",
    "sum",
    "mean_with_sample_weight",
    "none",
    None,
)
_TARGETS = ("same", "ids", "classes", "any", "auto")
_INNER = ("_compute_dtype", "_result_dtype", "_keras_reduction", "_calls", "_form")
_OF_INIT = {*_INNER[:3], "name", "reduction", "dtype"}
# tf.distribute wants every replica's loss scaled, and only Keras knows by how much;
# elsewhere its reduction scales nothing.
_KERAS_SCALES = keras.config.backend() == "tensorflow"


MYPY = False  # mypy takes this for True, and nobody else does
if MYPY:

    class _KerasLoss:
        """What Keras, which mypy takes for Any, says of itself.

        A class with a base of Any passes for everything: 0.5 times it for a float.
        """

        name: str
        reduction: str | None
        dtype: str

        def __init__(self, name: Any, reduction: Any, dtype: Any) -> None: ...
else:
    _KerasLoss = keras.losses.Loss


class Loss(Arithmetic, _KerasLoss):
    """Base class of every loss; subclass it and write `call`.

    `call(y_true, y_pred)` returns one value per *item* (what one loss value is
    about: a sample, a position, a box) and knows nothing of weights, masks and
    reduction. It may return

    * the items, of shape `(B,)` or `(B, ...)`;
    * `(items, kept)`, where the boolean `kept` is False for items the loss leaves
      out itself, such as an ignored class: the mean is over what is kept;
    * a scalar, for a *statistic*: one number a batch. `reduction=None` broadcasts it
      to `(B,)`, and sample weights, which have no meaning there, are refused.

    Where an item is the mean over the last axis, `call` ends in
    `return self.mean_over_columns(terms)`. Then a mask, and sample weights, may have
    an entry for each element, `(B, ..., C)`: an item is the mean over its kept
    columns, and one that has none is left out. So a table with missing entries is
    learned.

    A loss that couples the samples of a batch takes a third argument, `kept`: None,
    or a boolean tensor with the leading axes of `y_pred` that is False for samples
    which are masked or have weight 0, and should leave the batch. Further arguments
    are its *context*, such as the model's input or another layer's output: a
    `LossEndpoint` in the model passes them. Those after `*` have defaults.

    What changes while a model trains is a `Hyperparameter` in place of a number: in
    `call` the attribute is a tensor with the value of the step.

    Shapes: a loss says once, as the class attribute `targets`, how `y_true` relates
    to `y_pred`:

    * `"same"`: it has y_pred's shape. As in Keras, `(B,)` is aligned with `(B, 1)`,
      and the 1 is squeezed of `(B, C)` against `(B, C, 1)`, whichever is which; any
      other difference is rejected;
    * `"ids"`: whole class ids of shape `y_pred.shape[:-1]`, or with a trailing 1.
      Ids that are visibly out of range are rejected;
    * `"classes"`: class ids as above, or rows of y_pred's shape (one-hot or soft);
    * `"any"`: the loss looks for itself; only the batch axis is compared;
    * `"auto"`: as `"same"` where the shapes allow it, and in y_pred's dtype even if it
      is whole or boolean; else as `"any"`, but only where nothing would be broadcast.
      Whole targets that could be, such as class indices `(B,)` against `(B, C)` where
      B may be C, are taken if `call` works with a B that is not C, which is tried on
      shapes alone; `(B, 1)` against `(B, C)`, which always could be, is refused.

    Of a map `(B, H, W)` against `(B, H, W, 1)` the items are thus `(B, H)`, means over
    W, as in Keras. A mask or weights of `(B, H, W)` count positions: the mean is over
    the positions that are left, and not one of means of unlike size.

    Values: a loss that does not take every number says what `y_pred` holds as the class
    attribute `prediction_domain`, and likewise `target_domain` for `y_true`:

    * `"probabilities"`: numbers in [0, 1];
    * `"class probabilities"`: numbers >= 0 that the loss divides by their sum;
    * `"rates"`: numbers >= 0;
    * `"logits"`: any numbers, and no probabilities. A loss with `from_logits=True`, or
      with an `activation`, takes these, whatever its class says;
    * `"any"`.

    Predictions outside are an error at the first call of a loss in eager mode, where
    their values are at hand: later calls, and compiled code, look at no values. What
    rounding or interpolation adds to probabilities is no fault, and neither is what is
    masked, ignored, of weight 0 or NaN. `diagnose` looks at any batch, and at targets.

    Dtypes: `y_pred`, and a `y_true` of its shape, reach `call` in float32 (float64 with
    `dtype="float64"`), whatever they came in: integers and booleans, too, as in Keras.
    Class ids stay whole, and exact; so does all that `"any"` takes.

    Names: an argument may be called what it likes, `keep` and `metrics` included;
    `call`, `get_config`, `from_config` and the private names of this class are rejected
    where they are written.

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

    Raises:
        TypeError: for what is no tensor of numbers, for symbolic tensors, and for an
            argument that the constructor does not have.
        ValueError: for shapes that do not fit, and for tensors of unknown rank.

    Example:
        >>> class Cubic(portable_losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         error = ops.abs(y_pred - y_true)
        ...         return self.mean_over_columns(error * error * error)
        >>> float(Cubic()([[0, 1]], [[1.0, 1.0]]))
        0.5
    """

    targets: ClassVar[Literal["same", "ids", "classes", "any", "auto"]] = "same"
    """How y_true relates to y_pred."""

    prediction_domain: ClassVar[str] = "any"
    """What y_pred holds where no `from_logits` or `activation` makes it logits."""

    target_domain: ClassVar[str] = "any"
    """What y_true holds where it has y_pred's shape."""

    per_sample_form: ClassVar[str | None] = None
    """For a statistic: the loss or argument that takes sample weights."""

    _targets: str = "same"  # of the class, where an argument is called `targets`
    _whole_targets: ClassVar[bool] = False  # whether "same" leaves integers as they are
    _class_axis: ClassVar[bool] = False  # whether an item spans one, and is no mean
    _groups: ClassVar[int] = 1  # of columns, side by side in y_pred
    _columns: Columns | None = None  # of this call
    _watched: Callable[[Any, Any, Any], None] | None = None  # of what `call` takes
    _of_a_user: ClassVar[bool] = True  # its `call`
    _takes_kept: ClassVar[bool] = False
    _kept_at: ClassVar[int | None] = None
    _context: ClassVar[tuple[inspect.Parameter, ...]] = ()
    _moving = False
    _first_look: FirstLook | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        names.check_class(cls)
        cls._targets = arguments.choice(cls.__name__, "targets", cls.targets, _TARGETS)
        for attribute in ("prediction_domain", "target_domain"):
            if "call" in vars(cls) and attribute not in vars(cls):
                setattr(cls, attribute, "any")  # a `call` of its own may take others
            arguments.choice(cls.__name__, attribute, getattr(cls, attribute), KNOWN)
        further = cls._further()
        cls._takes_kept, cls._kept_at = further.takes_kept, further.kept_at
        cls._context = further.context
        written_in = getattr(cls.call, "__module__", None) or ""
        cls._of_a_user = not written_in.startswith("portable_losses.losses.")
        if "__init__" in vars(cls):
            cls.__init__ = noted(cls.__init__)  # type: ignore[method-assign]
        if cls.__module__.startswith("portable_losses."):
            keras.saving.register_keras_serializable("portable_losses")(cls)

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Any:
        self = super().__new__(cls)
        if not cls.__module__.startswith("portable_losses."):
            self.__dict__["_calls"] = [(None, args, kwargs)]
        return self

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        calls: list[Call] | None = self.__dict__.pop("_calls", None)
        arguments.choice(type(self).__name__, "reduction", reduction, REDUCTIONS)
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        floats = ("bfloat16", "float16", "float32", "float64")
        arguments.choice(type(self).__name__, "dtype", self.dtype, floats)
        compute_dtype = "float64" if self.dtype == "float64" else "float32"
        self.__dict__.update(
            _compute_dtype=compute_dtype,
            _first_look=FirstLook(),
            _result_dtype="float32" if self.dtype == "float16" else self.dtype,
            _keras_reduction=_KerasReduction(name=self.name, dtype=compute_dtype),
            _form=None if calls is None else form_of(type(self), calls),
        )

    def __setattr__(self, name: str, value: Any) -> None:
        owner = type(self).__name__
        held.refuse_variables(owner, name, value)
        names.check_attribute(self, name, value)
        if name == "reduction":
            arguments.choice(owner, name, value, REDUCTIONS)
        elif name == "targets":
            self._set_targets(value)
        if moves(value):
            self.__dict__["_moving"] = True
            claim(self, value)
        super().__setattr__(name, value)

    def _set_targets(self, value: Any) -> None:
        """Take `targets` for how y_true relates to y_pred, if it is no argument."""
        owner = type(self).__name__
        if "targets" not in arguments_of(type(self)):
            self.__dict__["_targets"] = arguments.choice(
                owner, "targets", value, _TARGETS
            )
        elif value in _TARGETS and value != type(self).targets:
            rule = "left to the class, which says how y_true relates to y_pred"
            remedy = f"write targets = {value!r} in the class, or rename the argument"
            errors.fail(owner, "targets", rule, value, remedy)

    def __getattr__(self, name: str) -> Any:
        owner = type(self).__name__
        if name in _OF_INIT:
            rule = "a constructor that calls that of the base class"
            shown = errors.Described("one that does not")
            remedy = "write super().__init__(**rest) in it, first"
            errors.fail(owner, "__init__", rule, shown, remedy, AttributeError)
        raise AttributeError(f"{owner!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        parameters, shown = parameters_of(type(self)), []
        for name, value in self._config_items(strict=False):
            if is_default(value, parameters[name]):
                continue
            if name == "dtype" and value == keras.config.floatx():
                continue
            if name == "name" and _is_made_of(value, type(self)):
                continue
            shown.append(f"{name}={' '.join(repr(value).split())}")
        return f"{type(self).__name__}({', '.join(shown)})"

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

    def _shared_axes(self, y_pred: Any) -> int:
        """How many leading axes the items have in common with y_pred; at least one.

        Along these a weight of 0 removes inputs. Items with further axes, such as the
        classes behind the sums over space, are weighed along them too.
        """
        return len(y_pred.shape)

    def feature_axis(self) -> int:
        """The axis of y_pred that one item spans; `call` sees it moved to the end."""
        return -1

    def class_count(self, y_pred: Any) -> int | None:
        """How many class ids there are; for losses with `targets = "ids"`."""
        size: int | None = y_pred.shape[-1]
        return size

    def keep(self, y_true: Any) -> Any | None:
        """Which items the loss wants, judged by the targets alone; None for all.

        Or which elements, where items are means of them: `ops.isfinite(y_true)`, say.
        What is not kept is treated as if it were masked. Here: class ids other than
        `ignore_class`, for a loss of class ids that has this argument; rows of
        classes are judged by their argmax.
        """
        if self._targets not in ("ids", "classes"):
            return None
        ignore_class = getattr(self, "ignore_class", None)
        if ignore_class is None:
            return None
        return y_true != ignore_class

    # --- what it may use -----------------------------------------------------------

    def mean_over_columns(self, terms: Any) -> Any:
        """The mean over the last axis of one term an element; see `Loss`.

        It leaves out the elements that the mask does, and weighs the others.
        """
        return mean_over_columns(self, terms)

    # --- numbers that move ---------------------------------------------------------

    @names.unless_an_argument
    def hyperparameters(self) -> list[Any]:
        """The Hyperparameters of this loss and of the losses in it, each once."""
        return self._leaves()

    @names.unless_an_argument
    def metrics(self) -> list[Any]:
        """What `compile(metrics=loss.metrics)` shows: the Hyperparameters' values."""
        return self._leaves()

    def _leaves(self) -> list[Any]:
        return leaves_in(vars(self))

    def _now(self) -> "Loss":
        """This loss with the values of this step in place of what moves."""
        here = {k: now(v, self._compute_dtype) for k, v in vars(self).items()}
        return self._with({**here, "_moving": False})

    def _with(self, attributes: dict[str, Any]) -> "Loss":
        """This loss with other values of some attributes, for one call."""
        loss: Loss = object.__new__(type(self))
        loss.__dict__.update(self.__dict__)
        loss.__dict__.update(attributes)
        return loss

    @classmethod
    def _further(cls) -> Further:
        """What `call` takes beside targets and predictions."""
        return further_of(cls)

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
                Those of y_pred's shape weigh elements, where items are means of them.
            mask: booleans whose axes are the leading axes of y_pred, False for what
                is left out; by default the mask that Keras attached to y_pred. One of
                y_pred's shape leaves out elements, where items are means of them.
            *context: what else `call` takes.
        """
        if self._moving:
            loss = self._now()
            return loss(y_true, y_pred, sample_weight, mask, *context)
        owner = type(self).__name__
        if context or self._context:
            checks.context(owner, self._context, context)
            context = tuple(self._tensor(owner, x) for x in context)
        checks.one_tensor(owner, "y_pred", y_pred)
        if mask is None:
            mask = keras_mask(y_pred)
        y_pred = tensor(owner, "y_pred", y_pred, self._compute_dtype)
        kind, whole, cls = self._targets, self._whole_targets, type(self)
        axis = cls.feature_axis(self)
        if self._class_axis and len(y_pred.shape) == 1 and y_true is not None:
            y_true = tensor(owner, "y_true", y_true)
            checks.no_class_axis(owner, tuple(y_true.shape), tuple(y_pred.shape))
        takes_ids = None
        if kind == "auto":
            takes_ids = functools.partial(self._takes_ids, context)
        y_true, y_pred, positions = align(
            owner, kind, whole, axis, y_true, y_pred, takes_ids
        )
        ids, classes = y_true, kind == "classes"
        rows = classes and len(y_true.shape) == len(y_pred.shape)
        by_id = kind == "ids" or (classes and not rows)
        if by_id and not _is_whole(y_true):
            y_true = keras.ops.cast(y_true, "int32")

        pred_shape = tuple(y_pred.shape)
        if 0 in pred_shape and self.reduction not in (None, "none"):
            return self._result(keras.ops.sum(y_pred))  # no items: 0
        elements = pred_shape  # the axes of an element's term
        if self._groups != 1 and pred_shape[-1] is not None:
            elements = (*pred_shape[:-1], pred_shape[-1] // self._groups)
        if mask is not None:
            mask = keras.ops.cast(tensor(owner, "mask", mask), "bool")
            mask = fitted(owner, "mask", mask, elements, axis)
        mask = both(mask, self._wanted(y_true, rows))
        of_mask = of_elements(mask, elements)
        weight, nonzero, kept, of_weight = None, None, mask, False
        if sample_weight is not None:
            weight = tensor(owner, "sample_weight", sample_weight, self._compute_dtype)
            shared = cls._shared_axes(self, y_pred)
            if len(weight.shape) <= shared or shared == len(pred_shape):
                weight = fitted(owner, "sample_weight", weight, elements, axis)
                of_weight = of_elements(weight, elements)
            nonzero = weight != 0
            kept = both(mask, _any_after(nonzero, shared))
        if by_id:
            count = cls.class_count(self, y_pred)
            self._check_ids(owner, ids, y_true, count, kept)
        if kept is not None:
            y_true, y_pred = self._replace_removed(y_true, y_pred, kept)
            context = tuple(_replace_broken(x, kept) for x in context)

        parts = (mask if of_mask else None, weight if of_weight else None)
        loss, columns, given = self, None, (y_true, y_pred, context, kept)
        if of_mask or of_weight or positions:
            columns = Columns(*parts, positions)
            loss = self._with({"_columns": columns})
            items, chosen = loss._items_of_columns(columns, given)
            if columns.used:
                chosen = both(chosen, columns.some)
                mask = None if of_mask else mask
                weight, nonzero = (None, None) if of_weight else (weight, nonzero)
        else:
            items, chosen = self._items(*given)
        if self._first_look is not None and self._first_look.pending:
            self._first_look.at(self, y_true, y_pred, kept)
        if len(items.shape) == 0 or cls.is_statistic(loss, y_pred):
            return self._reduce_statistic(owner, items, y_pred, weight, mask)
        if mask is None and weight is None and chosen is None and columns is None:
            return self._result(self._reduce(items))
        weights = (weight, nonzero)
        value = self._reduce_chosen(owner, items, chosen, mask, *weights, columns)
        return self._result(value)

    def _items(
        self, y_true: Any, y_pred: Any, context: tuple[Any, ...], kept: Any
    ) -> tuple[Any, Any]:
        """What `call` returns: the items, and which of them the loss wants or None."""
        items = self._call_with(kept, y_true, y_pred, *context)
        items, chosen = checks.returned(type(self).__name__, items)
        if self._watched is not None:
            self._watched(y_true, y_pred, items)
        return items, chosen

    def _call_with(self, kept: Any, y_true: Any, y_pred: Any, *context: Any) -> Any:
        """`call`, with `kept` where its signature has it."""
        also = {}
        if self._takes_kept:
            at = self._kept_at
            if at is None or at > len(context):
                also = {"kept": kept}
            else:
                context = (*context[:at], kept, *context[at:])
        return self.call(y_true, y_pred, *context, **also)

    def _items_of_columns(self, columns: Columns, given: Any) -> tuple[Any, Any]:
        """Likewise, with a mask or weights of the elements."""
        items, chosen = self._items(*given)
        of_elements = {"mask": columns.kept, "sample_weight": columns.weight}
        beyond = {
            argument: x
            for argument, x in of_elements.items()
            if x is not None and len(x.shape) > len(items.shape) > 0
        }
        if columns.used or not beyond or not self._of_a_user:
            return items, chosen
        y_true, y_pred, context, kept = given
        if columns.positions:
            # An item of one element is its term, whatever mean `call` takes.
            y_true, y_pred = (keras.ops.expand_dims(x, -1) for x in (y_true, y_pred))
            plain = self._with({"_columns": None})
            terms, chosen = plain._items(y_true, y_pred, context, kept)
            if len(terms.shape) == len(items.shape) + 1:
                return columns.mean(terms, chosen), None
        for argument, x in beyond.items():
            if argument != "mask" or not self._takes_kept:
                shape = tuple(items.shape)
                checks.no_elements(type(self).__name__, argument, tuple(x.shape), shape)
        return items, chosen

    def _tensor(self, owner: str, x: Any) -> Any:
        """A context as a tensor, in the dtype of the computation if it is floating."""
        x = tensor(owner, "context", x)
        floating = keras.backend.is_float_dtype(x.dtype)
        return keras.ops.cast(x, self._compute_dtype) if floating else x

    def _takes_ids(self, context: Sequence[Any], y_true: Any, y_pred: Any) -> bool:
        """Whether `call` takes these whole targets for class indices."""
        call = functools.partial(self._call_with, None)
        return works_apart(call, y_true, y_pred, context)

    def _wanted(self, y_true: Any, rows: bool) -> Any | None:
        if not rows:
            return type(self).keep(self, y_true)
        if getattr(self, "ignore_class", None) is None:
            return None
        return type(self).keep(self, keras.ops.argmax(y_true, axis=-1))

    def _replace_removed(self, y_true: Any, y_pred: Any, kept: Any) -> tuple[Any, Any]:
        """Harmless stand-ins, inside the domain of logarithms, roots and ratios and
        off every kink between the two.
        """
        wide = expand(kept, len(y_pred.shape))
        if len(kept.shape) == len(y_pred.shape) and kept.shape[-1] != 1:
            wide = for_groups(wide, self._groups)
        y_pred = keras.ops.where(wide, y_pred, 0.5)
        floating = y_true is not None and keras.backend.is_float_dtype(y_true.dtype)
        if floating and self._targets == "same":
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
        columns: Columns | None,
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
        share, weights = (
            (None, None) if columns is None else (columns.share, columns.weights)
        )
        if weight is not None:
            weights = weight if share is None else weight * share
        by_weight = self.reduction == "mean_with_sample_weight" and weights is not None
        if counted is None and not by_weight:
            return self._reduce(items)
        total = keras.ops.sum(items)
        if self.reduction == "sum":
            return total
        if by_weight:
            divisor = weights
        else:
            divisor = keras.ops.cast(counted, items.dtype) if share is None else share
        if counted is not None and (by_weight or share is not None):
            divisor = keras.ops.where(counted, divisor, 0.0)
        divisor = keras.ops.sum(keras.ops.broadcast_to(divisor, keras.ops.shape(items)))
        mean = keras.ops.divide_no_nan(total, divisor)
        return self._reduce(keras.ops.reshape(mean, (1,)))

    def _reduce_statistic(
        self, owner: str, value: Any, y_pred: Any, weight: Any, mask: Any
    ) -> Any:
        if weight is not None:
            remedy = "reduce with axis=-1 to get one value per sample"
            form = type(self).per_sample_form
            if form is not None:
                remedy = f"use {form}, which has one value per sample"
            rule = "None for a statistic, one number for the whole batch"
            shown = errors.Described(f"weights of shape {tuple(weight.shape)}")
            errors.fail(owner, "sample_weight", rule, shown, remedy)
        if mask is not None and not self._takes_kept:
            rule = "None for this statistic, which cannot leave samples out"
            shown = errors.Described(f"a mask of shape {tuple(mask.shape)}")
            remedy = "reduce with axis=-1 to get one value per sample"
            remedy += ", or give `call` a `kept` argument"
            errors.fail(owner, "mask", rule, shown, remedy)
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
        return {name: storable(value) for name, value in self._config_items()}

    def _config_items(self, strict: bool = True) -> Iterator[tuple[str, Any]]:
        """The constructor's arguments that make this loss again.

        Of a thin form, `super().__init__(delta=0.5, **rest)`, not those that it gives
        itself, nor those above it that nobody gave.
        """
        form: Form | None = self.__dict__.get("_form")
        for name, parameter in parameters_of(type(self)).items():
            if form is not None and name in form.fixed:
                continue
            if form is not None and name in form.given:
                yield name, form.given[name]
            elif self._stores(name):
                value = getattr(self, name)
                left = form is not None and name in form.left - {*_OF_INIT}
                if not left or not is_default(value, parameter):
                    yield name, value
            elif form is not None and name in form.renamed:
                yield name, form.renamed[name]
            elif strict and (form is None or name not in form.left):
                rule = "stored as an attribute of that name by the constructor"
                remedy = f"write self.{name} = {name}"
                owner, shown = type(self).__name__, errors.Described("nothing")
                errors.fail(owner, name, rule, shown, remedy, AttributeError)

    def _stores(self, argument: str) -> bool:
        """Whether there is an attribute, and not only a method, of that name."""
        if argument in vars(self) or argument == "dtype":
            return True
        of_class = getattr(type(self), argument, None)
        return hasattr(self, argument) and (
            of_class is None or of_class is not getattr(Loss, argument, None)
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        """Make a loss from `get_config()`, as it is or as it was read from a file."""
        return cls(**restored(config))

    def __reduce__(self) -> Any:
        # Not as Keras does it, by a file: a metric pickled beside it stays the same.
        cls: Any = type(self)
        name = keras.saving.get_registered_name(cls)
        if keras.saving.get_registered_object(name) is cls:
            return _made_again, (cls.__module__, name, self.get_config())
        return cls.from_config, (self.get_config(),)


def _made_again(module: str, name: str, config: dict[str, Any]) -> Any:
    return registered(module, name).from_config(config)


def shown(config: dict[str, Any]) -> str:
    """The arguments of a loss as they are written in a call, for its `repr`.

    Left out are the name, what every loss has by default, and arguments that are None,
    which is what they are by default, too.
    """
    usual = {"reduction": "sum_over_batch_size", "dtype": keras.config.floatx()}
    parts = [
        f"{key}={value!r}"
        for key, value in config.items()
        if key != "name" and not _is_usual(value, usual.get(key))
    ]
    return ", ".join(parts)


def _is_usual(value: Any, usual: str | None) -> bool:
    # Nothing else is compared: an array would be, element by element.
    return value is None if usual is None else isinstance(value, str) and value == usual


class _KerasReduction(keras.losses.Loss):
    """Lets Keras reduce ready items, with the scaling its strategies want."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return y_pred


Loss.__init__ = noted(Loss.__init__)  # type: ignore[method-assign]
names.reserve((*vars(Loss), *_INNER))


def _is_made_of(name: Any, cls: Any) -> bool:
    """Whether it is the name that Keras makes of a class's: `my_loss`, `my_loss_2`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])", "_", cls.__name__)
    return re.fullmatch(rf"{words.lower()}(_\d+)?", str(name)) is not None


def _replace_broken(x: Any, kept: Any) -> Any:
    """1 for what is not finite in a sample that was removed.

    Only the leading axes are sure to mean the same as y_pred's: what is fine stays.
    """
    if x is None or not keras.backend.is_float_dtype(x.dtype):
        return x
    shape, kept_shape = tuple(x.shape), tuple(kept.shape)
    common = 0
    while common < min(len(shape), len(kept_shape)) and checks.same(
        shape[common : common + 1], kept_shape[common : common + 1]
    ):
        common += 1
    if common == 0:
        return x
    if common < len(kept_shape):
        kept = keras.ops.any(kept, axis=tuple(range(common, len(kept_shape))))
    fine = keras.ops.logical_or(expand(kept, len(shape)), keras.ops.isfinite(x))
    return keras.ops.where(fine, x, 1.0)


def _any_after(x: Any, axes: int) -> Any:
    """Whether any is True along the axes after the first few."""
    rank = len(x.shape)
    return keras.ops.any(x, axis=tuple(range(axes, rank))) if rank > axes else x


def _is_whole(x: Any) -> bool:
    return keras.backend.standardize_dtype(x.dtype) in ("int32", "int64")
