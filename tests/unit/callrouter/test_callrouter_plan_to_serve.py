"""A plan is served only if what callers would be told by it can be said; why not is told with place and remedy."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from callrouter.announcements import announcements_of, missing_sounds, plan_to_serve
from callrouter.layout import Layout
from callrouter.plans.findings import PlanErrors
from callrouter.plans.load import load_plan
from callrouter.service.controller import run_controller
from callrouter.settings import PROJECT_ROOT, Settings
from tests.unit.plans.qingxi import AT, CHINA, Changes, qingxi

SHIPPED = sorted(folder.parent for folder in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml"))
ALWAYS = '    hours: always\n    source: "900:L3"\nqueues:'
UNSTATED = (ALWAYS, ALWAYS.replace("    hours: always\n", ""))
DIFFERENT_DAYS = (
    '          - {days: mon-fri, opens: "08:00", closes: "20:00"}\n'
    '          - {days: "sat,sun", opens: "09:00", closes: "12:00"}\n'
)
ENDS = datetime(2021, 9, 1, tzinfo=CHINA)


def given(stretches: str) -> Changes:
    hours = f"hours:\n  - id: office\n    stretches:\n{stretches}    why: 示例 / an example\n"
    return [
        (
            "peers:\n",
            f"{hours}platforms:\n  - {{id: qingxi, hours: office, why: 示例 / an example}}\npeers:\n",
        )
    ]


def city(folder: Path, plan: Changes = (), operator: Changes = ()) -> Path:
    qingxi(folder, plan=plan, operator=operator)
    return folder / "sound"


def whose_days_differ(folder: Path) -> Path:
    stretch = f"      - staffing: weekly\n        weekly:\n{DIFFERENT_DAYS}"
    return city(folder, [UNSTATED], given(stretch))


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: str(folder.name))
def test_a_shipped_plan_is_served(folder: Path) -> None:
    assert plan_to_serve(folder, AT).hash == load_plan(folder).hash


def test_c32_daily_hours_that_differ_by_day_are_refused_with_place_and_remedy(tmp_path: Path) -> None:
    folder = whose_days_differ(tmp_path)
    with pytest.raises(PlanErrors) as refused:
        plan_to_serve(folder, AT)
    (finding,) = refused.value.findings
    written = (folder / "operator.yaml").read_text("utf-8").splitlines()
    assert finding.file.endswith("sound/operator.yaml")
    assert "mon-fri" in written[finding.line - 1]
    assert finding.fault.code == "PROMPT_UNSPEAKABLE"
    assert "desks.closed" in finding.fault.fix
    assert str(finding) in str(refused.value)


def test_hours_that_are_over_keep_no_plan_from_being_served(tmp_path: Path) -> None:
    stretches = (
        f"      - staffing: weekly\n        weekly:\n{DIFFERENT_DAYS}"
        f"      - {{starts: {ENDS.isoformat()}, staffing: 7x24}}\n"
    )
    folder = city(tmp_path, [UNSTATED], given(stretches))
    plan = plan_to_serve(folder, ENDS)
    announcements_of(plan)
    assert not any(key.startswith("h01") for key in missing_sounds(plan, tmp_path))
    with pytest.raises(PlanErrors):
        plan_to_serve(folder, ENDS - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("announcement", "code"),
    [("Q99", "PROMPT_UNKNOWN"), ("H01", "PROMPT_UNSPEAKABLE"), ("E01", "PROMPT_UNSPEAKABLE")],
)
def test_what_a_desk_can_not_say_is_refused(tmp_path: Path, announcement: str, code: str) -> None:
    folder = city(tmp_path, [("hub: {announcement: G01,", f"hub: {{announcement: {announcement},")])
    with pytest.raises(PlanErrors) as refused:
        plan_to_serve(folder, AT)
    assert [finding.fault.code for finding in refused.value.findings] == [code]


def test_a_plan_that_does_not_load_is_refused_as_ever(tmp_path: Path) -> None:
    folder = city(tmp_path)
    (folder / "lines.yaml").unlink()
    with pytest.raises(PlanErrors) as by_loading:
        load_plan(folder)
    with pytest.raises(PlanErrors) as refused:
        plan_to_serve(folder, AT)
    assert refused.value.findings == by_loading.value.findings


async def test_the_controller_says_so_before_it_takes_a_port(tmp_path: Path) -> None:
    settings = Settings(plan=whose_days_differ(tmp_path / "plan"), run_dir=tmp_path / "run")
    with pytest.raises(PlanErrors, match="PROMPT_UNSPEAKABLE"):
        await run_controller(settings, Layout.of(settings), None, ami_secret="", shares=())
