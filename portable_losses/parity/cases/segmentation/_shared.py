"""What the cases of the segmentation losses share: inputs."""

import numpy as np

from portable_losses.parity.case import Pair

EPSILON = 1e-7


def soft_rows(rng: np.random.Generator, n: int) -> Pair:
    return rng.dirichlet(np.ones(3), (n, 3, 2)), rng.dirichlet(np.ones(3), (n, 3, 2))


ROWS = np.eye(3)[np.array([[[0, 1], [1, 0], [0, 0]], [[2, 1], [1, 0], [0, 2]]])]
