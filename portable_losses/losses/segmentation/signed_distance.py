"""The signed distance map of a mask."""

from typing import Any, Literal

import keras

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.inputs import tensor
from portable_losses.losses.segmentation._distance import signed

DataFormat = Literal["channels_first", "channels_last"]


def signed_distance(mask: Any, data_format: DataFormat | None = None) -> Any:
    """Signed distance map (level set function, signed Euclidean distance transform).

    For each pixel and class it holds the exact Euclidean distance to the border of the
    class. Outside of the class it is the distance to the nearest pixel of the class;
    inside, it is minus the distance to the nearest pixel that is not of the class.

    `Boundary` computes this map at every step, or takes maps that were computed before
    training.

    Shapes: `mask` is `(B, *space, C)`, with one to three spatial axes, and so is the
    result, in float32. There is no distance between samples or between classes.

    Args:
        mask: booleans, or numbers, where a number above 0.5 is inside.
        data_format: "channels_last", "channels_first" (`(B, C, *space)`), or None for
            Keras's own setting.

    Edge cases: a pixel next to the border has the distance 1 or -1; there is no shift
    by half a pixel, and no distance is 0. If a class is empty or full in a sample, its
    map is 0. A pixel that is NaN has the distance NaN, and counts as outside. The
    squared distances are integers, exact below 2^24. No gradient flows to `mask`. Sizes
    may be unknown in a TensorFlow graph.

    Raises:
        ValueError: for an unknown `data_format`, and a mask without an spatial axis.
        TypeError: for a symbolic tensor, and for a mask that is not an array.

    Example:
        >>> mask = [[[0], [1], [1], [0], [0]]]
        >>> phi = portable_losses.signed_distance(np.array(mask))
        >>> [float(x) for x in keras.ops.reshape(phi, (-1,))]
        [1.0, -1.0, -1.0, 1.0, 2.0]

    Reference:
        Felzenszwalb, Huttenlocher, "Distance transforms of sampled functions", Theory
        of Computing 8, 2012, doi 10.4086/toc.2012.v008a019: the transform, one axis
        after the other.

    Differs: from the maps of Kervadec's code, which are larger by 1 inside.
    """
    owner = "signed_distance"
    known = (None, "channels_first", "channels_last")
    arguments.choice(owner, "data_format", data_format, known)
    if isinstance(mask, keras.KerasTensor):
        rule, remedy = "a tensor with values", "call it in the `call` of a layer"
        shown = errors.Described("a symbolic KerasTensor")
        errors.fail(owner, "mask", rule, shown, remedy, TypeError)
    mask = ops.stop_gradient(tensor(owner, "mask", mask))
    rank = len(mask.shape)
    if rank < 3:
        rule, remedy = "of shape (B, *space, C)", "add the spatial or class axes"
        shown = errors.Described(f"an array of shape {tuple(mask.shape)}")
        errors.fail(owner, "mask", rule, shown, remedy)
    first = (data_format or keras.config.image_data_format()) == "channels_first"
    space = tuple(range(2, rank) if first else range(1, rank - 1))
    return signed(mask, space)
