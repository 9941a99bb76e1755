"""Every announcement that may be heard, as the prompts room knows it: the dialplan's own, the platform's, the plan's.

Rules:
- A recording is wanted for all that the plan can ever play. Only what names a day that nobody has given yet can't be
  spoken, so it is not wanted before somebody does.
- The dialplan's own and the phrases of queue, menu, message, transfer and agents are wanted whatever the plan.
- A year is spoken only if it is not the one in which the announcement is first heard.
- What is written for people and what a voice says are the same text, filled with the same values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from callrouter.layout import PROMPTS_FOLDER
from callrouter.plans.check import unsayable
from callrouter.plans.findings import PlanErrors
from callrouter.plans.load import load
from callrouter.plans.wanted_notice import WantedNotice
from callrouter.plans.wanted_prompts import OF_TRANSFERS, SPEAKS_HOURS, menu_sound, wanted
from callrouter.prompts.catalogue import Catalogue, CatalogueEntry, load_catalogue
from callrouter.prompts.phrases import phrases
from callrouter.prompts.renderings import (
    ALWAYS_WANTED,
    WantedPrompt,
    line_sound_path,
    load_renderings,
    master_path,
    prompt_key,
)
from callrouter.prompts.text import Spoken, spoken_address, spoken_date, spoken_digits, spoken_time
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.plan import Plan

OF_THE_DIALPLAN = ("N02", "H02", "F01")
"""Played by the dialplan itself, whatever the plan; beside the phrases of queue, message and survey."""

_KEPT = "announcements"


def plan_to_serve(folder: Path, at: datetime) -> Plan:
    """Load the plan in `folder` for callers to hear, from `at` on.

    Raises PlanErrors with everything that is wrong: what no announcement can say, too.
    """
    loaded = load(folder)
    findings = unsayable(loaded, at, load_catalogue(PROMPTS_FOLDER).prompts.keys())
    if loaded.plan is None or findings:
        raise PlanErrors((*loaded.findings, *findings))
    return loaded.plan


def announcements_of(plan: Plan, folder: Path = PROMPTS_FOLDER) -> tuple[WantedPrompt, ...]:
    """Return what must have been rendered before the plan may serve.

    Raises PromptError when a text cannot be filled or an announcement is not in the catalogue.
    """
    catalogue = load_catalogue(folder)
    own = tuple(
        WantedPrompt(prompt_key(prompt_id), prompt_id, catalogue.entry(prompt_id).fill({}).said)
        for prompt_id in OF_THE_DIALPLAN
    )
    of_all_plans = own + phrases(catalogue)
    known = {prompt.key for prompt in of_all_plans}
    of_the_plan = tuple(
        WantedPrompt(notice.key, notice.announcement, entry.fill(values).said)
        for notice, entry, values in _entries(catalogue, plan)
        if notice.key not in known
    )
    return of_all_plans + of_the_plan


def rightly_recorded(plan: Plan, folder: Path = PROMPTS_FOLDER) -> frozenset[str]:
    """Return the file keys of the plan's announcements that have a recording of the very words.

    The sound of other words (a day that has been moved since, say) is as bad as none. What can't be spoken is left
    out.
    """
    catalogue, made = load_catalogue(folder), load_renderings(folder)
    right = set()
    for notice in wanted(plan):
        entry = catalogue.prompts.get(notice.announcement)
        rendering = made.get(notice.key)
        if entry is None or rendering is None or not master_path(folder, notice.key).is_file():
            continue
        values = _values(notice, entry)
        if values.keys() == set(entry.variables) and entry.fill(values).said == rendering.spoken:
            right.add(notice.key)
    return frozenset(right)


def missing_sounds(plan: Plan, sounds: Path) -> list[str]:
    """Return the keys of announcements, tones and music for which Asterisk would find no sound: silence.

    What names a transfer's target, the dialled line or where to turn is not among them: without it the general words
    are heard.
    """
    wanted_ones = (prompt for prompt in announcements_of(plan) if prompt.prompt_id not in OF_TRANSFERS)
    keys = {prompt.key for prompt in wanted_ones} | set(ALWAYS_WANTED)
    keys |= {menu_sound(menu, plan) for menu in plan.menus or ()}
    return [key for key in sorted(keys) if not line_sound_path(sounds, key).exists()]


def announcement_text(plan: Plan, decision: Decision, folder: Path = PROMPTS_FOLDER) -> str | None:
    """Return the written text of what a decision plays; None if it plays nothing, or nothing that is known.

    What is not known, a check of the plan reports. Raises PromptError when a text cannot be filled.
    """
    notice = _wanted_by_key(plan).get(decision.treatment.notice or "")
    if notice is None:
        return None
    entry = load_catalogue(folder).prompts.get(notice.announcement)
    return entry.fill(_values(notice, entry)).written if entry else None


def _wanted_by_key(plan: Plan) -> Mapping[str, WantedNotice]:
    known = plan.kept.get(_KEPT)
    if not isinstance(known, dict):
        known = plan.kept[_KEPT] = {notice.key: notice for notice in wanted(plan)}
    return known


def _entries(
    catalogue: Catalogue, plan: Plan
) -> list[tuple[WantedNotice, CatalogueEntry, Mapping[str, str | Spoken]]]:
    filled = []
    for notice in wanted(plan):
        entry = catalogue.entry(notice.announcement)
        values = _values(notice, entry)
        # Hours that differ by day: where anybody would be told them, the plan is refused (`plan_to_serve`).
        of_past_hours = notice.announcement in SPEAKS_HOURS and notice.place == plan.desks.closed.place
        if values.keys() == set(entry.variables) or (notice.dated and not of_past_hours):
            filled.append((notice, entry, values))
    return filled


def _values(notice: WantedNotice, entry: CatalogueEntry) -> Mapping[str, str | Spoken]:
    """What the entry's variables are in this announcement, as far as the plan says."""
    known: dict[str, str | Spoken] = {"brand": notice.brand}
    if notice.number:
        said = notice.spoken_number or spoken_digits(notice.number)
        known["old_no"] = known["emg_no"] = known["proper_no"] = Spoken(notice.number, said)
    if notice.spoken_name:
        known["old_name"] = notice.spoken_name
    if notice.last_day and notice.stop_day:
        this_year = (notice.begins or notice.last_day).year
        known["last_day"] = spoken_date(notice.last_day, this_year)
        known["stop_day"] = spoken_date(notice.stop_day, this_year)
    if notice.daily:
        known["open"] = _time(notice.daily.opens)
        known["close"] = _time(notice.daily.closes)
    if notice.seats:
        known["seat_name"] = notice.seats
    if notice.target:
        known["branch_name"] = known["target_platform"] = known["utility"] = notice.target
    if notice.guide:
        known["guidance"] = notice.guide.rstrip("。")
    if notice.dialled:
        known["dialled"] = Spoken(notice.dialled, notice.spoken_name or spoken_digits(notice.dialled))
    if notice.email:
        known["email"] = Spoken(notice.email, spoken_address(notice.email))
    return {name: known[name] for name in entry.variables if name in known}


def _time(minutes: int) -> Spoken:
    return Spoken(f"{minutes // 60:02}:{minutes % 60:02}", spoken_time(minutes))
