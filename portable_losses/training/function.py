"""The decorator `loss`, which makes a function a loss that can be saved."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, overload

import keras

from portable_losses.training import _registry as registry
from portable_losses.training._function_loss import FunctionLoss
from portable_losses.training._signature import (
    constructor,
    read,
)


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
    """Make a loss that can be saved from a plain function and its arguments.

    The function is `f(y_true, y_pred, weight=1.0)`, written in `keras.ops` or
    `portable_losses.ops`. It returns one value per item, or a scalar for the whole
    batch. Then `f(weight=0.5)` is a loss with that argument. If `f` is passed to Keras
    as a loss, it is the loss with the default arguments. Losses also take `reduction`,
    `name` and `dtype`.

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
    Targets that cannot broadcast against y_pred reach it unchanged. Targets that would
    broadcast raise ValueError, because a difference would be taken between all pairs.
    Integers of shape `y_pred.shape[:-1]` may be class indices, whose shape could
    broadcast if B equals C. They reach the function unchanged if it works with sizes
    that do not broadcast, which is tried with shapes only; otherwise, as with
    `y_pred - y_true`, they raise ValueError. With `targets="ids"`, targets are class
    indices: then there is no trial, and `(B, 1)` is accepted, too.

    Arguments: numbers, sequences, arrays and tensors reach the function as tensors of
    the loss's dtype, and so does a `Hyperparameter`; booleans, strings and None are not
    changed; the fields of a namedtuple become tensors. An argument `class_weights` has
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
            in its code.

    Raises:
        TypeError: for an object that is not a function with `y_true` and `y_pred`
            first, for `**` parameters, a default before `/`, or before `*context`; and
            in a call, for an unknown argument, or a context or argument in the position
            of the sample weights.
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
    # For `help`. It is not set by `__wrapped__`, since Keras unwraps objects that it
    # saves to .h5.
    decorated.__dict__["__signature__"] = inspect.signature(function)
    del decorated.__dict__["__wrapped__"]
    # A lambda, since Keras saves the attributes of a loss: with a reference to itself
    # it would not terminate.
    cls._decorated = staticmethod(lambda: decorated)
    return decorated


def _saved_as(cls: Any) -> Any:
    """The class under which Keras saves the loss.

    It has the name of `FunctionLoss`. Keras finds that class when it loads the loss,
    and the error of its `from_config` says which module to import. It has all
    attributes of `cls`, because dynamo reads those of `__class__`, and guards those of
    `type`.
    """
    names = {"__module__": __name__, "__doc__": cls.__doc__}
    saved = type(FunctionLoss.__name__, (cls,), names)  # creating it registers it
    keras.saving.register_keras_serializable("portable_losses")(FunctionLoss)
    return saved
