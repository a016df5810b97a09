"""The losses that `@loss` makes: one class for each function."""

# Long because it distinguishes calls by Keras and by users, and rejects wrong ones.

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, overload

import keras

from portable_losses.core import checks, errors
from portable_losses.core.alignment import align
from portable_losses.core.call import Further
from portable_losses.core.classes import weight_vector
from portable_losses.core.config import restored, storable
from portable_losses.core.inputs import tensor
from portable_losses.core.loss import Loss
from portable_losses.core.saving import shown
from portable_losses.core.signature import OF_EVERY_LOSS, Reduction
from portable_losses.training import _registry as registry
from portable_losses.training._arguments import as_tensor, checked
from portable_losses.training._signature import (
    Signature,
)

_OF_EVERY_CALL = ("y_true", "y_pred", "sample_weight", "mask")
_ORIGIN = "@loss"  # no argument has this name


class FunctionLoss(Loss):
    """A loss that `loss` makes from a function; each function gets a subclass.

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
            argument: checked(owner, argument, value, parameter.default)
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
        """Return the reduced loss; for calls of the decorated function see `loss`."""
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
        if _ORIGIN in config or not hasattr(cls, "_signature"):
            name, module, called = registry.origin_of(config.pop(_ORIGIN, None))
            cls = registry.found(name, module, FunctionLoss)
            decorated = cls._decorated()
            if not called and _text(config) == _text(decorated._settings()):
                return decorated
        return cls(**{key: restored(value) for key, value in config.items()})

    def __reduce__(self) -> Any:
        # By the registered name, since another object may have the function's name.
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
            default = self._signature.arguments[name].default
            value = checked(type(self).__name__, name, value, default)
            name, value = "_arguments", {**arguments, name: value}
        super().__setattr__(name, value)

    def _settings(self) -> dict[str, Any]:
        of_every_loss = {name: getattr(self, name) for name in OF_EVERY_LOSS}
        return {**self._arguments, **of_every_loss}

    def _argument(self, name: str, y_pred: Any) -> Any:
        value, dtype = self._arguments[name], y_pred.dtype
        if name == "class_weights":
            return weight_vector(type(self).__name__, value, y_pred.shape[-1], dtype)
        return as_tensor(value, keras.backend.standardize_dtype(dtype))

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
        """Distinguish a call that makes a loss, one with targets, and one by Keras.

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
        if ranks == [1, 1] and len(y_pred.shape) == 2:  # `align` has added an axis
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


def _text(config: dict[str, Any]) -> str:
    """A config as JSON text, in which a tuple is a list."""
    saved = keras.saving.serialize_keras_object(storable(config))
    return json.dumps(saved, sort_keys=True, default=repr)
