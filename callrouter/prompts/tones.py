"""Sounds without words, computed: the record tone, the agent's tone and the music on hold. Ours, so nobody's licence.

Rules:
- The same samples every time: no chance, no clock.
- The agent's tone is twofold and lower than the record tone: nobody takes one for the other.
- Music on hold is quiet and slow, has no words and no advertising (GB/T 33358-2016), and lies inside
  300–3400 Hz so that the line changes nothing. Its end joins its beginning: it is played in a loop.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 24_000
VERSION = "1"
"""Of the sounds below: a change to what is heard must change it."""

_BEEP_HZ = 1000
_BEEP_SECONDS = 0.4
_PIP_HZ = 500
_PIP_SECONDS = 0.12
_RINGING_HZ = 450
_RINGING_SECONDS = 1.0
_BAR_SECONDS = 4.0
# G major pentatonic, one bar a chord: plucked upwards, then a note of the melody.
_BARS: tuple[tuple[int, ...], ...] = (
    (67, 71, 74, 79, 83, 79, 74, 71),
    (64, 71, 76, 79, 81, 79, 76, 71),
    (69, 72, 76, 81, 84, 81, 76, 72),
    (62, 69, 74, 78, 81, 78, 74, 69),
    (67, 71, 74, 79, 86, 83, 79, 74),
    (64, 67, 71, 76, 79, 83, 79, 76),
    (69, 72, 76, 79, 81, 76, 72, 69),
    (62, 66, 69, 74, 79, 78, 74, 69),
)
"""MIDI note numbers, eight plucks a bar."""
_PARTIALS = ((1, 1.0, 1.1), (2, 0.42, 0.8), (3, 0.18, 0.5), (4, 0.08, 0.35))
"""Of one pluck: multiple of the note's frequency, loudness, decay time in seconds."""

Signal = NDArray[np.float64]


def record_beep() -> Signal:
    """Make the tone after which a caller speaks: 1000 Hz, 0.4 s, softly switched."""
    return _beep(_BEEP_HZ, _BEEP_SECONDS)


def listening_pips() -> Signal:
    """Make what an agent hears who answers while the caller still listens to an announcement: two low pips."""
    pip = _beep(_PIP_HZ, _PIP_SECONDS)
    return np.concatenate([pip, np.zeros_like(pip), pip])


def ringing_tone() -> Signal:
    """Make one ring of the ringing tone (回铃音): 450 Hz for 1 s; 4 s of silence follow (Asterisk's zone `cn`)."""
    return _beep(_RINGING_HZ, _RINGING_SECONDS)


def hold_music() -> Signal:
    """Make the music on hold: 32 s of plucked chords whose last notes ring into the first bar."""
    length = round(len(_BARS) * _BAR_SECONDS * SAMPLE_RATE)
    music = np.zeros(length)
    step = _BAR_SECONDS / len(_BARS[0])
    for bar, notes in enumerate(_BARS):
        for beat, note in enumerate(notes):
            start = round((bar * _BAR_SECONDS + beat * step) * SAMPLE_RATE)
            pluck = _pluck(note, 1.0 if beat == 0 else 0.6)
            music[(start + np.arange(len(pluck))) % length] += pluck
    loop: Signal = 0.25 * music / np.abs(music).max()
    return loop


def _beep(frequency: float, seconds: float) -> Signal:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    edges = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.01)
    tone: Signal = 0.3 * edges * np.sin(2 * np.pi * frequency * time)
    return tone


def _pluck(note: int, loudness: float) -> Signal:
    frequency = 440.0 * 2 ** ((note - 69) / 12)
    time = np.arange(round(3.0 * SAMPLE_RATE)) / SAMPLE_RATE
    attack = np.minimum(1.0, time / 0.006)
    tone: Signal = np.zeros_like(time)
    for multiple, share, decay in _PARTIALS:
        if multiple * frequency < 3200:
            tone += share * np.exp(-time / decay) * np.sin(2 * np.pi * multiple * frequency * time)
    return loudness * attack * tone
