import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.sip_party.audio import tone_frame
from callrouter.sip_party.heard import Heard, ToneWatch
from callrouter.sip_party.rtp import (
    KEYS,
    KeyEvent,
    RtpPacket,
    key_press,
    parse_key_event,
    parse_rtp,
)

# Without a deadline: a busy machine is no fault.
BRIEFLY = settings(max_examples=50, deadline=None)

packets = st.builds(
    RtpPacket,
    payload_type=st.sampled_from((0, 8, 13, 96, 101)),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=160),
    marker=st.booleans(),
)


@BRIEFLY
@given(packets)
def test_a_packet_reads_back_as_it_was_written(packet: RtpPacket) -> None:
    assert parse_rtp(packet.to_bytes()) == packet


@BRIEFLY
@given(st.binary(max_size=60))
def test_noise_on_the_audio_port_never_crashes(noise: bytes) -> None:
    parse_rtp(noise)
    parse_key_event(noise)
    Heard().receive(noise, 0.0)


def test_csrc_extension_and_padding_are_taken_off() -> None:
    head = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 1, 8, 5, 160, 7)
    data = head + b"csrc" + struct.pack("!HH", 1, 1) + b"ext." + b"audio" + b"\x00\x00\x03"
    assert parse_rtp(data) == RtpPacket(8, 5, 160, 7, b"audio")


def test_rtcp_and_foreign_versions_are_no_rtp() -> None:
    assert parse_rtp(struct.pack("!BBHII", 0x80, 200, 6, 0, 0)) is None
    assert parse_rtp(struct.pack("!BBHII", 0x40, 8, 6, 0, 0)) is None
    assert parse_rtp(struct.pack("!BBHII", 0xB0, 8, 6, 0, 0)) is None


@BRIEFLY
@given(st.sampled_from(KEYS), st.booleans(), st.integers(0, 0xFFFF))
def test_a_key_event_reads_back_as_it_was_written(key: str, end: bool, duration: int) -> None:
    event = KeyEvent(key, end, duration)
    assert parse_key_event(event.to_bytes()) == event


def test_a_key_press_is_100_ms_long_and_ends_three_times() -> None:
    assert [(e.duration_samples, e.end) for e in key_press("#")] == [
        (160, False),
        (320, False),
        (480, False),
        (640, False),
        (800, True),
        (800, True),
        (800, True),
    ]
    assert key_press("9")[-1].to_bytes() == bytes((9, 0x80 | 10, 0x03, 0x20))


@pytest.mark.parametrize("key", ["", "12", "x"])
def test_what_is_no_key_cannot_be_pressed(key: str) -> None:
    with pytest.raises(ValueError, match="DTMF key"):
        key_press(key)


def test_a_flash_is_no_key() -> None:
    assert parse_key_event(bytes((16, 0, 0, 0))) is None


def audio(sequence: int, payload: bytes = b"\xd5" * 160, ssrc: int = 1) -> bytes:
    return RtpPacket(8, sequence & 0xFFFF, 0, ssrc, payload).to_bytes()


def test_packets_are_ordered_by_sequence_number_even_when_it_wraps() -> None:
    heard = Heard()
    for at, sequence in enumerate((65_534, 0, 65_535, 2, 1, 2)):
        heard.receive(audio(sequence, bytes((sequence & 0xFF,)) * 160), float(at))
    assert heard.alaw[::160] == bytes((254, 255, 0, 1, 2))
    assert heard.lost_packets == 0
    assert [a.at for a in heard.arrivals] == [0, 1, 2, 3, 4]


def test_a_lost_packet_is_counted_and_nothing_is_invented_for_it() -> None:
    heard = Heard()
    for at, sequence in enumerate((10, 11, 14)):
        heard.receive(audio(sequence), at * 0.02)
    assert heard.lost_packets == 2
    assert len(heard.alaw) == len(heard.samples) == 3 * 160


def test_a_new_source_follows_the_old_one() -> None:
    heard = Heard()
    heard.receive(audio(500, b"\x01" * 160, ssrc=1), 0.0)
    heard.receive(audio(3, b"\x02" * 160, ssrc=2), 0.02)
    assert heard.alaw == b"\x01" * 160 + b"\x02" * 160
    assert heard.lost_packets == 0


def test_the_longest_gap_is_found_and_where_it_began() -> None:
    heard = Heard()
    for sequence, at in enumerate((1.0, 1.02, 1.25, 1.27)):
        heard.receive(audio(sequence), at)
    assert heard.longest_gap_ms == pytest.approx(230)
    (gap,) = heard.gaps(longer_than_ms=60)
    assert gap.began_at == 1.02


def test_a_key_counts_once_and_is_no_loss_of_audio() -> None:
    heard = Heard()
    heard.receive(audio(0), 0.0)
    for press, key in enumerate("55"):
        for i, event in enumerate(key_press(key)):
            sequence = 1 + press * 7 + i
            heard.receive(RtpPacket(101, sequence, press, 1, event.to_bytes()).to_bytes(), 0.1)
    heard.receive(audio(15), 0.5)
    assert heard.digits == "55"
    assert heard.lost_packets == 0
    assert heard.count() == 2


def test_a_tone_is_heard_from_the_first_of_three_frames_in_a_row() -> None:
    heard = Heard()
    watch = ToneWatch(heard, 600, since=0.04)
    tone, silence = tone_frame(600), b"\xd5" * 160
    for sequence, frame in enumerate((tone, tone, tone, silence, tone, tone, silence, tone, tone)):
        heard.receive(audio(sequence, frame), sequence * 0.02)
    assert watch.look() is None
    heard.receive(audio(9, tone), 0.18)
    assert watch.look() == pytest.approx(0.14)
    assert heard.tones((600, 850), since=0.16)[0][1] == {600}
