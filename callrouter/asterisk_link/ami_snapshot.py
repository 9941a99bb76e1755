"""The whole state of Asterisk, as far as we follow it, as one value.  PURE.

Rules
1. Channels come from ``Status``, with the variables by which a call's transfer is known (`CALL_VARIABLES`), so that
   both are of one moment; queues, their members and their waiting callers from ``QueueStatus``.
2. Unique ids and names stand as Asterisk spells them.
3. An item that is not what Asterisk 22 writes is left out and counted: a snapshot says how much of it is missing.
4. Numbers are personal data: they are not in a value's ``repr``, nor are a channel's variables.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeVar

from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse

# What Asterisk writes where it knows none: the first on channels, the second on waiting callers.
_NO_NUMBER: Final = frozenset({"", "<unknown>", "unknown"})
# What it writes for a variable that a channel does not have.
_NO_VARIABLE: Final = "(null)"

CALL_VARIABLES: Final = ("CR_CALL", "CR_TRANSFER", "CR_AGENT", "CR_AGENT_CHANNEL", "CR_TARGET_CHANNEL")
"""What the dialplan keeps on a caller's channel; other channels inherit the first alone."""


class MemberStatus(IntEnum):
    """A device's state, as ``QueueMember`` counts it (devicestate.h)."""

    UNKNOWN = 0
    NOT_IN_USE = 1
    IN_USE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGING_IN_USE = 7
    ON_HOLD = 8


@dataclass(frozen=True, slots=True)
class Channel:
    """One leg of a call."""

    name: str
    unique_id: str
    linked_id: str
    state: str
    """``Down``, ``Ring``, ``Ringing``, ``Up``, ... (ChannelStateDesc)."""
    caller_number: str | None = field(repr=False)
    connected_number: str | None = field(repr=False)
    context: str
    extension: str = field(repr=False)
    application: str
    """The dialplan application that it is in; empty between two."""
    bridge_id: str
    """Channels with the same one hear each other; empty in none."""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Those that ``Status`` was asked for and that it has."""


@dataclass(frozen=True, slots=True)
class Member:
    """One who answers a queue."""

    name: str
    interface: str
    status: MemberStatus
    is_paused: bool
    is_in_call: bool
    """In a call of this queue's."""
    state_interface: str = ""
    """Whose state is the member's; empty if Asterisk does not say."""
    pause_reason: str = ""
    """Empty unless it is paused, and often then."""
    paused_at_s: int = 0
    """When it was last paused, in seconds since 1970; 0: never since Asterisk started."""


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """One who waits in a queue."""

    position: int
    """From 1, the next to be answered."""
    channel: str
    unique_id: str
    caller_number: str | None = field(repr=False)
    waited_s: int
    priority: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue with those in it."""

    name: str
    members: tuple[Member, ...]
    waiting: tuple[WaitingCaller, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What Asterisk said when it was asked; the channels a moment before the queues."""

    channels: tuple[Channel, ...]
    queues: tuple[Queue, ...]
    missing: int = 0
    """How many items could not be read or trusted: what is not here may be there all the same."""

    def queue(self, name: str) -> Queue | None:
        """Return a queue by its name."""
        return next((queue for queue in self.queues if queue.name == name), None)


def snapshot_of(channels: AmiResponse, queues: AmiResponse) -> Snapshot:
    """Make a snapshot of the answers to ``Status`` and ``QueueStatus``."""
    reading = _Reading(channels.missing + queues.missing)
    legs = tuple(reading.all("Status", channels.items, status_of))
    members = list(reading.all("QueueMember", queues.items, _of_queue(_member)))
    waiting = list(reading.all("QueueEntry", queues.items, _of_queue(_waiting_caller)))
    return Snapshot(
        legs,
        tuple(
            Queue(
                name,
                tuple(member for queue, member in members if queue == name),
                tuple(caller for queue, caller in waiting if queue == name),
            )
            for name in reading.all("QueueParams", queues.items, lambda item: _text(item, "Queue"))
        ),
        reading.missing,
    )


_MEMBER_EVENTS: Final = frozenset({"QueueMemberAdded", "QueueMemberStatus", "QueueMemberPause"})
MEMBER_REMOVED: Final = "QueueMemberRemoved"


@dataclass(frozen=True, slots=True)
class MemberNews:
    """What an event tells of a queue's member: all of it, as a snapshot would."""

    queue: str
    member: Member
    is_removed: bool


def member_news(event: AmiMessage) -> MemberNews | None:
    """Read what an event tells of a queue's member; None if it tells of none, or cannot be read."""
    is_removed = event.name == MEMBER_REMOVED
    if not is_removed and event.name not in _MEMBER_EVENTS:
        return None
    try:
        member = _member_as(event, name="MemberName", interface="Interface")
        return MemberNews(_text(event, "Queue"), member, is_removed)
    except ValueError:
        return None


def status_headers(variables: Iterable[str], channel: str | None = None) -> dict[str, str]:
    """Return the headers of a ``Status`` that tells these variables, of one channel or of all."""
    headers = {"Variables": ",".join(variables)}
    return headers if channel is None else {**headers, "Channel": channel}


def status_of(item: AmiMessage) -> Channel:
    """Read an item of ``Status``; raises ValueError for what Asterisk does not write."""
    pairs = (line.partition("=") for line in item.all("Variable"))
    return Channel(
        name=_text(item, "Channel"),
        unique_id=_text(item, "Uniqueid"),
        linked_id=_text(item, "Linkedid"),
        state=_text(item, "ChannelStateDesc"),
        caller_number=_number(item, "CallerIDNum"),
        connected_number=_number(item, "ConnectedLineNum"),
        context=item.get("Context"),
        extension=item.get("Exten"),
        application=item.get("Application"),
        bridge_id=item.get("BridgeID"),
        variables={name: value for name, _, value in pairs if value != _NO_VARIABLE},
    )


_Value = TypeVar("_Value")


@dataclass(slots=True)
class _Reading:
    """Counts the items that could not be read."""

    missing: int

    def all(
        self, name: str, items: Iterable[AmiMessage], read: Callable[[AmiMessage], _Value]
    ) -> Iterable[_Value]:
        for item in items:
            if item.name == name:
                try:
                    value = read(item)
                except ValueError:
                    self.missing += 1
                else:
                    yield value


def _of_queue(read: Callable[[AmiMessage], _Value]) -> Callable[[AmiMessage], tuple[str, _Value]]:
    return lambda item: (_text(item, "Queue"), read(item))


def _member(item: AmiMessage) -> Member:
    return _member_as(item, name="Name", interface="Location")


def _member_as(item: AmiMessage, *, name: str, interface: str) -> Member:
    is_paused = _count(item, "Paused") != 0
    return Member(
        name=_text(item, name),
        interface=_text(item, interface),
        status=MemberStatus(_count(item, "Status")),
        is_paused=is_paused,
        is_in_call=_count(item, "InCall") != 0,
        state_interface=item.get("StateInterface"),
        pause_reason=item.get("PausedReason") if is_paused else "",
        paused_at_s=_count(item, "LastPause") if item.get("LastPause") else 0,
    )


def _waiting_caller(item: AmiMessage) -> WaitingCaller:
    return WaitingCaller(
        position=_count(item, "Position"),
        channel=_text(item, "Channel"),
        unique_id=_text(item, "Uniqueid"),
        caller_number=_number(item, "CallerIDNum"),
        waited_s=_count(item, "Wait"),
        priority=_count(item, "Priority"),
    )


def _text(item: AmiMessage, header: str) -> str:
    if not (value := item.get(header)):
        raise ValueError(header)
    return value


def _number(item: AmiMessage, header: str) -> str | None:
    value = item.get(header)
    return None if value in _NO_NUMBER else value


def _count(item: AmiMessage, header: str) -> int:
    value = item.get(header)
    # Shorter than any int() would mind; a clock set back makes a wait negative.
    if len(value) > 20:
        raise ValueError(header)
    return int(value)
