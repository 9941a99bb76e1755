"""The life of a plan's lines: as rows, on an axis, as a table, as a drawing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.plans.timeline.rows import Group, Row, RowKind, Timeline
from callrouter.plans.timeline.scale import scale_of
from callrouter.plans.timeline.svg import draw
from callrouter.plans.timeline.table import table_of
from callrouter.plans.timeline.words import Tongue
from callrouter.vocabulary.migration import (
    Due,
    Landing,
    Mode,
    NumberFate,
    Phase,
    PhaseName,
    Schedule,
    SeatFate,
)

ZONE = ZoneInfo("Asia/Shanghai")
SVG = "{http://www.w3.org/2000/svg}"
JUNE = datetime(2021, 6, 1, tzinfo=ZONE)
OCTOBER = datetime(2021, 10, 1, tzinfo=ZONE)


def phase(
    name: PhaseName,
    starts: datetime | None,
    ends: datetime | None,
    landing: Landing,
    announcement: str | None = None,
) -> Phase:
    return Phase(
        name,
        starts,
        ends,
        landing,
        NumberFate.KEPT,
        SeatFate.MERGED,
        announcement,
        "000:L82",
        "lines.yaml:9:5",
    )


MERGED = Schedule(
    "merged",
    Mode.MERGED,
    NumberFate.CANCELLED,
    SeatFate.MERGED,
    (
        phase(PhaseName.BEFORE, None, JUNE, Landing.EXTERNAL),
        phase(PhaseName.TRANSITION, JUNE, OCTOBER, Landing.PLATFORM, "T01"),
        phase(PhaseName.ENDED, OCTOBER, None, Landing.PLATFORM, "X01"),
    ),
    (),
    (Due("座席归并 <&>", date(2021, 5, 31), "000:L82", "lines.yaml:30:9"),),
    "lines.yaml:3:3",
)
WAITING = Schedule(
    "waiting",
    Mode.DUAL,
    NumberFate.KEPT,
    SeatFate.KEPT,
    (phase(PhaseName.BEFORE, None, None, Landing.EXTERNAL),),
    (phase(PhaseName.IN_FORCE, None, None, Landing.PLATFORM, "G02"),),
    (),
    "lines.yaml:40:3",
)


def row(label: str, schedule: Schedule = MERGED, kind: RowKind = RowKind.LINE) -> Row:
    return Row(kind, label, f"热线{label}", schedule, "000:L82", "lines.yaml:60:3")


def timeline(*groups: Group, dues: tuple[Due, ...] = ()) -> Timeline:
    return Timeline("city", "测试市12345", "1.0", "测府〔2021〕1号", date(2021, 3, 24), ZONE, groups, dues)


def texts(drawing: str) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def bars(drawing: str) -> list[str]:
    """What is said of each bar when it is pointed at."""
    found = ElementTree.fromstring(drawing).iter(f"{SVG}rect")
    return [title.text or "" for bar in found for title in bar.iter(f"{SVG}title")]


def test_the_instants_of_a_timeline_are_those_at_which_a_phase_begins_each_once() -> None:
    shown = timeline(Group(MERGED, (row("12300"), row("12301"))), Group(WAITING, (row("12333", WAITING),)))
    assert shown.instants == (JUNE, OCTOBER)
    assert shown.has_undated


def test_a_deadline_of_many_lines_is_told_once_and_no_deadline_is_an_instant() -> None:
    shown = timeline(Group(MERGED, (row("12300"), row("12301"))), Group(MERGED, (row("12302"),)))
    assert [due.by for due in shown.all_dues] == [date(2021, 5, 31)]
    assert shown.instants == (JUNE, OCTOBER)


@given(st.lists(st.integers(0, 3_000_000_000), min_size=1, max_size=12, unique=True))
def test_on_the_axis_later_is_further_right_and_every_label_has_room(seconds: list[int]) -> None:
    instants = [datetime.fromtimestamp(second, UTC) for second in sorted(seconds)]
    scale = scale_of(instants, [])
    assert all(right - left >= 90 for left, right in pairwise(scale.places))
    assert all(
        scale.at(knot) == pytest.approx(place) for knot, place in zip(instants, scale.places, strict=True)
    )
    probes = [instants[0] - timedelta(days=400), *instants, instants[-1] + timedelta(days=400)]
    positions = [scale.at(probe) for probe in probes]
    assert positions == sorted(positions)
    assert positions[0] == 0
    assert positions[-1] == scale.width


def test_a_deadline_beyond_the_last_instant_still_lies_on_the_axis() -> None:
    scale = scale_of([JUNE], [datetime(2023, 1, 1, tzinfo=ZONE)])
    assert scale.places[0] < scale.at(datetime(2022, 12, 31, tzinfo=ZONE)) < scale.width


def test_an_axis_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="an instant"):
        scale_of([], [])


def test_the_table_tells_phases_in_local_time_with_who_answers_and_what_is_played() -> None:
    told = "\n".join(table_of(timeline(Group(MERGED, (row("12300"),))), Tongue.ZH))
    assert "12300 热线12300" in told
    assert re.search(r"过渡期 +2021-06-01 00:00 +2021-10-01 00:00 +12345接听 +T01 +000:L82", told)
    assert re.search(r"尚未归并 +— +2021-06-01 00:00 +原处接听 +—", told)
    assert "期限 2021-05-31  座席归并" in told


def test_the_table_speaks_english_when_asked() -> None:
    told = "\n".join(table_of(timeline(Group(MERGED, (row("12300"),))), Tongue.EN))
    assert re.search(r"transition +2021-06-01 00:00 +2021-10-01 00:00 +12345 answers +T01", told)
    assert "merged · number cancelled · seats merged" in told


def test_an_undated_phase_is_told_to_have_no_instant() -> None:
    told = "\n".join(table_of(timeline(Group(WAITING, (row("12333", WAITING),))), Tongue.ZH))
    assert re.search(r"已生效 +时刻未定 +— +12345接听 +G02", told)


def test_what_the_operator_chose_is_marked_in_table_and_drawing_and_nothing_else_is() -> None:
    chosen = replace(MERGED.phases[1], illustrative=True)
    schedule = replace(MERGED, phases=(MERGED.phases[0], chosen, MERGED.phases[2]))
    shown = timeline(Group(schedule, (row("12300", schedule),)))
    marked = [line for line in table_of(shown, Tongue.ZH) if "*" in line]
    assert len(marked) == 2
    assert "过渡期 *" in marked[0]
    assert marked[1].startswith("* 示例")
    assert [said for said in bars(draw(shown, Tongue.ZH)) if "示例" in said] == [
        "过渡期 · 2021-06-01 00:00 – 2021-10-01 00:00 · 12345接听 · T01 · 示例（文件未写明，由运行方选择） [000:L82]"
    ]
    plain = timeline(Group(MERGED, (row("12300"),)))
    assert not any("*" in line for line in table_of(plain, Tongue.ZH))


def test_the_drawing_is_one_well_formed_file_that_refers_to_nothing_outside() -> None:
    drawing = draw(timeline(Group(MERGED, (row("12300"),))), Tongue.ZH)
    root = ElementTree.fromstring(drawing)
    assert root.tag == f"{SVG}svg"
    assert float(root.get("width", "0")) > 0
    assert "href" not in drawing
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
    assert "sans-serif" in root.get("font-family", "")


def test_the_drawing_labels_every_instant_and_shows_every_phase_once_a_line() -> None:
    drawing = draw(timeline(Group(MERGED, (row("12300"), row("12301")))), Tongue.ZH)
    written = texts(drawing)
    assert written.count("2021-06-01") == 1
    assert written.count("2021-10-01") == 1
    assert written.count("00:00") == 2
    assert len([bar for bar in bars(drawing) if not bar.startswith("期限")]) == 6
    assert {"12300", "12301", "热线12300", "热线12301"} <= set(written)


def test_bars_of_a_line_meet_and_fill_the_axis() -> None:
    drawing = ElementTree.fromstring(draw(timeline(Group(MERGED, (row("12300"),))), Tongue.ZH))
    spans = [
        (float(bar.get("x", "")), float(bar.get("x", "")) + float(bar.get("width", "")))
        for bar in drawing.iter(f"{SVG}rect")
        if list(bar) and not bar.get("rx")
    ]
    axis = next(line for line in drawing.iter(f"{SVG}line") if line.get("y1") == line.get("y2"))
    ends = [float(axis.get("x1", "")), *(right + 0.5 for _, right in spans)]
    starts = [*(left - 0.5 for left, _ in spans), float(axis.get("x2", ""))]
    assert starts == pytest.approx(ends)


def test_text_is_escaped_in_the_drawing() -> None:
    drawing = draw(timeline(Group(MERGED, (row("12300"),))), Tongue.ZH)
    assert any("座席归并 <&>" in text for text in texts(drawing))
    assert "<&>" not in drawing


def test_a_deadline_is_a_numbered_mark_explained_beneath() -> None:
    drawing = draw(timeline(Group(MERGED, (row("12300"), row("12301")))), Tongue.ZH)
    said = "期限 2021-05-31 座席归并 <&> [000:L82]"
    assert [mark for mark in bars(drawing) if mark.startswith("期限")] == [said]
    assert texts(drawing).count("1") == 2
    assert said in texts(drawing)


def test_deadlines_are_numbered_in_order_of_time_and_those_of_one_day_share_a_mark() -> None:
    dues = tuple(
        Due(what, date(2021, month, 30), "000:L1", f"plan.yaml:{place}:1")
        for place, (what, month) in enumerate([("乙", 9), ("甲", 6), ("丙", 9)])
    )
    written = texts(draw(timeline(Group(MERGED, (row("12300"),)), dues=dues), Tongue.ZH))
    assert "2–3" in written
    listed = [text for text in written if text.startswith("期限 2021-") and "000:L1]" in text]
    assert [text.split()[2] for text in listed] == ["甲", "乙", "丙"]


def test_an_undated_phase_stands_apart_at_the_right_edge() -> None:
    drawing = draw(
        timeline(Group(MERGED, (row("12300"),)), Group(WAITING, (row("12333", WAITING),))), Tongue.ZH
    )
    placed = {
        title.text: float(bar.get("x", ""))
        for bar in ElementTree.fromstring(drawing).iter(f"{SVG}rect")
        for title in bar.iter(f"{SVG}title")
    }
    undated = next(x for said, x in placed.items() if said and "G02" in said)
    assert all(x < undated for said, x in placed.items() if said and "G02" not in said)
    assert texts(drawing).count("时刻未定") == 2


def test_a_plan_without_any_instant_is_drawn_all_the_same() -> None:
    drawing = draw(timeline(Group(WAITING, (row("12333", WAITING),))), Tongue.EN)
    assert "12333" in texts(drawing)


def test_a_list_of_a_million_numbers_is_one_row() -> None:
    drawing = draw(timeline(Group(MERGED, (row("landlines", kind=RowKind.LIST),))), Tongue.ZH)
    assert "热线landlines（号码表）" in texts(drawing)
    assert len([bar for bar in bars(drawing) if not bar.startswith("期限")]) == 3


def test_colours_of_phases_differ_in_lightness_alone() -> None:
    drawing = draw(
        timeline(Group(MERGED, (row("12300"),)), Group(WAITING, (row("12333", WAITING),))), Tongue.ZH
    )
    legend = {bar.get("fill", "") for bar in ElementTree.fromstring(drawing).iter(f"{SVG}rect")}
    colours = [
        fill for fill in legend if re.fullmatch(r"#[0-9a-f]{6}", fill) and fill not in ("#ffffff", "#d55e00")
    ]
    lightness = sorted(
        0.2126 * int(colour[1:3], 16) + 0.7152 * int(colour[3:5], 16) + 0.0722 * int(colour[5:], 16)
        for colour in colours
    )
    assert len(colours) == 4
    assert all(brighter - darker > 25 for darker, brighter in pairwise(lightness))
