"""What holds for our end of an AMI stream, whatever comes.  Each property takes any octets and returns, or fails."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tape import Choices, Operation, Step, is_clean, pieces, retained, split_sizes, steps

from callrouter.asterisk_link.ami_messages import (
    MAX_HEADERS,
    MAX_LINE_BYTES,
    AmiActionError,
    AmiMessage,
    AmiResponse,
    encode_action,
)
from callrouter.asterisk_link.ami_pending import PendingActions
from callrouter.asterisk_link.ami_protocol import MAX_MESSAGE_BYTES, AmiProtocolError, AmiSession
from callrouter.asterisk_link.ami_trust import AmiJudge, Distrust
from callrouter.vocabulary.wire_text import wire_text

BOOT_NAME = b"bootnameexample2"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
TOKENS: Final = (
    *(BANNER, b"Response: Success\r\n", b"Response: Error\r\n", b"ActionID: t-0\r\n", b"ActionID: t-1\r\n"),
    *(
        b"Event: Hangup\r\n",
        b"EventList: start\r\n",
        b"EventList: Complete\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\r",
        b"\n",
    ),
    *(b"CallerIDName: ", b"Output: ", b"SystemName: bootnameexample2\r\n", b"SystemName: x\r\n", b": ", b":"),
    *(
        b"\xe5\x80\xbc\xe7\x8f\xad",
        b"\xc4\xe3",
        b"\0",
        b"\n\nResponse: Success",
        b"\nActionID: t-0",
        b"\xffc",
    ),
    *(
        b"x\r\n\r\nEvent: Newchannel\r\nN: 9\r\nExten: s9\r\nX: ",
        b"x\r\nExten: s9",
        b"x\r\n\r\nEvent: Item\r\nN: 1\r\nX: ",
    ),
    *(b"\xffe", b"\xffr", b"\xffcResponse: Success\r\nActionID: t-0\r\n\r\n"),
    b"Event: Newchannel\r\nSystemName: bootnameexample2\r\n\r\n",
)
"""What a search puts together; also the fuzzer's dictionary."""

new_session: Callable[[], AmiSession] = AmiSession
new_pending: Callable[[], PendingActions] = PendingActions
new_judge: Callable[[str, str], AmiJudge] = AmiJudge
"""The codec under test; a test of the fuzzers puts a broken one here."""

_BROKEN = "broken"
_PIECE = 64 * 1024
_MOST_RETAINED = MAX_MESSAGE_BYTES + _PIECE + 4096
Answer = tuple[str, AmiResponse]
Seen = AmiMessage | Answer | str


@dataclass
class _Play:
    """One stream with its waiting actions, and all that is seen of it."""

    size: int
    session: AmiSession = field(init=False)
    pending: PendingActions = field(init=False)
    seen: list[Seen] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    actions: int = 0
    messages: int = 0

    def __post_init__(self) -> None:
        # Looked up now: a test may have put a broken codec there.
        self.session, self.pending = new_session(), new_pending()

    def step(self, step: Step, before: Step | None) -> None:
        match step:
            case Operation.COMMAND:
                self.waiting.append(f"t-{self.actions}")
                self.pending.expect(self.waiting[-1])
                self.actions += 1
            case Operation.END:
                if self.waiting:
                    self.pending.forget(self.waiting.pop(0))
            case Operation.REPEAT:
                if isinstance(before, bytes):
                    self.repeat(before)
            case octets:
                for piece in pieces(octets, self.size):
                    self.feed(piece)
                self.check_bound()

    def repeat(self, octets: bytes) -> None:
        """Feed octets again and again, beyond every bound; unless they make whole messages."""
        before = self.completed
        self.feed(octets * 2)
        piece = octets * (_PIECE // len(octets))
        for _ in range(2 + MAX_MESSAGE_BYTES // len(piece)):
            if self.completed != before:
                return
            self.feed(piece)
            self.check_bound()

    def feed(self, octets: bytes) -> None:
        try:
            for message in self.session.receive_data(octets):
                self.messages += 1
                _check_message(message)
                self.take(message)
        except AmiProtocolError:
            if _BROKEN not in self.seen:
                self.seen.append(_BROKEN)
        else:
            assert _BROKEN not in self.seen, "a broken stream speaks"

    @property
    def completed(self) -> int:
        """How many messages have come to their end, whatever became of them."""
        return self.messages + self.session.malformed + self.session.repeated

    def check_bound(self) -> None:
        assert retained(self.session) <= _MOST_RETAINED, "the buffers are not bounded"

    def take(self, message: AmiMessage) -> None:
        taken = self.pending.receive(message)
        if isinstance(taken, AmiMessage):
            assert taken.is_event, "a response is news"
            self.seen.append(taken)
        elif taken is not None:
            action_id, response = taken
            assert action_id in self.waiting, "an answer that nobody waits for"
            self.waiting.remove(action_id)
            _check_answer(action_id, response)
            self.seen.append(taken)


def _check_message(message: AmiMessage) -> None:
    assert message.headers[0][0] in ("Response", "Event")
    assert message.is_event == (message.headers[0][0] == "Event")
    for name, value in message.headers:
        assert is_clean(name)
        assert is_clean(value)


def _check_answer(action_id: str, response: AmiResponse) -> None:
    assert not response.message.is_event, "an event answers"
    assert response.message.get("ActionID") == action_id, "another action's answer"
    for item in response.items:
        assert item.is_event
        assert item.get("ActionID") == action_id, "another list's item"


def _play(data: bytes, size: int) -> _Play:
    play, before = _Play(size), None
    for step in steps(data):
        play.step(step, before)
        before = step
    return play


def any_peer(data: bytes) -> None:
    """The codec raises its one error and no other, stays in its bounds, and does not care how octets are split."""
    whole = _play(data, 1 << 30)
    for size in split_sizes(data):
        split = _play(data, size)
        if whole.seen[-1:] == [_BROKEN]:
            # Messages that came with the fault go with it, so a stream in pieces tells more.
            assert split.seen[-1:] == [_BROKEN], "split, it is not broken"
            assert split.seen[: len(whole.seen) - 1] == whole.seen[:-1], "split, it says something else"
        else:
            assert split.seen == whole.seen, "split, it says something else"
            assert split.completed == whole.completed


def any_peer_after_its_banner(data: bytes) -> None:
    """The same, past the banner and with two actions waiting: the way is long for a search that must find it."""
    any_peer(BANNER + b"\xffc\xffc" + data)


def honest_peer(data: bytes) -> None:
    """Each action gets its own answer, in whatever order they come, with events and other lists in between."""
    choices = Choices(data)
    size = 1 + choices.number(40)
    lists = [choices.number(4) for _ in range(1 + choices.number(5))]  # 0: a plain response
    stream = b"".join(_interleaved(choices, [_parts(number, items) for number, items in enumerate(lists)]))
    play = _Play(size)
    for _ in lists:
        play.step(Operation.COMMAND, None)
    play.step(BANNER + stream, None)
    answers = {each[0]: each[1] for each in play.seen if isinstance(each, tuple)}
    assert len(answers) == len(lists)
    for number, items in enumerate(lists):
        response = answers[f"t-{number}"]
        assert response.get("Message") == f"value of {number}", "another action's answer"
        names = [item.get("Name") for item in response.items]
        assert names == [f"{number} 值 {item}" for item in range(items)], "another list's item"
    news = [each.get("N") for each in play.seen if isinstance(each, AmiMessage)]
    assert news == [str(n) for n in range(len(news))], "events are not in order"


def _parts(number: int, items: int) -> list[bytes]:
    opened = b"EventList: start\r\n" if items else b""
    parts = [
        b"Response: Success\r\nActionID: t-%d\r\n%bMessage: value of %d\r\n\r\n" % (number, opened, number)
    ]
    parts += [
        f"Event: Item\r\nActionID: t-{number}\r\nName: {number} 值 {item}\r\n\r\n".encode()
        for item in range(items)
    ]
    if items:
        parts.append(
            b"Event: Done\r\nActionID: t-%d\r\nEventList: Complete\r\nListItems: %d\r\n\r\n" % (number, items)
        )
    return parts


def _interleaved(choices: Choices, waiting: list[list[bytes]]) -> list[bytes]:
    """Each list in its own order, all of them and some events mixed."""
    mixed: list[bytes] = []
    events = 0
    while waiting := [parts for parts in waiting if parts]:
        mixed.append(waiting[choices.number(len(waiting))].pop(0))
        if choices.number(3) == 1:
            mixed.append(b"Event: E\r\nSystemName: %b\r\nN: %d\r\n\r\n" % (BOOT_NAME, events))
            events += 1
    return mixed


def hostile_value(data: bytes) -> None:
    """Whatever stands in a value, without a whole line's end, is that value and nothing else; or all is dropped."""
    value = data
    while b"\r\n" in value:
        value = value.replace(b"\r\n", b"")
    stanza = (
        b"Event: Newchannel\r\nPrivilege: call,all\r\nSystemName: %b\r\nCallerIDName: %b\r\nExten: s\r\n\r\n"
    )
    behind = b"Event: Hangup\r\nSystemName: %b\r\n\r\n" % BOOT_NAME
    play = _Play(1 + len(data) % 7)
    play.step(Operation.COMMAND, None)
    play.step(BANNER + stanza % (BOOT_NAME, value) + behind, None)
    *first, last = play.seen
    assert isinstance(last, AmiMessage)
    assert last.name == "Hangup"
    expected = (
        *(("Event", "Newchannel"), ("Privilege", "call,all"), ("SystemName", BOOT_NAME.decode())),
        *(("CallerIDName", wire_text(value)), ("Exten", "s")),
    )
    assert first in ([], [AmiMessage(expected)]), "a value became something else"


def action(data: bytes) -> None:
    """An action is refused, or is one message that holds the very headers it was made of."""
    choices = Choices(data)
    name = choices.octets(8).decode("utf-8", "replace")
    headers: dict[str, str | tuple[str, ...]] = {}
    for number in range(choices.number(4)):
        values = tuple(
            choices.octets(40).decode("utf-8", "surrogateescape") for _ in range(1 + choices.number(2))
        )
        headers[f"Header{number}"] = values if choices.number(2) else values[0]
    try:
        octets = encode_action(name, "t-0", headers)
    except AmiActionError:
        return
    assert octets.endswith(b"\r\n\r\n")
    lines = octets[:-4].decode().split("\r\n")
    expected = [f"Action: {name}", "ActionID: t-0"]
    for header, value in headers.items():
        expected += [f"{header}: {one}" for one in ((value,) if isinstance(value, str) else value)]
    assert lines == expected
    assert octets.count(b"\r") == octets.count(b"\n") == len(lines) + 1
    assert b"\0" not in octets
    assert len(lines) <= MAX_HEADERS
    assert max(len(line.encode()) for line in lines) <= MAX_LINE_BYTES


_STRANGER: Final = "0" * 16
"""What a caller takes for our secrets."""


def hostile_caller(data: bytes) -> None:
    """Whatever a caller writes, who knows neither secret, every message that is believed is Asterisk's own."""
    choices = Choices(data)
    judge = new_judge("token", BOOT_NAME.decode())
    play = new_session()
    play.receive_data(BANNER)
    stanzas = [_told(choices, number) for number in range(1 + choices.number(4))]
    stream, size = b"".join(stanzas) + _told(Choices(b""), len(stanzas)), 1 + choices.number(60)
    believed: list[AmiMessage] = []
    faults = 0
    for piece in pieces(stream, size):
        for judged in judge.judge(play.read(piece)):
            if isinstance(judged, AmiMessage):
                believed.append(judged)
                continue
            faults += 1
            if judged is Distrust.CUT_BEFORE:
                believed.pop()
    numbers = [message.get("N") for message in believed]
    assert sorted(set(numbers), key=int) == numbers, "a message is believed twice, or out of its order"
    for message in believed:
        number = message.get("N")
        kind = "Item" if int(number) % 2 else "Newchannel"
        assert (message.name, message.get("Exten")) == (kind, f"s{number}"), "a caller's word is believed"
        secret = message.get("ActionID") == f"token-{number}" if kind == "Item" else judge.is_news(message)
        assert secret, "a message of a caller's is believed"
    assert len(believed) + faults >= len(stanzas) + 1, "a message is lost without a word"


def _told(choices: Choices, number: int) -> bytes:
    """A message as Asterisk writes it, with a caller's text in it: an event, or an item of a list."""
    hostile = _STRANGER.encode().join(choices.octets(120).split(BOOT_NAME)).replace(b"token-", b"t-")
    caller = b"N: %d\r\nCallerIDName: %b\r\nExten: s%d\r\n" % (number, hostile, number)
    if number % 2:
        return b"Event: Item\r\n%bActionID: token-%d\r\n\r\n" % (caller, number)
    return b"Event: Newchannel\r\nPrivilege: call,all\r\nSystemName: %b\r\n%b\r\n" % (BOOT_NAME, caller)


PROPERTIES: Final[tuple[Callable[[bytes], None], ...]] = (
    *(any_peer, any_peer_after_its_banner),
    *(honest_peer, hostile_value, hostile_caller, action),
)


def check(data: bytes) -> None:
    """Put an input to the property that its first octet names."""
    PROPERTIES[(data[0] if data else 0) % len(PROPERTIES)](data[1:])
