"""The parameters of a function under `@loss`: arguments, context, or rejected."""

import dataclasses
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import keras

from portable_losses.core import errors
from portable_losses.core.moving import Moving
from portable_losses.core.signature import OF_EVERY_LOSS

OF_EVERY_CALL = {
    "sample_weight": "the loss multiplies its items by the weights",
    "mask": "the loss excludes masked items; `kept` is False for masked samples",
    "y_true": "it is the first parameter of every call",
    "y_pred": "it is the second parameter of every call",
}


@dataclasses.dataclass(frozen=True)
class Signature:
    """The parameters of a function.

    Attributes:
        first: the names of its parameters for y_true and y_pred.
        context: positional parameters without a default, for `LossEndpoint`.
        arguments: the constructor arguments of the loss.
        by_position: names of the arguments before `*`.
        takes_kept: whether it has a parameter `kept`.
        text: the function as it is written in source code.
    """

    first: tuple[str, str]
    context: tuple[inspect.Parameter, ...]
    arguments: Mapping[str, inspect.Parameter]
    by_position: tuple[str, ...]
    takes_kept: bool
    text: str


def read(function: Any) -> Signature:
    """The signature of a function, or an error with what to write instead."""
    _check_kind(function)
    parameters = list(inspect.signature(function).parameters.values())
    text = f"{function.__name__}{inspect.signature(function)}"
    _check_first(text, parameters)
    further = parameters[2:]
    _check_names(text, further)
    arguments = {}
    context = []
    for p in further:
        if p.name == "kept":
            continue
        if p.kind is p.KEYWORD_ONLY or p.default is not p.empty:
            arguments[p.name] = p
        else:
            context.append(p)
    keywords = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    _check_order(text, [p for p in further if p.kind not in keywords], arguments)
    return Signature(
        first=(parameters[0].name, parameters[1].name),
        context=tuple(context),
        arguments=arguments,
        by_position=tuple(
            name for name, p in arguments.items() if p.kind is not p.KEYWORD_ONLY
        ),
        takes_kept=any(p.name == "kept" for p in further),
        text=text,
    )


def _check_kind(function: Any) -> None:
    if not isinstance(function, types.FunctionType):
        remedy = "decorate `def f(y_true, y_pred, *, ...)`"
        errors.fail("loss", "function", "a function", function, remedy, TypeError)
    if function.__name__ == "<lambda>":
        rule = "a function with a name, by which a saved model finds it"
        remedy = "write it with def, and what it closes over as an argument"
        _reject("a lambda", rule, remedy, ValueError)
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=True):
        if _is_array(cell):
            rule = "a function that closes over no tensors, which are not saved with it"
            remedy = f"make {name} an argument: def f(y_true, y_pred, *, {name})"
            text = f"{function.__name__}, closing over {name}"
            _reject(text, rule, remedy, ValueError)


def _check_first(text: str, parameters: list[inspect.Parameter]) -> None:
    positional = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    if len(parameters) < 2 or any(p.kind not in positional for p in parameters[:2]):
        _reject(text, "a function of y_true and y_pred", "name them first")
    if parameters[0].name == "y_pred" or parameters[1].name == "y_true":
        _reject(text, "a function of y_true and y_pred", "name y_true first")


def _check_names(text: str, further: list[inspect.Parameter]) -> None:
    if any(p.kind is p.VAR_KEYWORD for p in further):
        rule = "a function whose arguments have names"
        _reject(text, rule, "name them after *")
    taken = [p.name for p in further if p.name in OF_EVERY_LOSS]
    if taken:
        rule = "a function without the arguments of every loss"
        _reject(text, rule, f"rename {', '.join(taken)}", ValueError)
    for p in further:
        if p.name in OF_EVERY_CALL and p.kind is not p.VAR_POSITIONAL:
            rule = f"a function without the argument {p.name}, which is every call's"
            remedy = f"drop or rename it: {OF_EVERY_CALL[p.name]}"
            _reject(text, rule, remedy, ValueError)


def _check_order(
    text: str,
    rest: list[inspect.Parameter],
    arguments: Mapping[str, inspect.Parameter],
) -> None:
    """Reject a default before `/`, or before `*context`, which would take its value."""
    for p in rest:
        if p.kind is p.POSITIONAL_ONLY and (p.name in arguments or p.name == "kept"):
            rule = "a function whose arguments can be given by name"
            _reject(text, rule, f"put {p.name} after *")
    by_position = [n for n, p in arguments.items() if p.kind is not p.KEYWORD_ONLY]
    if by_position and any(p.kind is p.VAR_POSITIONAL for p in rest):
        rule = "a function whose arguments come after its context"
        many = next(p.name for p in rest if p.kind is p.VAR_POSITIONAL)
        _reject(text, rule, f"put {', '.join(by_position)} after *{many}")


def _is_array(cell: Any) -> bool:
    try:
        value = cell.cell_contents
    except ValueError:
        return False  # not yet assigned, such as the function itself
    kinds = keras.Variable | keras.layers.Layer | Moving
    return isinstance(value, kinds) or hasattr(value, "dtype")


def _reject(
    text: str, rule: str, remedy: str, kind: type[Exception] = TypeError
) -> NoReturn:
    errors.fail("loss", "function", rule, errors.Described(text), remedy, kind)


def constructor(
    init: Callable[..., None], arguments: Mapping[str, inspect.Parameter]
) -> Callable[..., None]:
    """An `__init__` whose signature has the arguments of a function by name."""

    def __init__(self: Any, /, **given: Any) -> None:
        init(self, **given)

    owner, *_ = inspect.signature(init).parameters.values()
    parameters = [
        owner.replace(name="_", kind=owner.POSITIONAL_ONLY),
        *(p.replace(kind=p.KEYWORD_ONLY) for p in arguments.values()),
    ]
    of_every_loss = inspect.signature(init).parameters
    parameters += [of_every_loss[name] for name in OF_EVERY_LOSS]
    __init__.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return __init__
