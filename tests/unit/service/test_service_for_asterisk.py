"""What Asterisk is told of a plan: the notices, with the lengths of the very files that it plays."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from callrouter.asterisk_link.of_the_plan import Notice, OfThePlan
from callrouter.plans.load import load_plan
from callrouter.plans.wanted_prompts import wanted
from callrouter.service.for_asterisk import of_the_plan
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.settings_file import SettingsError
from callrouter.settings_parts import Recording, Sip
from callrouter.vocabulary.menu import Menu, MenuDesk
from callrouter.vocabulary.plan import Plan, announcement_key
from tests.unit.decide.a_plan import NOW

SECOND = 8_000
"""Octets of A-law."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / "hainan")


@pytest.fixture
def sounds(tmp_path: Path, plan: Plan) -> Path:
    for key in (*(notice.key for notice in wanted(plan)), "z01"):
        (tmp_path / f"{key}.alaw").write_bytes(bytes(3 * SECOND))
    for key, seconds in (("g04", 6), ("g06", 2), ("z02", 4)):
        (tmp_path / f"{key}.alaw").write_bytes(bytes(seconds * SECOND))
    return tmp_path


def told(plan: Plan, sounds: Path, *, recording: bool = True) -> OfThePlan:
    return of_the_plan(Settings(recording=Recording(enabled=recording)), plan, sounds=sounds, at=NOW)


def by_name(of_plan: OfThePlan) -> dict[str, Notice]:
    return {notice.name: notice for notice in of_plan.notices}


def test_a_notice_is_followed_by_that_of_recording_and_both_have_the_files_lengths(
    plan: Plan, sounds: Path
) -> None:
    notice = by_name(told(plan, sounds))["g01-hainan"]
    assert [(part.key, part.starts_ms, part.ends_ms) for part in notice.parts] == [
        ("g01-hainan", 200, 3200),
        ("g04", 3200, 9200),
    ]
    assert notice.heard_ms == 9400


def test_where_nothing_is_recorded_nobody_is_told_that_it_is(plan: Plan, sounds: Path) -> None:
    notices = by_name(told(plan, sounds, recording=False))
    assert [part.key for part in notices["g01-hainan"].parts] == ["g01-hainan"]
    assert notices["none"] == Notice("none", (), 0)


def test_whoever_hears_no_notice_before_is_told_in_a_word_that_he_is_recorded(
    plan: Plan, sounds: Path
) -> None:
    assert [part.key for part in by_name(told(plan, sounds))["none"].parts] == ["g06"]


def test_the_minors_line_has_a_notice_of_recording_of_its_own(plan: Plan, sounds: Path) -> None:
    assert [part.key for part in by_name(told(plan, sounds))["z01"].parts] == ["z01", "z02"]


def test_what_has_no_sound_is_left_out(plan: Plan, sounds: Path) -> None:
    (sounds / "g01-hainan.alaw").unlink()
    notice = by_name(told(plan, sounds))["g01-hainan"]
    assert [(part.key, part.starts_ms) for part in notice.parts] == [("g04", 200)]


def test_every_notice_that_a_call_may_hear_before_an_agent_is_among_them(plan: Plan, sounds: Path) -> None:
    names = by_name(told(plan, sounds)).keys()
    spoken = {notice.key for notice in wanted(plan) if notice.announcement[0] in "GTMX"}
    assert spoken
    assert spoken <= names
    assert not any(name.startswith(("e0", "h0", "b0", "s0", "u0")) for name in names)


@pytest.mark.parametrize(("announcement", "is_a_notice"), [("G01", True), ("N02", False)])
def test_what_a_menu_says_is_a_notice_only_where_callers_hear_it_without_one(
    plan: Plan, sounds: Path, announcement: str, is_a_notice: bool
) -> None:
    menu = Menu("language", announcement, MenuDesk.LINES, (), (), "hotline", 1, 3, "operator.yaml:1")
    with_it = replace(plan, menus=(menu,))
    key = announcement_key(announcement, plan.jurisdiction)
    (sounds / f"{key}.alaw").write_bytes(bytes(SECOND))
    of_plan = told(with_it, sounds)
    assert [one.sound for one in of_plan.menus] == [key]
    assert (key in by_name(of_plan)) is is_a_notice


def test_the_priorities_are_the_plans(plan: Plan, sounds: Path) -> None:
    desks = replace(plan.desks, emergency=replace(plan.desks.emergency, priority=77))
    of_plan = told(replace(plan, desks=desks), sounds)
    assert (of_plan.usual_priority, of_plan.emergency_priority) == (plan.desks.hub.priority, 77)


def test_a_trunk_of_the_settings_is_one_of_the_plans_or_nothing_is_started(plan: Plan, sounds: Path) -> None:
    networks = (IPv4Network("192.0.2.110/32"),)
    settings = Settings(sip=Sip(trunks={"police-110": networks}))
    assert of_the_plan(settings, plan, sounds=sounds, at=NOW)
    mistyped = Settings(sip=Sip(trunks={"polise-110": networks}))
    with pytest.raises(SettingsError, match=r"sip\.trunks: polise-110.*police-110"):
        of_the_plan(mistyped, plan, sounds=sounds, at=NOW)
