"""Shared by the cases of the regression losses: inputs."""

import numpy as np

from portable_losses.parity.case import Pair
from portable_losses.parity.cases._shared import EXACT

EPSILON = 1e-7  # Keras's
MATCH: Pair = (EXACT, EXACT)
FAR: Pair = (np.zeros((2, 3)), np.array([[1e4, -1e4, 10.0], [-1e4, 1e4, 1e3]]))
OUT: Pair = (np.zeros((2, 3)), np.array([[2.5, -2.5, 2.0], [-2.0, 2.5, 2.75]]))
"""Outliers, for losses whose gradient tends to 0 there."""
