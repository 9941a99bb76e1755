"""What Asterisk is told of a plan before it starts: see `asterisk_link.of_the_plan`.

Rules:
- A notice is whatever a call may hear before an agent; whoever hears none before still hears that he is recorded.
- What has no sound is left out: that it is missing is told when the plan is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from callrouter.asterisk_link.of_the_plan import (
    HEARD_AFTER_MS,
    SILENCES,
    Address,
    Notice,
    OfferedMenu,
    OfThePlan,
    Played,
    WayOut,
)
from callrouter.decide.after_call import second_notice
from callrouter.layout import sounds_folder
from callrouter.plans.wanted_prompts import (
    OF_TRANSFERS,
    SPEAKS_ADDRESS,
    SPEAKS_HOURS,
    SPEAKS_SEATS,
    menu_sound,
    wanted,
)
from callrouter.prompts.renderings import line_sound_path
from callrouter.service.emergencies_for_asterisk import emergency_desks, ways_to_emergencies
from callrouter.service.guidance_for_asterisk import told_of
from callrouter.service.hours_for_asterisk import hours_of
from callrouter.service.houses_for_asterisk import other_houses, ways_to_houses
from callrouter.service.overflow_for_asterisk import (
    endpoint_of,
    overflows,
    trunks_of_platforms,
    trunks_that_hand_over,
    ways_out,
)
from callrouter.service.rehearsed_ways import rehearsed, rehearsed_steps
from callrouter.service.targets_for_asterisk import dialled_targets, told_lines, ways_to_targets
from callrouter.settings import Settings
from callrouter.settings_file import SettingsError
from callrouter.vocabulary.plan import Plan, announcement_key

_TELLS_THE_ADDRESS: Final = "H04"
_NO_NOTICE: Final = "none"
_NOT_BEFORE_AN_AGENT: Final = SPEAKS_SEATS | SPEAKS_ADDRESS | SPEAKS_HOURS | OF_TRANSFERS
_OF_THE_PLATFORM: Final = {"z01": "Z01"}
"""Notices that no plan names by itself: those of the minors' line."""
_OCTETS_A_MILLISECOND: Final = 8


def of_the_plan(
    settings: Settings,
    plan: Plan,
    sounds: Path | None = None,
    *,
    at: datetime,
    rehearsal: bool = False,
) -> OfThePlan:
    """Say what the static dialplan must know of the plan; `sounds` is the folder of what Asterisk plays.

    Hours are written out from `at` on, which is by the instance's clock and zone-aware.

    Raises:
        SettingsError: the settings have calls come in by a trunk that the plan does not know.

    """
    _require_known_trunks(settings, plan)
    general, sounds = settings.queue.general, sounds or sounds_folder()
    steps = tuple(overflows(settings, plan, partial(_by_itself, sounds=sounds)))
    ways = tuple(_ways_out(settings, plan))
    if rehearsal:
        ways = rehearsed(ways)
    return OfThePlan(
        queues=(general, *sorted(plan.queues.keys() - {general})),
        notices=tuple(_notices(plan, settings.recording.enabled, sounds)),
        usual_priority=plan.desks.hub.priority,
        emergency_priority=plan.desks.emergency.priority,
        addresses=tuple(_addresses(settings, plan, sounds)),
        unsurveyed=plan.survey.except_queues if plan.survey is not None else (),
        overflows=tuple(rehearsed_steps(steps, ways)) if rehearsal else steps,
        ways_out=ways,
        trunks_of_platforms=tuple(trunks_of_platforms(plan)),
        trunks_that_hand_over=tuple(trunks_that_hand_over(plan)),
        menus=tuple(_menus(plan, sounds)),
        targets=dialled_targets(settings, plan, sounds),
        told_lines=told_lines(plan, sounds),
        hub=plan.hub.number,
        houses=other_houses(plan),
        guidances=tuple(told_of(settings, plan, sounds)),
        emergencies=tuple(emergency_desks(plan, sounds)),
        hours=hours_of(settings, plan, at),
    )


def _require_known_trunks(settings: Settings, plan: Plan) -> None:
    """Whose calls they are, nobody could say: a name that was mistyped would make every such call the public's."""
    strange = sorted(settings.sip.trunks.keys() - plan.trunks.keys())
    if strange:
        raise SettingsError(
            f"sip.trunks: {', '.join(strange)}：计划中没有这个中继 / no trunk of the plan {plan.jurisdiction}; "
            f"its trunks: {', '.join(sorted(plan.trunks))}"
        )


def _addresses(settings: Settings, plan: Plan, sounds: Path) -> Iterator[Address]:
    """The general queue's are those of the home platform, whatever the settings call it."""
    of_queues = {queue.id: queue.platform for queue in plan.queues.values()}
    for queue, platform in (of_queues | {settings.queue.general: plan.home}).items():
        key = announcement_key(_TELLS_THE_ADDRESS, plan.jurisdiction, platform)
        if plan.platforms[platform].email is not None and line_sound_path(sounds, key).exists():
            yield Address(queue, key)


def _ways_out(settings: Settings, plan: Plan) -> Iterator[WayOut]:
    """Each endpoint once, whatever goes out by it."""
    found: dict[str, WayOut] = {}
    for way in (
        *ways_to_emergencies(plan),
        *ways_out(plan),
        *ways_to_targets(settings, plan),
        *ways_to_houses(plan),
    ):
        found.setdefault(way.endpoint, way)
    limits = {endpoint_of(peer): peer.others_at_most for peer in plan.peers.values()}
    for way in found.values():
        yield replace(way, others_at_most=limits.get(way.endpoint))


def _menus(plan: Plan, sounds: Path) -> Iterator[OfferedMenu]:
    """The menus that can be heard: without its words, a menu would be silence before a person answers."""
    for menu in plan.menus or ():
        sound = menu_sound(menu, plan)
        if line_sound_path(sounds, sound).exists():
            keys = (("0", menu.otherwise), *((choice.key, choice.queue) for choice in menu.choices))
            yield OfferedMenu(menu.id, sound, keys, menu.tries, menu.timeout_s)


def _notices(plan: Plan, recording: bool, sounds: Path) -> Iterator[Notice]:
    front: dict[str, str | None] = {_NO_NOTICE: None, **_OF_THE_PLATFORM}
    # A menu may say what the platform says anyway: then a call hears it as a notice, too.
    menus = {(menu_sound(menu, plan), menu.place) for menu in plan.menus or ()}
    front |= {
        notice.key: notice.announcement
        for notice in wanted(plan)
        if notice.announcement not in _NOT_BEFORE_AN_AGENT and (notice.key, notice.place) not in menus
    }
    for name, announcement in front.items():
        second = second_notice(announcement, urgent=False) if recording else None
        keys = [key for key in (name if announcement else None, second) if key is not None]
        yield _notice(name, keys, sounds)


def _by_itself(key: str, sounds: Path) -> Notice | None:
    notice = _notice(key, [key], sounds)
    return notice if notice.parts else None


def _notice(name: str, keys: list[str], sounds: Path) -> Notice:
    parts = tuple(_played(keys, sounds))
    return Notice(name, parts, parts[-1].ends_ms + HEARD_AFTER_MS if parts else 0)


def _played(keys: list[str], sounds: Path) -> Iterator[Played]:
    at_ms = SILENCES["lead"]
    for key in keys:
        file = line_sound_path(sounds, key)
        if not file.exists():
            continue
        ends_ms = at_ms + file.stat().st_size // _OCTETS_A_MILLISECOND
        yield Played(key, at_ms, ends_ms)
        at_ms = ends_ms
