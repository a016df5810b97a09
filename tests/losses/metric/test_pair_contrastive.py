import numpy as np
import pytest

import portable_losses
from portable_losses import ops


def test_each_term_by_itself(gradient, compiled):
    loss = portable_losses.PairContrastive(margin=2.0, reduction=None)
    t = np.array([1.0, 1.0, 0.0, 0.0, 0.0], "float32")
    d = np.array([0.0, 3.0, 0.5, 2.0, 9.0])
    value, slope = gradient(loss, t, d, compiled=compiled)
    np.testing.assert_allclose(value, [0, 9, 2.25, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(slope, [0, 6, -3, 0, 0], rtol=1e-6)


def test_shapes_and_integer_targets_are_one(gradient):
    loss = portable_losses.PairContrastive()
    t, d = np.array([1, 0, 0, 1], "int32"), np.array([0.5, 0.4, 2.0, 1.0])
    wanted = (0.25 + 0.36 + 0 + 1) / 4
    for s, q in ((t, d), (t[:, None], d), (t, d[:, None]), (t == 1, d)):
        assert gradient(loss, s, q)[0] == pytest.approx(wanted, rel=1e-6)


def test_distances_of_equal_embeddings_have_a_gradient_without_nan(gradient):
    loss = portable_losses.PairContrastive()

    def of_views(t, z, *rest, **more):
        return loss(t, ops.distance(z[:, 0], z[:, 1]), *rest, **more)

    value, slope = gradient(of_views, [0.0, 1.0], np.ones((2, 2, 3)))
    assert value == pytest.approx(0.5) and not slope.any()


def test_messages():
    with pytest.raises(ValueError) as caught:
        portable_losses.PairContrastive(margin=-1)
    assert str(caught.value) == (
        "PairContrastive: `margin` must be a finite number >= 0; got margin=-1 (choose "
        "a value in that range)."
    )
    with pytest.raises(ValueError, match="`y_true` must have y_pred's shape"):
        portable_losses.PairContrastive()([1, 0, 1], [0.5, 0.5])
