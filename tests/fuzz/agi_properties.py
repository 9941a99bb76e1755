"""What holds for our end of an AGI session, whatever comes.  Each property takes any octets and returns, or fails."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from tape import Choices, Operation, Step, is_clean, pieces, retained, split_sizes, steps

from callrouter.asterisk_link.agi_arguments import agi_arguments
from callrouter.asterisk_link.agi_command import MAX_COMMAND_BYTES, AgiCommandError, SetVariable
from callrouter.asterisk_link.agi_expected import ASTERISKS_LINES, ExpectedDip
from callrouter.asterisk_link.agi_limits import MAX_ENVIRONMENT_BYTES, MAX_REPLY_BYTES
from callrouter.asterisk_link.agi_protocol import (
    AgiEvent,
    AgiSession,
    AgiState,
    EnvironmentReceived,
    HangupReceived,
    ProtocolViolation,
    ReplyReceived,
    SessionEnded,
)
from callrouter.vocabulary.wire_text import wire_text

TOKENS: Final = (
    *(b"agi_network: yes\n", b"agi_network_script: arrival\n", b"agi_callerid: 13800138000\n", b"agi_x: "),
    *(b"\n", b"\n\n", b"200 result=1\n", b"200 result=1 (", b")\n", b"HANGUP\n", b"HANGUP", b"510 Invalid\n"),
    *(
        b"511 Dead\n",
        b"520-Usage\n",
        b"520 End\n",
        b"520 ",
        b"\r\n",
        b"\0",
        b"\xe5\x80\xbc",
        b'\\"',
        b"\xffc",
    ),
    *(
        b"\xffe",
        b"\xffr",
        b"agi_network: yes\nagi_network_script: arrival\n\n\xffc",
        b"HANGUP\n200 result=1\n",
    ),
)
"""What a search puts together; also the fuzzer's dictionary."""

new_session: Callable[[], AgiSession] = AgiSession
"""The codec under test; a test of the fuzzers puts a broken one here."""

_SENT, _REFUSED = "sent", "refused"
_REPEATED_OCTETS = 4 * MAX_ENVIRONMENT_BYTES
_MOST_RETAINED = MAX_ENVIRONMENT_BYTES + 2 * MAX_REPLY_BYTES
_PIECE = 4096
_ENVIRONMENT = b"agi_network: yes\nagi_network_script: arrival\n\n"
Seen = AgiEvent | str


class _Play:
    """One session, and all that is seen of it."""

    def __init__(self, size: int) -> None:
        self.session = new_session()
        self.seen: list[Seen] = []
        self.size = size

    def step(self, step: Step, before: Step | None) -> None:
        match step:
            case Operation.COMMAND:
                self.send()
            case Operation.END:
                self.seen += self.session.receive_eof()
            case Operation.REPEAT:
                if isinstance(before, bytes):
                    self.feed(before * (_REPEATED_OCTETS // len(before)), _PIECE)
            case octets:
                self.feed(octets, self.size)
        assert retained(self.session) <= _MOST_RETAINED, "the buffers are not bounded"

    def send(self) -> None:
        number = self.seen.count(_SENT)
        try:
            octets = self.session.send_command(SetVariable("VERDICT", f"v{number}"))
        except AgiCommandError:
            self.seen.append(_REFUSED)
        else:
            assert octets == f'SET VARIABLE VERDICT "v{number}"\n'.encode()
            self.seen.append(_SENT)

    def feed(self, octets: bytes, size: int) -> None:
        for piece in pieces(octets, size):
            self.seen += self.session.receive_data(piece)


def _play(data: bytes, size: int) -> list[Seen]:
    play, before = _Play(size), None
    for step in steps(data):
        play.step(step, before)
        before = step
    if play.session.state is AgiState.ENDED:
        assert play.session.receive_data(_ENVIRONMENT) == [], "an ended session speaks"
        assert play.session.receive_eof() == []
    return play.seen


def any_peer(data: bytes) -> None:
    """The session raises nothing, keeps its order and its bounds, and does not care how octets are split."""
    seen = _play(data, 1 << 30)
    for size in split_sizes(data):
        assert _play(data, size) == seen, "split in pieces, it sees something else"
    _check_order(seen)
    for each in seen:
        _check_text(each)


def _check_order(seen: list[Seen]) -> None:
    commands = replies = 0
    for place, each in enumerate(seen):
        match each:
            case str():
                commands += each == _SENT
                assert commands <= replies + 1, "a second command before the reply"
            case ReplyReceived():
                replies += 1
                assert replies <= commands, "more replies than commands"
            case EnvironmentReceived():
                assert not any(not isinstance(earlier, str) for earlier in seen[:place])
                assert _SENT not in seen[:place]
            case HangupReceived():
                assert seen.count(each) == 1
            case ProtocolViolation() | SessionEnded():
                assert set(seen[place + 1 :]) <= {_REFUSED}, "something behind the end"


def _check_text(each: Seen) -> None:
    match each:
        case EnvironmentReceived():
            assert all(is_clean(value) for value in each.environment.values())
        case ReplyReceived():
            assert is_clean(each.text.replace("\n", ""))
            assert each.value is None or is_clean(each.value)
        case _:
            pass


def honest_peer(data: bytes) -> None:
    """Every command gets its own reply, wherever the caller hangs up and however the stream is split."""
    choices = Choices(data)
    session, size = new_session(), 1 + choices.number(9)
    hangups = 0
    seen = [event for piece in pieces(_ENVIRONMENT, size) for event in session.receive_data(piece)]
    assert len(seen) == 1
    for number in range(choices.number(5)):
        session.send_command(SetVariable("VERDICT", f"v{number}"))
        before, after = choices.number(3), choices.number(2)
        reply, expected = _reply(choices, number)
        stream = b"HANGUP\n" * before + reply + b"HANGUP\n" * after
        events = [event for piece in pieces(stream, size) for event in session.receive_data(piece)]
        replies = [event for event in events if isinstance(event, ReplyReceived)]
        assert [(each.code, each.value) for each in replies] == [expected], "a reply of another command"
        told = sum(isinstance(event, HangupReceived) for event in events)
        assert told == (hangups == 0 and before + after > 0)
        assert len(events) == told + 1
        hangups += before + after


def _reply(choices: Choices, number: int) -> tuple[bytes, tuple[int, str | None]]:
    text = choices.octets(12).replace(b"\n", b"")
    match choices.number(4):
        case 0:
            value = b"v%d %b" % (number, text)
            return b"200 result=1 (%b)\n" % value, (200, wire_text(value))
        case 1:
            return b"510 %b\n" % text, (510, None)
        case 2:
            return b"511 %b\n" % text, (511, None)
        case _:
            inner = text if not text.startswith(b"520 ") else b"HANGUP"
            return b"520-Usage\nHANGUP\n%b\n520 End\n" % inner, (520, None)


def environment(data: bytes) -> None:
    """What Asterisk says of a channel arrives as it was said, under the names it was said with."""
    choices = Choices(data)
    values = [choices.octets(24).replace(b"\n", b"") for _ in range(1 + choices.number(6))]
    block = b"".join(b"agi_arg_%d: %b\n" % (place, value) for place, value in enumerate(values)) + b"\n"
    session, size = new_session(), 1 + choices.number(9)
    (received,) = [event for piece in pieces(block, size) for event in session.receive_data(piece)]
    assert isinstance(received, EnvironmentReceived)
    expected = {f"agi_arg_{place}": wire_text(value) for place, value in enumerate(values)}
    assert dict(received.environment) == expected


_FACTS: Final = ("called", "caller")
_EXPECTED: Final = ExpectedDip("arrival", _FACTS)


def expected_dip(data: bytes) -> None:
    """The short cut for the dip of our own dialplan says what the long way says, or leaves it to the long way."""
    choices = Choices(data)
    octets = _nearly_expected(choices)
    half = len(octets) * choices.number(2) // 2
    begin, rest = octets[:half], octets[half:]
    short, long = new_session(), new_session()
    assert short.receive_data(begin) == long.receive_data(begin)
    taken, events = short.receive_expected(rest, _EXPECTED), long.receive_data(rest)
    if taken is None:
        assert short.receive_data(rest) == events, "the short cut took something away"
        return
    (received,) = events
    assert isinstance(received, EnvironmentReceived), "the short cut takes what the long way refuses"
    assert agi_arguments(received.environment, _FACTS) == taken
    assert (short.state, retained(short)) == (long.state, retained(long))


def _nearly_expected(choices: Choices) -> bytes:
    """The dip of our own dialplan; some values, and sometimes an octet, are the input's."""
    lines = [name.encode() + b": x" for name in ASTERISKS_LINES]
    lines[1] = b"agi_network_script: arrival"
    lines[9] = b"agi_calleridname: " + choices.octets(12)
    for place, name in enumerate(_FACTS, 1):
        value = choices.octets(12)
        coded = quote(value, safe="-_.!~*'()").encode() if choices.number(2) else value
        lines.append(b"agi_arg_%d: %b=%b" % (place, name.encode(), coded))
    octets = bytearray(b"\n".join(lines) + b"\n\n")
    if choices.number(3) == 1:
        octets[choices.number(256) * len(octets) // 256] = choices.number(256)
    return bytes(octets)


def command(data: bytes) -> None:
    """A command is refused, or is one line that Asterisk takes apart into the very value it was made of."""
    value = data.decode("utf-8", "surrogateescape" if data[:1] == b"s" else "replace")
    try:
        line = SetVariable("VERDICT", value).encode()
    except AgiCommandError:
        return
    assert line.endswith(b"\n")
    assert len(line) <= MAX_COMMAND_BYTES
    assert is_clean(line[:-1].decode())
    assert _arguments(line[:-1].decode()) == ["SET", "VARIABLE", "VERDICT", value]


def _arguments(line: str) -> list[str]:
    """Take a command apart as Asterisk does (``parse_args`` in res/res_agi.c)."""
    words: list[str] = []
    quoted = escaped = False
    between = True
    for character in line:
        if character == '"' and not escaped:
            quoted = not quoted
            if quoted and between:
                words.append("")
                between = False
        elif character in " \t" and not quoted and not escaped:
            between = True
        elif character == "\\" and not escaped:
            escaped = True
            continue
        else:
            if between:
                words.append("")
                between = False
            words[-1] += character
        escaped = False
    return words


PROPERTIES: Final[tuple[Callable[[bytes], None], ...]] = (
    any_peer,
    honest_peer,
    environment,
    expected_dip,
    command,
)


def check(data: bytes) -> None:
    """Put an input to the property that its first octet names."""
    PROPERTIES[(data[0] if data else 0) % len(PROPERTIES)](data[1:])
