"""A number in a loss that changes while the model trains."""

# Long because a Hyperparameter is a number, a metric and a saved object at once.

import math
import uuid
from collections.abc import Mapping
from typing import Any

import keras

from portable_losses.core import arguments, copying, errors
from portable_losses.core.config import restored
from portable_losses.core.formula import Operand
from portable_losses.core.keras_seams import (
    is_symbolic,
    saves_configs,
    values_of_scope,
)
from portable_losses.core.moving import Moving
from portable_losses.core.rules import Rule, Rules, Value
from portable_losses.ops import eager
from portable_losses.ops.known import found
from portable_losses.training._values import (
    as_value,
    entries,
    in_float32,
    plain,
    shape,
    shortest,
)
from portable_losses.training._variable import ToldVariable

NEVER_FROZEN = found(
    "compiled code reads the variable at each call, not once",
    "tests/training/test_hyperparameter.py",
    tensorflow="2.21.0",
    torch="2.13.0",
    numpy="2.4.6",
)
CONSTANTS_ARE_TRACED = found(
    "a constant has no readable value while code is compiled, but has one while it is "
    "differentiated",
    "tests/training/test_hyperparameter.py",
    jax="0.10.2",
)
_NAMES_OF_LOGS = ("epoch", "learning_rate", "loss", "lr")


@keras.saving.register_keras_serializable("portable_losses")
class Hyperparameter(Operand, keras.metrics.Metric):
    """A number, or a vector of numbers, in a loss, that changes while the model trains.

    It can be used wherever a loss takes a number: `Huber(delta=w)`,
    `class_weights=[1.0, w]`, `w * MeanSquaredError()`, an argument of a `@loss`
    function. Arithmetic with numbers, as in `1.0 - w`, gives values that follow it.

    The model must track it, else JAX and MLX would compile its first value into the
    training step. `HyperparameterScheduler` makes the model track it, and so does
    `compile(metrics=[w])`, which also shows its value. On JAX and MLX a Hyperparameter
    that is not tracked raises RuntimeError when the step is compiled. A custom layer
    that uses it in `call` must have its `variable` as a weight,
    `self.moving = w.variable`, as `LossEndpoint` does.

    Its value is that of its variable: `set_weights`, `load_weights` and
    `w.variable.assign` change it. Files of weights, also those of `BackupAndRestore`,
    contain the values of the Hyperparameters in the model's losses and layers, and
    loading them restores the values.

    A copy made by Keras, by `copy.deepcopy` or by `pickle` has the current value and is
    independent. Within one copy, which is made by one call of `load_model`,
    `clone_model`, `model_from_json`, `from_config`, `compile_from_config` or
    `deserialize`, a Hyperparameter that is used in several places stays one object; two
    calls make two objects.

    A comparison with a number uses its value. Two Hyperparameters are equal if they are
    the same object.

    Args:
        value: a finite number, or a sequence of them; the shape cannot be changed
            later.
        name: name in logs and for `HyperparameterScheduler`; the default is made from
            the name of the class.

    Raises:
        ValueError: here and in `assign`, if a value is not finite, has another shape
            than the first, or is outside of the range of an argument of a loss
            (`delta` > 0, for example, or ascending `quantiles`), as long as that loss
            exists; and for a name that logs have already, such as "loss".
        TypeError: if it would become a constant: in a loss of Keras, and in arithmetic
            with a tensor.

    Example:
        >>> w = portable_losses.Hyperparameter(1.0, name="w")
        >>> loss = portable_losses.MeanSquaredError() * w
        >>> w.assign(0.5)
        >>> float(loss([[0.0]], [[2.0]]))
        2.0
    """

    def __init__(self, value: Any, name: str | None = None) -> None:
        if name is not None:
            arguments.name("Hyperparameter", name)
        if name is not None and (name in _NAMES_OF_LOGS or name.startswith("val_")):
            rule, remedy = "a name that logs do not have already", "choose another"
            errors.fail("Hyperparameter", "name", rule, name, remedy)
        keras.metrics.Metric.__init__(self, name=name, dtype="float32")
        self.rules = Rules()
        self.identity = uuid.uuid4().hex
        self.copy_of: str | None = None
        self.clock: Any = None  # the clock of the scheduler that sets it
        self.missed_steps: Any = None  # read from a file, for the clock
        self._value = self._checked(value)
        with keras.name_scope(self.name.replace("/", ">")):
            self.variable = ToldVariable(shape(self._value), self._told)
        self.variable.assign(self._value)

    def assign(self, value: Any) -> None:
        """Set the value for the next training step.

        Use it between calls of `train_on_batch`, in a custom training loop, and in a
        callback.

        Raises:
            RuntimeError: on JAX and MLX within an epoch of `fit`, when the model holds
                the state of the training and would overwrite the value.
        """
        new = self._checked(value)
        self.rules.check(new)
        if _read(self.variable) is None:
            raise RuntimeError(
                f"{self}: the model that trains holds its value, and would overwrite "
                f"{value!r} (set it with a HyperparameterScheduler, which gives the "
                "variables their values first)."
            )
        self.variable.assign(new)

    # --- as a number of a loss -------------------------------------------------------

    def leaves(self) -> tuple[Moving, ...]:
        return (self,)

    @property
    def value(self) -> Value:
        """The value as a Python number, or a tuple of them."""
        x = _read(self.variable)
        seen = None if x is None else eager.known_values(x)
        if seen is None:  # the training step holds the array; its value is unchanged
            return self._value
        if self.variable.lent:
            return shortest(seen.tolist())
        self._remember(seen.tolist())
        return self._value

    def is_now(self, value: Value) -> bool:
        """Whether it has this value; the device is read only if it is not known."""
        if self._value == value and self.variable.changed:
            return self.value == value
        return self._value == value

    def value_if(self, new: Mapping[int, Value]) -> Value:
        if id(self) in new:
            return new[id(self)]
        return self.value if self.variable.changed else self._value

    def require(self, owner: object, key: object, rule: Rule) -> None:
        rule(self.value)
        self.rules.add(owner, key, rule)

    def tensor(self, dtype: str) -> Any:
        x = _read(self.variable)
        if not NEVER_FROZEN and _is_frozen(x):
            raise RuntimeError(self._frozen(tracked=x is None))
        if x is None:  # read in training, outside of the training step
            x = keras.ops.convert_to_tensor(self._value, "float32")
        return keras.ops.cast(x, dtype)  # on TensorFlow x may be a variable

    # --- as a metric of a model ------------------------------------------------------

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the value is set by the user, and not measured."""

    def reset_state(self) -> None:
        """Do nothing: a new epoch keeps the value."""

    def result(self) -> Any:
        """The value for logs; for a vector, a dict with a number for each entry."""
        # A copy, since on torch a later `assign` would change this tensor.
        x = keras.ops.convert_to_tensor(self.variable) + 0.0
        if not isinstance(self._value, tuple):
            return x
        return {f"{self.name}_{i}": x[i] for i in range(len(self._value))}

    # --- saving ----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the current value, the name, and the identity that copies share."""
        config = {"value": self.value, "name": self.name, "identity": self.identity}
        missed = self._missed()
        return {**config, "missed_steps": list(missed)} if missed else config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Hyperparameter":
        """Make it from `get_config()`, also after it was read from a file."""
        config = restored(config)
        identity = config.pop("identity", None)
        missed = config.pop("missed_steps", None)
        if identity is not None and not isinstance(identity, str):
            rule, remedy = "a string, or None", "save the model again"
            errors.fail(cls, "identity", rule, identity, remedy, TypeError)
        if missed is not None:
            missed = tuple(
                arguments.integer(cls, f"missed_steps[{i}]", x, at_least=0)
                for i, x in enumerate(arguments.vector(cls, "missed_steps", missed))
            )

        def make() -> "Hyperparameter":
            w = cls(**config)
            w.copy_of, w.missed_steps = identity, missed
            return w

        w: Hyperparameter = copying.one_of(identity, make)
        return w

    def save_own_variables(self, store: Any) -> None:
        """Write the value, and the data of its clock, into a file of weights."""
        store["value"] = keras.ops.convert_to_numpy(self.variable)
        missed = self._missed()
        if missed:
            store["missed_steps"] = keras.ops.convert_to_numpy(list(missed))

    def load_own_variables(self, store: Any) -> None:
        """Read the value from a file of weights, if it has one."""
        if "value" in store.keys():
            # Rules are not checked: one may depend on a value that is not loaded yet.
            self.variable.assign(store["value"][()])
        if "missed_steps" in store.keys():
            missed, counted = store["missed_steps"][()].tolist()
            self.missed_steps = int(missed), int(counted)

    def __deepcopy__(self, memo: Any) -> "Hyperparameter":
        if saves_configs():
            return self
        return type(self).from_config(self.get_config())

    def __reduce__(self) -> Any:
        return type(self).from_config, (self.get_config(),)

    def __repr__(self) -> str:
        return f"Hyperparameter({self.value!r}, name={self.name!r})"

    # --- what it is made of ----------------------------------------------------------

    def _checked(self, value: Any) -> Value:
        owner = f"Hyperparameter {self.name!r}"
        if isinstance(value, Moving):
            rule, remedy = "a number, or a sequence of them", "it moves already"
            errors.fail(owner, "value", rule, value, remedy, TypeError)
        new = as_value(owner, "value", value)
        if not all(map(math.isfinite, entries(in_float32(new)))):
            rule = "finite in float32, in which losses get it"
            errors.fail(owner, "value", rule, new, "choose a value below 3.4e38")
        old = getattr(self, "_value", new)
        if shape(new) != shape(old):
            rule = f"of shape {shape(old)}, as it was"
            errors.fail(owner, "value", rule, new, "make another Hyperparameter")
        return new

    def _told(self, value: Any) -> None:
        """Record the value that the variable was set to, if it is not a tensor."""
        self._remember(value.tolist() if hasattr(value, "tolist") else value)

    def _remember(self, seen: Any) -> None:
        if in_float32(self._value) != in_float32(plain(seen)):
            # A float32 value is shown with the fewest digits: 0.3, not 0.300000012.
            self._value = shortest(seen)
        self.variable.changed = False

    def _missed(self) -> tuple[int, int] | None:
        """The steps that the optimizer did not count, for the clock after loading."""
        if self.missed_steps is not None or self.clock is None:
            return self.missed_steps
        missed, counted = self.clock.missed
        return (missed, counted) if missed else None

    def _frozen(self, tracked: bool) -> str:
        layer = "in the `call` of a layer use a LossEndpoint, or hold its variable as "
        layer += f"a weight of the layer, `self.moving = {self.name}.variable`"
        if tracked:
            return (
                f"{self}: the model tracks it for its loss, and the backend would "
                f"compile the value {self._value!r} into the `call` of a layer for "
                f"good ({layer})."
            )
        return (
            f"{self}: the model does not track it, and the backend would compile the "
            f"value {self._value!r} into the training step for good (pass "
            f"compile(metrics=[{self.name}]), or fit(callbacks=["
            f"HyperparameterScheduler({self.name}, ...)]); {layer}; in a step of your "
            "own, pass its `variables` with keras.StatelessScope)."
        )


def _read(variable: Any) -> Any | None:
    """The value of a variable; None if a training step holds its array."""
    try:
        return keras.ops.convert_to_tensor(variable.held)
    except TypeError:  # it has neither a value nor an initializer then
        return None


def _is_frozen(value: Any | None) -> bool:
    """Whether code is compiled, and the value would be a constant of it."""
    if value is not None and eager.known_values(value) is None:
        return False  # an argument of the compiled code
    if is_symbolic():
        return False  # only shapes are computed
    if eager.known_values(keras.ops.zeros(())) is None:
        return True
    # On MLX constants have values while code is compiled. There the values that the
    # scope holds for the weights show whether code is compiled.
    traced = (eager.known_values(x) is None for x in values_of_scope())
    return not CONSTANTS_ARE_TRACED and any(traced)
