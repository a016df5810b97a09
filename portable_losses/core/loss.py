"""`Loss`, the base class: alignment, targets, masks, weights, reduction, config."""

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
from portable_losses.core.signature import DType, Reduction, show_whole
from portable_losses.core.trial import works_apart

_TARGETS = ("same", "ids", "classes", "reduced", "any", "auto")
_INNER = ("_compute_dtype", "_result_dtype", "_keras_reduction", "_calls", "_form")
_OF_INIT = {*_INNER[:3], "name", "reduction", "dtype"}


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


class Loss(Arithmetic, Saved, _KerasLoss):
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
    * `"reduced"`: real numbers of shape `y_pred.shape[:-1]`, or with a trailing 1: the
      last axis of y_pred describes one target, as quantiles or members of an ensemble
      do. They reach `call` without the 1, in y_pred's dtype;
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
        name: name of the loss; by default that of the class in words, such as
            "soft_dice", the same for each one that is made.
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

    targets: ClassVar[Literal["same", "ids", "classes", "reduced", "any", "auto"]] = (
        "same"
    )
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
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        floats = ("bfloat16", "float16", "float32", "float64")
        arguments.choice(type(self).__name__, "dtype", self.dtype, floats)
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

    def _stores(self, argument: str) -> bool:
        """Whether there is an attribute, and not only a method, of that name."""
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
            return of_statistic(self, items, x.y_pred, weight, mask)
        if mask is None and weight is None and chosen is None and x.columns is None:
            return result(self, reduced(self, items))
        weights = (weight, nonzero)
        value = of_chosen(self, items, chosen, mask, *weights, x.columns)
        return result(self, value)

    def _items(self, x: Inputs) -> tuple[Any, Any]:
        """What `call` returns: the items, and which of them the loss wants or None."""
        items = self._call_with(x.kept, x.y_true, x.y_pred, *x.context)
        items, chosen = checks.returned(self, items)
        if self._watched is not None:
            self._watched(x.y_true, x.y_pred, items)
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

    def _items_of_columns(self, x: Inputs) -> tuple[Any, Any]:
        """Likewise, with a mask or weights of the elements."""
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
            # An item of one element is its term, whatever mean `call` takes.
            pair = (keras.ops.expand_dims(y, -1) for y in (x.y_true, x.y_pred))
            y_true, y_pred = pair
            plain = self._with({"_columns": None})
            terms, chosen = plain._items(x._replace(y_true=y_true, y_pred=y_pred))
            if len(terms.shape) == len(items.shape) + 1:
                return columns.mean(terms, chosen), None
        for argument, given in beyond.items():
            if argument != "mask" or not self._takes_kept:
                shapes = tuple(given.shape), tuple(items.shape)
                checks.no_elements(type(self).__name__, argument, *shapes)
        return items, chosen

    def _takes_ids(self, context: Sequence[Any], y_true: Any, y_pred: Any) -> bool:
        """Whether `call` takes these whole targets for class indices."""
        call = functools.partial(self._call_with, None)
        return works_apart(call, y_true, y_pred, context)


Loss.__init__ = noted(Loss.__init__)  # type: ignore[method-assign]
names.reserve((*vars(Loss), *vars(Saved), *vars(Arithmetic), *_INNER))
