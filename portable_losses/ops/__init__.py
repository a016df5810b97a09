"""`keras.ops`, name for name, with one value and one gradient on every backend.

Change `from keras import ops` to `from portable_losses import ops`: every name is
there, in `ops.nn`, `ops.numpy`, `ops.linalg` and `ops.image` too. The functions that
`keras.ops` lets differ by backend, in value or in gradient, are replaced by pinned
ones; the docstring of each states its convention. `distance`, `distance_transform`,
`xlogy`, `log_gamma`, `log_gamma_difference` and `digamma` are new; `copysign`,
`float_power` and `lgamma` (`log_gamma`) are those of Keras 3.16, on every version.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Keras is untyped, and type checkers infer wrong types for it
    from typing import Any

    def __getattr__(name: str) -> Any: ...
else:
    from keras.ops import *  # noqa: F403  # all public names; pinned ones replace some

# `from portable_losses.ops import linalg` would find the module of Keras, which the
# `import *` above has defined.
import portable_losses.ops.linalg as linalg  # noqa: F401  # public
import portable_losses.ops.nn as nn  # noqa: F401  # public
import portable_losses.ops.numpy as numpy  # noqa: F401  # public
from portable_losses.ops.accumulations import cumprod as cumprod
from portable_losses.ops.accumulations import cumsum as cumsum
from portable_losses.ops.accumulations import nancumprod as nancumprod
from portable_losses.ops.accumulations import nancumsum as nancumsum
from portable_losses.ops.accumulations import prod as prod
from portable_losses.ops.activations import celu as celu
from portable_losses.ops.activations import elu as elu
from portable_losses.ops.activations import gelu as gelu
from portable_losses.ops.activations import leaky_relu as leaky_relu
from portable_losses.ops.activations import selu as selu
from portable_losses.ops.activations import silu as silu
from portable_losses.ops.activations import softsign as softsign
from portable_losses.ops.activations import sparse_plus as sparse_plus
from portable_losses.ops.activations import swish as swish
from portable_losses.ops.angles import angle as angle
from portable_losses.ops.angles import arccos as arccos
from portable_losses.ops.angles import arcsin as arcsin
from portable_losses.ops.angles import arctan2 as arctan2
from portable_losses.ops.angles import sinc as sinc
from portable_losses.ops.distance_maps import distance_transform as distance_transform
from portable_losses.ops.exponentials import expm1 as expm1
from portable_losses.ops.exponentials import log1p as log1p
from portable_losses.ops.extremes import clip as clip
from portable_losses.ops.extremes import fmax as fmax
from portable_losses.ops.extremes import fmin as fmin
from portable_losses.ops.extremes import maximum as maximum
from portable_losses.ops.extremes import minimum as minimum
from portable_losses.ops.gamma import digamma as digamma
from portable_losses.ops.gamma import log_gamma as lgamma  # noqa: F401  # Keras's name
from portable_losses.ops.gamma import log_gamma as log_gamma
from portable_losses.ops.gamma import log_gamma_difference as log_gamma_difference
from portable_losses.ops.hard_activations import hard_sigmoid as hard_sigmoid
from portable_losses.ops.hard_activations import hard_silu as hard_silu
from portable_losses.ops.hard_activations import hard_swish as hard_swish
from portable_losses.ops.hard_activations import hard_tanh as hard_tanh
from portable_losses.ops.hard_activations import relu6 as relu6
from portable_losses.ops.hard_activations import sparse_sigmoid as sparse_sigmoid
from portable_losses.ops.log_sums import log_sigmoid as log_sigmoid
from portable_losses.ops.log_sums import log_softmax as log_softmax
from portable_losses.ops.log_sums import logaddexp as logaddexp
from portable_losses.ops.log_sums import logaddexp2 as logaddexp2
from portable_losses.ops.log_sums import logsumexp as logsumexp
from portable_losses.ops.log_sums import softmax as softmax
from portable_losses.ops.log_sums import softplus as softplus
from portable_losses.ops.logs import log as log
from portable_losses.ops.logs import log2 as log2
from portable_losses.ops.logs import log10 as log10
from portable_losses.ops.logs import xlogy as xlogy
from portable_losses.ops.norms import cdist as cdist
from portable_losses.ops.norms import distance as distance
from portable_losses.ops.norms import norm as norm
from portable_losses.ops.norms import normalize as normalize
from portable_losses.ops.powers import float_power as float_power
from portable_losses.ops.powers import power as power
from portable_losses.ops.quotients import divide as divide
from portable_losses.ops.quotients import divide_no_nan as divide_no_nan
from portable_losses.ops.quotients import reciprocal as reciprocal
from portable_losses.ops.quotients import true_divide as true_divide
from portable_losses.ops.reductions import amax as amax
from portable_losses.ops.reductions import amin as amin
from portable_losses.ops.reductions import max as max
from portable_losses.ops.reductions import min as min
from portable_losses.ops.remainders import floor_divide as floor_divide
from portable_losses.ops.remainders import fmod as fmod
from portable_losses.ops.roots import cbrt as cbrt
from portable_losses.ops.roots import hypot as hypot
from portable_losses.ops.roots import nanstd as nanstd
from portable_losses.ops.roots import rsqrt as rsqrt
from portable_losses.ops.roots import sqrt as sqrt
from portable_losses.ops.roots import std as std
from portable_losses.ops.selects import where as where
from portable_losses.ops.signs import abs as abs
from portable_losses.ops.signs import absolute as absolute
from portable_losses.ops.signs import copysign as copysign
from portable_losses.ops.signs import fabs as fabs
from portable_losses.ops.signs import heaviside as heaviside
from portable_losses.ops.signs import relu as relu
from portable_losses.ops.signs import sign as sign
from portable_losses.ops.sparse import sparsemax as sparsemax
