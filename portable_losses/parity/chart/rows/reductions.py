"""Sums, extremes and spreads: functions that reduce an axis."""

from typing import Any

import numpy as np
from scipy import special

from portable_losses.parity.chart.op import Op, op, point
from portable_losses.parity.chart.rows._shared import (
    EMPTY,
    INF,
    NAN,
    ORDINARY,
    PAIRED,
    TIED,
    WITH_INF,
    WITH_NAN,
    A,
)

ONES = point("4096 ones", np.ones(4096), dtypes=("float16", "bfloat16"))
CONSTANT = point("all equal", [0.5, 0.5, 0.5], promise=(0.0, np.zeros(3)))
TIE = point("ties", [1.0, 2.0, 2.0], promise=(None, [0.0, 0.5, 0.5]))
LOW_TIE = point("ties", [2.0, 1.0, 1.0], promise=(None, [0.0, 0.5, 0.5]))
ONE_ZERO = point("a zero", [2.0, 0.0, 3.0])
TWO_ZEROS = point("two zeros", [0.0, 2.0, 0.0])
NANS_EQUAL = point("all equal, a NaN", [2.0, NAN, 2.0], promise=(0.0, [0.0, NAN, 0.0]))


def _last(function: Any) -> Any:
    return lambda x: function(x, axis=-1)


def _ptp(x: Any) -> Any:
    return np.max(x, -1) - np.min(x, -1)


SUMS = (
    op("sum", _last(np.sum), ORDINARY, EMPTY, WITH_INF, WITH_NAN, axis=-1),
    op("mean", _last(np.mean), ORDINARY, EMPTY, WITH_INF, WITH_NAN, axis=-1),
    op("prod", _last(np.prod), ORDINARY, EMPTY, ONE_ZERO, TWO_ZEROS, axis=-1),
    op(
        "average",
        lambda x, w: np.average(x, axis=-1, weights=w),
        point("ordinary", A, [0.5, 2.0, 1.0]),
        given="axis=-1, weights",
        call=lambda ops, x, w: ops.average(x, axis=-1, weights=w),
    ),
    op("nansum", _last(np.nansum), ORDINARY, WITH_NAN, axis=-1),
    op("nanmean", _last(np.nanmean), ORDINARY, WITH_NAN, axis=-1),
    op("nanprod", _last(np.nanprod), ORDINARY, WITH_NAN, ONE_ZERO, axis=-1),
    op(
        "trapezoid",
        _last(np.trapezoid),
        ORDINARY,
        call=lambda ops, x: ops.trapezoid(x, axis=-1),
    ),
    op("trace", np.trace, ORDINARY),
    op("cumsum", _last(np.cumsum), ORDINARY, EMPTY, WITH_INF, axis=-1),
    op("cumprod", _last(np.cumprod), ORDINARY, ONE_ZERO, TWO_ZEROS, axis=-1),
    op("nancumsum", _last(np.nancumsum), ORDINARY, WITH_NAN, axis=-1),
    op("nancumprod", _last(np.nancumprod), ORDINARY, WITH_NAN, ONE_ZERO, axis=-1),
    op(
        "cumsum",
        lambda x: np.cumsum(x)[-1:],
        ONES,
        given="the last of many",
        call=lambda ops, x: ops.cumsum(x)[-1:],
        dtypes=("float16", "bfloat16"),
    ),
    op("sum", np.sum, ONES, given="of many", dtypes=("float16", "bfloat16")),
    op("mean", np.mean, ONES, given="of many", dtypes=("float16", "bfloat16")),
)

EXTREMES = (
    *(
        op(name, _last(np.max), ORDINARY, TIE, WITH_INF, WITH_NAN, axis=-1)
        for name in ("max", "amax")
    ),
    *(
        op(name, _last(np.min), ORDINARY, LOW_TIE, WITH_INF, WITH_NAN, axis=-1)
        for name in ("min", "amin")
    ),
    op("nanmax", _last(np.nanmax), ORDINARY, TIED, WITH_NAN, axis=-1),
    op("nanmin", _last(np.nanmin), ORDINARY, TIED, WITH_NAN, axis=-1),
    op("ptp", _ptp, ORDINARY, TIED, axis=-1),
    op(
        "max",
        lambda x: np.max(x, -1, initial=2.0),
        ORDINARY,
        TIED,
        EMPTY,
        axis=-1,
        initial=2.0,
    ),
)


def _quantiles(name: str, reference: Any, q: float) -> Op:
    return op(
        name,
        lambda x: reference(x, q, axis=-1),
        ORDINARY,
        PAIRED,
        *((WITH_NAN,) if name.startswith("nan") else ()),
        given=f"q={q:g}, axis=-1",
        call=lambda ops, x: getattr(ops, name)(x, q, axis=-1),
    )


ORDERED = (
    op("median", _last(np.median), ORDINARY, PAIRED, axis=-1),
    op("nanmedian", _last(np.nanmedian), ORDINARY, PAIRED, WITH_NAN, axis=-1),
    _quantiles("quantile", np.quantile, 0.25),
    _quantiles("nanquantile", np.nanquantile, 0.25),
    _quantiles("percentile", np.percentile, 25.0),
    _quantiles("nanpercentile", np.nanpercentile, 25.0),
)


def _moments(x: Any) -> Any:
    return np.mean(x, -1), np.var(x, -1)


SPREADS = (
    op("var", _last(np.var), ORDINARY, CONSTANT, WITH_NAN, axis=-1),
    op("std", _last(np.std), ORDINARY, CONSTANT, WITH_NAN, axis=-1),
    op("nanvar", _last(np.nanvar), ORDINARY, CONSTANT, WITH_NAN, axis=-1),
    op("nanstd", _last(np.nanstd), ORDINARY, NANS_EQUAL, WITH_NAN, axis=-1),
    op(
        "moments",
        _moments,
        ORDINARY,
        CONSTANT,
        given="axes=[-1]",
        call=lambda ops, x: ops.moments(x, axes=[-1]),
    ),
    op("corrcoef", np.corrcoef, ORDINARY),
    op("cov", np.cov, ORDINARY),
)


LOG_SUMS = (
    op(
        "logsumexp",
        _last(special.logsumexp),
        ORDINARY,
        TIED,
        point("far", [1e4, -1e4, 1e4]),
        point("a -inf", [-INF, 0.0, 1.0], gradients=([0.0, 0.26894142, 0.73105858],)),
        point("all -inf", [-INF, -INF], promise=(-INF, [0.0, 0.0])),
        point("an inf", [INF, 0.0], promise=(INF, [0.0, 0.0])),
        point("one", [3.0]),
        axis=-1,
    ),
)


ROWS = (*SUMS, *EXTREMES, *ORDERED, *SPREADS, *LOG_SUMS)
