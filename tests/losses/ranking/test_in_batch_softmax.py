"""InBatchSoftmax beside InfoNCE, and what it rejects."""

import keras
import numpy as np
import pytest

from portable_losses import InBatchSoftmax, InfoNCE

RNG = np.random.default_rng(2)
PAIRS = RNG.normal(size=(6, 2, 3)).astype("float32")


def test_with_different_items_it_is_info_nce_of_queries():
    info_nce = InfoNCE(temperature=0.5, symmetric=False, normalize=False)
    loss = InBatchSoftmax(temperature=0.5)
    wanted = float(info_nce(None, PAIRS))
    assert float(loss(np.arange(6), PAIRS)) == pytest.approx(wanted, rel=1e-6)
    assert float(loss(np.arange(6)[:, None], PAIRS)) == pytest.approx(wanted, rel=1e-6)


def test_an_item_is_no_negative_of_itself():
    loss = InBatchSoftmax(reduction="none")
    items = keras.ops.convert_to_numpy(loss([3, 3, 4], PAIRS[:3]))
    u, v = PAIRS[:3, 0], PAIRS[:3, 1]
    own, other = u[0] @ v[0], u[0] @ v[2]
    assert items[0] == pytest.approx(np.log1p(np.exp(other - own)), rel=1e-5)
    assert float(InBatchSoftmax()([7, 7, 7], PAIRS[:3])) == 0


def test_counts_need_no_unit():
    counts = np.array([40.0, 1.0, 2.0])
    ids = np.array([0, 1, 2, 0, 1, 2])
    once = float(InBatchSoftmax(item_counts=counts)(ids, PAIRS))
    shares = float(InBatchSoftmax(item_counts=counts / counts.sum())(ids, PAIRS))
    assert once == pytest.approx(shares, rel=1e-6)
    assert once != pytest.approx(float(InBatchSoftmax()(ids, PAIRS)), rel=1e-3)


def test_what_does_not_fit_is_rejected():
    with pytest.raises(
        ValueError, match="`item_counts.1.` must be a finite number > 0"
    ):
        InBatchSoftmax(item_counts=[1.0, 0.0])
    with pytest.raises(ValueError, match=r"`y_true` must be class indices in \[0, 2\)"):
        InBatchSoftmax(item_counts=[1.0, 2.0])([0, 2], PAIRS[:2])
    with pytest.raises(ValueError, match="`y_pred` must be two views"):
        InBatchSoftmax()([0, 1], PAIRS[:2, 0])
