"""Which seats answer which queue: the plan's rosters, as far as this installation has the SIP accounts.

Rules:
- Every seat of the settings answers the general queue: it is where a call goes when nothing else holds.
- A plan may name seats that are not set up yet; they are told, and nobody waits for them.
"""

from __future__ import annotations

from callrouter.calls.seats import Roster, Seat
from callrouter.settings import Settings
from callrouter.vocabulary.plan import Plan


def roster(settings: Settings, plan: Plan) -> Roster:
    """Each seat in each queue that it answers, and all the queues that are ours."""
    general = settings.queue.general
    seats = [Seat(name, general) for name in settings.sip.seats]
    for queue in plan.queues.values():
        if queue.id != general:
            seats += [Seat(name, queue.id) for name in queue.seats if name in settings.sip.seats]
    return Roster(tuple(seats), frozenset({general, *plan.queues}))


def unknown_seats(settings: Settings, plan: Plan) -> list[str]:
    """Seats of the plan's rosters for which there is no SIP account."""
    named = {seat for queue in plan.queues.values() for seat in queue.seats}
    return sorted(named - set(settings.sip.seats))


def unstaffed_queues(settings: Settings, plan: Plan) -> list[str]:
    """Queues of platforms served here that no seat of this installation answers."""
    staffed = {seat.queue for seat in roster(settings, plan).seats}
    served = {platform.id for platform in plan.platforms.values() if platform.served}
    return sorted(
        queue.id for queue in plan.queues.values() if queue.platform in served and queue.id not in staffed
    )
