"""What callers may hear, and what Asterisk could not play."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.announcements import OF_THE_DIALPLAN, announcements_of, missing_sounds
from callrouter.plans.load import load_plan
from callrouter.prompts.findings import PromptError
from callrouter.settings import PROJECT_ROOT

PLAN = load_plan(PROJECT_ROOT / "dialplans" / "sichuan")


def test_the_dialplans_own_announcements_are_wanted_whatever_the_plan() -> None:
    keys = [prompt.key for prompt in announcements_of(PLAN)]
    assert keys[: len(OF_THE_DIALPLAN)] == [prompt_id.lower() for prompt_id in OF_THE_DIALPLAN]
    assert len(set(keys)) == len(keys)


def test_the_dialplan_plays_exactly_the_announcements_that_are_called_its_own() -> None:
    text = (PROJECT_ROOT / "asterisk" / "extensions.conf.j2").read_text(encoding="utf-8")
    steps = "\n".join(line for line in text.splitlines() if not line.startswith(";"))
    played = set(re.findall(r"Playback\(([^,)]+)", steps)) - {"${CR_NOTICE}"}
    assert played == {prompt_id.lower() for prompt_id in OF_THE_DIALPLAN}


def test_a_transition_says_its_number_and_its_last_day() -> None:
    said = {prompt.key: prompt.spoken for prompt in announcements_of(PLAN)}
    assert "九月三十日" in said["t01-12300"]
    assert "幺二三〇〇" in said["t01-12300"] or "幺二三零零" in said["t01-12300"]


def test_a_notice_that_the_catalogue_does_not_have_is_named() -> None:
    strange = replace(PLAN, hotline=replace(PLAN.hotline, notice="Z99"))
    with pytest.raises(PromptError, match="Z99"):
        announcements_of(strange)


def test_every_sound_that_is_not_there_is_named_once(tmp_path: Path) -> None:
    keys = sorted({prompt.key for prompt in announcements_of(PLAN)})
    assert missing_sounds(PLAN, tmp_path) == keys
    for key in keys[1:]:
        (tmp_path / f"{key}.alaw").touch()
    assert missing_sounds(PLAN, tmp_path) == keys[:1]
