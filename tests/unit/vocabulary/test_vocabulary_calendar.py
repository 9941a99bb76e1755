"""A calendar: what a country ordains, and what a site does otherwise."""

from __future__ import annotations

from datetime import date

from callrouter.vocabulary.calendar import Calendar, DayKind, SpecialDay

FIRST, SECOND, THIRD = date(2021, 10, 1), date(2021, 10, 2), date(2021, 10, 9)


def day(of: date, kind: DayKind, name: str = "国庆节") -> SpecialDay:
    return SpecialDay(of, kind, name, "国办发明电〔2020〕27号", "calendars/china.yaml:1:1")


ORDAINED = (day(FIRST, DayKind.HOLIDAY), day(SECOND, DayKind.HOLIDAY), day(THIRD, DayKind.WORKDAY))


def calendar(*changes: SpecialDay) -> Calendar:
    return Calendar("china", (2021,), ORDAINED, changes, "calendars/china.yaml:1:1")


def test_a_day_that_nobody_speaks_of_is_as_its_weekday_says() -> None:
    assert calendar().special(date(2021, 10, 10)) is None
    assert calendar().special(FIRST) == ORDAINED[0]


def test_a_sites_change_goes_before_what_the_country_ordains() -> None:
    worked = day(SECOND, DayKind.WORKDAY, "本地")
    own = day(date(2021, 4, 14), DayKind.HOLIDAY, "三月三")
    changed = calendar(day(FIRST, DayKind.ORDINARY), worked, own)
    assert changed.special(FIRST) is None
    assert changed.special(SECOND) == worked
    assert changed.special(own.day) == own
    assert [one.day for one in changed.by_day.values()] == [own.day, SECOND, THIRD]


def test_it_knows_the_years_that_were_ordained_whatever_a_site_adds() -> None:
    added = calendar(day(date(2022, 1, 3), DayKind.HOLIDAY))
    assert added.knows(2021)
    assert not added.knows(2022)
