"""Every announcement that callers may hear, as the prompts room knows it: the plan's, and the dialplan's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from callrouter.plans.wanted_prompts import WantedNotice, wanted
from callrouter.prompts.catalogue import Catalogue, load_catalogue
from callrouter.prompts.renderings import WantedPrompt, prompt_key
from callrouter.prompts.text import Spoken, spoken_date
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.plan import Plan

PROMPTS_FOLDER = PROJECT_ROOT / "ivr_prompts"

OF_THE_DIALPLAN = ("N02", "H02", "F01")
"""Played by asterisk/extensions.conf.j2 itself, whatever the plan."""


def announcements_of(plan: Plan, folder: Path = PROMPTS_FOLDER) -> tuple[WantedPrompt, ...]:
    """Return what must have been rendered before the plan may serve.

    Raises PromptError when a text cannot be filled or a notice is not in the catalogue.
    """
    catalogue = load_catalogue(folder)
    own = tuple(
        WantedPrompt(prompt_key(prompt_id), prompt_id, catalogue.entry(prompt_id).fill({}).said)
        for prompt_id in OF_THE_DIALPLAN
    )
    return own + tuple(_filled(catalogue, notice) for notice in wanted(plan))


def missing_sounds(plan: Plan, sounds: Path) -> list[str]:
    """Return the keys of announcements for which Asterisk would find no sound; callers would hear nothing."""
    keys = sorted({prompt.key for prompt in announcements_of(plan)})
    return [key for key in keys if not (sounds / f"{key}.alaw").exists()]


def _filled(catalogue: Catalogue, notice: WantedNotice) -> WantedPrompt:
    entry = catalogue.entry(notice.notice)
    known = _values(notice)
    values = {name: known[name] for name in entry.variables if name in known}
    return WantedPrompt(notice.key, notice.notice, entry.fill(values).said)


def _values(notice: WantedNotice) -> Mapping[str, str | Spoken]:
    values: dict[str, str | Spoken] = {"brand": notice.brand}
    if notice.number and notice.spoken_number:
        values["old_no"] = Spoken(notice.number, notice.spoken_number)
    if notice.spoken_name:
        values["old_name"] = notice.spoken_name
    if notice.last_day and notice.stop_day:
        # A year is not spoken: the announcement is made in the year of the change, and heard around it.
        values["last_day"] = spoken_date(notice.last_day, notice.stop_day.year)
        values["stop_day"] = spoken_date(notice.stop_day, notice.stop_day.year)
    return values
