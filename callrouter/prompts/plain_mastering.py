"""The mastering that every installation can do, for a studio recording nobody has run `build` for: numpy alone.

Rules, in the order in which they are applied; what comes out sounds like `mastering.py`'s, not bit for bit:
- 300–3400 Hz and 8000 samples a second in one step on the spectrum, so zero phase, from any rate of 8000 up.
- Silence at both ends cut to the same padding as a master's.
- Loudness by gated RMS to the level the shipped masters have, peaks at −3 dBFS at most, limited with 2 ms
  look-ahead.
- Music is quieter, is not cut, and is treated as the endless loop that it is.
- The same recording gives the same samples every time: no chance, no clock.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from callrouter.prompts.alaw import SAMPLE_RATE
from callrouter.prompts.mastering import (
    LEAD_SECONDS,
    LOOK_AHEAD_SECONDS,
    PASS_BAND_HZ,
    PEAK_DBFS,
    RELEASE_SECONDS,
    TAIL_SECONDS,
    Signal,
    cut,
    twelve_bits,
)

SPEECH_RMS_DBFS = -22.75
"""Gated RMS of the 53 spoken masters that are shipped: −22.75 on average, all between −23.04 and −22.50."""
MUSIC_RMS_DBFS = -28.6
"""Gated RMS of the music on hold that is shipped."""

_SILENT_RMS_DBFS = -55.0
"""A microphone that was not switched on gives less than this inside the pass band; a quiet voice gives more."""
_AROUND_SECONDS = 0.25
"""Room for the filter to ring before the first sample and after the last one."""
_FADED_OUT_HZ = (3600, SAMPLE_RATE / 2)
"""Where the spectrum is brought to nothing, so that cutting it at 4000 Hz does not ring."""
_BLOCK_SECONDS, _HOP_SECONDS = 0.4, 0.1
"""The blocks of ITU-R BS.1770, which a pause must not count in."""
_CLOSE_ENOUGH_DB = 0.1


def master_plainly(signal: Signal, sample_rate: int) -> NDArray[np.int16]:
    """Make telephone sound of one mono signal with a full scale of 1.0: 8000 samples a second, 16 bits.

    Raises ValueError for a signal in which nothing can be heard.
    """
    around = round(_AROUND_SECONDS * sample_rate)
    whole_blocks = -len(signal) % around  # a length with small factors is transformed many times faster
    with_room = np.pad(signal, (around, around + whole_blocks))
    voice = _levelled(cut(_narrowed(with_room, sample_rate)), SPEECH_RMS_DBFS)
    lead, tail = round(LEAD_SECONDS * SAMPLE_RATE), round(TAIL_SECONDS * SAMPLE_RATE)
    return twelve_bits(np.pad(voice, (lead, tail)))


def master_loop_plainly(signal: Signal, sample_rate: int) -> NDArray[np.int16]:
    """Make telephone sound of music that is played in a loop: its end joins its beginning.

    Raises ValueError for a signal in which nothing can be heard.
    """
    once = _narrowed(signal, sample_rate)  # a spectrum is a loop's already
    around = _levelled(np.tile(once, 3), MUSIC_RMS_DBFS)
    return twelve_bits(around[len(once) : 2 * len(once)])


def gated_rms_dbfs(signal: Signal) -> float:
    """Measure the RMS in dBFS of the blocks of 400 ms that are no pause: not 10 dB below the mean of all.

    The gates are those of ITU-R BS.1770-4 without its weighting, which changes little inside 300–3400 Hz.
    What is shorter than a block is repeated first. Minus infinity for silence.
    """
    block, hop = round(_BLOCK_SECONDS * SAMPLE_RATE), round(_HOP_SECONDS * SAMPLE_RATE)
    if 0 < len(signal) < block:
        signal = np.tile(signal, math.ceil(block / len(signal)) + 1)
    energy = np.concatenate([[0.0], np.cumsum(signal**2)])
    starts = np.append(np.arange(0, len(signal) - block, hop), len(signal) - block)
    power = (energy[starts + block] - energy[starts]) / block if len(signal) else np.zeros(1)
    heard = power[power > 10 ** (-70 / 10)]
    if not len(heard):
        return -math.inf
    return 10 * math.log10(float(heard[heard > heard.mean() / 10].mean()))


def _narrowed(signal: Signal, sample_rate: int) -> Signal:
    """Give what the line passes of the signal, 8000 samples a second, with a peak of 1.0."""
    length = round(len(signal) * SAMPLE_RATE / sample_rate)
    if length == 0:
        raise ValueError("nothing can be heard in the sound")
    kept = np.fft.rfft(signal)[: length // 2 + 1]
    frequency: Signal = np.arange(len(kept), dtype=np.float64) * (sample_rate / len(signal))
    narrow: Signal = np.fft.irfft(kept * _response(frequency), length) * (length / len(signal))
    if gated_rms_dbfs(narrow) < _SILENT_RMS_DBFS:
        raise ValueError("nothing can be heard in the sound")
    quotient: Signal = narrow / np.abs(narrow).max()
    return quotient


def _response(frequency: Signal) -> Signal:
    """Give the gain at each frequency: a fourth-order Butterworth band run both ways, as `mastering.py` does."""
    low, high = PASS_BAND_HZ
    above_zero = np.maximum(frequency, 1e-3)
    detuning = (above_zero**2 - low * high) / (above_zero * (high - low))
    fade_from, fade_to = _FADED_OUT_HZ
    fade = np.clip((fade_to - frequency) / (fade_to - fade_from), 0.0, 1.0)
    response: Signal = fade / (1 + detuning**8)
    return response


def _levelled(signal: Signal, target_dbfs: float) -> Signal:
    for _ in range(8):  # limiting takes loudness away, and so the two are approached together
        missing_db = target_dbfs - gated_rms_dbfs(signal)
        signal = _limited(signal * 10 ** (missing_db / 20))
        if abs(missing_db) < _CLOSE_ENOUGH_DB:
            break
    return signal


def _limited(signal: Signal) -> Signal:
    """Turn the gain down 2 ms before a peak and let it recover with a time constant of 50 ms."""
    ceiling = 10 ** (PEAK_DBFS / 20)
    wanted = np.minimum(1.0, ceiling / np.maximum(np.abs(signal), 1e-9))
    if wanted.min() == 1.0:
        return signal
    ahead = round(LOOK_AHEAD_SECONDS * SAMPLE_RATE)
    beside = np.pad(wanted, ahead, constant_values=1.0)
    lowest = np.lib.stride_tricks.sliding_window_view(beside, 2 * ahead + 1).min(axis=1)
    # The recovery, reduction[n] = max(1 − lowest[n], reduction[n − 1] · r), is a running maximum in logarithms.
    decay = np.arange(len(signal)) / (RELEASE_SECONDS * SAMPLE_RATE)
    reduction = np.exp(np.maximum.accumulate(np.log(np.maximum(1 - lowest, 1e-12)) + decay) - decay)
    smooth = 1 - np.convolve(reduction, np.full(ahead, 1 / ahead), "same")
    limited: Signal = np.clip(signal * np.minimum(smooth, wanted), -ceiling, ceiling)
    return limited
