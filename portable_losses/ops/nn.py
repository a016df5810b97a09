"""`keras.ops.nn`, with the pinned functions in it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    def __getattr__(name: str) -> Any: ...
else:
    from keras.ops.nn import *  # noqa: F403  # all public names; pinned replace some

from portable_losses.ops.activations import celu as celu
from portable_losses.ops.activations import elu as elu
from portable_losses.ops.activations import gelu as gelu
from portable_losses.ops.activations import leaky_relu as leaky_relu
from portable_losses.ops.activations import selu as selu
from portable_losses.ops.activations import silu as silu
from portable_losses.ops.activations import softsign as softsign
from portable_losses.ops.activations import sparse_plus as sparse_plus
from portable_losses.ops.activations import swish as swish
from portable_losses.ops.hard_activations import hard_sigmoid as hard_sigmoid
from portable_losses.ops.hard_activations import hard_silu as hard_silu
from portable_losses.ops.hard_activations import hard_swish as hard_swish
from portable_losses.ops.hard_activations import hard_tanh as hard_tanh
from portable_losses.ops.hard_activations import relu6 as relu6
from portable_losses.ops.hard_activations import sparse_sigmoid as sparse_sigmoid
from portable_losses.ops.log_sums import log_sigmoid as log_sigmoid
from portable_losses.ops.log_sums import log_softmax as log_softmax
from portable_losses.ops.log_sums import softmax as softmax
from portable_losses.ops.log_sums import softplus as softplus
from portable_losses.ops.norms import normalize as normalize
from portable_losses.ops.signs import relu as relu
from portable_losses.ops.sparse import sparsemax as sparsemax
