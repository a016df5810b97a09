"""A plain function as a loss that can be saved: the decorator `loss`."""

import functools
import importlib
import inspect
import pathlib
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import keras

from portable_losses.core import checks
from portable_losses.core.classes import weight_vector
from portable_losses.core.loss import Loss
from portable_losses.core.moving import Moving, as_vector

_OF_EVERY_LOSS = ("reduction", "name", "dtype")
NOTEBOOK = "notebook"
"""The package of functions that somebody types, in a notebook or at a prompt."""


class FunctionLoss(Loss):
    """A loss made of a function by `loss`, which has a class of its own for each."""

    targets = "auto"
    function: ClassVar[Callable[..., Any]]
    arguments: ClassVar[dict[str, inspect.Parameter]] = {}
    _decorated: ClassVar[Any]  # a function that returns the decorated one
    _is_function = False

    def __init__(
        self,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **arguments: Any,
    ) -> None:
        owner = type(self).__name__
        super().__init__(reduction=reduction, name=name or owner, dtype=dtype)
        for argument in arguments:
            if argument not in self.arguments:
                rule = f"one of {', '.join(sorted((*self.arguments, *_OF_EVERY_LOSS)))}"
                remedy = "pass an argument that the function has"
                value = checks.Described(argument)
                checks.fail(owner, "argument", rule, value, remedy, TypeError)
        for argument, parameter in self.arguments.items():
            value = arguments.get(argument, parameter.default)
            if value is not parameter.empty:
                setattr(self, argument, _checked(owner, argument, value))
            elif not self._is_function:
                _require(owner, argument)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the reduced loss; as the decorated function, see `loss`."""
        if self._is_function:
            if not args and "y_pred" not in kwargs:
                return type(self)(**kwargs)
            if self._is_plain_call(args, kwargs):
                return self.function(*args, **kwargs)
            if len(args) == 1 and "y_pred" not in kwargs:
                owner = type(self).__name__
                remedy = f"write {owner}(argument=...) for a loss of these arguments, "
                remedy += f"{owner}(y_true, y_pred) for the function"
                shown = checks.Described("one without a name")
                checks.fail(owner, "arguments", "named", shown, remedy, TypeError)
            return self.with_defaults()(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    # Who looks for a mask among a loss's arguments finds one.
    __call__.__signature__ = inspect.signature(Loss.__call__)  # type: ignore[attr-defined]

    def with_defaults(self) -> "FunctionLoss":
        """The loss that the decorated function stands for: that of its defaults."""
        return type(self)() if self._is_function else self

    def call(self, y_true: Any, y_pred: Any, *context: Any, kept: Any = None) -> Any:
        given = {name: self._argument(name, y_pred) for name in self.arguments}
        if self._takes_kept:
            given["kept"] = kept
        return self.function(y_true, y_pred, *context, **given)

    def get_config(self) -> dict[str, Any]:
        return super(FunctionLoss, self.with_defaults()).get_config()

    def _argument(self, name: str, y_pred: Any) -> Any:
        value, dtype = getattr(self, name), y_pred.dtype
        if name == "class_weights":
            return weight_vector(type(self).__name__, value, y_pred.shape[-1], dtype)
        return _as_tensor(value, keras.backend.standardize_dtype(dtype))

    def _is_plain_call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        # Keras calls a loss with the sample weights as a third argument.
        given = len(args) + sum(name in kwargs for name in ("y_true", "y_pred"))
        return given == 2 + len(self._context) and not {"sample_weight", "mask"} & set(
            kwargs
        )

    def __reduce__(self) -> Any:
        # By the name in files of models: the function may be another variable's.
        where = type(self).__module__, keras.saving.get_registered_name(type(self))
        if self._is_function:
            return _decorated_again, where
        return _made_again, (*where, self.get_config())


def _decorated_again(module: str, name: str) -> Any:
    if keras.saving.get_registered_object(name) is None:
        importlib.import_module(module)
    return keras.saving.get_registered_object(name)._decorated()


def _made_again(module: str, name: str, config: dict[str, Any]) -> Any:
    return type(_decorated_again(module, name))(**config)


def loss(
    function: Callable[..., Any] | None = None,
    *,
    package: str | None = None,
    targets: str = "auto",
) -> Any:
    """Make a loss of a plain function, with its arguments, that can be saved.

    The function is `f(y_true, y_pred, *, ...)`, written in `keras.ops` or
    `portable_losses.ops`, and returns one value per item, or a scalar for the whole
    batch. `f(weight=0.5)` is then a loss with that argument, `f` where a loss is wanted
    the loss of its defaults, and `f(y_true, y_pred, ...)` the plain function. Losses
    also take `reduction`, `name` and `dtype`.

    Shapes: a `y_true` of y_pred's shape, `(B,)` against `(B, 1)` included, reaches the
    function in the shape and dtype of y_pred; class ids, and what cannot broadcast
    against y_pred, as they are; floating targets that would broadcast are refused.
    Further positional parameters are a context, which `LossEndpoint` passes.

    Arguments: numbers, sequences, arrays and tensors arrive as tensors of the loss's
    dtype, and so does a `Hyperparameter`; booleans, strings and None as they are. One
    named `class_weights` holds a weight per entry of y_pred's last axis, or
    `{class id: weight}`.

    Saving: the loss is registered as `package>name`, the name that of the function, so
    that a model with it loads, on every backend and in safe mode, once its module is
    imported. Of a script, `python train.py`, the package is `train`. In a notebook it
    is `notebook`, and a cell that is run again may change the definition; elsewhere a
    second, different function of one name is refused.

    Args:
        function: the function.
        package: the name under which it is registered, by default that of the
            function's root package.
        targets: how y_true relates to y_pred, as in `Loss`: `"auto"` as above,
            `"same"`, `"ids"`, `"classes"`, or `"any"` for a function that looks for
            itself.

    Raises:
        TypeError: for what is no function with `y_true` and `y_pred` first, and
            for `**` parameters.
        ValueError: for a lambda, a closure over tensors, a parameter that every loss
            has, and a name that is taken.

    Example:
        >>> @portable_losses.loss
        ... def weighted_mse(y_true, y_pred, *, weight=1.0):
        ...     return weight * ops.mean(ops.square(y_pred - y_true), axis=-1)
        >>> float(weighted_mse(weight=0.5)([[0.0]], [[2.0]]))
        2.0
    """
    if function is None:
        return functools.partial(loss, package=package, targets=targets)
    signature = _checked_signature(function)
    name = function.__name__
    further = list(signature.parameters.values())[2:]
    arguments = {
        p.name: p for p in further if p.kind is p.KEYWORD_ONLY and p.name != "kept"
    }
    cls: Any = type(
        name,
        (FunctionLoss,),
        {
            "__doc__": function.__doc__,
            "__module__": function.__module__ or "__main__",
            "__qualname__": function.__qualname__,
            "function": staticmethod(function),
            "arguments": arguments,
            "targets": targets,
        },
    )
    cls.__init__ = _constructor(arguments)
    cls._context = tuple(
        p for p in further if p.kind is not p.KEYWORD_ONLY and p.name != "kept"
    )
    cls._takes_kept = "kept" in signature.parameters
    _register(function, cls, package or _package_of(function))
    decorated = object.__new__(cls)
    decorated.__dict__["_is_function"] = True
    FunctionLoss.__init__(decorated)
    functools.update_wrapper(decorated, function)
    # Not the object itself: Keras, which saves what a loss holds, would go round.
    cls._decorated = staticmethod(lambda: decorated)
    return decorated


# --- arguments ------------------------------------------------------------------------


def _checked(owner: str, argument: str, value: Any) -> Any:
    if argument == "class_weights":
        return checks.class_weights(owner, value)
    if isinstance(value, types.LambdaType) and value.__name__ == "<lambda>":
        rule, remedy = "a value that can be saved", "define the function by name"
        checks.fail(owner, argument, rule, value, remedy)
    checks.refuse_variables(owner, argument, value)
    if keras.ops.is_tensor(value):
        array = checks.visible(value)
        if array is None:
            rule = "a value that is known when the loss is made"
            shown = checks.Described("a tensor of compiled code")
            checks.fail(owner, argument, rule, shown, "make the loss outside of it")
        return array
    return value


def _require(owner: str, argument: str) -> None:
    shown = checks.Described("nothing")
    remedy = f"the function has no default for it: pass {owner}({argument}=...)"
    checks.fail(owner, argument, "given", shown, remedy, TypeError)


def _as_tensor(value: Any, dtype: str) -> Any:
    """A number, an array or a sequence of numbers as a tensor; others as they are."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, tuple | list):
        if not _are_numbers(value):
            return value
        return as_vector(tuple(value), dtype)
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        return keras.ops.convert_to_tensor(value, dtype)
    return value


def _are_numbers(values: Any) -> bool:
    """Whether a nested sequence holds numbers, or tensors of what moves, alone."""
    if isinstance(values, tuple | list):
        return bool(values) and all(map(_are_numbers, values))
    number = isinstance(values, int | float) or hasattr(values, "dtype")
    return number and not isinstance(values, bool)


# --- the function ---------------------------------------------------------------------


def _checked_signature(function: Any) -> inspect.Signature:
    owner = "loss"
    if not isinstance(function, types.FunctionType):
        rule, remedy = "a function", "decorate `def f(y_true, y_pred, *, ...)`"
        checks.fail(owner, "function", rule, function, remedy, TypeError)
    if function.__name__ == "<lambda>":
        rule = "a function with a name, by which a saved model finds it"
        remedy = "write it with def, and what it closes over as an argument"
        checks.fail(owner, "function", rule, checks.Described("a lambda"), remedy)
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=True):
        if _is_array(cell):
            rule = "a function that closes over no tensors, which are not saved with it"
            shown = checks.Described(f"{function.__name__}, closing over {name}")
            remedy = f"make {name} an argument: def f(y_true, y_pred, *, {name})"
            checks.fail(owner, "function", rule, shown, remedy)
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    shown = checks.Described(f"{function.__name__}{signature}")
    positional = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    if len(parameters) < 2 or any(p.kind not in positional for p in parameters[:2]):
        rule, remedy = "a function of y_true and y_pred", "name them first"
        checks.fail(owner, "function", rule, shown, remedy, TypeError)
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        rule = "a function whose arguments have names"
        checks.fail(owner, "function", rule, shown, "name them after *", TypeError)
    taken = [p.name for p in parameters if p.name in _OF_EVERY_LOSS]
    if taken:
        rule = "a function without the arguments of every loss"
        checks.fail(owner, "function", rule, shown, f"rename {', '.join(taken)}")
    return signature


def _is_array(cell: Any) -> bool:
    try:
        value = cell.cell_contents
    except ValueError:
        return False  # not yet assigned: the function itself, say
    kinds = keras.Variable | keras.layers.Layer | Moving
    return isinstance(value, kinds) or hasattr(value, "dtype")


def _constructor(arguments: Mapping[str, inspect.Parameter]) -> Callable[..., None]:
    def __init__(self: FunctionLoss, **given: Any) -> None:
        FunctionLoss.__init__(self, **given)

    of_every_loss = inspect.signature(FunctionLoss.__init__).parameters
    parameters = [of_every_loss["self"], *arguments.values()]
    parameters += [of_every_loss[name] for name in _OF_EVERY_LOSS]
    __init__.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return __init__


# --- its name -------------------------------------------------------------------------


def _package_of(function: Any) -> str:
    """The root package; of a program that was started, the one it would import as."""
    module = function.__module__ or "__main__"  # code that `exec` ran may have none
    if module in ("__main__", "__mp_main__"):  # the latter in a worker it spawned
        main = sys.modules[module]
        spec = getattr(main, "__spec__", None)
        file = getattr(main, "__file__", None)
        if hasattr(sys, "ps1"):  # a prompt, which notebooks have too
            module = NOTEBOOK
        elif spec is not None:  # python -m package.module
            module = spec.name
        elif file is not None:  # python train.py
            module = pathlib.Path(file).stem
    return str(module.partition(".")[0])


def _register(function: Any, cls: Any, package: str) -> None:
    name = f"{package}>{function.__name__}"
    known = keras.saving.get_registered_object(name)
    if known is not None and package != NOTEBOOK:
        if not _is_same(getattr(known, "function", None), function):
            rule = f"the one function of the name {name}"
            shown = checks.Described(f"a second, different {function.__qualname__}")
            remedy = "rename it, or give its package: @loss(package=...)"
            checks.fail("loss", "function", rule, shown, remedy)
    keras.saving.register_keras_serializable(package, function.__name__)(cls)


def _is_same(known: Any, function: Any) -> bool:
    """Whether two functions are one definition, run twice."""
    return known is not None and _definition(known) == _definition(function)


def _definition(function: Any) -> tuple[object, ...]:
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    defaults = function.__defaults__, function.__kwdefaults__
    return _code(function.__code__), repr(closure), repr(defaults)


def _code(code: types.CodeType) -> tuple[object, ...]:
    """What a code object does, without where it stands in its file."""
    constants = tuple(
        _code(c) if isinstance(c, types.CodeType) else (type(c), repr(c))
        for c in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames
