import keras
import numpy as np
import pytest

import portable_losses as pl

MODE = {"jax": "jit", "tensorflow": "xla"}.get(keras.config.backend(), False)

VIEWS = np.random.default_rng(0).normal(size=(6, 2, 4)).astype("float32")


def value(loss, *args, **kwargs):
    return keras.ops.convert_to_numpy(loss(*args, **kwargs))


def test_the_correlations_of_numpy():
    both = np.corrcoef(VIEWS[:, 0], VIEWS[:, 1], rowvar=False)[:4, 4:]
    on, off = np.diag(both), both[~np.eye(4, dtype="bool")]
    for weight in (0.0, 0.005, 2.0):
        got = value(pl.BarlowTwins(off_diagonal_weight=weight), None, VIEWS)
        wanted = np.sum((1 - on) ** 2) + weight * np.sum(off**2)
        assert got == pytest.approx(wanted, rel=1e-3)  # for the 1e-5 in the variance


def test_lengths_and_means_of_columns_do_not_count():
    loss = pl.BarlowTwins()
    scale, shift = np.array([1e2, 1e3, 7.0, 50.0]), np.array([0.0, 5.0, -3.0, 9.0])
    moved = (VIEWS * scale + shift).astype("float32")
    wanted = value(loss, None, (1e2 * VIEWS).astype("float32"))
    assert value(loss, None, moved) == pytest.approx(wanted, rel=1e-4)


def test_one_sample_has_no_correlation(gradient):
    t = np.zeros(1, "float32")
    got, slope = gradient(pl.BarlowTwins(), t, VIEWS[:1], compiled=MODE)
    assert got == 0 and not slope.any()
    only, t = np.arange(6) == 3, np.zeros(6, "float32")
    got, slope = gradient(pl.BarlowTwins(), t, VIEWS, mask=only, compiled=MODE)
    assert got == 0 and not slope.any()
    assert np.isnan(value(pl.BarlowTwins(), None, np.nan * VIEWS[:1]))


def test_masked_samples_are_removed(gradient):
    kept = np.array([True, True, False, True, False, True])
    broken = np.where(kept[:, None, None], VIEWS, np.nan)
    t = np.zeros(6, "float32")
    loss = pl.BarlowTwins()
    got, slope = gradient(loss, t, broken, mask=kept, compiled=MODE)
    wanted, expected = gradient(loss, t[kept], VIEWS[kept], compiled=MODE)
    assert got == pytest.approx(wanted, rel=1e-5)
    np.testing.assert_allclose(slope[kept], expected, atol=1e-5)
    assert not slope[~kept].any()


@pytest.mark.parametrize("cls", [pl.BarlowTwins, pl.VICReg])
def test_weights_are_rejected_with_what_takes_them(cls):
    with pytest.raises(ValueError) as caught:
        cls()(None, VIEWS, np.ones(6, "float32"))
    assert str(caught.value) == (
        f"{cls.__name__}: `sample_weight` must be None for a statistic, one number for "
        "the whole batch; got sample_weight=weights of shape (6,) (use InfoNCE, which "
        "has one value per sample)."
    )
