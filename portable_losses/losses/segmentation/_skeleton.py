"""The soft skeleton of a map, computed by erosions and openings."""

from typing import Any

from portable_losses import ops


def soft_skeleton(x: Any, iterations: int) -> Any:
    """Return the soft skeleton: what openings remove from `x` and its erosions.

    Let x_0 = x and x_{j+1} the erosion of x_j. The opening of x_j is the dilation of
    x_{j+1}. With d_j = relu(x_j - opening of x_j), the skeleton is s_iterations of

        s_0 = d_0    s_j = s_{j-1} + relu(d_j - s_{j-1} d_j)
    """
    thinner = _eroded(x)
    skeleton = ops.relu(x - _dilated(thinner))
    for _ in range(iterations):
        x, thinner = thinner, _eroded(thinner)
        rest = ops.relu(x - _dilated(thinner))
        skeleton = skeleton + ops.relu(rest - skeleton * rest)
    return skeleton


def _eroded(x: Any) -> Any:
    """The minimum over each pixel and its neighbors along the spatial axes."""
    found = [_of_three(x, axis, ops.minimum) for axis in range(1, len(x.shape) - 1)]
    smallest = found[0]
    for other in found[1:]:
        smallest = ops.minimum(smallest, other)
    return smallest


def _dilated(x: Any) -> Any:
    """The maximum over each pixel and all its neighbors, diagonal ones included."""
    for axis in range(1, len(x.shape) - 1):
        x = _of_three(x, axis, ops.maximum)
    return x


def _of_three(x: Any, axis: int, choose: Any) -> Any:
    """`choose` of each pixel and its two neighbors along an axis.

    It does not use pooling, whose gradient at a tie depends on the backend. The border
    pixels are repeated, which changes neither minimum nor maximum.
    """

    def part(x: Any, *bounds: int | None) -> Any:
        return x[(*[slice(None)] * axis, slice(*bounds))]

    x = ops.concatenate([part(x, 0, 1), x, part(x, -1, None)], axis=axis)
    x = choose(part(x, 1, None), part(x, 0, -1))
    return choose(part(x, 1, None), part(x, 0, -1))
