"""`keras.ops.nn`, with the pinned functions in it."""

from keras.ops.nn import *  # noqa: F403  # every public name; the pinned ones follow

from portable_losses.ops.kinks import relu as relu
from portable_losses.ops.log_sums import log_sigmoid as log_sigmoid
from portable_losses.ops.log_sums import log_softmax as log_softmax
from portable_losses.ops.log_sums import softmax as softmax
from portable_losses.ops.log_sums import softplus as softplus
from portable_losses.ops.norms import normalize as normalize
