"""`Loss`, the base class: alignment, targets, masks, weights, reduction, config."""

# Long because the docstring of `Loss` is the contract that every loss keeps.

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self

import keras

from portable_losses.core import arguments, checks, errors, held, names
from portable_losses.core.arithmetic import Arithmetic
from portable_losses.core.axes import both
from portable_losses.core.call import Further, further_of
from portable_losses.core.columns import (
    Columns,
    mean_over_columns,
)
from portable_losses.core.config import (
    arguments_of,
)
from portable_losses.core.construction import Call, form_of, noted
from portable_losses.core.domain import KNOWN, FirstLook
from portable_losses.core.moving import claim, leaves_in, moves, now
from portable_losses.core.naming import name_from
from portable_losses.core.pieces import in_pieces
from portable_losses.core.preparation import Inputs, prepare
from portable_losses.core.reduction import (
    REDUCTIONS,
    KerasReduction,
    of_chosen,
    of_statistic,
    reduced,
    result,
)
from portable_losses.core.saving import Saved
from portable_losses.core.signature import (
    OF_EVERY_LOSS,
    DType,
    Reduction,
    show_whole,
)
from portable_losses.core.trial import works_apart

_TARGETS = ("same", "ids", "classes", "reduced", "any", "auto")
_INNER = ("_compute_dtype", "_result_dtype", "_keras_reduction", "_calls", "_form")
_OF_INIT = {*_INNER[:3], *OF_EVERY_LOSS}
FLOATS = ("bfloat16", "float16", "float32", "float64")


MYPY = False  # mypy, and nothing else, takes this for True
if MYPY:

    class _KerasLoss:
        """The interface of Keras's Loss for mypy, to which Keras is Any.

        With a base class that is Any, mypy would accept `0.5 * loss` as a float.
        """

        name: str
        reduction: str | None
        dtype: str

        def __init__(self, name: Any, reduction: Any, dtype: Any) -> None: ...
else:
    _KerasLoss = keras.losses.Loss


class Loss(Arithmetic, Saved, _KerasLoss):
    """Base class of every loss; subclass it and write `call`.

    `call(y_true, y_pred)` returns one value per *item*: a sample, a position of a
    sequence, a box. It does not handle weights, masks and the reduction. It may return

    * the items, of shape `(B,)` or `(B, ...)`;
    * `(items, kept)`, where the boolean `kept` is False for items that the loss itself
      excludes, such as those of an ignored class: the mean is over the kept items;
    * a scalar, for a *statistic*: one number per batch. `reduction=None` broadcasts it
      to `(B,)`, and sample weights, which have no meaning there, raise ValueError.
      Statistics per column may come with `kept` as well.

    If an item is the mean over the last axis, `call` ends in
    `return self.mean_over_columns(terms)`. Then a mask and sample weights may have an
    entry for each element, `(B, ..., C)`: an item is the mean over its kept columns,
    and an item without kept columns is excluded. So a model can learn from a table
    with missing entries.

    A loss that couples the samples of a batch takes a third argument, `kept`: None, or
    a boolean tensor with the leading axes of `y_pred`. It is False for samples that are
    masked or have weight 0, which `call` should ignore. Further arguments are the
    *context*, such as the model's input or another layer's output: a `LossEndpoint` in
    the model passes them. Those after `*` have defaults.

    An argument that changes while a model trains is a `Hyperparameter` in place of a
    number: in `call` the attribute is a tensor with the value of the step.

    Shapes: the class attribute `targets` says how `y_true` relates to `y_pred`:

    * `"same"`: it has y_pred's shape. As in Keras, `(B,)` is aligned with `(B, 1)`, and
      `(B, C, 1)` is squeezed if the other shape is `(B, C)`; any other difference
      raises ValueError;
    * `"ids"`: whole class indices of shape `y_pred.shape[:-1]`, or with a trailing 1.
      Indices out of range raise ValueError in eager mode;
    * `"classes"`: class indices as above, or one-hot or soft labels of y_pred's shape;
    * `"reduced"`: real numbers of shape `y_pred.shape[:-1]`, or with a trailing 1: the
      last axis of y_pred describes one target, as quantiles or members of an ensemble
      do. They reach `call` without the 1, in y_pred's dtype;
    * `"any"`: the loss itself checks the shape; only the batch axis is compared;
    * `"auto"`: as `"same"` if the shapes allow it, and cast to y_pred's dtype, integers
      and booleans included; otherwise as `"any"`, if the shapes do not broadcast.
      Integer targets whose shape could broadcast, such as class indices `(B,)` against
      `(B, C)` where B may equal C, are accepted if `call` works with a B that is not C;
      this is tried with shapes only. `(B, 1)` against `(B, C)`, which always
      broadcasts, raises ValueError.

    For a map `(B, H, W)` against `(B, H, W, 1)` the items are thus `(B, H)`, means over
    W, as in Keras. With a mask or weights of `(B, H, W)` the mean is over all kept
    positions, and not over items that are means of different numbers of positions.

    Values: a loss that does not take every number declares the range of `y_pred` in the
    class attribute `prediction_domain`, and that of `y_true` in `target_domain`:

    * `"probabilities"`: numbers in [0, 1];
    * `"class probabilities"`: numbers >= 0 that the loss divides by their sum;
    * `"rates"`: numbers >= 0;
    * `"logits"`: any numbers, but not probabilities. A loss with `from_logits=True` or
      with an `activation` takes logits, even if its class declares one of the above;
    * `"cosines"`: numbers in [-1, 1];
    * `"any"`.

    Predictions outside of the range raise ValueError at the first call of a loss in
    eager mode. Later calls, and compiled code, do not check values. The effects of
    rounding and interpolation on probabilities are accepted, and so are values that are
    masked, ignored, of weight 0 or NaN. `diagnose` checks any batch, and also targets.

    Dtypes: `y_pred`, and a `y_true` of its shape, reach `call` in float32 (float64 with
    `dtype="float64"`), whatever their dtype was: also integers and booleans, as in
    Keras. Class indices stay integers, and exact; so do all targets of `"any"`.

    Names: an argument may have any name, `keep` and `metrics` included, except `call`,
    `get_config`, `from_config` and the private names of this class; these raise when
    the class is defined.

    Items that are masked or have weight 0: their inputs are replaced by safe values
    before `call`, and their values are dropped after it, so that a NaN there leaves the
    value and the gradient finite. If no item remains, the loss is 0.

    Args:
        reduction: `"sum_over_batch_size"` (default) or `"mean"` divide the weighted
            sum of the items by their number, `"mean_with_sample_weight"` by the sum
            of their weights (a sample's weight counts for each of its items);
            `"sum"` adds them; `None` or `"none"` returns the items.
        name: name of the loss; by default the name of the class in words, such as
            "soft_dice", the same for each instance.
        dtype: dtype of the result, by default `keras.config.floatx()`. A float16
            result is returned as float32, since sums easily overflow in float16.

    Raises:
        TypeError: for an input that is not a tensor of numbers, for symbolic tensors,
            and for an argument that the constructor does not have.
        ValueError: for shapes that do not fit, and for tensors of unknown rank.

    Example:
        >>> class Cubic(portable_losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         error = ops.abs(y_pred - y_true)
        ...         return self.mean_over_columns(error * error * error)
        >>> float(Cubic()([[0, 1]], [[1.0, 1.0]]))
        0.5
    """

    targets: Literal["same", "ids", "classes", "reduced", "any", "auto"] = "same"
    """How y_true relates to y_pred."""

    prediction_domain: ClassVar[str] = "any"
    """The range of y_pred, unless `from_logits` or `activation` says logits."""

    target_domain: ClassVar[str] = "any"
    """The range of y_true if it has y_pred's shape."""

    per_sample_form: ClassVar[str | None] = None
    """For a statistic: the loss or argument that takes sample weights."""

    _targets: str = "same"  # as `targets`, which a constructor argument may replace
    _whole_targets: ClassVar[bool] = False  # whether "same" keeps integers
    _class_axis: ClassVar[bool] = False  # whether an item needs all the classes
    _single_column: ClassVar[bool] = False  # whether (B, 1) is the probability of 1
    _groups: ClassVar[int] = 1  # groups of columns, side by side in y_pred
    _columns: Columns | None = None  # set for one call, by `__call__`
    _watched: Callable[[Any, Any, Any], None] | None = None  # gets inputs and items
    _of_a_user: ClassVar[bool] = True  # whether `call` is not of this package
    _ours: ClassVar[bool] = False  # whether all of the class is of this package
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
                setattr(cls, attribute, "any")  # a new `call` may take other values
            arguments.choice(cls.__name__, attribute, getattr(cls, attribute), KNOWN)
        further = cls._further()
        cls._takes_kept, cls._kept_at = further.takes_kept, further.kept_at
        cls._context = further.context
        written_in = getattr(cls.call, "__module__", None) or ""
        cls._of_a_user = not written_in.startswith("portable_losses.losses.")
        cls._ours = cls.__module__.startswith("portable_losses.losses.")
        if "__init__" in vars(cls):
            cls.__init__ = noted(cls.__init__)  # type: ignore[method-assign]
            show_whole(cls)
        if cls.__module__.startswith("portable_losses."):
            keras.saving.register_keras_serializable("portable_losses")(cls)

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        if not cls.__module__.startswith("portable_losses."):
            self.__dict__["_calls"] = [(None, args, kwargs)]
        return self

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        calls: list[Call] | None = self.__dict__.pop("_calls", None)
        arguments.choice(type(self).__name__, "reduction", reduction, REDUCTIONS)
        name = name or name_from(type(self).__name__)
        arguments.name(type(self).__name__, name)
        try:
            super().__init__(name=name, reduction=reduction, dtype=dtype)
        except (TypeError, ValueError):  # of Keras, for what is no dtype
            arguments.choice(type(self).__name__, "dtype", dtype, FLOATS)
            raise
        arguments.choice(type(self).__name__, "dtype", self.dtype, FLOATS)
        compute_dtype = "float64" if self.dtype == "float64" else "float32"
        self.__dict__.update(
            _compute_dtype=compute_dtype,
            _first_look=FirstLook(),
            _result_dtype="float32" if self.dtype == "float16" else self.dtype,
            _keras_reduction=KerasReduction(name=self.name, dtype=compute_dtype),
            _form=None if calls is None else form_of(type(self), calls),
        )

    def __setattr__(self, name: str, value: Any) -> None:
        owner = type(self).__name__
        held.reject_variables(owner, name, value)
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
        """Set how y_true relates to y_pred, unless `targets` is an argument."""
        owner = type(self).__name__
        if "targets" not in arguments_of(type(self)):
            self.__dict__["_targets"] = arguments.choice(
                owner, "targets", value, _TARGETS
            )
        elif value in _TARGETS and value != type(self).targets:
            rule = "set by the class, which says how y_true relates to y_pred"
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

    # --- what a loss may override --------------------------------------------------

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the items, `(items, kept)` or a scalar statistic."""
        raise NotImplementedError

    def is_statistic(self, y_pred: Any) -> bool:
        """Whether the result of `call` has no batch axis, though it is no scalar.

        An example is one statistic per class or column, of shape `(C,)`: it is reduced
        like items, and sample weights raise ValueError.
        """
        return False

    def _shared_axes(self, y_pred: Any) -> int:
        """The number of leading axes that items share with y_pred; at least one.

        Along these axes, inputs with weight 0 are replaced by safe values. Items may
        have further axes, such as the classes after sums over the spatial axes; weights
        may have these axes, too.
        """
        return len(y_pred.shape)

    def _samples_apart(self) -> bool:
        """Whether the items of a sample depend on no other sample, which is certain.

        A loss that couples samples takes `kept`, but one of a user might not.
        """
        return self._ours and not self._takes_kept

    def feature_axis(self) -> int:
        """The axis of y_pred that one item spans; `call` gets it as the last axis."""
        return -1

    def class_count(self, y_pred: Any) -> int | None:
        """The number of classes; for losses with `targets = "ids"`."""
        size: int | None = y_pred.shape[-1]
        return size

    def keep(self, y_true: Any) -> Any | None:
        """Which items the loss keeps, given the targets only; None for all.

        If items are means it may return which elements the loss keeps, such as
        `ops.isfinite(y_true)`. Items and elements that are not kept are treated as
        masked. By default a loss of class indices with an argument `ignore_class` keeps
        the other classes; the class of one-hot or soft labels is their argmax.
        """
        if self._targets not in ("ids", "classes"):
            return None
        ignore_class = getattr(self, "ignore_class", None)
        if ignore_class is None:
            return None
        return y_true != ignore_class

    # --- what it may use -----------------------------------------------------------

    def mean_over_columns(self, terms: Any) -> Any:
        """The mean over the last axis of one term per element; see `Loss`.

        Masked elements are excluded, and the others are weighted.
        """
        return mean_over_columns(self, terms)

    # --- numbers that move ---------------------------------------------------------

    @names.unless_an_argument
    def hyperparameters(self) -> list[Any]:
        """The Hyperparameters of this loss and of the losses in it, each once."""
        return self._leaves()

    @names.unless_an_argument
    def metrics(self) -> list[Any]:
        """Metrics for `compile(metrics=loss.metrics)`: the Hyperparameters."""
        return self._leaves()

    def _leaves(self) -> list[Any]:
        return leaves_in(vars(self))

    def _now(self) -> "Loss":
        """This loss with tensors of this step in place of its Hyperparameters."""
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
        """The arguments of `call` besides targets and predictions."""
        return further_of(cls)

    def _stores(self, argument: str) -> bool:
        """Whether there is an attribute of that name that is not a method."""
        if argument in vars(self) or argument == "dtype":
            return True
        of_class = getattr(type(self), argument, None)
        return hasattr(self, argument) and (
            of_class is None or of_class is not getattr(Loss, argument, None)
        )

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
            sample_weight: weights whose axes are the leading axes of the items. If
                items are means, weights of y_pred's shape are weights of elements.
            mask: booleans whose axes are the leading axes of y_pred, False for what is
                masked; by default the mask that Keras attached to y_pred. If items are
                means, a mask of y_pred's shape masks elements.
            *context: the further arguments of `call`.
        """
        if self._moving:
            loss = self._now()
            return loss(y_true, y_pred, sample_weight, mask, *context)
        x = prepare(self, y_true, y_pred, sample_weight, mask, context)
        if 0 in x.y_pred.shape and self.reduction not in (None, "none"):
            return result(self, keras.ops.sum(x.y_pred))  # no items: 0
        loss, mask, weight, nonzero = self, x.mask, x.weight, x.nonzero
        if x.columns is None:
            items, chosen = self._items(x)
        else:
            loss = self._with({"_columns": x.columns})
            items, chosen = loss._items_of_columns(x)
            if x.columns.used:
                chosen = both(chosen, x.columns.some)
                mask = None if x.mask_of_elements else mask
                if x.weight_of_elements:
                    weight = nonzero = None
        if self._first_look is not None and self._first_look.pending:
            self._first_look.at(self, x.y_true, x.y_pred, x.kept)
        if len(items.shape) == 0 or type(self).is_statistic(loss, x.y_pred):
            return of_statistic(self, items, x.y_pred, weight, mask, chosen)
        if mask is None and weight is None and chosen is None and x.columns is None:
            return result(self, reduced(self, items))
        weights = (weight, nonzero)
        value = of_chosen(self, items, chosen, mask, *weights, x.columns)
        return result(self, value)

    def _items(self, x: Inputs) -> tuple[Any, Any]:
        """The items that `call` returns, and which of them the loss keeps, or None."""
        if self._watched is None and self._samples_apart():
            found = in_pieces(self._items_at_once, x, self._class_axis)
            if found is not None:
                return found
        items, chosen = self._items_at_once(x)
        if self._watched is not None:
            self._watched(x.y_true, x.y_pred, items)
        return items, chosen

    def _items_at_once(self, x: Inputs) -> tuple[Any, Any]:
        items = self._call_with(x.kept, x.y_true, x.y_pred, *x.context)
        return checks.returned(self, items)

    def _call_with(self, kept: Any, y_true: Any, y_pred: Any, *context: Any) -> Any:
        """Call `call`, with `kept` at its position in the signature."""
        also = {}
        if self._takes_kept:
            at = self._kept_at
            if at is None or at > len(context):
                also = {"kept": kept}
            else:
                context = (*context[:at], kept, *context[at:])
        return self.call(y_true, y_pred, *context, **also)

    def _items_of_columns(self, x: Inputs) -> tuple[Any, Any]:
        """As `_items`, for a call with a mask or weights per element."""
        items, chosen = self._items(x)
        columns: Any = x.columns
        of_elements = {"mask": columns.kept, "sample_weight": columns.weight}
        beyond = {
            argument: given
            for argument, given in of_elements.items()
            if given is not None and len(given.shape) > len(items.shape) > 0
        }
        if columns.used or not beyond or not self._of_a_user:
            return items, chosen
        if columns.positions:
            # A new last axis of size 1 gives each element an item, whose value is the
            # term of that element.
            pair = (keras.ops.expand_dims(y, -1) for y in (x.y_true, x.y_pred))
            y_true, y_pred = pair
            plain = self._with({"_columns": None})
            terms, chosen = plain._items(x._replace(y_true=y_true, y_pred=y_pred))
            if len(terms.shape) == len(items.shape) + 1:
                return columns.mean(terms, chosen), None
        for argument, given in beyond.items():
            if argument != "mask" or not self._takes_kept:
                shapes = tuple(given.shape), tuple(items.shape)
                checks.reject_elements(type(self).__name__, argument, *shapes)
        return items, chosen

    def _takes_ids(self, context: Sequence[Any], y_true: Any, y_pred: Any) -> bool:
        """Whether `call` uses these integer targets as class indices."""
        call = functools.partial(self._call_with, None)
        return works_apart(call, y_true, y_pred, context)


Loss.__init__ = noted(Loss.__init__)  # type: ignore[method-assign]
names.reserve((*vars(Loss), *vars(Saved), *vars(Arithmetic), *_INNER))
