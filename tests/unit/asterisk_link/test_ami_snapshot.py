"""The answers of Asterisk as one typed value."""

import pytest

from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_snapshot import (
    Channel,
    Member,
    MemberStatus,
    Queue,
    Snapshot,
    WaitingCaller,
    member_news,
    snapshot_of,
    status_headers,
    status_of,
)

SUCCESS = AmiMessage((("Response", "Success"),))


def item(text: str) -> AmiMessage:
    return AmiMessage(
        tuple((name, value) for line in text.split("|") for name, _, value in [line.partition(": ")])
    )


def channels(*texts: str, missing: int = 0) -> AmiResponse:
    return AmiResponse(SUCCESS, tuple(item(text) for text in texts), missing)


CHANNEL = (
    "Event: Status|Channel: PJSIP/carrier-00000000|ChannelState: 6|ChannelStateDesc: Up"
    "|CallerIDNum: 13800138000|CallerIDName: <unknown>|ConnectedLineNum: <unknown>|Context: connect|Exten: s"
    "|Uniqueid: boot-1.0|Linkedid: boot-1.0|Application: Queue|Data: hotline|BridgeID: b-1"
)
QUEUE = "Event: QueueParams|Queue: hotline|Max: 0|Calls: 1"
MEMBER = (
    "Event: QueueMember|Queue: hotline|Name: 值班员一|Location: PJSIP/1001|StateInterface: PJSIP/1001"
    "|InCall: 0|Status: 6|Paused: 1|PausedReason: "
)
WAITING = (
    "Event: QueueEntry|Queue: hotline|Position: 1|Channel: PJSIP/carrier-00000000|Uniqueid: boot-1.0"
    "|CallerIDNum: unknown|Wait: 3|Priority: 5"
)


def test_channels_queues_members_and_waiting_callers_are_read() -> None:
    snapshot = snapshot_of(
        channels(CHANNEL),
        channels(
            QUEUE, MEMBER, WAITING, "Event: QueueParams|Queue: urgent", MEMBER.replace("hotline", "urgent")
        ),
    )
    member = Member(
        *("值班员一", "PJSIP/1001", MemberStatus.RINGING),
        is_paused=True,
        is_in_call=False,
        state_interface="PJSIP/1001",
    )
    assert snapshot == Snapshot(
        (
            Channel(
                name="PJSIP/carrier-00000000",
                unique_id="boot-1.0",
                linked_id="boot-1.0",
                state="Up",
                caller_number="13800138000",
                connected_number=None,
                context="connect",
                extension="s",
                application="Queue",
                bridge_id="b-1",
            ),
        ),
        (
            Queue(
                "hotline", (member,), (WaitingCaller(1, "PJSIP/carrier-00000000", "boot-1.0", None, 3, 5),)
            ),
            Queue("urgent", (member,), ()),
        ),
    )
    assert snapshot.queue("urgent") == Queue("urgent", (member,), ())
    assert snapshot.queue("nowhere") is None


def test_what_cannot_be_read_or_was_not_trusted_is_counted() -> None:
    snapshot = snapshot_of(
        channels(CHANNEL.replace("Uniqueid: boot-1.0|", ""), CHANNEL, missing=2),
        channels(
            QUEUE,
            MEMBER.replace("Status: 6", "Status: 9"),
            MEMBER.replace("Status: 6", "Status: x"),
            WAITING.replace("Wait: 3", "Wait: " + "3" * 21),
            missing=1,
        ),
    )
    assert snapshot.missing == 7
    assert len(snapshot.channels) == 1
    assert snapshot.queues == (Queue("hotline", (), ()),)


def test_numbers_are_in_no_repr() -> None:
    snapshot = snapshot_of(channels(CHANNEL), channels(QUEUE, WAITING.replace("unknown", "13800138001")))
    assert "13800" not in repr(snapshot)


MEMBER_EVENT = (
    "Event: QueueMemberPause|Privilege: agent,all|SystemName: boot|Queue: hotline|MemberName: 1001"
    "|Interface: Local/1001@seat|StateInterface: PJSIP/1001|LastPause: 1795397753|InCall: 0|Status: 1|Paused: 1"
    "|PausedReason: meal|Ringinuse: 0"
)


def test_what_an_event_tells_of_a_member_is_what_a_snapshot_would() -> None:
    news = member_news(item(MEMBER_EVENT))
    assert news is not None
    assert (news.queue, news.is_removed) == ("hotline", False)
    assert news.member == Member(
        *("1001", "Local/1001@seat", MemberStatus.NOT_IN_USE),
        is_paused=True,
        is_in_call=False,
        state_interface="PJSIP/1001",
        pause_reason="meal",
        paused_at_s=1_795_397_753,
    )
    removed = member_news(item(MEMBER_EVENT.replace("QueueMemberPause", "QueueMemberRemoved")))
    assert removed is not None
    assert removed.is_removed


def test_who_is_not_paused_has_no_reason_whatever_asterisk_still_writes() -> None:
    news = member_news(item(MEMBER_EVENT.replace("Paused: 1", "Paused: 0")))
    assert news is not None
    assert news.member.pause_reason == ""


def test_other_events_and_broken_ones_tell_of_no_member() -> None:
    for old, new in (
        ("QueueMemberPause", "QueueCallerJoin"),
        ("Queue: hotline|", ""),
        ("Interface: Local/1001@seat|", ""),
        ("|Status: 1", "|Status: 99"),
        ("LastPause: 1795397753", "LastPause: soon"),
    ):
        assert old in MEMBER_EVENT
        assert member_news(item(MEMBER_EVENT.replace(old, new, 1))) is None, new


STATUS = (
    *(
        ("Event", "Status"),
        ("Privilege", "Call"),
        ("Channel", "PJSIP/carrier-00000000"),
        ("ChannelState", "6"),
    ),
    *(("ChannelStateDesc", "Up"), ("CallerIDNum", "13800138000"), ("ConnectedLineNum", "<unknown>")),
    *(("Context", "transfer-conference"), ("Exten", "s"), ("Uniqueid", "boot-1.0"), ("Linkedid", "boot-1.0")),
    *(("BridgeID", "b-1"), ("Application", "ConfBridge"), ("Variable", "CR_TRANSFER=1|talk||")),
    *(("Variable", "CR_VERDICT=v1|connect|a=b&c=d"), ("Variable", "CR_TARGET_CHANNEL=")),
    *(("Variable", "CR_PAUSED=(null)"), ("ActionID", "x-1")),
)
"""As Asterisk 22 tells it, in part."""


def test_a_status_tells_a_channel_with_the_variables_that_it_has() -> None:
    channel = status_of(AmiMessage(STATUS))
    assert (channel.name, channel.unique_id, channel.application) == (
        *("PJSIP/carrier-00000000", "boot-1.0"),
        "ConfBridge",
    )
    assert (channel.bridge_id, channel.caller_number, channel.connected_number) == (
        "b-1",
        "13800138000",
        None,
    )
    assert channel.variables == {
        "CR_TRANSFER": "1|talk||",
        "CR_VERDICT": "v1|connect|a=b&c=d",
        "CR_TARGET_CHANNEL": "",
    }
    assert "13800" not in repr(channel)
    assert "talk" not in repr(channel)


def test_a_status_without_its_ids_is_not_read() -> None:
    with pytest.raises(ValueError, match="Uniqueid"):
        status_of(AmiMessage(tuple(header for header in STATUS if header[0] != "Uniqueid")))


def test_a_status_is_asked_of_one_channel_for_all_the_variables_at_once() -> None:
    assert status_headers(("A", "B"), "PJSIP/x-1") == {"Channel": "PJSIP/x-1", "Variables": "A,B"}
    assert status_headers(("A", "B")) == {"Variables": "A,B"}
