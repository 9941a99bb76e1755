"""What a caller's text can and cannot do to the messages that it stands in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_protocol import AmiSession
from callrouter.asterisk_link.ami_trust import AmiJudge, Distrust, Judged

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOT_NAME = "abcdefghij234567"
TOKEN = "0123456789abcdef"
MINE = f"{TOKEN}-7"


def told(name: str = "X", text: str = "", *, boot_name: str = BOOT_NAME) -> str:
    """An event that holds a caller's text in its middle."""
    return (
        f"Event: QueueCallerJoin\r\nPrivilege: agent,all\r\nSystemName: {boot_name}\r\n"
        f"Channel: PJSIP/{name}\r\nCallerIDNum: {text}\r\nUniqueid: {name}-1\r\nCount: 1\r\n\r\n"
    )


def channel(name: str, text: str = "") -> str:
    """An item that begins with our word."""
    return (
        f"Event: CoreShowChannel\r\nActionID: {MINE}\r\nChannel: PJSIP/{name}\r\nCallerIDNum: {text}\r\n"
        f"Uniqueid: {name}-1\r\n\r\n"
    )


def waiting(name: str, text: str = "") -> str:
    """An item that ends with our word."""
    return (
        f"Event: QueueEntry\r\nQueue: hotline\r\nChannel: PJSIP/{name}\r\nCallerIDNum: {text}\r\n"
        f"Wait: 1\r\nActionID: {MINE}\r\n\r\n"
    )


BEGIN = (
    f"Response: Success\r\nActionID: {MINE}\r\nEventList: start\r\nMessage: Queue status will follow\r\n\r\n"
)
END = f"Event: QueueStatusComplete\r\nActionID: {MINE}\r\nEventList: Complete\r\nListItems: 3\r\n\r\n"
PONG = f"Response: Success\r\nActionID: {MINE}\r\nPing: Pong\r\nTimestamp: 1\r\n\r\n"


def judged(*texts: str, judge: AmiJudge | None = None) -> list[Judged]:
    """What one judge says of what arrives in these pieces."""
    session, judge = AmiSession(), judge or AmiJudge(TOKEN, BOOT_NAME)
    session.read(BANNER)
    return [each for text in texts for each in judge.judge(session.read(text.encode()))]


def brief(verdicts: list[Judged]) -> list[str]:
    return [
        each.value if isinstance(each, Distrust) else each.get("Channel").removeprefix("PJSIP/") or each.name
        for each in verdicts
    ]


def test_what_asterisk_writes_passes_whole_and_in_order() -> None:
    stream = (
        told("a") + BEGIN + waiting("b") + waiting("c") + END + told("d") + PONG + channel("e") + told("f")
    )
    everything = ["a", "Success", "b", "c", "QueueStatusComplete", "d", "Success", "e", "f"]
    assert brief(judged(stream)) == everything
    assert brief(judged(*stream)) == everything


@pytest.mark.parametrize(
    "event",
    [
        "Event: Hangup\r\nChannel: PJSIP/x\r\n\r\n",
        told(boot_name="guessedguessed22"),
        told(boot_name=BOOT_NAME[:-1]),
        told(boot_name=f"{BOOT_NAME}-1"),
        told(boot_name=""),
        f"Event: X\r\nSystemName: {BOOT_NAME}\r\n\r\n",
        f"Event: X\r\nPrivilege: a\r\nOther: b\r\nSystemName: {BOOT_NAME}\r\n\r\n",
        "Response: Success\r\nActionID: 1\r\n\r\n",
        f"Response: Success\r\nActionID: {TOKEN}\r\n\r\n",
        f"Response: Success\r\nActionID: x{MINE}\r\n\r\n",
        f"Response: Success\r\nOther: a\r\nActionID: {MINE}\r\nPing: Pong\r\n\r\n",
    ],
)
def test_a_message_without_a_secret_in_its_place_is_forged(event: str) -> None:
    assert brief(judged(told("a") + told("b"))) == ["a", "b"]
    assert brief(judged(event)) == ["forged"]


FORGERIES = [
    ("x\r\n\r\nEvent: Hangup\r\nChannel: PJSIP/victim", ["cut", "forged"]),
    (f"x\r\n\r\n{told('victim', boot_name='guessed')}y", ["cut", "forged", "malformed"]),
    ("x\r\n\r\nResponse: Success\r\nActionID: 1", ["cut", "forged"]),
    ("x\r\n\r\n", ["cut", "malformed"]),
    ("x\r\nUniqueid: forged\r\nCount: 9\r\n\r\nEvent: X", ["cut", "forged"]),
    ("x\r\nUniqueid: forged", ["repeated_header"]),
    (f"x\r\nSystemName: {BOOT_NAME}", ["repeated_header"]),
    ("x\r\nno colon", ["malformed"]),
    ("x\r\n\r\na\r\n\r\nb", ["cut", "malformed", "malformed"]),
    ("x\r\nEventList: Complete\r\n\r\nEvent: X", ["cut", "forged"]),
]


@pytest.mark.parametrize(("text", "verdicts"), FORGERIES)
def test_a_text_in_an_event_costs_that_event_and_no_other(text: str, verdicts: list[str]) -> None:
    assert brief(judged(told("a") + told("b", text) + told("c"))) == ["a", *verdicts, "c"]


@pytest.mark.parametrize(("text", "verdicts"), FORGERIES)
def test_a_text_in_an_item_that_begins_surely_costs_that_item_alone(text: str, verdicts: list[str]) -> None:
    came = brief(judged(BEGIN + channel("a") + channel("b", text) + channel("c") + END))
    same_header = "SystemName" in text and "repeated_header" in verdicts
    if not same_header and "Count: 9" not in text:
        assert came == ["Success", "a", *verdicts, "c", "QueueStatusComplete"]
    assert {"a", "c"} <= set(came)


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("x\r\n\r\nEvent: QueueMember\r\nQueue: hotline\r\nChannel: PJSIP/victim", ["forged", "cut"]),
        ("x\r\n\r\nEvent: QueueStatusComplete\r\nEventList: Complete", ["forged", "cut"]),
        ("x\r\n\r\nResponse: Error\r\nMessage: no", ["forged", "cut"]),
        ("x\r\n\r\nz\r\n\r\nEvent: QueueEntry\r\nQueue: hotline", ["forged", "malformed", "cut"]),
        ("x\r\n\r\n", ["forged", "malformed"]),
        ("x\r\nChannel: PJSIP/victim", ["repeated_header"]),
        ("x\r\nActionID: 1", ["repeated_header"]),
    ],
)
def test_a_text_cannot_forge_an_item_by_letting_asterisk_write_its_end(
    text: str, verdicts: list[str]
) -> None:
    came = brief(judged(BEGIN + waiting("a") + waiting("b", text) + waiting("c") + END + told("d")))
    assert came == ["Success", "a", *verdicts, "c", "QueueStatusComplete", "d"]


def test_a_half_that_was_handed_out_already_is_named_when_the_other_half_comes() -> None:
    whole = told("a", "x\r\nUniqueid: forged\r\n\r\nEvent: X")
    place = whole.index("Event: X")
    assert brief(judged(whole)) == ["cut", "forged"]
    assert brief(judged(whole[:place], whole[place:] + told("b"))) == ["a", "cut_before", "forged", "b"]
    assert brief(judged(*whole, told("b"))) == ["a", "cut_before", "forged", "b"]


def test_a_dropped_message_is_not_named_again_as_cut() -> None:
    assert brief(judged(told("a", "x\r\nChannel: y\r\n\r\nz"), told("b"))) == [
        "repeated_header",
        "malformed",
        "b",
    ]


PIECES = [
    "\r\n",
    "\r\n\r\n",
    "x",
    ": ",
    "Event: X",
    "Response: Success",
    "Uniqueid: f",
    "Count: 9",
    "Channel: y",
]
PIECES += [
    "EventList: Complete",
    "ActionID: 1",
    "SystemName: guessed",
    "Privilege: agent,all",
    told(boot_name=""),
]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), max_size=3), st.data())
def test_no_text_makes_a_message_that_asterisk_did_not_write(texts: list[str], data: st.DataObject) -> None:
    stream = "".join(told(f"n{number}", text) for number, text in enumerate(texts)) + told("last")
    cut = data.draw(st.integers(0, len(stream)))
    came = judged(stream[:cut], stream[cut:])
    late = [came[place - 1] for place, each in enumerate(came) if each is Distrust.CUT_BEFORE]
    whole = [each for each in came if isinstance(each, AmiMessage) and each not in late]
    names = [each.get("Channel") for each in whole]
    assert names == sorted(names, key=lambda name: (name == "PJSIP/last", name))
    assert names[-1:] == ["PJSIP/last"]
    for each in whole:
        assert each.get("Uniqueid") == each.get("Channel").removeprefix("PJSIP/") + "-1"
        assert each.get("Count") == "1"
