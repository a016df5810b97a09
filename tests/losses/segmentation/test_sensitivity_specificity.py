"""The sensitivity-specificity loss in numbers."""

import numpy as np
import pytest

import portable_losses as pl

OBJECT = np.zeros((1, 10, 1), "float32")
OBJECT[:, :2] = 1.0

NUMBERS = [
    ({}, OBJECT, 0 * OBJECT, 0.05),  # missed
    ({}, OBJECT, 0 * OBJECT + 1, 0.95),
    ({"weight": 1.0}, OBJECT, 0 * OBJECT + 1, 0.0),
    ({}, 0 * OBJECT, 0 * OBJECT + 1, 0.95),  # invented
    ({"empty": "formula"}, 0 * OBJECT, 0 * OBJECT + 1, 0.95),
    ({"empty": "skip"}, 0 * OBJECT, 0 * OBJECT + 1, 0.0),
    ({}, 0 * OBJECT, 0 * OBJECT, 0.0),
    ({}, 0 * OBJECT + 1, 0 * OBJECT, 0.05),  # no pixel outside
    ({}, 0.3 * OBJECT, 0.3 * OBJECT, 0.0),
    ({"smooth": 2.0, "weight": 0.5}, OBJECT, 1 - OBJECT, 0.5 * (2 / 4 + 8 / 10)),
]


@pytest.mark.parametrize(("config", "t", "p", "wanted"), NUMBERS)
def test_in_numbers(config, t, p, wanted):
    got = float(pl.SensitivitySpecificity(**config)(t, p))
    np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-7)


def test_few_fractions_outside_do_not_cancel():
    # 1 - t is 2^-12 at each of 2^18 pixels, and 64 together.
    t = np.full((1, 2**18, 1), 1 - 2.0**-12, "float32")
    got = float(pl.SensitivitySpecificity(weight=0.0)(t, 0.5 * t))
    np.testing.assert_allclose(got, 0.25 * (1 - 2.0**-12) ** 2, rtol=1e-5)
