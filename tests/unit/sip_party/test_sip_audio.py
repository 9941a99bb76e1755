import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.sip_party.audio import (
    SILENT_FRAME,
    decode_alaw,
    encode_alaw,
    find_prompt,
    has_tone,
    tone_frame,
    tones_in,
)
from callrouter.sip_party.media import Recording, Silence, Tone, frames_of

# Without a deadline: a busy machine is no fault.
BRIEFLY = settings(max_examples=50, deadline=None)

TONES = (450, 600, 850, 1150, 1500, 1900, 2300)


def speech(seed: int, seconds: float = 4.0) -> bytes:
    """Noise in syllables with pauses: as unlike a tone as a voice is."""
    chance = np.random.default_rng(seed)
    count = int(seconds * 8000)
    at = np.arange(count) / 8000
    noise = np.convolve(chance.normal(0, 6000, count), np.ones(6) / 6, "same")
    return encode_alaw(noise * np.abs(np.sin(9 * at)) * (np.sin(2 * np.pi * 1.7 * at + seed) > -0.3))


PROMPT = speech(1)


def test_decoding_has_the_levels_of_g_711() -> None:
    codes = (0xD5, 0x55, 0xD4, 0xAA, 0x2A, 0x80, 0x00)
    assert decode_alaw(bytes(codes)).tolist() == [8, -8, 24, 32256, -32256, 5504, -5504]


@BRIEFLY
@given(st.binary(max_size=300))
def test_every_a_law_byte_survives_decoding_and_encoding(alaw: bytes) -> None:
    assert encode_alaw(decode_alaw(alaw)) == alaw


def test_what_is_too_loud_is_clipped() -> None:
    assert encode_alaw(np.array([1e6, -1e6])) == bytes((0xAA, 0x2A))


@BRIEFLY
@given(st.sets(st.sampled_from(TONES), max_size=3), st.integers(0, 159))
def test_mixed_tones_are_told_apart_whatever_the_phase(tones: set[int], shift: int) -> None:
    mixed = sum((decode_alaw(tone_frame(tone) * 2).astype(float) for tone in tones), np.full(320, 8.0))
    assert tones_in(encode_alaw(mixed[shift : shift + 160]), TONES) == tones


def test_a_voice_is_hardly_ever_taken_for_a_tone() -> None:
    frames = [PROMPT[i : i + 160] for i in range(0, len(PROMPT), 160)]
    runs = [all(has_tone(f, 600) for f in frames[i : i + 3]) for i in range(len(frames) - 2)]
    assert not any(runs)


@pytest.mark.parametrize("tone", [0, 100, 613, 3900])
def test_a_tone_that_cannot_be_told_apart_is_refused(tone: int) -> None:
    with pytest.raises(ValueError, match="multiple of 50 Hz"):
        tone_frame(tone)
    with pytest.raises(ValueError, match="multiple of 50 Hz"):
        has_tone(SILENT_FRAME, tone)


def test_a_prompt_is_found_identical_where_it_was_played() -> None:
    match = find_prompt(SILENT_FRAME * 7 + b"\xd5" * 33 + PROMPT + SILENT_FRAME * 50, PROMPT)
    assert match.offset_samples == 7 * 160 + 33
    assert match.correlation == pytest.approx(1.0, abs=1e-4)
    assert match.is_identical
    assert match.is_the_prompt


def test_another_prompt_is_not_taken_for_it() -> None:
    match = find_prompt(SILENT_FRAME * 7 + speech(2), PROMPT)
    assert match.correlation < 0.3
    assert not match.is_the_prompt


def test_silence_is_not_taken_for_a_prompt() -> None:
    assert not find_prompt(SILENT_FRAME * 400, PROMPT).is_the_prompt


@pytest.mark.parametrize("at", [0, 3, 100, 197])
def test_a_lost_packet_lowers_the_fraction_by_itself_alone(at: int) -> None:
    heard = SILENT_FRAME * 20 + PROMPT[: at * 160] + PROMPT[(at + 1) * 160 :]
    match = find_prompt(heard, PROMPT)
    assert 1 - 160 / len(PROMPT) <= match.matched_fraction < 1
    assert match.is_the_prompt
    assert match.is_whole
    assert not match.is_identical


@pytest.mark.parametrize("lost", [12, 20])
def test_where_more_than_three_hundredths_are_missing_it_is_not_whole(lost: int) -> None:
    assert not find_prompt(PROMPT[: (200 - lost) * 160], PROMPT).is_whole
    assert not find_prompt(PROMPT[lost * 160 :], PROMPT).is_whole
    assert not find_prompt(PROMPT[: 90 * 160] + PROMPT[(90 + lost) * 160 :], PROMPT).is_whole


def test_a_repeated_packet_lowers_the_fraction_by_itself_alone() -> None:
    match = find_prompt(PROMPT[: 101 * 160] + PROMPT[100 * 160 :], PROMPT)
    assert match.matched_fraction == pytest.approx(len(PROMPT) / (len(PROMPT) + 160))


def test_several_lost_packets_are_all_counted() -> None:
    lost = {20, 60, 61, 150}
    pieces = [PROMPT[i * 160 : (i + 1) * 160] for i in range(200) if i not in lost]
    match = find_prompt(b"".join(pieces), PROMPT)
    assert match.matched_fraction == pytest.approx(1 - len(lost) / 200, abs=0.005)


def test_a_missing_beginning_is_a_negative_offset() -> None:
    match = find_prompt(PROMPT[480:], PROMPT)
    assert match.offset_samples == -480
    assert match.matched_fraction == pytest.approx(1 - 480 / len(PROMPT))


def test_a_prompt_that_was_cut_off_is_found_as_far_as_it_went() -> None:
    match = find_prompt(PROMPT[: len(PROMPT) // 2], PROMPT)
    assert match.offset_samples == 0
    assert match.matched_fraction == pytest.approx(0.5)


def test_a_changed_byte_is_seen() -> None:
    changed = bytearray(PROMPT)
    changed[5000] ^= 0x10
    assert find_prompt(bytes(changed), PROMPT).matched_fraction == 1 - 1 / len(PROMPT)


def test_of_two_equal_ones_the_first_is_found() -> None:
    assert find_prompt(SILENT_FRAME + PROMPT + PROMPT, PROMPT).offset_samples == 160


def test_transcoded_audio_correlates_but_is_not_identical() -> None:
    quieter = encode_alaw(decode_alaw(PROMPT) * 0.7)
    match = find_prompt(quieter, PROMPT)
    assert match.correlation > 0.99
    assert not match.is_identical


def test_nothing_heard_is_no_match_and_no_prompt_is_an_error() -> None:
    assert find_prompt(b"", PROMPT).matched_fraction == 0
    with pytest.raises(ValueError, match="prompt is empty"):
        find_prompt(PROMPT, b"")


def test_fifteen_seconds_are_compared_in_under_200_ms() -> None:
    prompt = speech(3, 15.0)
    heard = SILENT_FRAME * 250 + prompt + SILENT_FRAME * 250
    find_prompt(heard, prompt)
    # The processor's time, so that a busy machine does not fail the test.
    began = time.process_time()
    assert find_prompt(heard, prompt).is_identical
    assert time.process_time() - began < 0.2


def test_sources_are_cut_into_frames() -> None:
    once = frames_of(Recording(b"\x01" * 200))
    assert [next(once) for _ in range(3)] == [b"\x01" * 160, b"\x01" * 40 + b"\xd5" * 120, SILENT_FRAME]
    loop = frames_of(Recording(b"\x01" * 160 + b"\x02" * 160, loop=True))
    assert [next(loop)[0] for _ in range(3)] == [1, 2, 1]
    assert has_tone(next(frames_of(Tone(850))), 850)
    assert next(frames_of(Silence())) == SILENT_FRAME
    with pytest.raises(ValueError, match="recording is empty"):
        frames_of(Recording(b""))
