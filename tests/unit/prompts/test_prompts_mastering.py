"""The mastering chain. Needs the `synthesis` extra, and is skipped where it is not installed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from callrouter.prompts import mastering, tones
from callrouter.prompts.pronunciation import Pronunciation

pytest.importorskip("scipy", reason="the synthesis extra is not installed")


def speech_like(seconds: float = 2.0, rate: int = 24000) -> NDArray[np.float64]:
    """Noise whose loudness goes up and down four times a second."""
    time = np.arange(round(seconds * rate)) / rate
    noise: NDArray[np.float64] = (
        np.random.default_rng(0).standard_normal(len(time)) * np.sin(4 * np.pi * time) ** 4
    )
    return noise * 0.1


def peak_dbfs(samples: NDArray[np.int16]) -> float:
    return float(20 * np.log10(np.abs(samples.astype(np.float64)).max() / 32768))


@pytest.mark.parametrize("loudness", [0.03, 1.0, 10.0])
@pytest.mark.parametrize("rate", [8000, 24000, 44100])
def test_a_master_has_the_same_level_however_it_was_recorded(loudness: float, rate: int) -> None:
    made = mastering.master(speech_like(rate=rate) * loudness, rate)

    pyloudnorm = pytest.importorskip("pyloudnorm")
    measured = pyloudnorm.Meter(8000).integrated_loudness(made.astype(np.float64) / 32768)
    assert measured == pytest.approx(mastering.SPEECH_LUFS, abs=1.0)
    assert peak_dbfs(made) <= -2.99


def test_silence_at_both_ends_is_cut_to_what_the_chain_gives() -> None:
    quiet = np.zeros(24000)

    made = mastering.master(np.concatenate([quiet, speech_like(), quiet]), 24000)

    loud = np.flatnonzero(np.abs(made) > 300)
    assert loud[0] / 8000 <= 0.1 + 0.05
    assert (len(made) - loud[-1]) / 8000 <= 0.3


def test_what_a_line_does_not_carry_is_taken_out() -> None:
    time = np.arange(48000) / 24000
    hum, voice = np.sin(2 * np.pi * 50 * time), np.sin(2 * np.pi * 1000 * time)

    power = np.abs(np.fft.rfft(mastering.master(hum + voice, 24000).astype(np.float64))) ** 2
    frequency = np.fft.rfftfreq(2 * len(power) - 2, 1 / 8000)

    assert power[frequency < 100].sum() < power.sum() * 1e-4


def test_the_lowest_four_bits_are_free() -> None:
    assert not np.any(mastering.master(speech_like(), 24000) & 15)


@pytest.mark.parametrize("loudness", [0.0, 0.001])
def test_what_cannot_be_heard_cannot_be_mastered(loudness: float) -> None:
    with pytest.raises(ValueError, match="nothing can be heard"):
        mastering.master(speech_like() * loudness, 24000)


def test_music_keeps_its_length_to_the_sample() -> None:
    assert len(mastering.master_loop(tones.hold_music(), tones.SAMPLE_RATE)) == 32 * 8000


def test_a_hotline_number_is_said_in_two_groups_and_the_lexicon_decides_first() -> None:
    pytest.importorskip("misaki.zh", reason="the synthesis extra is not installed")
    pronunciation = Pronunciation({"长时间": "chang2 shi2 jian1"})

    assert pronunciation.pinyin("幺二三四八长时间，") == "yao1 er4 san1 si4 ba1 chang2 shi2 jian1 ，"
    assert pronunciation.sounds("幺二三四八。") == "jau→ɚ↘sa→n sɨ↘pa→."
    assert pronunciation.sounds("九六幺幺九。") == "ʨjou↓ljou↘ jau→jau→ʨjou↓."
