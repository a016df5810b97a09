"""A subclass that fixes, renames or drops arguments comes back from its config."""

import keras
import numpy as np
import pytest

import portable_losses

ZEROS = np.zeros((4, 3), "float32")
X = np.linspace(-2, 2, 12).reshape(4, 3).astype("float32")
package = keras.saving.register_keras_serializable("test_thin_forms")


@package
class Fixed(portable_losses.Huber):
    def __init__(self, **rest):
        super().__init__(delta=0.5, **rest)


@package
class Twice(Fixed):
    """Two levels deep."""

    def __init__(self, **rest):
        super().__init__(reduction="sum", **rest)


@package
class Positional(portable_losses.Huber):
    def __init__(self, **rest):
        super().__init__(0.5, "sum", **rest)


@package
class PassesAll(portable_losses.Huber):
    def __init__(self, *args, **rest):
        super().__init__(*args, **rest)


@package
class FixedAndAll(portable_losses.Huber):
    def __init__(self, *args, **rest):
        super().__init__(0.5, *args, **rest)


@package
class Renamed(portable_losses.Huber):
    def __init__(self, threshold=0.5, **rest):
        super().__init__(delta=threshold, **rest)


@package
class RenamedAndStored(portable_losses.Huber):
    def __init__(self, threshold=0.5, **rest):
        super().__init__(delta=2 * threshold, **rest)
        self.threshold = threshold


@package
class Doubled(portable_losses.Huber):
    """Hands on another value of the same name."""

    def __init__(self, delta=0.5, **rest):
        super().__init__(delta=2 * delta, **rest)


@package
class Drops(portable_losses.Huber):
    def __init__(self, delta=0.5, name=None):
        super().__init__(delta=delta, name=name)


@package
class Rejects(portable_losses.Huber):
    def __init__(self, **rest):
        if "class_weights" in rest:
            raise TypeError("no class_weights here")
        super().__init__(**rest)


@package
class Overrides(portable_losses.Huber):
    def __init__(self, **rest):
        super().__init__(**{**rest, "delta": 0.5})


@package
class Defaults(portable_losses.Huber):
    def __init__(self, **rest):
        rest.setdefault("delta", 0.5)
        super().__init__(**rest)


@package
class FixedName(portable_losses.Huber):
    def __init__(self, delta=0.5, **rest):
        super().__init__(delta, name="mine", dtype="float16", **rest)


class Mixin:
    def __init__(self, factor=2.0, **rest):
        super().__init__(**rest)
        self.factor = factor


@package
class Mixed(Mixin, Fixed):
    def call(self, y_true, y_pred):
        return self.factor * super().call(y_true, y_pred)


@package
class OfABase(portable_losses.Loss):
    """A thin form of a loss of one's own."""

    def __init__(self, power=2.0, **rest):
        super().__init__(**rest)
        self.power = power

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_pred - y_true) ** self.power, axis=-1)


@package
class Cubic(OfABase):
    def __init__(self, **rest):
        super().__init__(power=3.0, **rest)


MADE = {
    "fixed": lambda: Fixed(),
    "fixed, with others": lambda: Fixed(class_weights=[1, 2, 3], reduction="sum"),
    "two levels": lambda: Twice(class_weights=[1, 2, 3], dtype="bfloat16"),
    "positional": lambda: Positional(),
    "all": lambda: PassesAll(),
    "all, by position": lambda: PassesAll(0.3, "sum"),
    "fixed and all": lambda: FixedAndAll("sum", class_weights=[1, 2, 3]),
    "renamed": lambda: Renamed(),
    "renamed, given": lambda: Renamed(threshold=0.2, reduction="sum"),
    "renamed, by position": lambda: Renamed(0.2),
    "renamed and stored": lambda: RenamedAndStored(threshold=0.2),
    "another value": lambda: Doubled(delta=0.2),
    "another value, default": lambda: Doubled(),
    "drops": lambda: Drops(delta=0.2),
    "rejects": lambda: Rejects(delta=0.2),
    "overrides": lambda: Overrides(),
    "overrides what is given": lambda: Overrides(delta=0.2),
    "a default": lambda: Defaults(),
    "a default, given": lambda: Defaults(delta=0.2),
    "a name": lambda: FixedName(0.2),
    "a mixin": lambda: Mixed(factor=3.0),
    "of a loss of one's own": lambda: Cubic(reduction="sum"),
}


def of_config(loss):
    return type(loss).from_config(loss.get_config())


def of_a_config(loss):
    return of_config(of_config(loss))


def of_a_file(loss):
    return keras.losses.deserialize(keras.losses.serialize(loss))


@pytest.mark.parametrize("way", [of_config, of_a_config, of_a_file])
@pytest.mark.parametrize("row", MADE)
def test_it_comes_back(row, way):
    loss = MADE[row]()
    again = way(loss)
    assert type(again) is type(loss)
    assert (again.reduction, again.dtype) == (loss.reduction, loss.dtype)
    assert (again.name, again.delta if hasattr(loss, "delta") else 0) == (
        loss.name,
        loss.delta if hasattr(loss, "delta") else 0,
    )
    want = keras.ops.convert_to_numpy(keras.ops.cast(loss(ZEROS, X), "float32"))
    got = keras.ops.convert_to_numpy(keras.ops.cast(again(ZEROS, X), "float32"))
    np.testing.assert_array_equal(got, want)
    assert repr(again) == repr(loss)


@pytest.mark.parametrize("row", MADE)
def test_in_a_file_of_a_model(row, tmp_path):
    loss = MADE[row]()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile("sgd", loss=loss)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert type(again.loss) is type(loss)
    want, got = (m.evaluate(X, ZEROS, verbose=0) for m in (model, again))
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_what_is_set_later_comes_back():
    loss = Fixed()
    loss.class_weights = (1.0, 2.0, 3.0)
    assert of_config(loss).class_weights == (1.0, 2.0, 3.0)
    renamed = PassesAll()
    renamed.delta = 0.25
    assert of_config(renamed).delta == 0.25


def test_a_fixed_argument_is_in_no_config_and_shown_by_no_repr():
    assert list(Fixed().get_config()) == ["reduction", "name", "dtype"]
    assert repr(Fixed(class_weights=[1, 2])) == "Fixed(class_weights=(1, 2))"


def test_with_a_number_that_moves():
    w = portable_losses.Hyperparameter(0.25, name="w")
    for loss in (Renamed(threshold=w), Fixed(class_weights=[1.0, w, 1.0])):
        again = of_config(loss)
        assert again.hyperparameters == [w]
        assert float(again(ZEROS, X)) == float(loss(ZEROS, X))
