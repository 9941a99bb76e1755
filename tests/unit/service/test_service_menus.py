"""What Asterisk is told of menus before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from callrouter.announcements import missing_sounds
from callrouter.asterisk_link.of_the_plan import OfferedMenu
from callrouter.plans.load import load_plan
from callrouter.prompts.renderings import line_sound_path
from callrouter.service.for_asterisk import of_the_plan
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.menu import Menu, MenuDesk, MenuKey
from tests.unit.decide.a_plan import NOW

MENU = Menu(
    "service",
    "own-service",
    MenuDesk.HUB,
    (),
    (MenuKey("2", "minors"),),
    "hotline",
    2,
    5,
    "operator.yaml:9:5",
)
PLAN = replace(load_plan(PROJECT_ROOT / "dialplans" / "hainan"), menus=(MENU,))


def heard(sounds: Path, *keys: str) -> Path:
    for key in keys:
        path = line_sound_path(sounds, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xd5" * 8000)
    return sounds


def test_a_menu_that_can_be_heard_is_offered_with_0_for_a_person(tmp_path: Path) -> None:
    sounds = heard(tmp_path, "own-service")
    told = of_the_plan(Settings(), PLAN, sounds, at=NOW).menus
    assert told == (OfferedMenu("service", "own-service", (("0", "hotline"), ("2", "minors")), 2, 5),)
    assert of_the_plan(Settings(), replace(PLAN, menus=None), sounds, at=NOW).menus == ()


def test_a_menu_without_a_sound_is_left_out_and_the_sound_is_told_as_missing(tmp_path: Path) -> None:
    assert of_the_plan(Settings(), PLAN, tmp_path, at=NOW).menus == ()
    assert "own-service" in missing_sounds(PLAN, tmp_path)
    assert "own-service" not in missing_sounds(PLAN, heard(tmp_path, "own-service"))


def test_what_a_menu_says_is_no_front_notice(tmp_path: Path) -> None:
    plan = replace(PLAN, menus=(replace(MENU, announcement="L01"),))
    told = of_the_plan(Settings(), plan, heard(tmp_path, "l01-hainan"), at=NOW)
    assert [menu.sound for menu in told.menus] == ["l01-hainan"]
    assert "l01-hainan" not in {notice.name for notice in told.notices}
