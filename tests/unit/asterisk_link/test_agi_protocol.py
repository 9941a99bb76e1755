"""The AGI codec: what Asterisk may send, what it may not, and how it is cut into events."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.agi_command import MAX_COMMAND_BYTES, AgiCommandError, SetVariable
from callrouter.asterisk_link.agi_limits import MAX_ENVIRONMENT_BYTES, MAX_REPLY_BYTES
from callrouter.asterisk_link.agi_protocol import (
    TRANSITIONS,
    AgiEvent,
    AgiSession,
    AgiState,
    EnvironmentReceived,
    HangupReceived,
    ProtocolViolation,
    ReplyReceived,
    SessionEnded,
)

ENVIRONMENT = b"agi_network: yes\nagi_callerid: 13800138000\nagi_accountcode: \nagi_arg_1: called=12345\n\n"
COMMAND = SetVariable("VERDICT", "queue")
ACCEPTED = ReplyReceived(200, "1", None, "result=1")


def awaiting_reply() -> AgiSession:
    session = AgiSession()
    session.receive_data(ENVIRONMENT)
    session.send_command(COMMAND)
    return session


def test_the_environment_is_told_once_it_is_whole() -> None:
    session = AgiSession()
    assert session.receive_data(ENVIRONMENT[:-1]) == []
    assert session.receive_data(ENVIRONMENT[-1:]) == [
        EnvironmentReceived(
            {
                "agi_network": "yes",
                "agi_callerid": "13800138000",
                "agi_accountcode": "",
                "agi_arg_1": "called=12345",
            }
        )
    ]


def test_the_most_that_asterisk_can_send_is_taken() -> None:
    lines = [b"agi_x%d: y\n" % i for i in range(22)] + [b"agi_arg_%d: k=v\n" % i for i in range(1, 127)]
    lines.append(b"agi_arg_127: " + b"x" * 8000 + b"\n")
    (event,) = AgiSession().receive_data(b"".join(lines) + b"\n")
    assert isinstance(event, EnvironmentReceived)
    assert len(event.environment) == 149


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"\n\n", "empty environment"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\n\n", "a line in the environment that is none"),
        (b"agi_a: 1\nxagi_b: 2\n\n", "a line in the environment that is none"),
        (b"agi_a: 1\nagi_a: 2\n\n", "a name twice in the environment"),
        (b"".join(b"agi_%d: x\n" % i for i in range(200)) + b"\n", "too many environment lines"),
        (b"agi_a: " + b"x" * MAX_ENVIRONMENT_BYTES, "environment too long"),
        (b"\x16\x03\x01", "a line in the environment that is none"),
        (b"agi\x00", "a line in the environment that is none"),
        (b"G", "a line in the environment that is none"),
        (ENVIRONMENT + b"200 result=1\n", "a line that nothing asked for"),
        (ENVIRONMENT + b"agi_arg_1: called=110\n\n", "a line that nothing asked for"),
    ],
)
def test_what_is_no_environment_is_a_violation(octets: bytes, reason: str) -> None:
    session = AgiSession()
    violation = session.receive_data(octets)[-1]
    assert isinstance(violation, ProtocolViolation)
    assert violation.reason == reason
    assert violation.too_much == (reason in ("environment too long", "too many environment lines"))
    assert session.state is AgiState.ENDED
    assert session.receive_data(ENVIRONMENT) == []


def test_octets_that_are_not_utf8_and_controls_come_out_escaped() -> None:
    octets = b"agi_callerid: 1\x00\x1b[2J\r\nagi_calleridname: \xd5\xc5\xc8\xfd\n\n"
    (event,) = AgiSession().receive_data(octets)
    assert isinstance(event, EnvironmentReceived)
    assert event.environment["agi_callerid"] == r"1\x00\x1b[2J\x0d"
    assert event.environment["agi_calleridname"].encode() == rb"\xd5\xc5\xc8\xfd"


def test_a_hangup_in_front_of_a_reply_is_not_taken_for_the_reply() -> None:
    assert awaiting_reply().receive_data(b"HANGUP\n200 result=1\n") == [HangupReceived(), ACCEPTED]


def test_every_reply_after_a_hangup_belongs_to_its_own_command() -> None:
    session = awaiting_reply()
    session.receive_data(b"HANGUP\n200 result=1\n")
    session.send_command(COMMAND)
    assert session.receive_data(b"HANGUP\n511 Command Not Permitted\n") == [
        ReplyReceived(511, "", None, "Command Not Permitted")
    ]


def test_a_hangup_between_commands_is_told_once() -> None:
    session = AgiSession()
    session.receive_data(ENVIRONMENT)
    assert session.receive_data(b"HANGUP\nHANGUP\n") == [HangupReceived()]
    assert session.receive_eof() == [SessionEnded()]
    assert session.receive_eof() == []


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"200 result=1 (HANGUP)", ReplyReceived(200, "1", "HANGUP", "result=1 (HANGUP)")),
        (b'200 result=1 (a (b) "c")', ReplyReceived(200, "1", 'a (b) "c"', 'result=1 (a (b) "c")')),
        (b"200 result=-1", ReplyReceived(200, "-1", None, "result=-1")),
        (b"200 result=", ReplyReceived(200, "", None, "result=")),
        (b"510 Invalid or unknown command", ReplyReceived(510, "", None, "Invalid or unknown command")),
        (b"200 result=1 (\xff)", ReplyReceived(200, "1", r"\xff", r"result=1 (\xff)")),
    ],
)
def test_a_reply_of_one_line(line: bytes, reply: ReplyReceived) -> None:
    assert awaiting_reply().receive_data(line + b"\n") == [reply]


def test_a_520_over_several_lines_is_one_reply() -> None:
    octets = b"520-Invalid syntax.\nSets a variable.\n200 result=1\nHANGUP\n520 End of proper usage.\n"
    session = awaiting_reply()
    assert session.receive_data(octets) == [
        ReplyReceived(520, "", None, "Invalid syntax.\nSets a variable.\n200 result=1\nHANGUP")
    ]
    assert session.state is AgiState.IDLE


@pytest.mark.parametrize(
    "octets", [b"hangup\n", b"\n", b"result=1\n", b"20O result=1\n", b"200\n", b" HANGUP\n"]
)
def test_a_line_that_is_no_reply_is_a_violation(octets: bytes) -> None:
    assert awaiting_reply().receive_data(octets) == [ProtocolViolation("a line that nothing asked for")]


@pytest.mark.parametrize("begin", [b"200 result=1 (", b"520-usage\n"])
@pytest.mark.parametrize("filler", [b"x", b"x\n"])
def test_a_reply_without_end_is_a_violation(begin: bytes, filler: bytes) -> None:
    session = awaiting_reply()
    events = list(session.receive_data(begin))
    for _ in range(MAX_REPLY_BYTES // 2):
        events += session.receive_data(filler * 4)
    assert isinstance(events[-1], ProtocolViolation)


def test_a_reply_longer_than_any_is_told_as_too_much() -> None:
    octets = b"200 result=1 (" + b"x" * MAX_REPLY_BYTES
    assert awaiting_reply().receive_data(octets) == [ProtocolViolation("reply too long", too_much=True)]


def test_a_second_command_before_the_reply_is_refused() -> None:
    session = awaiting_reply()
    with pytest.raises(AgiCommandError, match="AWAITING_REPLY"):
        session.send_command(COMMAND)
    assert list(session.receive_data(b"200 result=1\n")) == [ACCEPTED]


def test_no_command_before_the_environment_or_after_the_end() -> None:
    session = AgiSession()
    with pytest.raises(AgiCommandError, match="ENVIRONMENT"):
        session.send_command(COMMAND)
    session.receive_eof()
    with pytest.raises(AgiCommandError, match="ENDED"):
        session.send_command(COMMAND)


def test_a_second_reply_to_one_command_is_a_violation_in_the_same_read_and_in_a_later_one() -> None:
    again = ProtocolViolation("a line that nothing asked for")
    assert awaiting_reply().receive_data(b"200 result=1\n200 result=1\n") == [ACCEPTED, again]
    session = awaiting_reply()
    session.receive_data(b"200 result=1\n")
    assert session.receive_data(b"200 result=1\n") == [again]


def test_a_command_may_be_sent_where_the_table_says_so_and_nowhere_else() -> None:
    assert [state for state, seen in TRANSITIONS if seen.name == "COMMAND"] == [AgiState.IDLE]


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_asked_for_a_command_is_one_line_without_controls_or_is_refused(
    variable: str, value: str
) -> None:
    for name in (variable, "VERDICT"):
        try:
            line = SetVariable(name, value).encode()
        except AgiCommandError:
            continue
        assert line.index(b"\n") == len(line) - 1
        assert not set(line) & {0, 13}
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in line[:-1].decode())


def test_a_refused_command_leaves_our_turn_to_us() -> None:
    session = AgiSession()
    session.receive_data(ENVIRONMENT)
    with pytest.raises(AgiCommandError):
        session.send_command(SetVariable("VERDICT", "a\nb"))
    assert session.send_command(COMMAND) == b'SET VARIABLE VERDICT "queue"\n'


def test_quotes_and_backslashes_are_escaped() -> None:
    assert (
        SetVariable("V", 'say "你好" \\ ${X}').encode()
        == 'SET VARIABLE V "say \\"你好\\" \\\\ ${X}"\n'.encode()
    )


@pytest.mark.parametrize("control", ["\r", "\n", "\0", "\x1b", "\t", "\x7f", "\x85"])
def test_no_control_character_ever_leaves(control: str) -> None:
    with pytest.raises(AgiCommandError, match="control character"):
        SetVariable("V", f"a{control}b").encode()
    with pytest.raises(AgiCommandError, match="variable name"):
        SetVariable(f"V{control}", "a").encode()


@pytest.mark.parametrize("name", ["", "A B", 'A"', "CHANNEL(language)", "${X}", "é", "1A", "A" * 81])
def test_a_name_that_asterisk_would_evaluate_is_refused(name: str) -> None:
    with pytest.raises(AgiCommandError, match="variable name"):
        SetVariable(name, "a").encode()


def test_a_command_longer_than_asterisks_buffer_is_refused() -> None:
    room = MAX_COMMAND_BYTES - len(b'SET VARIABLE V ""\n')
    assert len(SetVariable("V", "x" * room).encode()) == MAX_COMMAND_BYTES
    for value in ("x" * (room + 1), '"' * (room // 2 + 1), "中" * (room // 3 + 1)):
        with pytest.raises(AgiCommandError, match="shorten"):
            SetVariable("V", value).encode()


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(AgiCommandError, match="Unicode"):
        SetVariable("V", "\ud800").encode()


def test_no_fault_shows_the_value() -> None:
    with pytest.raises(AgiCommandError) as raised:
        SetVariable("V", "13800138000\n").encode()
    assert "13800" not in str(raised.value)


def test_every_transition_leads_on_and_nothing_leaves_the_end() -> None:
    assert {state for state, _ in TRANSITIONS} == set(AgiState) - {AgiState.ENDED}
    assert set(TRANSITIONS.values()) == set(AgiState) - {AgiState.ENVIRONMENT}


def test_an_environment_shows_no_value_in_its_representation() -> None:
    (event,) = AgiSession().receive_data(ENVIRONMENT)
    assert "13800" not in repr(event)


def replayed(chunks: list[bytes]) -> list[AgiEvent]:
    """Feed ``chunks``, sending a command whenever it is our turn."""
    session, events = AgiSession(), list[AgiEvent]()
    for chunk in chunks:
        new = session.receive_data(chunk)
        events += new
        if session.state is AgiState.IDLE and any(
            isinstance(e, EnvironmentReceived | ReplyReceived) for e in new
        ):
            session.send_command(COMMAND)
    return events + session.receive_eof()


def cut(octets: bytes, places: set[int]) -> list[bytes]:
    edges = [0, *sorted(place for place in places if place < len(octets)), len(octets)]
    return [octets[a:b] for a, b in pairwise(edges)]


REPLIES = b"HANGUP\n200 result=1 (\xe5\xb8\x82\xe6\xb0\x91)\n"
PLAIN = b"200 result=1\n"
USAGE = b"520-Invalid.\nUsage \xe4\xbd\xa0\n520 End\n"
environment_cuts = st.sets(st.integers(1, len(ENVIRONMENT) - 1), max_size=8)


@given(environment_cuts, st.sets(st.integers(1, 30), max_size=6), st.sampled_from([REPLIES, USAGE, PLAIN]))
def test_any_split_gives_the_same_events(one: set[int], two: set[int], reply: bytes) -> None:
    expected = replayed([ENVIRONMENT, reply])
    assert replayed(cut(ENVIRONMENT, one) + cut(reply, two)) == expected
    assert len(expected) >= 3


def never_raises(feed: Callable[[bytes], Sequence[AgiEvent]], octets: bytes) -> list[AgiEvent]:
    return [event for place in range(len(octets)) for event in feed(octets[place : place + 1])]


@given(st.binary(max_size=200), st.booleans())
def test_whatever_comes_the_codec_does_not_raise_and_splits_do_not_matter(octets: bytes, late: bool) -> None:
    whole, split = (awaiting_reply(), awaiting_reply()) if late else (AgiSession(), AgiSession())
    assert never_raises(split.receive_data, octets) == list(whole.receive_data(octets))
    assert split.state is whole.state
