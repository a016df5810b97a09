import numpy as np


def to_distance(a, b):
    d = a - b
    return np.sqrt((d * d).mean(-1) + 1.0)
