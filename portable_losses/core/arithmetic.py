"""The operators `+`, `-`, `*` and `/` of losses: each makes a `Sum`, or raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from portable_losses.core import errors

if TYPE_CHECKING:
    from portable_losses.training.sum import Sum


class Arithmetic:
    """The operators of a loss."""

    __array_ufunc__ = None  # else NumPy would compute `number * loss`

    @staticmethod
    def _combined(operator: str, left: Any, right: Any) -> Any:
        """Make the `Sum`: its module, which imports this one, sets this function."""
        raise NotImplementedError

    def __add__(self, other: Any) -> Sum:
        """The `Sum` of two losses."""
        return self._combined("+", self, other)

    def __radd__(self, other: Any) -> Sum:
        """The `Sum` of two losses; 0 is ignored: the builtin `sum` starts with it."""
        return self._combined("+", other, self)

    def __sub__(self, other: Any) -> Sum:
        """The `Sum` of this loss and of another one times -1."""
        return self._combined("-", self, other)

    def __rsub__(self, other: Any) -> Sum:
        return self._combined("-", other, self)

    def __mul__(self, weight: Any) -> Sum:
        """A `Sum` of this loss times a number or Hyperparameter."""
        return self._combined("*", self, weight)

    def __rmul__(self, weight: Any) -> Sum:
        return self._combined("*", self, weight)

    def __truediv__(self, divisor: Any) -> Sum:
        """A `Sum` of this loss divided by a number or Hyperparameter."""
        return self._combined("/", self, divisor)

    def __neg__(self) -> Sum:
        return self._combined("*", self, -1.0)

    def __pos__(self) -> Sum:
        return self._combined("*", self, 1.0)

    # --- rejected operators -----------------------------------------------------------

    def __rtruediv__(self, other: Any) -> NoReturn:
        rule, remedy = "a number or a Hyperparameter", "loss / 2.0 divides a loss"
        remedy += "; write a quotient of losses as a @loss function"
        errors.fail("Sum", "divisor", rule, _described(self), remedy, TypeError)

    def __pow__(self, other: Any) -> NoReturn:
        _reject("**")

    def __rpow__(self, other: Any) -> NoReturn:
        _reject("**")

    def __floordiv__(self, other: Any) -> NoReturn:
        _reject("//")

    def __rfloordiv__(self, other: Any) -> NoReturn:
        _reject("//")

    def __mod__(self, other: Any) -> NoReturn:
        _reject("%")

    def __rmod__(self, other: Any) -> NoReturn:
        _reject("%")

    def __matmul__(self, other: Any) -> NoReturn:
        _reject("@")

    def __rmatmul__(self, other: Any) -> NoReturn:
        _reject("@")

    def __abs__(self) -> NoReturn:
        _reject("abs")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise TypeError where a loss is converted to an array."""
        rule, remedy = "a tensor", "call the loss: loss(y_true, y_pred)"
        remedy += "; a number times a loss is written 0.5 * loss"
        errors.fail(
            type(self).__name__, "loss", rule, _described(self), remedy, TypeError
        )

    @property
    def __cuda_array_interface__(self) -> NoReturn:
        """Raise that TypeError on JAX too, which reads this attribute before others."""
        self.__array__()


def _reject(operator: str) -> NoReturn:
    rule, remedy = "+, -, * or /", "write other arithmetic as a @loss function"
    shown = errors.Described(operator)
    errors.fail("Sum", "operator", rule, shown, remedy, TypeError)


def _described(loss: Any) -> errors.Described:
    return errors.Described(f"a {type(loss).__name__}")
