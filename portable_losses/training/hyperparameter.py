"""A number in a loss that moves while the model trains."""

from collections.abc import Mapping
from typing import Any

import keras

from portable_losses.core import checks
from portable_losses.core.config import restored
from portable_losses.core.moving import Moving, Rule, Value

_ON_JAX = keras.config.backend() == "jax"


@keras.saving.register_keras_serializable("portable_losses")
class Hyperparameter(Moving, keras.metrics.Metric):
    """A number, or a vector of them, in a loss, that moves while the model trains.

    It stands wherever a loss takes a number: `Huber(delta=w)`,
    `class_weights=[1.0, w]`, `w * MeanSquaredError()`, an argument of a `@loss`
    function. Numbers and `+`, `-`, `*`, `/` make others that move with it: `1.0 - w`.

    The model must track it, or JAX would compile its first value into the training
    step: `HyperparameterScheduler` sees to that, and so does
    `compile(metrics=[w])`, where it shows its value. One that is not tracked is refused
    on JAX when the step is compiled.

    Args:
        value: a finite number, or a sequence of them; its shape stays.
        name: name in logs and for `HyperparameterScheduler`, by default made from the
            class's.

    Raises:
        ValueError: if a value is not finite, of another shape than the first, or
            outside the range of an argument that holds it (`delta` > 0, say), here and
            in `assign`; and for a value that cannot be set, see `assign`.

    Example:
        >>> w = portable_losses.Hyperparameter(1.0, name="w")
        >>> loss = portable_losses.MeanSquaredError() * w
        >>> w.assign(0.5)
        >>> float(loss([[0.0]], [[2.0]]))
        2.0
    """

    def __init__(self, value: Any, name: str | None = None) -> None:
        keras.metrics.Metric.__init__(self, name=name, dtype="float32")
        self._rules: dict[object, Rule] = {}
        self._value = self._checked(value)
        self.variable = self.add_variable(
            shape=_shape(self._value),
            initializer="zeros",
            # Every replica holds the value: a sum of them would be another.
            aggregation="only_first_replica",
            name="value",
        )
        self.variable.assign(self._value)

    def assign(self, value: Any) -> None:
        """Set the value, which the next training step sees.

        Between calls of `train_on_batch`, in a loop of one's own and in a callback.

        Raises:
            RuntimeError: on JAX within an epoch of `fit`, when the model holds the
                state of the training and would overwrite the value.
        """
        new = self._checked(value)
        for rule in self._rules.values():
            rule(new)
        if _read(self.variable) is None:
            raise RuntimeError(
                f"{self}: the model that trains holds its value, and would overwrite "
                f"{value!r} (set it with a HyperparameterScheduler, or in a callback "
                "after `self.model.jax_state_sync()`)."
            )
        self._value = new
        self.variable.assign(new)

    # --- as a number of a loss -------------------------------------------------------

    def leaves(self) -> tuple[Moving, ...]:
        return (self,)

    def value_if(self, new: Mapping[int, Value]) -> Value:
        return new.get(id(self), self._value)

    def require(self, key: object, rule: Rule) -> None:
        rule(self._value)
        self._rules[key] = rule

    def tensor(self, dtype: str) -> Any:
        x = _read(self.variable)
        if _ON_JAX and _is_frozen(x):
            raise RuntimeError(
                f"{self}: the model does not track it, and JAX would compile the value "
                f"{self._value!r} into the training step for good (pass "
                f"compile(metrics=[{self.name}]), or fit(callbacks=["
                f"HyperparameterScheduler({self.name}, ...)]); in a step of your own, "
                "pass its `variables` with keras.StatelessScope)."
            )
        if x is None:  # read while a model trains, and not by its step
            x = keras.ops.convert_to_tensor(self._value, "float32")
        return keras.ops.cast(x, dtype)  # a tensor, which x is not on TensorFlow

    # --- as a metric of a model ------------------------------------------------------

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the value is set, and not measured."""

    def reset_state(self) -> None:
        """Nothing: an epoch does not undo what was set."""

    def result(self) -> Any:
        """The value for logs; of a vector, a dict with a number for each entry."""
        # A copy: on JAX the variable's own array is gone after the next step.
        x = keras.ops.convert_to_tensor(self.variable) + 0.0
        if not isinstance(self._value, tuple):
            return x
        return {f"{self.name}_{i}": x[i] for i in range(len(self._value))}

    def get_config(self) -> dict[str, Any]:
        """Return the present value and the name."""
        return {"value": self._value, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Hyperparameter":
        """Make it from `get_config()`, as it is or as it was read from a file."""
        return cls(**restored(config))

    def __reduce__(self) -> Any:
        return type(self), (self._value, self.name)

    def __repr__(self) -> str:
        return f"Hyperparameter({self._value!r}, name={self.name!r})"

    # --- what it is made of ----------------------------------------------------------

    def _checked(self, value: Any) -> Value:
        owner = f"Hyperparameter {self.name!r}"
        if isinstance(value, Moving):
            rule, remedy = "a number, or a sequence of them", "it moves already"
            checks.fail(owner, "value", rule, value, remedy, TypeError)
        new = as_value(owner, "value", value)
        old = getattr(self, "_value", new)
        if _shape(new) != _shape(old):
            rule = f"of shape {_shape(old)}, as it was"
            checks.fail(owner, "value", rule, new, "make another Hyperparameter")
        return new


def as_value(owner: str, argument: str, value: Any) -> Value:
    """A number, an array or a tensor as Python floats."""
    if isinstance(value, keras.Variable):  # a learning rate, say: its present value
        value = keras.ops.convert_to_numpy(value)
    numbers = checks.number_or_vector(owner, argument, value)
    return tuple(map(float, numbers)) if isinstance(numbers, tuple) else float(numbers)


def _shape(value: Value) -> tuple[int, ...]:
    return (len(value),) if isinstance(value, tuple) else ()


def _read(variable: Any) -> Any | None:
    """The value of a variable; None if on JAX a model that trains has taken it."""
    try:
        return keras.ops.convert_to_tensor(variable)
    except TypeError:  # it has neither a value nor an initializer any more
        return None


def _is_frozen(value: Any | None) -> bool:
    """Whether JAX compiles, and takes a variable's value for a constant."""
    if value is not None and checks.visible(value) is None:
        return False  # an argument of what is compiled
    with keras.SymbolicScope() as scope:
        if scope.original_scope is not None:
            return False  # only shapes are looked at
    # What is made while JAX compiles cannot be seen, a constant included.
    return checks.visible(keras.ops.zeros(())) is None
