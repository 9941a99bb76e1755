"""From a wide-band voice to what a telephone line carries. Filters and meter need the `synthesis` extra.

`plain_mastering.py` does the same with numpy alone, for recordings that set-up finds.

Rules, in the order in which they are applied:
- 300–3400 Hz, zero phase: what the line passes, filtered cleanly once rather than by chance on the way.
- 8000 samples a second, mono.
- Silence at both ends cut, then 60 ms in front and 140 ms behind: a caller never waits for the first word,
  and the next prompt does not fall on the last one.
- Loudness −23 LUFS (ITU-R BS.1770, EBU R 128), peaks at −3 dBFS at most, by a limiter with 2 ms look-ahead.
- Music is quieter than speech by 6 dB, is not cut, and is treated as the endless loop that it is.
- Twelve bits, for A-law uses no more: the four zero bits make the lossless master a third smaller.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callrouter.prompts.alaw import SAMPLE_RATE
from callrouter.prompts.extra import needed

CHAIN = "1"
"""The version of this chain: a change to what comes out must change it, so that everything is made anew."""

SPEECH_LUFS = -23.0
MUSIC_LUFS = -29.0
PEAK_DBFS = -3.0
PASS_BAND_HZ = (300, 3400)
LEAD_SECONDS = 0.06
TAIL_SECONDS = 0.14
LOOK_AHEAD_SECONDS = 0.002
RELEASE_SECONDS = 0.05

_GATING_BLOCK_SECONDS = 0.4
_AUDIBLE_DBFS = -60.0
_ONSET_DB = -45.0
"""Against the peak: what is quieter before the first word is no speech yet."""

Signal = NDArray[np.float64]


def master(signal: Signal, sample_rate: int) -> NDArray[np.int16]:
    """Make a telephone master of one mono signal with a full scale of 1.0: 8000 samples a second, 16 bits.

    Raises ValueError for a signal in which nothing can be heard.
    """
    voice = _levelled(cut(_narrowed(signal, sample_rate)), SPEECH_LUFS)
    lead, tail = (np.zeros(round(seconds * SAMPLE_RATE)) for seconds in (LEAD_SECONDS, TAIL_SECONDS))
    return twelve_bits(np.concatenate([lead, voice, tail]))


def master_loop(signal: Signal, sample_rate: int) -> NDArray[np.int16]:
    """Make a telephone master of music that is played in a loop: its end joins its beginning."""
    around = _levelled(_narrowed(np.tile(signal, 3), sample_rate), MUSIC_LUFS)
    once = len(around) // 3
    return twelve_bits(around[once : 2 * once])


def _narrowed(signal: Signal, sample_rate: int) -> Signal:
    """Give the signal as the line passes it, with a peak of 1.0: a loudness meter does not hear a whisper."""
    narrow = _resampled(_band_passed(signal, sample_rate), sample_rate)
    peak = np.abs(narrow).max(initial=0.0)
    if peak < 10 ** (_AUDIBLE_DBFS / 20):
        raise ValueError("nothing can be heard in the sound")
    quotient: Signal = narrow / peak
    return quotient


def _levelled(signal: Signal, target_lufs: float) -> Signal:
    for _ in range(3):  # limiting takes loudness away, and so the two are approached together
        signal = _limited(signal * 10 ** ((target_lufs - _loudness(signal)) / 20))
    return signal


def _band_passed(signal: Signal, sample_rate: int) -> Signal:
    filters = needed("scipy.signal")
    sections = filters.butter(4, PASS_BAND_HZ, btype="band", fs=sample_rate, output="sos")
    passed: Signal = filters.sosfiltfilt(sections, signal)
    return passed


def _resampled(signal: Signal, sample_rate: int) -> Signal:
    common = math.gcd(sample_rate, SAMPLE_RATE)
    resampled: Signal = needed("scipy.signal").resample_poly(
        signal, SAMPLE_RATE // common, sample_rate // common
    )
    return resampled


def cut(signal: Signal) -> Signal:
    """Cut the silence at both ends, with 10 ms to spare; a fade of 5 ms keeps it from clicking.

    The signal has a peak of 1.0, against which silence is told.
    """
    loud = np.flatnonzero(np.abs(signal) > 10 ** (_ONSET_DB / 20))
    spare = round(0.01 * SAMPLE_RATE)
    voice = signal[max(0, loud[0] - spare) : loud[-1] + spare].copy()
    fade = np.linspace(0.0, 1.0, min(spare // 2, len(voice)))
    voice[: len(fade)] *= fade
    voice[len(voice) - len(fade) :] *= fade[::-1]
    return voice


def _loudness(signal: Signal) -> float:
    """Measure the integrated loudness in LUFS; what is shorter than one gating block is repeated first."""
    shortest = round(_GATING_BLOCK_SECONDS * SAMPLE_RATE)
    if len(signal) < shortest:
        signal = np.tile(signal, math.ceil(shortest / len(signal)) + 1)
    meter: Any = needed("pyloudnorm").Meter(SAMPLE_RATE)
    return float(meter.integrated_loudness(signal))


def _limited(signal: Signal) -> Signal:
    """Turn the gain down 2 ms before a peak and let it recover with a time constant of 50 ms."""
    filters = needed("scipy.ndimage")
    ceiling = 10 ** (PEAK_DBFS / 20)
    wanted = np.minimum(1.0, ceiling / np.maximum(np.abs(signal), 1e-9))
    width = 2 * round(LOOK_AHEAD_SECONDS * SAMPLE_RATE) + 1
    lowest: Signal = filters.minimum_filter1d(wanted, width)
    recovery = math.exp(-1 / (RELEASE_SECONDS * SAMPLE_RATE))
    gain = np.empty_like(lowest)
    current = 1.0
    for place, floor in enumerate(lowest):
        current = min(floor, 1 - (1 - current) * recovery)
        gain[place] = current
    smooth = np.minimum(filters.uniform_filter1d(gain, width // 2), wanted)
    limited: Signal = np.clip(signal * smooth, -ceiling, ceiling)
    return limited


def twelve_bits(signal: Signal) -> NDArray[np.int16]:
    """Quantise as A-law's first step does: towards minus infinity, in steps of 16."""
    samples = np.clip(np.round(signal * 32768), -32768, 32767).astype(np.int16)
    quantised: NDArray[np.int16] = (samples >> 4 << 4).astype(np.int16)
    return quantised
