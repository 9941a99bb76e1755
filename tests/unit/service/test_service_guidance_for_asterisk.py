"""What callers can be told, as the static dialplan is given it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from callrouter.layout import sounds_folder
from callrouter.plans.load import load_plan
from callrouter.service.for_asterisk import of_the_plan
from callrouter.service.guidance_for_asterisk import told_of
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.plan import Plan
from tests.unit.decide.a_plan import NOW
from tests.unit.decide.test_decide_guidance import matter


def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


def sounds(plan: Plan, folder: Path) -> dict[str, str]:
    return {one.id: one.sound for one in told_of(Settings(), plan, folder)}


def test_c39_what_was_recorded_in_the_plans_words_is_said_and_else_general_words(tmp_path: Path) -> None:
    plan = shipped("yunnan")
    recorded, unrecorded = sounds(plan, sounds_folder()), sounds(plan, tmp_path)
    assert (recorded["12366"], unrecorded["12366"]) == ("p01-12366-yunnan", "p02")
    assert (recorded["water"], unrecorded["water"]) == ("p03-water-yunnan", "p02")
    sichuan = shipped("sichuan")
    assert sounds(sichuan, sounds_folder())["litigation"] == "n01-litigation-sichuan"
    assert sounds(sichuan, tmp_path)["litigation"] == "n04"


def test_of_two_ids_that_a_dialplan_can_not_tell_apart_the_first_is_kept() -> None:
    plan = replace(shipped("sichuan"), not_accepted=(matter("a-b"), matter("ab"), matter("x")))
    assert [one.id for one in told_of(Settings(), plan, sounds_folder())] == ["a-b"]


def test_asterisk_is_told_of_all_with_their_codes() -> None:
    told = {one.id: one.code for one in of_the_plan(Settings(), shipped("sichuan"), at=NOW).guidances}
    assert told["litigation"] == "548442"
    assert len(told) == 10
