"""What Asterisk is told of a plan before it starts: see `asterisk_link.of_the_plan`."""

from __future__ import annotations

from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.settings import Settings
from callrouter.vocabulary.plan import Plan


def of_the_plan(settings: Settings, plan: Plan) -> OfThePlan:
    """Say what the static dialplan must know of the plan."""
    general = settings.queue.general
    return OfThePlan(queues=(general, *sorted(plan.queues.keys() - {general})))
