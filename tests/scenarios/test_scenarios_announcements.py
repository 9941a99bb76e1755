"""Whatever a shipped plan plays to a caller is among the announcements that are recorded for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from callrouter.asterisk_link.verdict import verdict_of
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.plans.wanted_prompts import wanted
from callrouter.prompts.renderings import line_sound_path
from callrouter.service.targets_for_asterisk import dialled_targets
from callrouter.settings import Settings
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.migration import PhaseName
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.record_words import LegRole, TransferKind

FOLDER = Path(__file__).parents[2] / "dialplans"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("overlay", [True, False], ids=["with-operator", "document-alone"])
@pytest.mark.parametrize("name", ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"])
def test_every_announcement_at_every_instant_of_the_plan_is_wanted(name: str, overlay: bool) -> None:
    plan = load_plan(FOLDER / name, overlay=overlay)
    keys = {notice.key for notice in wanted(plan)}
    starts = {phase.starts for schedule in plan.schedules.values() for phase in schedule.phases}
    instants = [
        at + turn for at in starts if at for turn in (-SECOND, SECOND * 0, SECOND, 10 * 3600 * SECOND)
    ]
    instants.append(datetime.fromisoformat("2022-01-01T00:00:00+08:00"))
    numbers = [*plan.lines, *plan.lists.numbers(), "12345", "110", "028110", "10086", "anonymous"]
    codes = plan.short_codes
    for number in numbers:
        for trunk in ("nobody-knows-it", *plan.trunks):
            for caller in ("13800138000", "119"):
                call = Call(
                    "c",
                    parse_number(number, codes),
                    FoundBy.DID,
                    parse_number(caller, codes),
                    trunk,
                    instants[0],
                )
                for at in instants:
                    decision = decide(call, plan, at)
                    notice = decision.treatment.notice
                    assert notice is None or notice in keys
                    assert verdict_of(call, decision).startswith("v1|")


@pytest.mark.parametrize("name", ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"])
def test_every_line_is_in_force_by_2022_with_the_operators_choices(name: str) -> None:
    plan = load_plan(FOLDER / name)
    by = datetime.fromisoformat(
        "2019-07-01T00:00:00+08:00" if name == "yunnan" else "2022-01-01T00:00:00+08:00"
    )
    for number in (*plan.lines, *plan.lists.numbers()):
        call = Call("c", parse_number(number, plan.short_codes), FoundBy.DID, parse_number("", set()), "", by)
        assert decide(call, plan, by).phase in {PhaseName.IN_FORCE, PhaseName.ENDED, PhaseName.TRANSITION}


@pytest.mark.parametrize("name", ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"])
def test_c21_whoever_can_be_called_is_announced_by_name_at_every_stage_that_comes(
    name: str, tmp_path: Path
) -> None:
    plan = load_plan(FOLDER / name)
    for notice in wanted(plan):
        line_sound_path(tmp_path, notice.key).touch()
    nameless = {LegRole.COLLEAGUE, LegRole.SUPERVISOR}
    named = [one for one in dialled_targets(Settings(), plan, tmp_path) if one.role not in nameless]
    silent = [
        (target.id, stage)
        for target in named
        for stage, comes in (
            ("connecting", TransferKind.THREE_WAY in target.kinds),
            ("passing", TransferKind.PLAIN in target.kinds),
            ("failed", True),
            ("joined", TransferKind.THREE_WAY in target.kinds),
        )
        if comes and not getattr(target, stage)
    ]
    assert named
    assert silent == []
