"""A batch that `keras.distribution` splits among devices, one part for each device.

In a loop over chunks of the whole batch, every device would compute every chunk. So
each device runs a loop over the chunks of the part that it holds.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops as raw


def parts_of(length: Any) -> int:
    """The number of devices that a batch is split among; 1 if it is unknown.

    The number is read from `keras.distribution`. It is 1, too, if the batch cannot be
    split into parts of equal size.
    """
    shared = keras.distribution.distribution()
    if shared is None or not isinstance(length, int):
        return 1
    mesh = shared.device_mesh
    count = int(mesh.shape[mesh.axis_names.index(shared.batch_dim_name)])
    return count if length % count == 0 else 1


def on_each_device(x: Any) -> Any:
    """Copy the whole batch to every device, if it is split among several.

    This is done once before a loop. Otherwise each iteration would fetch a part of it.
    """
    return x if parts_of(x.shape[0]) == 1 else _laid_out(x, None)


def by_part(function: Callable[..., Any], parts: int, *tensors: Any) -> Any:
    """Call a function of tensors once for each device's part; stack the results."""
    shared = keras.distribution.distribution()
    split = tuple(
        _laid_out(
            raw.reshape(x, (parts, x.shape[0] // parts, *x.shape[1:])),
            shared.batch_dim_name,
        )
        for x in tensors
    )
    return raw.vectorized_map(lambda part: function(*part), split)


def _laid_out(x: Any, first: str | None) -> Any:
    """Lay out a tensor: split its first axis along mesh axis `first` (None: do not)."""
    mesh = keras.distribution.distribution().device_mesh
    axes = [first, *(None for _ in x.shape[1:])]
    layout = keras.distribution.TensorLayout(axes, mesh)
    return keras.distribution.distribute_tensor(x, layout)
