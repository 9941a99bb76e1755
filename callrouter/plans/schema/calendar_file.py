"""The shape of a calendar, `calendars/<id>.yaml`: the public holidays of a country, year by year.

Rules:
- A year cites the notice that ordains it; a holiday that a later notice changed cites that one.
- One item is one sentence of the notice: the days off, and the weekend days that are worked in their place.
- Weekend days beside a holiday are listed only where the notice counts them among its days.
"""

from __future__ import annotations

from pydantic import Field

from callrouter.plans.schema.parts import Part
from callrouter.plans.schema.times import Day
from callrouter.plans.schema.values import Id, Text, Year


class HolidayPart(Part):
    """A holiday: its days off, and what is worked instead."""

    name: Text = Field(description="节日名称，例如 国庆节、中秋节 / its name")
    first: Day = Field(description="第一天 / the first day off")
    last: Day | None = Field(
        None, description="最后一天，含；不写为一天 / the last day off, itself included; left out: one day"
    )
    worked: list[Day] = Field(
        default_factory=list,
        description="调休上班的周六、周日 / Saturdays and Sundays that are worked instead",
    )
    notice: Text | None = Field(
        None, description="另有通知时的文号 / of another notice than the year's: its number"
    )


class YearPart(Part):
    """What is ordained for one year."""

    year: Year = Field(description='年份，例如 "2026" / the year')
    notice: Text = Field(description="通知的文号，例如 国办发明电〔2025〕7号 / the number of the notice")
    holidays: list[HolidayPart] = Field(min_length=1, description="各节日 / the holidays")


class CalendarFile(Part):
    """`calendars/<id>.yaml`: a country's public holidays and make-up workdays."""

    calendar: Id = Field(description="代号，与文件同名 / the file's name")
    title: Text = Field(description="名称 / what it is the calendar of")
    years: list[YearPart] = Field(min_length=1, description="各年 / the years")
