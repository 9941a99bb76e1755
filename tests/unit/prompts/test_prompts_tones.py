"""The computed sounds: the same every time, and as described."""

import numpy as np

from callrouter.prompts import tones


def test_the_record_tone_is_1000_hz_for_four_tenths_of_a_second() -> None:
    beep = tones.record_beep()
    power = np.abs(np.fft.rfft(beep))

    assert len(beep) == round(0.4 * tones.SAMPLE_RATE)
    assert np.argmax(power) * tones.SAMPLE_RATE / len(beep) == 1000
    assert abs(beep[0]) < 0.001
    assert abs(beep[-1]) < 0.001


def test_an_agents_tone_is_two_low_pips_with_a_gap() -> None:
    pips = tones.listening_pips()
    first, gap, second = np.split(pips, 3)
    power = np.abs(np.fft.rfft(first))

    assert len(pips) == round(0.36 * tones.SAMPLE_RATE)
    assert np.argmax(power) * tones.SAMPLE_RATE / len(first) == 500
    assert np.array_equal(first, second)
    assert not gap.any()


def test_the_ringing_tone_is_chinas() -> None:
    ring = tones.ringing_tone()
    power = np.abs(np.fft.rfft(ring))

    assert len(ring) == tones.SAMPLE_RATE
    assert np.argmax(power) == 450


def test_the_music_is_the_same_every_time_and_never_loud() -> None:
    music = tones.hold_music()

    assert np.array_equal(music, tones.hold_music())
    assert len(music) == 32 * tones.SAMPLE_RATE
    assert np.abs(music).max() <= 0.25
