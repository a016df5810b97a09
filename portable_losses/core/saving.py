"""Saving, loading, pickling and the repr of a loss."""

from collections.abc import Iterator
from typing import Any

import keras

from portable_losses.core.config import (
    is_default,
    parameters_of,
    registered,
    restored,
    storable,
)
from portable_losses.core.construction import Form
from portable_losses.core.errors import Described, fail
from portable_losses.core.naming import name_from
from portable_losses.core.signature import OF_EVERY_LOSS


class Saved:
    """The part of `Loss` that finds the arguments with which to make an equal loss."""

    def _stores(self, argument: str) -> bool:
        """Whether there is an attribute of that name that is not a method."""
        raise NotImplementedError

    def __repr__(self) -> str:
        parameters, shown = parameters_of(type(self)), []
        for name, value in self._config_items(strict=False):
            if is_default(value, parameters[name]):
                continue
            if name == "dtype" and value == keras.config.floatx():
                continue
            if name == "name" and value == name_from(type(self).__name__):
                continue
            shown.append(f"{name}={' '.join(repr(value).split())}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def get_config(self) -> dict[str, Any]:
        """Return every constructor argument, read from the constructor's signature."""
        return {name: storable(value) for name, value in self._config_items()}

    def _config_items(self, strict: bool = True) -> Iterator[tuple[str, Any]]:
        """The constructor's arguments that would make an equal loss.

        The constructor of a subclass may consist of `super().__init__(delta=0.5,
        **rest)`. Then the arguments that it sets are omitted, and so are the arguments
        of `rest` that nobody passed.
        """
        form: Form | None = self.__dict__.get("_form")
        for name, parameter in parameters_of(type(self)).items():
            if form is not None and name in form.fixed:
                continue
            if form is not None and name in form.given:
                yield name, form.given[name]
            elif self._stores(name):
                value = getattr(self, name)
                left = form is not None and name in form.left - {*OF_EVERY_LOSS}
                if not left or not is_default(value, parameter):
                    yield name, value
            elif form is not None and name in form.renamed:
                yield name, form.renamed[name]
            elif strict and (form is None or name not in form.left):
                rule = "stored as an attribute of that name by the constructor"
                remedy = f"write self.{name} = {name}"
                shown = Described("nothing")
                fail(self, name, rule, shown, remedy, AttributeError)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a loss from `get_config()`, also after it was read from a file."""
        return cls(**restored(config))

    def __reduce__(self) -> Any:
        # Keras pickles an object by saving a file. A loss and its metric that are
        # pickled together would then no longer share their objects.
        cls: Any = type(self)
        name = keras.saving.get_registered_name(cls)
        if keras.saving.get_registered_object(name) is cls:
            return _made_again, (cls.__module__, name, self.get_config())
        return cls.from_config, (self.get_config(),)


def _made_again(module: str, name: str, config: dict[str, Any]) -> Any:
    return registered(module, name).from_config(config)


def shown(config: dict[str, Any]) -> str:
    """The arguments of a loss as they are written in a call, for its `repr`.

    The name, the usual reduction and dtype, and arguments that are None are omitted.
    """
    usual = {"reduction": "sum_over_batch_size", "dtype": keras.config.floatx()}
    parts = [
        f"{key}={value!r}"
        for key, value in config.items()
        if key != "name" and not _is_usual(value, usual.get(key))
    ]
    return ", ".join(parts)


def _is_usual(value: Any, usual: str | None) -> bool:
    # Only strings are compared: `==` of arrays gives an array.
    return value is None if usual is None else isinstance(value, str) and value == usual
