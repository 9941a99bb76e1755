"""The calendar that ships: the State Council's notices, held against the law, the almanac and a second copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from callrouter.plans.load import load_plan
from callrouter.vocabulary.calendar import Calendar, DayKind, SpecialDay
from tests.unit.plans.invented_city import write_city
from tests.unit.plans.test_plans_calendar import NAMED, calendar_of


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Calendar:
    return calendar_of(load_plan(write_city(tmp_path_factory.mktemp("china"), plan=[NAMED])))


ONE_DAY = {"元旦": 1, "春节": 3, "清明节": 1, "劳动节": 1, "端午节": 1, "中秋节": 1, "国庆节": 3}
"""Days off by 全国年节及纪念日放假办法 as of 2013."""
SINCE_2025 = ONE_DAY | {"春节": 4, "劳动节": 2}
"""As revised in November 2024, from 2025 on."""
PROLONGED = {(2020, "春节"): 2}
"""Weekdays given on top of the law: 31 January 2020, and 1 February not worked after all."""


def of_holiday(china: Calendar) -> Iterator[tuple[int, str, list[SpecialDay]]]:
    """Each sentence of the notices: the year for which it ordains, the names, the days."""
    sentences: dict[str, list[SpecialDay]] = {}
    for day in china.ordained:
        sentences.setdefault(day.place, []).append(day)
    for days in sentences.values():
        off = [one.day for one in days if one.kind is DayKind.HOLIDAY]
        yield off[-1].year, days[0].name, days


def test_each_holiday_gives_as_many_weekdays_off_as_the_law_says_once_make_up_days_are_worked(
    china: Calendar,
) -> None:
    told: dict[int, set[str]] = {}
    for year, names, days in of_holiday(china):
        law = SINCE_2025 if year >= 2025 else ONE_DAY
        weekdays = sum(one.kind is DayKind.HOLIDAY and one.day.weekday() < 5 for one in days)
        worked = sum(one.kind is DayKind.WORKDAY for one in days)
        due = sum(law[name] for name in names.split("、")) + PROLONGED.get((year, names), 0)
        assert weekdays - worked == due, (year, names)
        told.setdefault(year, set()).update(names.split("、"))
    assert told == {year: set(ONE_DAY) for year in range(2018, 2027)}


def test_the_days_off_of_a_holiday_are_on_end_and_what_is_worked_is_a_weekend_close_by(
    china: Calendar,
) -> None:
    for year, names, days in of_holiday(china):
        off = [one.day for one in days if one.kind is DayKind.HOLIDAY]
        assert off == [off[0] + timedelta(days=after) for after in range(len(off))], (year, names)
        for worked in (one.day for one in days if one.kind is DayKind.WORKDAY):
            assert worked.weekday() >= 5, (year, names)
            assert min(abs(worked - off[0]), abs(worked - off[-1])) <= timedelta(days=13), (year, names)


def test_every_day_cites_a_notice_of_the_year_before_or_of_its_own(china: Calendar) -> None:
    for year, names, days in of_holiday(china):
        (source,) = {one.source for one in days}
        notice = re.fullmatch(r"国办发明电〔(\d{4})〕(\d{1,2})号", source)
        assert notice, source
        changed_later = (year, names) in {(2019, "劳动节"), (2020, "春节")}
        assert int(notice[1]) == (year if changed_later else year - 1), (year, names)


def test_the_moving_festivals_are_on_the_days_of_the_lunar_calendar(china: Calendar) -> None:
    # 春节, 端午, 中秋: from an almanac, apart from the notices.
    almanac = {
        2018: ("02-16", "06-18", "09-24"),
        2019: ("02-05", "06-07", "09-13"),
        2020: ("01-25", "06-25", "10-01"),
        2021: ("02-12", "06-14", "09-21"),
        2022: ("02-01", "06-03", "09-10"),
        2023: ("01-22", "06-22", "09-29"),
        2024: ("02-10", "06-10", "09-17"),
        2025: ("01-29", "05-31", "10-06"),
        2026: ("02-17", "06-19", "09-25"),
    }
    for year, days in almanac.items():
        for day, name in zip(days, ("春节", "端午节", "中秋节"), strict=True):
            special = china.special(date.fromisoformat(f"{year}-{day}"))
            assert special is not None
            assert special.kind is DayKind.HOLIDAY
            assert name in special.name


WORKED = """
2018: 0211 0224 0408 0428 0929 0930 1229
2019: 0202 0203 0428 0505 0929 1012
2020: 0119 0426 0509 0628 0927 1010
2021: 0207 0220 0425 0508 0918 0926 1009
2022: 0129 0130 0402 0424 0507 1008 1009
2023: 0128 0129 0423 0506 0625 1007 1008
2024: 0204 0218 0407 0428 0511 0914 0929 1012
2025: 0126 0208 0427 0928 1011
2026: 0104 0214 0228 0509 0920 1010
"""
"""Every weekend day that was or is worked, copied once more."""


def test_the_weekend_days_that_are_worked_are_those_of_a_second_copy(china: Calendar) -> None:
    worked: dict[str, list[str]] = {}
    for one in china.ordained:
        if one.kind is DayKind.WORKDAY:
            worked.setdefault(f"{one.day:%Y}", []).append(f"{one.day:%m%d}")
    assert [f"{year}: {' '.join(days)}" for year, days in worked.items()] == WORKED.split("\n")[1:-1]
