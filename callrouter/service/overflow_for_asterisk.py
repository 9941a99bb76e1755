"""Where each queue's callers go on to when its seats can't answer: the plan's chain as the static dialplan needs it.

Rules:
- Expert and dedicated seats go on to the general seats of their platform, general ones to another platform where the
  plan says so, else to the duty phone; the dialplan goes on from there.
- A platform is called by its peer. One without a peer, or one that is served here, is nobody else: the duty phone.
- What says that seats are not available is played only where it was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, assert_never

from callrouter.asterisk_link.of_the_plan import Notice, OverflowStep, WayOut
from callrouter.settings import Settings
from callrouter.vocabulary.plan import Plan, announcement_key
from callrouter.vocabulary.policy import Overflow, Queue, QueueKind
from callrouter.vocabulary.territory import Peer

NOT_AVAILABLE: Final = "E02"
"""What is said on the way from expert or dedicated seats to the general ones."""
_OF_PLATFORMS: Final = "platform:"

NoticeOf = Callable[[str], Notice | None]
"""What is played for a file key; None: there is no such sound."""


def overflows(settings: Settings, plan: Plan, notice_of: NoticeOf) -> Iterator[OverflowStep]:
    """Where the callers of each queue go on to; the general queue of the settings may be in no plan."""
    for name in (settings.queue.general, *sorted(plan.queues.keys() - {settings.queue.general})):
        queue = plan.queues.get(name)
        if queue is None:
            yield OverflowStep(name, "last-resort", settings.queue.wait_s)
        else:
            yield _step(queue, settings, plan, notice_of)


def ways_out(plan: Plan) -> Iterator[WayOut]:
    """The endpoints by which calls leave for other platforms, each once."""
    found: dict[str, WayOut] = {}
    for queue in plan.queues.values():
        peer = peer_of(queue, plan)
        if peer is not None:
            found[peer.id] = WayOut(endpoint_of(peer), peer.uri, f"overflow to {queue.overflow_to}")
    yield from found.values()


def trunks_of_platforms(plan: Plan) -> Iterable[str]:
    """Trunks by which other platforms bring calls."""
    return (trunk.id for trunk in plan.trunks.values() if (trunk.source or "").startswith(_OF_PLATFORMS))


def trunks_that_hand_over(plan: Plan) -> Iterable[str]:
    """Those, and the trunks by which emergency services bring calls."""
    return (trunk.id for trunk in plan.trunks.values() if trunk.source is not None)


def peer_of(queue: Queue, plan: Plan) -> Peer | None:
    """The peer through which the queue's callers go on to another platform."""
    if queue.overflow is not Overflow.PLATFORM or queue.overflow_to is None:
        return None
    platform = plan.platforms[queue.overflow_to]
    return None if platform.served or platform.peer is None else plan.peers[platform.peer]


def endpoint_of(peer: Peer) -> str:
    """The name of the endpoint that calls it: trunks that bring calls may have the peer's own."""
    return f"peer-{peer.id}"


def dialled_at(peer: Peer, otherwise: str) -> str:
    """The number that its address names, if it names one."""
    user, at, _ = peer.uri.partition(":")[2].partition("@")
    return user if at else otherwise


def _step(queue: Queue, settings: Settings, plan: Plan, notice_of: NoticeOf) -> OverflowStep:
    general = queue.kind is QueueKind.GENERAL
    wait_s = settings.queue.wait_s if general else settings.queue.special_wait_s
    match queue.overflow:
        case Overflow.GENERAL:
            following = plan.platforms[queue.platform].queue
            if following == queue.id:
                return OverflowStep(queue.id, "last-resort", wait_s)
            notice = notice_of(announcement_key(NOT_AVAILABLE, plan.jurisdiction, queue.id))
            return OverflowStep(queue.id, "queue", wait_s, following, notice=notice)
        case Overflow.PLATFORM:
            peer = peer_of(queue, plan)
            if peer is None:
                return OverflowStep(queue.id, "last-resort", wait_s)
            return OverflowStep(
                queue.id,
                "platform",
                wait_s,
                endpoint_of(peer),
                dialled_at(peer, plan.hub.number),
                queue.overflow_to or "",
            )
        case Overflow.VOICEMAIL:
            return OverflowStep(queue.id, "message", wait_s)
        case Overflow.LAST_RESORT:
            return OverflowStep(queue.id, "last-resort", wait_s)
        case _:
            assert_never(queue.overflow)
