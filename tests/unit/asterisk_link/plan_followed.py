"""A small compiled fallback, with every table in use."""

from __future__ import annotations

from callrouter.asterisk_link.fallback_of_the_plan import (
    CourseOfCalls,
    FallbackOfThePlan,
    HoursByName,
    ListedNumbers,
    Outcome,
    Row,
    Step,
)
from callrouter.asterisk_link.hours_of_the_plan import DayTimes, OneDay, Until

_TOLD = (Row("path", "sichuan"), Row("line", "12300"))


def _outcome(name: str, order: str, hours: str = "", otherwise: str = "") -> Outcome:
    return Outcome(
        *(name, hours, otherwise, order, "t01-12300-sichuan", "hotline", "0", "22"),
        *("12300", "merged", "transition", "survey", "tax/12366", _TOLD),
    )


FALLBACK = FallbackOfThePlan(
    plan_hash="0f" * 32,
    handed_over="m05",
    entries=(Row("t_", "e1"), Row("tcarrier_", "e1"), Row("tcarrier_028_sos", "e2")),
    dialled_in=(Row("tcarrier_02880012345", "12345"),),
    local_areas=(Row("tcarrier", "028"),),
    codes=("110", "12300"),
    calls=(Row("012300", "w1"), Row("0nobodys", "w1"), Row("e2_12300", "w1")),
    choosy=(),
    courses=(CourseOfCalls("w1", (Step("1633017600", "c1"), Step("", "c2"))),),
    outcomes=(_outcome("c1", "dial", "h1", "c2"), _outcome("c2", "connect"), _outcome("c3", "release")),
    zone="Asia/Shanghai",
    hours=(HoursByName("h1", ("d1",) * 7, (OneDay("20211001", "d1"),)),),
    times=(DayTimes("d1", (Until("090000", "closed"), Until("240000", "open"))),),
    listed=ListedNumbers("/srv/cr/made/listed-0f0f", 10, 12, 20),
)
