"""The Sichuan plan against the document, typed here once more and independently of the plan's files."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from callrouter.decide.effective import phase_at
from callrouter.plans.check import FindingCode, Severity, check
from callrouter.plans.errors import PlanErrors
from callrouter.plans.load import load_plan
from callrouter.plans.wanted_prompts import wanted
from callrouter.vocabulary.plan import Landing, Line, Mode, NumberFate, OnArrival, PhaseName, SeatFate

FOLDER = Path(__file__).parents[3] / "dialplans" / "sichuan"
PLAN = load_plan(FOLDER)
MICROSECOND = timedelta(microseconds=1)
CATALOGUE = frozenset({"T01", "X01", "G01", "G02", "G05"})

MERGED = {
    "12396": "全国统一科技公益服务电话",
    "12300": "全国电信用户申诉渠道咨询电话",
    "12349": "全国统一民政服务电话",
    "12336": "全国统一自然资源违法举报电话",
    "12312": "全国统一商务领域举报投诉咨询服务电话",
    "12301": "全国统一旅游资讯服务电话",
    "12356": "人口和计划生育法律法规咨询及举报投诉服务专用电话",
    "96119": "火灾隐患举报投诉电话",
    "12330": "全国统一知识产权维权援助公益服务电话",
    "12331": "全国统一食品药品监督举报服务电话",
    "12358": "全国价格投诉举报统一电话",
    "12365": "全国质量技术监督系统和出入境检验检疫统一电话",
    "12322": "全国防震减灾公益服务电话",
}
DUAL = {
    "12348": "全国公共法律服务专用电话",
    "12333": "全国人力资源和社会保障服务电话",
    "12369": "环境保护投诉举报电话",
    "12319": "全国住房和城乡建设服务电话",
    "12329": "全国统一住房公积金热线服务电话",
    "12328": "全国交通运输服务监督电话",
    "12316": "全国农业系统公益服务电话",
    "12318": "全国文化市场举报电话",
    "12320": "全国统一公共卫生公益服务电话",
    "12350": "全国统一安全生产举报投诉电话",
    "12315": "12315 市场监管投诉举报热线",
    "12393": "医疗保障服务热线",
    "12317": "全国扶贫监督举报平台电话",
    "12385": "全国残疾人维权服务电话",
}
BRANCH = {
    "12360": "全国统一海关公益服务电话",
    "12366": "全国税务系统统一电话",
    "12313": "全国烟草专卖品市场监管举报电话",
    "12367": "国家移民管理局 12367 咨询服务热线",
    "12305": "全国邮政业用户申诉电话",
}
SPOKEN = {
    "12396": ("幺二三九六", "科技服务热线"), "12300": ("幺二三零零", "电信用户申诉热线"),
    "12349": ("幺二三四九", "民政服务热线"), "12336": ("幺二三三六", "自然资源违法举报热线"),
    "12312": ("幺二三幺二", "商务举报投诉热线"), "12301": ("幺二三零幺", "旅游服务热线"),
    "12356": ("幺二三五六", "人口计生服务热线"), "96119": ("九六幺幺九", "火灾隐患举报热线"),
    "12330": ("幺二三三零", "知识产权维权热线"), "12331": ("幺二三三幺", "食品药品举报热线"),
    "12358": ("幺二三五八", "价格举报热线"), "12365": ("幺二三六五", "质量监督热线"),
    "12322": ("幺二三二二", "防震减灾热线"), "12348": ("幺二三四八", "公共法律服务热线"),
    "12333": ("幺二三三三", "人社服务热线"), "12369": ("幺二三六九", "环保举报热线"),
    "12319": ("幺二三幺九", "城乡建设服务热线"), "12329": ("幺二三二九", "住房公积金热线"),
    "12328": ("幺二三二八", "交通运输服务热线"), "12316": ("幺二三幺六", "农业服务热线"),
    "12318": ("幺二三幺八", "文化市场举报热线"), "12320": ("幺二三二零", "公共卫生服务热线"),
    "12350": ("幺二三五零", "安全生产举报热线"), "12315": ("幺二三幺五", "市场监管投诉举报热线"),
    "12393": ("幺二三九三", "医疗保障服务热线"), "12317": ("幺二三幺七", "扶贫监督举报热线"),
    "12385": ("幺二三八五", "残疾人维权热线"), "12360": ("幺二三六零", "海关服务热线"),
    "12366": ("幺二三六六", "纳税服务热线"), "12313": ("幺二三幺三", "烟草市场举报热线"),
    "12367": ("幺二三六七", "移民管理服务热线"), "12305": ("幺二三零五", "邮政用户申诉热线"),
}  # fmt: skip

JUNE, OCTOBER = datetime(2021, 5, 31, 16, tzinfo=UTC), datetime(2021, 9, 30, 16, tzinfo=UTC)
MID_OCTOBER, SIGNED = datetime(2021, 10, 15, 16, tzinfo=UTC), datetime(2021, 3, 23, 16, tzinfo=UTC)
LONG_AGO, LONG_AFTER = datetime(2016, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)

BEFORE = (PhaseName.BEFORE, Landing.OWN_SEATS, None)
TRANSITION = (PhaseName.TRANSITION, Landing.PLATFORM, "T01")
ENDED = (PhaseName.ENDED, Landing.NOBODY, "X01")
DUAL_NOW = (PhaseName.IN_FORCE, Landing.PLATFORM, "G02")
BRANCH_NOW = (PhaseName.IN_FORCE, Landing.OWN_SEATS, "G05")

LIVES = [
    (
        MERGED,
        (Mode.MERGED, NumberFate.CANCELLED, SeatFate.MERGED),
        [
            (LONG_AGO, BEFORE),
            (JUNE - MICROSECOND, BEFORE),
            (JUNE, TRANSITION),
            (JUNE + MICROSECOND, TRANSITION),
            (OCTOBER - MICROSECOND, TRANSITION),
            (OCTOBER, ENDED),
            (OCTOBER + MICROSECOND, ENDED),
            (LONG_AFTER, ENDED),
        ],
    ),
    (
        DUAL,
        (Mode.DUAL, NumberFate.KEPT, SeatFate.MERGED),
        [
            (LONG_AGO, BEFORE),
            (MID_OCTOBER - MICROSECOND, BEFORE),
            (MID_OCTOBER, DUAL_NOW),
            (MID_OCTOBER + MICROSECOND, DUAL_NOW),
            (LONG_AFTER, DUAL_NOW),
        ],
    ),
    (
        BRANCH,
        (Mode.BRANCH, NumberFate.KEPT, SeatFate.KEPT),
        [
            (LONG_AGO, BEFORE),
            (SIGNED - MICROSECOND, BEFORE),
            (SIGNED, BRANCH_NOW),
            (SIGNED + MICROSECOND, BRANCH_NOW),
            (LONG_AFTER, BRANCH_NOW),
        ],
    ),
]


def test_the_plan_has_the_thirty_two_numbers_and_no_other() -> None:
    assert (len(MERGED), len(DUAL), len(BRANCH)) == (13, 14, 5)
    assert set(PLAN.lines) == set(MERGED) | set(DUAL) | set(BRANCH)
    assert {number: line.name for number, line in PLAN.lines.items()} == MERGED | DUAL | BRANCH
    assert PLAN.short_codes == set(PLAN.lines) | {"12345"}


def test_numbers_are_spoken_as_people_say_them() -> None:
    spoken = {number: (line.spoken_number, line.spoken_name) for number, line in PLAN.lines.items()}
    assert spoken == SPOKEN


@pytest.mark.parametrize(("numbers", "fates", "life"), LIVES, ids=["merged", "dual", "branch"])
def test_every_line_is_in_the_right_phase_at_every_boundary(
    numbers: dict[str, str],
    fates: tuple[Mode, NumberFate, SeatFate],
    life: list[tuple[datetime, tuple[PhaseName, Landing, str | None]]],
) -> None:
    for number in numbers:
        line = PLAN.lines[number]
        assert (line.mode, line.number_fate, line.seat_fate) == fates
        for at, (name, landing, notice) in life:
            phase = phase_at(line.phases, at)
            assert (phase.name, phase.landing, phase.notice) == (name, landing, notice), (number, at)
            assert phase.on_arrival is OnArrival.CONNECT


def dues(line: Line) -> set[tuple[date, str]]:
    return {(due.by, due.source) for due in line.dues}


def test_deadlines_are_kept_apart_from_instants_with_both_sides_of_each_tension() -> None:
    assert all(dues(PLAN.lines[number]) == {(date(2021, 5, 31), "000:L82")} for number in MERGED)
    assert all(
        dues(PLAN.lines[number])
        == {
            (date(2021, 9, 30), "000:L90"),
            (date(2021, 10, 15), "000:L90"),
            (date(2021, 10, 15), "000:L41"),
        }
        for number in DUAL
    )
    assert all(
        dues(PLAN.lines[number])
        == {
            (date(2021, 3, 31), "000:L95"),
            (date(2021, 6, 30), "000:L95"),
            (date(2021, 8, 31), "000:L95"),
            (date(2021, 10, 31), "000:L95"),
            (date(2021, 10, 15), "000:L41"),
        }
        for number in BRANCH
    )


def test_the_self_established_lines_are_a_class_of_their_own_dates() -> None:
    (line_class,) = PLAN.classes
    assert line_class.mode is Mode.MERGED
    for at, name in [
        (datetime(2021, 4, 30, 15, 59, 59, 999999, UTC), PhaseName.BEFORE),
        (datetime(2021, 4, 30, 16, tzinfo=UTC), PhaseName.TRANSITION),
        (datetime(2021, 7, 31, 15, 59, 59, 999999, UTC), PhaseName.TRANSITION),
        (datetime(2021, 7, 31, 16, tzinfo=UTC), PhaseName.ENDED),
    ]:
        assert phase_at(line_class.phases, at).name is name
    assert {(due.by, due.source) for due in line_class.dues} == {
        (date(2021, 4, 30), "000:L85"),
        (date(2021, 6, 30), "000:L37"),
    }


def test_the_jurisdiction_is_as_the_document_has_it() -> None:
    assert (PLAN.jurisdiction, PLAN.timezone, PLAN.hotline_number) == ("sichuan", "Asia/Shanghai", "12345")
    assert PLAN.hotline_spoken == "一二三四五"
    assert [brand.name for brand in PLAN.brands] == ["12345政务服务便民热线"]
    assert (PLAN.document.ref, PLAN.document.number) == ("000", "川办发〔2021〕15号")
    assert PLAN.document.issued == date(2021, 3, 24)
    assert PLAN.area_codes == {"028", "0812", "0813", "0816", "0817", "0818", "0825", "0826", "0827"} | {
        f"083{digit}" for digit in range(10)
    }
    assert (PLAN.emergency.notice, PLAN.emergency.priority) == (None, 20)
    assert (PLAN.hotline.notice, PLAN.unknown_number.notice) == ("G01", "G01")


def test_a_place_leads_to_the_line_where_the_thing_is_written() -> None:
    text = (FOLDER / "lines.yaml").read_text("utf-8").splitlines()
    for number, line in PLAN.lines.items():
        file, _, at = line.place.rpartition(":")
        assert file == "dialplans/sichuan/lines.yaml"
        assert text[int(at) - 1] == f'  - number: "{number}"'
        assert all(
            f"- name: {phase.name}" in text[int(phase.place.rpartition(":")[2]) - 1] for phase in line.phases
        )


def test_the_shipped_plan_has_no_finding_worse_than_a_note() -> None:
    findings = check(PLAN, CATALOGUE, datetime(2026, 1, 1, tzinfo=UTC))
    assert {finding.severity for finding in findings} == {Severity.NOTE}
    assert {finding.code for finding in findings} == {
        FindingCode.DEADLINE_PASSED,
        FindingCode.CLASS_WITHOUT_NUMBERS,
    }


def test_on_the_day_of_signature_no_deadline_has_passed() -> None:
    findings = check(PLAN, CATALOGUE, datetime(2021, 3, 24, 4, tzinfo=UTC))
    assert [finding.code for finding in findings] == [FindingCode.CLASS_WITHOUT_NUMBERS]


def test_every_announcement_that_the_plan_can_play_is_wanted_once() -> None:
    keys = [notice.key for notice in wanted(PLAN)]
    assert len(keys) == len(set(keys))
    assert set(keys) == (
        {f"t01-{number}" for number in MERGED}
        | {f"x01-{number}" for number in MERGED}
        | {f"g02-{number}" for number in DUAL}
        | {f"g05-{number}" for number in BRANCH}
        | {"g01"}
    )


def test_a_transition_speaks_its_last_day_and_the_day_after() -> None:
    notice = next(notice for notice in wanted(PLAN) if notice.key == "t01-12300")
    assert (notice.last_day, notice.stop_day) == (date(2021, 9, 30), date(2021, 10, 1))
    assert (notice.spoken_number, notice.spoken_name) == SPOKEN["12300"]
    assert notice.brand == "12345政务服务便民热线"
    kept = next(notice for notice in wanted(PLAN) if notice.key == "g02-12315")
    assert (kept.last_day, kept.stop_day) == (None, None)


def test_a_plan_cut_off_anywhere_is_refused_or_the_same_plan(tmp_path: Path) -> None:
    folder = tmp_path / "dialplans" / "sichuan"
    shutil.copytree(FOLDER, folder)
    chance = random.Random(20211001)
    whole = {name: (FOLDER / name).read_bytes() for name in ("plan.yaml", "lines.yaml")}
    ends_of_lines = {
        name: [at + 1 for at, byte in enumerate(text) if byte == 0x0A] for name, text in whole.items()
    }
    for turn in range(300):
        name = chance.choice(sorted(whole))
        size = len(whole[name])
        cut = chance.choice(ends_of_lines[name]) if turn % 2 else chance.randrange(size)
        (folder / name).write_bytes(whole[name][:cut])
        with suppress(PlanErrors):
            assert load_plan(folder) == PLAN, (name, cut)
        (folder / name).write_bytes(whole[name])
    assert load_plan(folder) == PLAN
