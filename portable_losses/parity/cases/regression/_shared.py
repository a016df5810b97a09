"""What the cases of the regression losses share: inputs."""

import numpy as np

from portable_losses.parity.case import Pair
from portable_losses.parity.cases._shared import EXACT

EPSILON = 1e-7  # Keras's
MATCH: Pair = (EXACT, EXACT)
FAR: Pair = (np.zeros((2, 3)), np.array([[1e4, -1e4, 10.0], [-1e4, 1e4, 1e3]]))
OUT: Pair = (np.zeros((2, 3)), np.array([[2.5, -2.5, 2.0], [-2.0, 2.5, 2.75]]))
"""Outliers of losses whose gradient fades far out."""
