"""`keras.ops.numpy`, with the pinned functions in it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    def __getattr__(name: str) -> Any: ...
else:
    from keras.ops.numpy import *  # noqa: F403  # all public names; pinned replace some

from portable_losses.ops.accumulations import cumprod as cumprod
from portable_losses.ops.accumulations import cumsum as cumsum
from portable_losses.ops.accumulations import nancumprod as nancumprod
from portable_losses.ops.accumulations import nancumsum as nancumsum
from portable_losses.ops.accumulations import prod as prod
from portable_losses.ops.angles import angle as angle
from portable_losses.ops.angles import arccos as arccos
from portable_losses.ops.angles import arcsin as arcsin
from portable_losses.ops.angles import arctan2 as arctan2
from portable_losses.ops.angles import sinc as sinc
from portable_losses.ops.exponentials import expm1 as expm1
from portable_losses.ops.exponentials import log1p as log1p
from portable_losses.ops.extremes import clip as clip
from portable_losses.ops.extremes import fmax as fmax
from portable_losses.ops.extremes import fmin as fmin
from portable_losses.ops.extremes import maximum as maximum
from portable_losses.ops.extremes import minimum as minimum
from portable_losses.ops.log_sums import logaddexp as logaddexp
from portable_losses.ops.log_sums import logaddexp2 as logaddexp2
from portable_losses.ops.logs import log as log
from portable_losses.ops.logs import log2 as log2
from portable_losses.ops.logs import log10 as log10
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
from portable_losses.ops.roots import sqrt as sqrt
from portable_losses.ops.roots import std as std
from portable_losses.ops.selects import where as where
from portable_losses.ops.signs import abs as abs
from portable_losses.ops.signs import absolute as absolute
from portable_losses.ops.signs import copysign as copysign
from portable_losses.ops.signs import fabs as fabs
from portable_losses.ops.signs import heaviside as heaviside
from portable_losses.ops.signs import sign as sign
