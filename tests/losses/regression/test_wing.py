import numpy as np
import pytest

import portable_losses as pl


def test_wing_is_continuous_where_it_turns_linear(gradient, compiled):
    r = np.array([[9.999], [10.0], [10.001], [1e30]], "float32")
    loss = pl.Wing(reduction="none")
    value, slope = gradient(loss, 0 * r, r, compiled=compiled)
    joint = 10 * np.log(6)
    np.testing.assert_allclose(value[:3], joint, rtol=1e-4)
    np.testing.assert_allclose(value[3], 1e30, rtol=1e-6)
    np.testing.assert_allclose(slope[[0, 2, 3], 0], [10 / 12, 1.0, 1.0], rtol=1e-3)


def test_adaptive_wing_and_its_gradient_are_continuous(gradient, compiled):
    t = np.tile(np.array([[0.0, 0.3, 1.0]], "float32"), (3, 1))
    step = np.array([[0.4999], [0.5], [0.5001]], "float32")
    loss = pl.AdaptiveWing(reduction="none")
    value, slope = gradient(loss, t, t - step, compiled=compiled)
    np.testing.assert_allclose(value[[0, 2]], value[1], rtol=2e-3)
    np.testing.assert_allclose(slope[[0, 2]], slope[[1, 1]], rtol=2e-3)
    e = 2.1 - t[1].astype("float64")
    wanted = 14 * e * 0.5 ** (e - 1) / (1 + 0.5**e)
    np.testing.assert_allclose(slope[1], -wanted / 3, rtol=1e-5)


def test_adaptive_wing_is_live_beside_a_match(gradient, compiled):
    t = np.array([[0.0, 1.0, 0.5]] * 3, "float32")
    value, slope = gradient(pl.AdaptiveWing(), t, t, compiled=compiled)
    assert value == 0 and not slope.any()
    _, slope = gradient(pl.AdaptiveWing(), 0 * t + 1, 0 * t + 1 - 1e-3)
    np.testing.assert_allclose(slope, -14 * 1.1 * 1e-3**0.1 / 9, rtol=1e-3)


def test_hyperparameters_are_used():
    t, p = [[0.0, 1.0]], [[0.25, 0.0]]
    for cls, arguments in (
        (pl.Wing, {"omega": 0.5, "epsilon": 0.2}),
        (pl.AdaptiveWing, {"alpha": 2.3, "omega": 3, "epsilon": 0.2, "theta": 0.4}),
    ):
        moving = cls(**{k: pl.Hyperparameter(v) for k, v in arguments.items()})
        assert float(moving(t, p)) == pytest.approx(float(cls(**arguments)(t, p)))


WRONG = [
    ("Wing", "omega", 0, 0),
    ("Wing", "epsilon", 0, 0),
    ("AdaptiveWing", "alpha", 1, 1),
    ("AdaptiveWing", "omega", 0, 0),
    ("AdaptiveWing", "epsilon", -1, 0),
    ("AdaptiveWing", "theta", 0, 0),
]


@pytest.mark.parametrize(("name", "key", "value", "bound"), WRONG)
def test_arguments_that_make_no_sense_are_rejected(name, key, value, bound):
    message = f"{name}: `{key}` must be a finite number > {bound}; got {key}={value}"
    with pytest.raises(ValueError, match=message):
        getattr(pl, name)(**{key: value})
