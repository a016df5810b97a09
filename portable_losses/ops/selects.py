"""where: entries that are not selected have gradient 0, even if it would be NaN."""

from typing import Any

from keras import ops as raw

from portable_losses.ops.known import found
from portable_losses.ops.pinning import FLOATS, as_dtype, is_number, pinned, result_type

SELECTS_DROP = found(
    "the gradient of where drops entries that are not selected, a NaN too",
    "MLX multiplies their gradient by 0, which leaves a NaN; NumPy and OpenVINO have "
    "no gradients",
    tensorflow="2.21.0",
    jax="0.10.2",
    torch="2.13.0",
    numpy="2.4.6",
    openvino="2026.4.1",
)


def _where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        return raw.where(condition, x1, x2)
    values = [x if is_number(x) else raw.convert_to_tensor(x) for x in (x2, x1)]
    dtype = result_type(*values)
    if dtype not in FLOATS or all(is_number(x) for x in values):
        return raw.where(condition, x1, x2)
    # Only the shape of this result is used, not its gradient.
    like = raw.stop_gradient(raw.where(condition, values[1], values[0]))
    shape = raw.shape(like)
    pair = [raw.broadcast_to(as_dtype(x, dtype), shape) for x in values]
    index = raw.broadcast_to(raw.cast(condition, "int32"), shape)
    # A lookup by index selects: only the entry that was looked up has a gradient.
    chosen = raw.expand_dims(index, -1)
    found = raw.take_along_axis(raw.stack(pair, axis=-1), chosen, axis=-1)
    return raw.squeeze(found, axis=-1)


_where.__name__ = "where"
where = raw.where if SELECTS_DROP else pinned(_where)
"""`keras.ops.where` if its gradient drops entries as above, else a lookup by index."""
