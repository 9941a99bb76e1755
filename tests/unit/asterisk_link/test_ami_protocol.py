"""The AMI codec: framing, decoding, encoding, and the pairing of answers with actions."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callrouter.asterisk_link.ami_messages import (
    MAX_HEADERS,
    MAX_LINE_BYTES,
    AmiActionError,
    AmiMessage,
    encode_action,
)
from callrouter.asterisk_link.ami_protocol import (
    MAX_BANNER_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_MESSAGE_HEADERS,
    AmiProtocolError,
    AmiSession,
    Fault,
    Unreadable,
)
from callrouter.vocabulary.wire_text import wire_text

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def message(*headers: tuple[str, str]) -> AmiMessage:
    return AmiMessage(headers)


def received(octets: bytes) -> list[AmiMessage]:
    return AmiSession().receive_data(BANNER + octets)


def test_the_banner_tells_the_version() -> None:
    session = AmiSession()
    assert session.receive_data(BANNER[:10]) == []
    assert session.version is None
    session.receive_data(BANNER[10:])
    assert session.version == "11.0.0"


@pytest.mark.parametrize("octets", [b"HTTP/1.1 400\r\n", b"SSH-2.0", b"\r\n", BANNER[:-2] + b"x" * 300])
def test_a_peer_that_is_no_asterisk_is_an_error_and_stays_one(octets: bytes) -> None:
    session = AmiSession()
    with pytest.raises(AmiProtocolError, match="banner"):
        session.receive_data(octets)
    with pytest.raises(AmiProtocolError):
        session.receive_data(BANNER)


def test_headers_keep_their_order_and_repetitions() -> None:
    (event,) = received(b"Event: X\r\nChanVariable: A=1\r\nEmpty: \r\nChanVariable: B=: 2\r\nBare:3\r\n\r\n")
    assert event.is_event
    assert event.name == "X"
    assert event.all("ChanVariable") == ("A=1", "B=: 2")
    assert event.get("ChanVariable") == "A=1"
    assert (event.get("Empty"), event.get("Bare"), event.get("None", "-")) == ("", "3", "-")


def test_an_event_with_a_response_header_is_still_an_event() -> None:
    (event,) = received(b"Event: OriginateResponse\r\nResponse: Failure\r\n\r\n")
    assert event.is_event


def test_split_chinese_characters_arrive_whole() -> None:
    octets = BANNER + "Event: QueueMember\r\nName: 值班员一\r\n\r\n".encode()
    session = AmiSession()
    messages = [m for place in range(len(octets)) for m in session.receive_data(octets[place : place + 1])]
    assert messages == [message(("Event", "QueueMember"), ("Name", "值班员一"))]


def test_a_lone_line_feed_makes_no_header() -> None:
    (event,) = received(b"Event: Newchannel\r\nCallerIDNum: 1\nEvent: Hangup\rX: \x00\xff\r\n\r\n")
    assert event.headers[1] == ("CallerIDNum", r"1\x0aEvent: Hangup\x0dX: \x00\xff")


@pytest.mark.parametrize(
    "octets",
    [
        b"Event: X\r\nno colon\r\n\r\n",
        b"Channel: x\r\nEvent: X\r\n\r\n",
        b": x\r\n\r\n",
        b"Event: X\r\n: y\r\n\r\n",
    ],
)
def test_half_a_message_is_dropped_whole_and_counted(octets: bytes) -> None:
    session = AmiSession()
    assert session.receive_data(BANNER + octets + b"Event: Next\r\n\r\n") == [message(("Event", "Next"))]
    assert session.malformed == 1


def test_a_message_is_taken_up_to_the_bound_and_no_octet_more() -> None:
    room = MAX_MESSAGE_BYTES - len(b"Event: X\r\nY: \r\n\r\n")
    (event,) = received(b"Event: X\r\nY: " + b"x" * room + b"\r\n\r\n")
    assert len(event.get("Y")) == room
    with pytest.raises(AmiProtocolError, match="bounds"):
        received(b"Event: X\r\nY: " + b"x" * (room + 1) + b"\r\n\r\n")


def test_a_message_without_end_is_an_error_before_more_is_kept() -> None:
    session = AmiSession()
    session.receive_data(BANNER)
    for _ in range(MAX_MESSAGE_BYTES // 1024):
        session.receive_data(b"x" * 1024)
    with pytest.raises(AmiProtocolError, match="bounds"):
        session.receive_data(b"x")
    with pytest.raises(AmiProtocolError):
        session.receive_data(b"\r\n\r\n")


def test_a_message_has_headers_up_to_the_bound_and_not_one_more() -> None:
    lines = b"".join(b"H%d: \r\n" % number for number in range(MAX_MESSAGE_HEADERS - 1))
    (event,) = received(b"Event: X\r\n" + lines + b"\r\n")
    assert len(event.headers) == MAX_MESSAGE_HEADERS
    with pytest.raises(AmiProtocolError, match="bounds"):
        received(b"Event: X\r\nG: \r\n" + lines + b"\r\n")


def test_a_banner_is_taken_up_to_the_bound_and_no_octet_more() -> None:
    longest = BANNER[:-2].ljust(MAX_BANNER_BYTES - 2, b"x")  # its line end counts
    assert AmiSession().receive_data(longest + b"\r\n") == []
    with pytest.raises(AmiProtocolError, match="banner"):
        AmiSession().receive_data(longest + b"x\r\n")


@pytest.mark.parametrize(
    "octets",
    [
        b"Response: Success\r\nOutput: a\r\nOutput: a\r\nOutput: \r\n\r\n",
        b"Response: Error\r\nOutput: a\r\nOutput: b\r\n\r\n",
        b"Event: Status\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n",
        b"Event: ReceiveFAX\r\nFileName: 1\r\nFileName: 2\r\n\r\n",
        b"Event: TestEvent\r\nState: 1\r\nState: 2\r\n\r\n",
        b"Event: X\r\nChanVariable: A=1\r\nChanVariable: A=1\r\n\r\n",
        b"Event: X\r\nDestChanVariable: A=1\r\nDestChanVariable: B=1\r\n\r\n",
        b"Event: X\r\nChanVariable(PJSIP/1): A=1\r\nChanVariable(PJSIP/1): B=1\r\n\r\n",
    ],
)
def test_what_asterisk_repeats_may_stand_twice(octets: bytes) -> None:
    (read,) = received(octets)
    assert len(read.headers) == octets.count(b": ")


@pytest.mark.parametrize(
    "header", [b"Uniqueid", b"SystemName", b"ActionID", b"EventList", b"Event", b"Output"]
)
def test_a_header_that_asterisk_writes_once_must_not_stand_twice(header: bytes) -> None:
    session = AmiSession()
    twice = b"Event: X\r\nA: 1\r\n" + header + b": 1\r\nB: 2\r\n" + header + b": 1\r\n\r\n"
    dropped, following = session.read(BANNER + twice + b"Event: Next\r\n\r\n")
    assert isinstance(dropped, Unreadable)
    assert dropped.fault is Fault.REPEATED_HEADER
    assert following == message(("Event", "Next"))
    assert (session.repeated, session.malformed) == (1, 0)


@given(st.binary(max_size=40), st.text(max_size=20))
def test_a_value_is_escaped_by_itself_whatever_stands_on_the_lines_around_it(
    octets: bytes, text: str
) -> None:
    value, beside = octets, text.encode()
    assume(b"\r\n" not in value + beside)
    (event,) = received(b"Event: X\r\nA: " + value + b"\r\nB: " + beside + b"\r\nC: \xe5\r\n\r\n")
    assert event.get("A") == wire_text(value)
    assert event.get("B") == wire_text(beside)


def test_every_split_of_every_character_gives_the_same_message() -> None:
    octets = BANNER + "Event: X\r\nA: é值😀\x80\r\n\r\n".encode() + b"Event: Y\r\nA: \xe5\x80\r\n\r\n"
    whole = AmiSession().receive_data(octets)
    assert [each.get("A") for each in whole] == ["é值😀\\x80", "\\xe5\\x80"]
    for place in range(1, len(octets)):
        session = AmiSession()
        assert session.receive_data(octets[:place]) + session.receive_data(octets[place:]) == whole


STREAM = (
    BANNER
    + (
        "Response: Success\r\nActionID: 1\r\nOutput: 值\r\nOutput: \r\n\r\n"
        "Event: A\r\nName: 张三\r\n\r\nbroken\r\n\r\nEvent: B\r\nX: \n\r\n\r\n"
    ).encode()
)


@given(st.sets(st.integers(1, len(STREAM) - 1), max_size=12))
def test_any_split_gives_the_same_messages(places: set[int]) -> None:
    session = AmiSession()
    edges = [0, *sorted(places), len(STREAM)]
    messages = [m for a, b in pairwise(edges) for m in session.receive_data(STREAM[a:b])]
    assert messages == AmiSession().receive_data(STREAM)
    assert len(messages) == 3
    assert session.malformed == 1


@given(st.binary(max_size=300))
def test_whatever_comes_behind_the_banner_is_messages_or_nothing(octets: bytes) -> None:
    for each in received(octets):
        for name, value in each.headers:
            assert not any(character < " " and character != "\t" for character in name + value)


def test_an_action_is_encoded_with_repeated_headers() -> None:
    octets = encode_action("Originate", "a-1", {"Channel": "L/1", "Variable": ("A=1", "B=你")})
    assert (
        octets
        == (
            "Action: Originate\r\nActionID: a-1\r\nChannel: L/1\r\nVariable: A=1\r\nVariable: B=你\r\n\r\n"
        ).encode()
    )


@pytest.mark.parametrize("breaker", ["\r", "\n", "\0", "\r\nAction: Originate\r\n"])
def test_an_injected_line_is_refused_wherever_it_stands(breaker: str) -> None:
    text = f"a{breaker}b"
    for name, action_id, headers in (
        (text, "1", {}),
        ("Ping", text, {}),
        ("Ping", "1", {text: "x"}),
        ("Ping", "1", {"X": text}),
        ("Ping", "1", {"X": ("x", text)}),
    ):
        with pytest.raises(AmiActionError) as raised:
            encode_action(name, action_id, headers)
        assert text not in str(raised.value)


def test_an_action_that_asterisk_would_cut_short_is_refused() -> None:
    room = MAX_LINE_BYTES - len("X: ")
    assert encode_action("Ping", "1", {"X": "x" * room})
    with pytest.raises(AmiActionError, match="octets"):
        encode_action("Ping", "1", {"X": "x" * (room + 1)})
    with pytest.raises(AmiActionError, match="headers"):
        encode_action("Ping", "1", {"Variable": ("A=1",) * (MAX_HEADERS - 1)})
    assert encode_action("Ping", "1", {"Variable": ("A=1",) * (MAX_HEADERS - 2)})
    with pytest.raises(AmiActionError, match="Unicode"):
        encode_action("Ping", "1", {"X": "\ud800"})
    with pytest.raises(AmiActionError, match="leave it out"):
        encode_action("Ping", "1", {"ActionID": "2"})
