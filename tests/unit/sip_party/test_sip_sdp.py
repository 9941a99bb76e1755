import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.sip_party.sdp import AudioDescription, Direction, SdpFault, answer_to, parse_sdp, write_sdp

# Without a deadline: a busy machine is no fault.
BRIEFLY = settings(max_examples=50, deadline=None)

ASTERISK = (
    b"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=Asterisk\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 26200 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:140\r\na=sendrecv\r\n"
)

descriptions = st.builds(
    AudioDescription,
    host=st.ip_addresses(v=4).map(str),
    port=st.integers(0, 65_535),
    event_payload_type=st.none() | st.integers(96, 127),
    direction=st.sampled_from(Direction),
)


@BRIEFLY
@given(descriptions, st.integers(0, 2**31))
def test_a_description_reads_back_as_it_was_written(description: AudioDescription, number: int) -> None:
    assert parse_sdp(write_sdp(description, session_id=number, version=number)) == description


def test_an_offer_of_asterisk_is_read() -> None:
    assert parse_sdp(ASTERISK) == AudioDescription("127.0.0.1", 26_200, 8, 101, Direction.SENDRECV)


def test_the_address_of_the_media_line_goes_before_the_session_address() -> None:
    body = ASTERISK.replace(b"a=ptime:20", b"c=IN IP4 127.0.0.7\r\na=ptime:20")
    assert parse_sdp(body) == AudioDescription("127.0.0.7", 26_200)


def test_another_stream_before_the_audio_does_not_disturb() -> None:
    body = ASTERISK.replace(b"m=audio", b"m=video 9 RTP/AVP 99\r\na=inactive\r\nm=audio")
    assert parse_sdp(body) == AudioDescription("127.0.0.1", 26_200)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (Direction.SENDRECV, Direction.SENDRECV),
        (Direction.SENDONLY, Direction.RECVONLY),
        (Direction.RECVONLY, Direction.SENDONLY),
        (Direction.INACTIVE, Direction.INACTIVE),
    ],
)
def test_an_answer_mirrors_the_direction_and_keeps_the_payload_numbers(
    theirs: Direction, ours: Direction
) -> None:
    offer = AudioDescription("127.0.0.1", 4000, 8, 97, theirs)
    assert answer_to(offer, host="127.0.0.2", port=5000) == AudioDescription("127.0.0.2", 5000, 8, 97, ours)


@pytest.mark.parametrize(
    ("direction", "port", "wants"),
    [
        (Direction.SENDRECV, 1, True),
        (Direction.RECVONLY, 1, True),
        (Direction.SENDONLY, 1, False),
        (Direction.INACTIVE, 1, False),
        (Direction.SENDRECV, 0, False),
    ],
)
def test_nothing_is_sent_to_who_does_not_listen(direction: Direction, port: int, wants: bool) -> None:
    assert AudioDescription("127.0.0.1", port, direction=direction).wants_audio is wants


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b"m=audio", b"m=video", "no audio line"),
        (b"RTP/AVP 8 0", b"RTP/SAVP 8 0", "not plain RTP/AVP"),
        (b"audio 26200", b"audio 66200", "not plain RTP/AVP"),
        (b"RTP/AVP 8 0", b"RTP/AVP 0", "does not have PCMA"),
        (b"c=IN IP4 127.0.0.1\r\n", b"c=IN IP6 ::1\r\n", "no IPv4 address"),
        (b"s=Asterisk", b"s=\xff", "not UTF-8"),
    ],
)
def test_a_description_we_cannot_use_names_its_fault(before: bytes, after: bytes, fault: str) -> None:
    description = parse_sdp(ASTERISK.replace(before, after))
    assert isinstance(description, SdpFault)
    assert fault in description.fault


@BRIEFLY
@given(st.binary(max_size=200))
def test_no_body_crashes(body: bytes) -> None:
    parse_sdp(body)
    parse_sdp(ASTERISK[:120] + body)
