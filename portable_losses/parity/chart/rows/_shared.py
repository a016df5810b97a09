"""Inputs that several families of rows share."""

import math

import numpy as np

from portable_losses.parity.chart.op import Point, point

INF, NAN = math.inf, math.nan
ENDS = (-INF, INF, NAN)
LARGE = (-1e4, 1e4)
LOG_TINY = -126 * math.log(2)
"""`portable_losses.ops.log` at 0: the log of the smallest normal number."""

LN2 = math.log(2)
A = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
B = np.array([[2.0, 1.0, -1.0], [-3.0, 0.25, 1.5]])
V = np.array([1.0, -2.0, 3.0])
TIES = np.array([[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]])

ORDINARY: Point = point("ordinary", A)
EMPTY: Point = point("empty", np.zeros((0, 3)))
TIED: Point = point("ties", TIES)
# Changing one of three equal numbers does not change the median: its derivatives are 0.
PAIRED: Point = point("ties", [[1.0, 2.0, 2.0], [0.0, 0.0, 3.0]])
ZEROS: Point = point("zeros", np.zeros(3))
WITH_NAN: Point = point("a NaN", [1.0, NAN, 3.0, -2.0])
WITH_INF: Point = point("an infinity", [1.0, INF, -2.0])
