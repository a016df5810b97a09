"""Fourier transforms and sequences."""

from typing import Any

import numpy as np

from portable_losses.parity.chart.op import SINGLE, op, point

WAVE = np.array([1.0, -2.0, 3.0, 0.5, -1.0, 2.0, 0.0, 1.5])
GRID = WAVE.reshape(2, 4)
BOTH = point("ordinary", WAVE, WAVE[::-1])
GRIDS = point("ordinary", GRID, GRID[:, ::-1])


def _parts(z: Any) -> Any:
    return np.real(z), np.imag(z)


def _of_pair(function: Any) -> Any:
    return lambda x, y: _parts(function(x + 1j * y))


def _frames(x: Any) -> Any:
    return np.stack([x[i : i + 4] for i in range(0, len(x) - 3, 2)])


def _stft(ops: Any, x: Any) -> Any:
    return ops.stft(x, 4, 2, 4, window=None, center=False)


ROWS = (
    op(
        "fft",
        _of_pair(np.fft.fft),
        BOTH,
        call=lambda ops, x, y: ops.fft((x, y)),
        dtypes=SINGLE,
    ),
    op(
        "fft2",
        _of_pair(np.fft.fft2),
        GRIDS,
        call=lambda ops, x, y: ops.fft2((x, y)),
        dtypes=SINGLE,
    ),
    op(
        "ifft2",
        _of_pair(np.fft.ifft2),
        GRIDS,
        call=lambda ops, x, y: ops.ifft2((x, y)),
        dtypes=SINGLE,
    ),
    op("rfft", lambda x: _parts(np.fft.rfft(x)), point("ordinary", WAVE)),
    op(
        "irfft",
        lambda x, y: np.fft.irfft(x + 1j * y),
        point("ordinary", [1.0, -2.0, 0.5], [0.0, 1.5, 0.0]),
        call=lambda ops, x, y: ops.irfft((x, y)),
        dtypes=SINGLE,
    ),
    op(
        "stft",
        lambda x: _parts(np.fft.rfft(_frames(x))),
        point("ordinary", WAVE),
        given="4, 2, 4, no window",
        call=_stft,
    ),
    op(
        "istft",
        lambda x: np.array(x),
        point("ordinary", WAVE),
        given="of stft",
        call=lambda ops, x: ops.istft(ops.stft(x, 4, 2, 4), 4, 2, 4, length=len(WAVE)),
        dtypes=SINGLE,
    ),
    op(
        "extract_sequences",
        _frames,
        point("ordinary", WAVE),
        given="4, 2",
        call=lambda ops, x: ops.extract_sequences(x, 4, 2),
    ),
)
