"""`keras.ops.linalg`, with the pinned functions in it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    def __getattr__(name: str) -> Any: ...
else:
    from keras.ops.linalg import *  # noqa: F403  # all names; the pinned replace some

from portable_losses.ops.norms import norm as norm
