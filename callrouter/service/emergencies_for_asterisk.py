"""The emergency services as the static dialplan needs them: all of it works while nobody can be asked.

Rules:
- A service is called at its peers, each an endpoint of its own; the number is the one that the peer's address names,
  else the service's.
- What is said names the service, and is played only where it was recorded.
- A rehearsal calls nobody outside this machine: its services have trunks that lead nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from callrouter.asterisk_link.of_the_plan import EmergencyDesk, WayOut
from callrouter.decide.emergency_ways import EmergencyWay, emergency_ways
from callrouter.prompts.renderings import line_sound_path, prompt_key
from callrouter.service.overflow_for_asterisk import dialled_at, endpoint_of
from callrouter.vocabulary.plan import Plan

LONGEST_KEYS: Final = 11
"""Of a feature code (MAXIMUM_DTMF_FEATURE_STRING of Asterisk's bridges)."""
_CALLING, _FAILED, _GUIDED = "M02", "M03", "M01"


def emergency_desks(plan: Plan, sounds: Path) -> Iterator[EmergencyDesk]:
    """All services, by themselves and by area; `sounds` is the folder of what Asterisk plays."""
    ways = emergency_ways(plan).values()
    for way in ways:
        yield EmergencyDesk(
            id=way.id,
            service=way.service,
            area=way.area,
            areas=tuple(one.area for one in ways if one.service == way.service and one.area),
            digits=way.digits if len(way.keys) <= LONGEST_KEYS else "",
            dial=tuple(_called(way, plan)),
            calling=_recorded(_CALLING, way, sounds),
            failed=_recorded(_FAILED, way, sounds),
            guided=_recorded(_GUIDED, way, sounds),
        )


def ways_to_emergencies(plan: Plan) -> Iterator[WayOut]:
    """The endpoints by which the services are called, each once."""
    found: dict[str, WayOut] = {}
    for way in emergency_ways(plan).values():
        for peer in way.trunks:
            purpose = f"emergency {way.service}"
            found.setdefault(peer, WayOut(endpoint_of(plan.peers[peer]), plan.peers[peer].uri, purpose))
    yield from found.values()


def _called(way: EmergencyWay, plan: Plan) -> Iterator[str]:
    for trunk in way.trunks:
        peer = plan.peers[trunk]
        yield f"PJSIP/{dialled_at(peer, way.service)}@{endpoint_of(peer)}"


def _recorded(prompt_id: str, way: EmergencyWay, sounds: Path) -> str:
    key = prompt_key(prompt_id, way.service)
    return key if line_sound_path(sounds, key).exists() else ""
