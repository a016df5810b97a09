"""The decorator `loss`, which makes a loss of a function, that can be saved."""

import functools
import inspect
import json
import types
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, overload

import keras

from portable_losses.core import arguments, checks, errors, held
from portable_losses.core.alignment import align
from portable_losses.core.call import Further
from portable_losses.core.classes import weight_vector
from portable_losses.core.config import rebuilt, restored, storable
from portable_losses.core.inputs import tensor
from portable_losses.core.loss import Loss
from portable_losses.core.moving import as_vector
from portable_losses.core.saving import shown
from portable_losses.core.signature import OF_EVERY_LOSS, Reduction
from portable_losses.training import _registry as registry
from portable_losses.training._signature import (
    Signature,
    constructor,
    read,
)

_OF_EVERY_CALL = ("y_true", "y_pred", "sample_weight", "mask")
_ORIGIN = "@loss"  # no argument has this name


class FunctionLoss(Loss):
    """A loss made of a function by `loss`; each function gets its own subclass.

    The arguments of the function may have any name, so they are stored apart from the
    attributes of a loss. They can be read as attributes if the name is free.
    """

    targets = "auto"
    _function: ClassVar[Callable[..., Any]]
    _signature: ClassVar[Signature]
    _decorated: ClassVar[Any]  # a function that returns the decorated one
    _is_function = False
    _arguments: dict[str, Any]

    def __init__(
        self,
        /,
        *,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **arguments: Any,
    ) -> None:
        owner = type(self).__name__
        super().__init__(reduction=reduction, name=name or owner, dtype=dtype)
        known = self._signature.arguments
        for argument in arguments:
            if argument not in known:
                self._fail_unknown(argument)
        self._arguments = {
            argument: _checked(owner, argument, value)
            for argument, parameter in known.items()
            if (value := arguments.get(argument, parameter.default))
            is not parameter.empty
        }
        if not self._is_function:
            self._require_all()

    @classmethod
    def _further(cls) -> Further:
        """The context of the function; `call` passes it on."""
        if not hasattr(cls, "_signature"):
            return super()._further()
        return Further(cls._signature.context, cls._signature.takes_kept)

    @overload
    def __call__(
        self,
        /,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        mask: Any = None,
        *context: Any,
        **arguments: Any,
    ) -> Any: ...

    @overload
    def __call__(self, /, **arguments: Any) -> "FunctionLoss": ...

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Return the reduced loss; for the decorated function itself see `loss`."""
        if self._is_function:
            return self._called(args, kwargs)
        if len(args) > len(_OF_EVERY_CALL):
            self._check_context(args[len(_OF_EVERY_CALL) :])
        return super().__call__(*args, **kwargs)

    # Keras checks whether the signature of a loss has a mask.
    __call__.__signature__ = inspect.signature(Loss.__call__)  # type: ignore[attr-defined]

    def with_defaults(self) -> "FunctionLoss":
        """The loss with the function's defaults, if this is the decorated function."""
        return type(self)() if self._is_function else self

    def call(self, y_true: Any, y_pred: Any, *context: Any, kept: Any = None) -> Any:
        given = {name: self._argument(name, y_pred) for name in self._arguments}
        if self._signature.takes_kept:
            given["kept"] = kept
        return self._function(y_true, y_pred, *context, **given)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, and the names of the function and its module."""
        if self._is_function:
            self._require_all()
        origin = {
            "registered": keras.saving.get_registered_name(type(self)),
            "module": registry.module_of(self._function),
            "called": not self._is_function,
        }
        return {**storable(self._settings()), _ORIGIN: origin}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make it from `get_config()`, also after it was read from a file."""
        config = dict(config)
        origin = config.pop(_ORIGIN, None)
        if origin is not None:
            cls = registry.found(origin["registered"], origin["module"])
            decorated = cls._decorated()
            if not origin["called"] and _text(config) == _text(decorated._settings()):
                return decorated
        return cls(**{key: restored(value) for key, value in config.items()})

    def __reduce__(self) -> Any:
        # By the registered name, since the function's own name may be another object.
        where = type(self).__module__, keras.saving.get_registered_name(type(self))
        if self._is_function:
            return registry.decorated_again, where
        return registry.made_again, (*where, self._settings())

    def __repr__(self) -> str:
        if self._is_function:
            return f"<@loss function {self._signature.text}>"
        return f"{type(self).__name__}({shown(self._settings())})"

    # --- its arguments ----------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Called only for names that are not found otherwise.
        arguments = self.__dict__.get("_arguments", {})
        if name in arguments:
            return arguments[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        arguments = self.__dict__.get("_arguments", {})
        if name in arguments and not hasattr(type(self), name):
            value = _checked(type(self).__name__, name, value)
            name, value = "_arguments", {**arguments, name: value}
        super().__setattr__(name, value)

    def _settings(self) -> dict[str, Any]:
        of_every_loss = {name: getattr(self, name) for name in OF_EVERY_LOSS}
        return {**self._arguments, **of_every_loss}

    def _argument(self, name: str, y_pred: Any) -> Any:
        value, dtype = self._arguments[name], y_pred.dtype
        if name == "class_weights":
            return weight_vector(type(self).__name__, value, y_pred.shape[-1], dtype)
        return _as_tensor(value, keras.backend.standardize_dtype(dtype))

    def _require_all(self) -> None:
        for argument in self._signature.arguments:
            if argument not in self._arguments:
                owner, given = type(self).__name__, errors.Described("nothing")
                remedy = f"the function has no default for it: pass {owner}("
                remedy += f"{argument}=...)"
                errors.fail(owner, argument, "given", given, remedy, TypeError)

    def _fail_unknown(self, argument: str) -> NoReturn:
        known = ", ".join(sorted((*self._signature.arguments, *OF_EVERY_LOSS)))
        remedy = "pass an argument that the function has"
        if any(p.name == argument for p in self._signature.context):
            remedy = "it has no default and is a context: LossEndpoint passes it; give"
            remedy += " it a default, or put it after *, to make it an argument"
        given = errors.Described(argument)
        owner = type(self).__name__
        rule = f"one of {known}"
        errors.fail(owner, "argument", rule, given, remedy, TypeError)

    # --- the decorated function, called -----------------------------------------------

    def _called(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Distinguish a call for a loss, a call with targets, and a call by Keras.

        Keras passes the sample weights, or None, as a third positional argument.
        """
        owner, signature = type(self).__name__, self._signature
        given = dict(kwargs)
        for own, common in zip(signature.first, _OF_EVERY_CALL, strict=False):
            if own in given and own != common:
                given[common] = given.pop(own)
        if not args and not {"y_true", "y_pred"} & set(given):
            return type(self)(**given)
        bound = dict(zip(_OF_EVERY_CALL, args, strict=False))
        for name in set(bound) & set(given):
            shown_ = errors.Described("two of them")
            remedy = "it is given by position and by name"
            errors.fail(owner, name, "given once", shown_, remedy, TypeError)
        bound.update(
            {name: given.pop(name) for name in _OF_EVERY_CALL if name in given}
        )
        if not {"y_true", "y_pred"} <= set(bound):
            remedy = f"write {owner}(argument=...) for a loss of these arguments, "
            remedy += f"{owner}(y_true, y_pred) for the function"
            shown_ = errors.Described("one without a name")
            errors.fail(owner, "arguments", "named", shown_, remedy, TypeError)
        context = list(args[len(_OF_EVERY_CALL) :])
        for parameter in signature.context:
            if parameter.name in given:
                context.append(given.pop(parameter.name))
        if "sample_weight" not in bound and "mask" not in bound:
            return self._plain(bound["y_true"], bound["y_pred"], context, given)
        self._check_weight(args, bound.get("sample_weight"), context)
        loss = type(self)(**given)
        weight, mask = bound.get("sample_weight"), bound.get("mask")
        return loss(bound["y_true"], bound["y_pred"], weight, mask, *context)

    def _plain(
        self, y_true: Any, y_pred: Any, context: list[Any], given: dict[str, Any]
    ) -> Any:
        """The result of the function, called with aligned targets."""
        owner = type(self).__name__
        kept = given.pop("kept", None) if self._signature.takes_kept else None
        for name in set(OF_EVERY_LOSS) & set(given):
            rule, remedy = "an argument of the loss", f"write {owner}({name}=...)"
            remedy += "(y_true, y_pred)"
            errors.fail(owner, name, rule, given[name], remedy, TypeError)
        checks.context(owner, self._context, context)
        checks.one_tensor(owner, "y_pred", y_pred)
        loss: Any = type(self)(**given)
        loss = loss._now() if loss._moving else loss
        y_pred = tensor(owner, "y_pred", y_pred)
        if not keras.backend.is_float_dtype(y_pred.dtype):
            y_pred = keras.ops.cast(y_pred, keras.config.floatx())
        if y_true is not None:
            checks.one_tensor(owner, "y_true", y_true)
            y_true = tensor(owner, "y_true", y_true)
        ranks = [len(getattr(x, "shape", ())) for x in (y_true, y_pred)]
        takes_ids = functools.partial(loss._takes_ids, context)
        kind = type(self)._targets
        fitted = align(owner, kind, False, -1, y_true, y_pred, takes_ids)
        y_true, y_pred, _ = fitted
        if ranks == [1, 1] and len(y_pred.shape) == 2:  # so `align` has added an axis
            y_true, y_pred = (keras.ops.squeeze(x, -1) for x in (y_true, y_pred))
        elif kind in ("ids", "classes") and len(y_true.shape) < len(y_pred.shape):
            y_true = keras.ops.cast(y_true, "int32")
        return loss.call(y_true, y_pred, *context, kept=kept)

    def _check_context(self, context: tuple[Any, ...]) -> None:
        """Reject a context for a parameter that has a default."""
        names = self._signature.by_position
        if not self._context and names:
            count = errors.Described("one, or more")
            remedy = f"{names[0]} has a default and is an argument; drop the default "
            remedy += "to make it a context"
            owner = type(self).__name__
            errors.fail(owner, "context", "omitted", count, remedy, TypeError)

    def _check_weight(
        self, args: tuple[Any, ...], weight: Any, context: list[Any]
    ) -> None:
        """Reject a context or an argument in the position of the sample weights."""
        owner, signature = type(self).__name__, self._signature
        missing = [p.name for p in signature.context if p.kind is not p.VAR_POSITIONAL]
        if missing and not context:
            name, shown_ = missing[0], errors.Described("nothing")
            names = ", ".join(f"{n}=..." for n in missing)
            remedy = "a third argument without a name is the sample weights, as Keras "
            remedy += (
                f"passes them: write {owner}(y_true, y_pred, {names}); in a model "
            )
            remedy += f"LossEndpoint({owner}) passes it"
            errors.fail(owner, name, "given by its name", shown_, remedy, TypeError)
        number = isinstance(weight, int | float)
        if number and len(args) == 3 and signature.by_position:
            name = signature.by_position[0]
            rule = "a tensor of one weight per sample"
            remedy = "a third argument without a name is the sample weights, as Keras "
            remedy += f"passes them: write {owner}(y_true, y_pred, {name}={weight!r})"
            errors.fail(owner, "sample_weight", rule, weight, remedy, TypeError)


@overload
def loss(
    function: Callable[..., Any],
    *,
    package: str | None = None,
    targets: str = "auto",
) -> FunctionLoss: ...


@overload
def loss(
    function: None = None, *, package: str | None = None, targets: str = "auto"
) -> Callable[[Callable[..., Any]], FunctionLoss]: ...


def loss(
    function: Callable[..., Any] | None = None,
    *,
    package: str | None = None,
    targets: str = "auto",
) -> Any:
    """Make a loss, which can be saved, of a plain function and its arguments.

    The function is `f(y_true, y_pred, weight=1.0)`, written in `keras.ops` or
    `portable_losses.ops`. It returns one value per item, or a scalar for the whole
    batch. Then `f(weight=0.5)` is a loss with that argument. Where Keras takes a loss,
    `f` itself is the loss with the defaults. Losses also take `reduction`, `name` and
    `dtype`.

    Called with targets, `f(y_true, y_pred)` and `f(y_true, y_pred, weight=0.5)` return
    the result of the function. A third positional argument is the sample weights, as in
    Keras: `f(y_true, y_pred, sample_weight)` returns the reduced loss.

    Parameters: those after `*`, and those with a default, are arguments of the loss.
    Positional ones without a default are a context: a `LossEndpoint` passes them, or
    the caller, as in `f(y_true, y_pred, x=x)`. A parameter `kept` is that of `Loss`.
    All other names are allowed, except those that every loss (`reduction`, `name`,
    `dtype`) or every call (`sample_weight`, `mask`) has.

    Shapes: a `y_true` of y_pred's shape, `(B,)` against `(B, 1)` included, reaches the
    function in y_pred's shape and dtype, also if the function is called directly.
    Targets that cannot broadcast against y_pred reach it as they are. Targets that
    would broadcast raise ValueError, because a difference would be taken between all
    pairs. Integers of shape `y_pred.shape[:-1]` may be class indices, whose shape could
    broadcast if B equals C. They reach the function as they are if it works with sizes
    that do not broadcast, which is tried with shapes only; else, as with
    `y_pred - y_true`, they raise ValueError. `targets="ids"` says that targets are
    class indices: then there is no trial, and `(B, 1)` is accepted, too.

    Arguments: numbers, sequences, arrays and tensors reach the function as tensors of
    the loss's dtype, and so does a `Hyperparameter`; booleans, strings and None stay as
    they are; the fields of a namedtuple become tensors. An argument `class_weights` has
    a weight per entry of y_pred's last axis, or is `{class index: weight}`. An argument
    is also an attribute of the loss if the name is free: `f(weight=0.5).weight`.

    Saving: the loss is registered as `package>name`, with the name of the function. A
    model with it loads on every backend and in safe mode after its module is imported;
    if it is not, the error says which module to import. For a script,
    `python train.py`, the package is `train`. In a notebook it is `notebook`, and a
    cell that is run again may change the definition; elsewhere a second, different
    function of the same name raises ValueError.

    Args:
        function: the function.
        package: the name under which it is registered, by default that of the
            function's root package.
        targets: how y_true relates to y_pred, as in `Loss`: `"auto"` as above,
            `"same"`, `"ids"`, `"classes"`, or `"any"` for a function that checks shapes
            itself.

    Raises:
        TypeError: for what is no function with `y_true` and `y_pred` first, for `**`
            parameters, a default before `/`, or before `*context`; and in a call, for
            an unknown argument, or a context or argument in the position of the sample
            weights.
        ValueError: for a lambda, a closure over tensors, a parameter that every loss
            or call has, a name that is taken, and targets that would be broadcast.

    Example:
        >>> @portable_losses.loss
        ... def weighted_mse(y_true, y_pred, *, weight=1.0):
        ...     return weight * ops.mean(ops.square(y_pred - y_true), axis=-1)
        >>> float(weighted_mse(weight=0.5)([[0.0]], [[2.0]]))
        2.0
    """
    if function is None:
        return functools.partial(loss, package=package, targets=targets)
    signature = read(function)
    cls: Any = type(
        function.__name__,
        (FunctionLoss,),
        {
            "__doc__": function.__doc__,
            "__module__": function.__module__ or "__main__",
            "__qualname__": function.__qualname__,
            "__class__": property(lambda self: type(self)._saved_as),
            "_function": staticmethod(function),
            "_signature": signature,
            "targets": targets,
        },
    )
    cls.__init__ = constructor(FunctionLoss.__init__, signature.arguments)
    cls._saved_as = _saved_as(cls)
    registry.register(function, cls, package or registry.package_of(function))
    decorated = object.__new__(cls)
    decorated.__dict__["_is_function"] = True
    FunctionLoss.__init__(decorated)
    functools.update_wrapper(decorated, function)
    # For `help`. Not by `__wrapped__`: Keras unwraps what it saves to .h5.
    decorated.__dict__["__signature__"] = inspect.signature(function)
    del decorated.__dict__["__wrapped__"]
    # In a lambda: Keras saves the attributes of a loss, and would not terminate.
    cls._decorated = staticmethod(lambda: decorated)
    return decorated


def _saved_as(cls: Any) -> Any:
    """The class as which Keras saves the loss.

    It has the name of `FunctionLoss`, which Keras finds when it loads, and which says
    what to import. It has all attributes of `cls`, because dynamo reads those of
    `__class__`, and guards those of `type`.
    """
    names = {"__module__": __name__, "__doc__": cls.__doc__}
    saved = type(FunctionLoss.__name__, (cls,), names)  # creating it registers it
    keras.saving.register_keras_serializable("portable_losses")(FunctionLoss)
    return saved


# --- arguments ------------------------------------------------------------------------


def _checked(owner: str, argument: str, value: Any) -> Any:
    if argument == "class_weights":
        return arguments.class_weights(owner, value)
    if isinstance(value, types.LambdaType) and value.__name__ == "<lambda>":
        rule, remedy = "a value that can be saved", "define the function by name"
        errors.fail(owner, argument, rule, value, remedy)
    held.reject_variables(owner, argument, value)
    if keras.ops.is_tensor(value):
        array = checks.known_values(value)
        if array is None:
            rule = "a value that is known when the loss is made"
            shown = errors.Described("a tensor of compiled code")
            errors.fail(owner, argument, rule, shown, "make the loss outside of it")
        return array
    return value


def _as_tensor(value: Any, dtype: str) -> Any:
    """A number, an array or a sequence of numbers as a tensor; others as they are."""
    if isinstance(value, bool | str) or value is None:
        return value
    if hasattr(value, "_make"):  # a namedtuple, which must keep its field names
        return rebuilt(value, (_as_tensor(x, dtype) for x in value))
    if isinstance(value, tuple | list):
        if not _are_numbers(value):
            return value
        return as_vector(tuple(value), dtype)
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        return keras.ops.convert_to_tensor(value, dtype)
    return value


def _are_numbers(values: Any) -> bool:
    """Whether a nested sequence holds only numbers, or tensors of Hyperparameters."""
    if isinstance(values, tuple | list):
        return bool(values) and all(map(_are_numbers, values))
    number = isinstance(values, int | float) or hasattr(values, "dtype")
    return number and not isinstance(values, bool)


def _text(config: dict[str, Any]) -> str:
    """A config as JSON text, in which a tuple is a list."""
    saved = keras.saving.serialize_keras_object(storable(config))
    return json.dumps(saved, sort_keys=True, default=repr)
