"""A batch as the parts that the devices hold.

A loop over chunks of a whole batch would have every device compute every chunk. So each
device's part has a loop of its own, and all of them run at once.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops as raw


def parts_of(length: Any) -> int:
    """How many equal parts of a batch are on devices of their own; 1 if unknown.

    Keras knows, where `keras.distribution` shares the batch among devices.
    """
    shared = keras.distribution.distribution()
    if shared is None or not isinstance(length, int):
        return 1
    mesh = shared.device_mesh
    count = int(mesh.shape[mesh.axis_names.index(shared.batch_dim_name)])
    return count if length % count == 0 else 1


def on_each_device(x: Any) -> Any:
    """The whole of a batch on every device, where it is in several parts.

    Gathered once, before a loop whose every turn would gather some of it.
    """
    return x if parts_of(x.shape[0]) == 1 else _laid_out(x, None)


def by_part(function: Callable[..., Any], parts: int, *tensors: Any) -> Any:
    """Call a function of tensors once for each part; the results are stacked."""
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
    """A tensor whose first axis is shared along that axis of the devices, or is not."""
    mesh = keras.distribution.distribution().device_mesh
    axes = [first, *(None for _ in x.shape[1:])]
    layout = keras.distribution.TensorLayout(axes, mesh)
    return keras.distribution.distribute_tensor(x, layout)
