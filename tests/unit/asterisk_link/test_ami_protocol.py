"""The AMI codec: framing, decoding, encoding, and the pairing of answers with actions."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.ami_messages import (
    MAX_HEADERS,
    MAX_LINE_BYTES,
    AmiActionError,
    AmiMessage,
    AmiResponse,
    encode_action,
)
from callrouter.asterisk_link.ami_pending import MAX_LIST_ITEMS, PendingActions
from callrouter.asterisk_link.ami_protocol import MAX_MESSAGE_BYTES, AmiProtocolError, AmiSession

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


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
def test_a_message_beyond_all_bounds_is_an_error(ending: bytes) -> None:
    with pytest.raises(AmiProtocolError, match="bounds"):
        received(b"Event: X\r\nY: " + b"x" * MAX_MESSAGE_BYTES + ending)


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
    with pytest.raises(AmiActionError, match="Unicode"):
        encode_action("Ping", "1", {"X": "\ud800"})
    with pytest.raises(AmiActionError, match="leave it out"):
        encode_action("Ping", "1", {"ActionID": "2"})


SUCCESS = message(("Response", "Success"), ("ActionID", "1"))
LIST = message(("Response", "Success"), ("ActionID", "1"), ("EventList", "start"))
ITEM = message(("Event", "QueueMember"), ("ActionID", "1"))
COMPLETE = message(("Event", "QueueStatusComplete"), ("ActionID", "1"), ("EventList", "Complete"))
NEWS = message(("Event", "Newchannel"), ("Uniqueid", "1"))


def test_an_answer_is_paired_by_its_action_id_alone() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.expect("2")
    second = message(("Response", "Success"), ("ActionID", "2"))
    assert pending.receive(second) == ("2", AmiResponse(second))
    assert pending.receive(SUCCESS) == ("1", AmiResponse(SUCCESS))


def test_a_list_is_collected_and_news_passes_through() -> None:
    pending = PendingActions()
    pending.expect("1")
    assert pending.receive(LIST) is None
    assert pending.receive(ITEM) is None
    assert pending.receive(NEWS) is NEWS
    assert pending.receive(ITEM) is None
    assert pending.receive(COMPLETE) == ("1", AmiResponse(LIST, (ITEM, ITEM)))
    assert pending.receive(ITEM) is ITEM


def test_an_event_of_an_answered_action_is_news() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.receive(SUCCESS)
    originated = message(("Event", "OriginateResponse"), ("ActionID", "1"))
    assert pending.receive(originated) is originated


def test_an_event_that_overtakes_the_answer_is_news_and_no_answer() -> None:
    pending = PendingActions()
    pending.expect("1")
    originated = message(("Event", "OriginateResponse"), ("ActionID", "1"), ("Response", "Failure"))
    assert pending.receive(originated) is originated
    assert pending.receive(SUCCESS) == ("1", AmiResponse(SUCCESS))


def test_a_late_a_strange_and_a_second_answer_are_dropped_and_counted() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.forget("1")
    assert pending.receive(SUCCESS) is None
    assert pending.receive(message(("Response", "Success"))) is None
    pending.expect("1")
    assert pending.receive(LIST) is None
    assert pending.receive(SUCCESS) is None
    assert pending.unmatched == 3


def test_a_list_without_end_is_an_error() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.receive(LIST)
    for _ in range(MAX_LIST_ITEMS):
        pending.receive(ITEM)
    with pytest.raises(AmiProtocolError, match="items"):
        pending.receive(ITEM)
