"""The answers of Asterisk as one typed value."""

from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_snapshot import (
    Channel,
    Member,
    MemberStatus,
    Queue,
    Snapshot,
    WaitingCaller,
    snapshot_of,
)

SUCCESS = AmiMessage((("Response", "Success"),))


def item(text: str) -> AmiMessage:
    return AmiMessage(
        tuple((name, value) for line in text.split("|") for name, _, value in [line.partition(": ")])
    )


def channels(*texts: str, missing: int = 0) -> AmiResponse:
    return AmiResponse(SUCCESS, tuple(item(text) for text in texts), missing)


CHANNEL = (
    "Event: CoreShowChannel|Channel: PJSIP/carrier-00000000|ChannelState: 6|ChannelStateDesc: Up"
    "|CallerIDNum: 13800138000|CallerIDName: <unknown>|ConnectedLineNum: <unknown>|Context: connect|Exten: s"
    "|Uniqueid: boot-1.0|Linkedid: boot-1.0|Application: Queue|ApplicationData: hotline|BridgeId: b-1"
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
    member = Member("值班员一", "PJSIP/1001", MemberStatus.RINGING, is_paused=True, is_in_call=False)
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
    assert "138" not in repr(snapshot)
