"""Hours without the controller: the rendered dialplan, walked step by step, answers what a decision answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callrouter.asterisk_link.hours_of_the_plan import DayTimes, HoursOfThePlan, OneDay, Until
from callrouter.asterisk_link.render import AsteriskConfiguration, render_configuration
from callrouter.settings import PROJECT_ROOT
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

CLOSED = "closed:h01-office-sichuan"
OFFICE = DayTimes(
    "d1",
    (
        Until("090000", CLOSED), Until("120000", "open"), Until("133000", CLOSED),
        Until("180000", "open"), Until("240000", CLOSED),
    ),
)  # fmt: skip
NEVER = DayTimes("d2", (Until("240000", CLOSED),))
HOURS = HoursOfThePlan(
    zone="Asia/Shanghai",
    offsets=("+0800",),
    times=(OFFICE, NEVER),
    weekdays=("d1",) * 5 + ("d2",) * 2,
    days=(OneDay("20211001", "d2"), OneDay("20211009", "d1")),
)
Render = Callable[[HoursOfThePlan | None], list[Step]]


@pytest.fixture
def rendered_hours(configuration: AsteriskConfiguration, tmp_path: Path) -> Render:
    def render(hours: HoursOfThePlan | None) -> list[Step]:
        known = replace(configuration, plan=replace(configuration.plan, hours=hours))
        render_configuration(PROJECT_ROOT / "asterisk", known, tmp_path)
        return steps_of((tmp_path / "extensions-hours.conf").read_text(encoding="utf-8"))

    return render


def walk(steps: list[Step], now: datetime, *, knows_the_zone: bool = True) -> str:
    """What [hours] returns at an instant: Asterisk's part, done here for the few steps that it uses."""
    zone = ZoneInfo("Asia/Shanghai") if knows_the_zone else UTC
    shown = now.astimezone(zone)
    extensions: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        extensions.setdefault((step.context, step.exten), []).append(step)
    variables: dict[str, str] = {}
    here, place = extensions["hours", "s"], 0
    while True:
        step = here[place]
        args = re.sub(
            r"\$\{STRFTIME\(\$\{CR_NOW\},[\w/]+,([^)]+)\)\}",
            lambda found: shown.strftime(found[1]),
            step.args,
        )
        args = re.sub(r"\$\{(CR_[A-Z_]+)\}", lambda found: variables.get(found[1], ""), args)
        place += 1
        match step.app:
            case "Set":
                name, _, value = args.partition("=")
                variables[name] = value
            case "Return":
                return args
            case "ExecIf":
                found = re.fullmatch(r"\$\[(\d{6}) < (\d{6})\]\?Return\((.*)\)", args)
                assert found, args
                if int(found[1]) < int(found[2]):
                    return found[3]
            case "Goto" | "GotoIf":
                asked, _, target = args.rpartition("?")
                same = re.fullmatch(r'\$\["(.*)"="(.*)"\]', asked)
                if step.app == "Goto" or (same and same[1] == same[2]):
                    context, exten, _ = target.split(",")
                    patterns = {"_X!": r"\d.*", "_d!": r"d.*"}
                    exact = extensions.get((context, exten))
                    here = exact or next(
                        found
                        for (there, pattern), found in extensions.items()
                        if there == context and re.fullmatch(patterns.get(pattern, "$^"), exten)
                    )
                    place = 0
            case other:
                raise AssertionError(other)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("instant", "answer"),
    [
        ("2021-09-30T08:59:59", CLOSED),  # a Thursday
        ("2021-09-30T09:00:00", "open"),
        ("2021-09-30T11:59:59", "open"),
        ("2021-09-30T12:00:00", CLOSED),
        ("2021-09-30T13:30:00", "open"),
        ("2021-09-30T17:59:59", "open"),
        ("2021-09-30T18:00:00", CLOSED),
        ("2021-09-30T23:59:59", CLOSED),
        ("2021-10-01T10:00:00", CLOSED),  # a holiday
        ("2021-10-02T10:00:00", CLOSED),  # a Saturday
        ("2021-10-09T10:00:00", "open"),  # a Saturday that is worked
        ("2021-10-09T12:30:00", CLOSED),
        ("2021-10-10T10:00:00", CLOSED),  # a Sunday
        ("2021-10-11T00:00:00", CLOSED),
        ("2031-10-01T10:00:00", "open"),  # far behind the table: a Wednesday
    ],
)
def test_the_dialplan_answers_by_date_weekday_and_second(
    rendered_hours: Render, instant: str, answer: str
) -> None:
    assert walk(rendered_hours(HOURS), at(instant)) == answer


def test_where_asterisk_does_not_know_the_zone_a_person_is_tried(rendered_hours: Render) -> None:
    night = at("2021-09-30T03:00:00")
    assert walk(rendered_hours(HOURS), night) == CLOSED
    assert walk(rendered_hours(HOURS), night, knows_the_zone=False) == "open"


def test_what_is_not_in_the_table_is_open(rendered_hours: Render) -> None:
    broken = replace(HOURS, days=(OneDay("20211001", "d9"),), weekdays=("d9",))
    assert walk(rendered_hours(broken), at("2021-10-01T03:00:00")) == "open"
    assert walk(rendered_hours(broken), at("2021-09-28T03:00:00")) == "open"  # no Tuesday
    assert walk(rendered_hours(broken), at("2021-09-27T03:00:00")) == "open"


def test_hours_that_never_close_are_one_row(rendered_hours: Render) -> None:
    hours = [step for step in rendered_hours(None) if step.context.startswith("hours")]
    assert hours == [Step("hours", "s", "1", None, "Return", "open")]


def test_the_clock_is_asked_once_and_is_the_rehearsals(rendered_hours: Render) -> None:
    steps = [step for step in rendered_hours(HOURS) if step.context == "hours"]
    assert steps[0].args == "CR_NOW=$[${EPOCH} + ${CR_CLOCK_OFFSET}]"
    assert all("EPOCH" not in step.args for step in steps[1:])
    asked = [step.args for step in steps if "STRFTIME" in step.args]
    assert len(asked) == 4
    assert all("STRFTIME(${CR_NOW},Asia/Shanghai,%" in args for args in asked)


def test_outside_the_hours_a_caller_is_told_so_once_and_then_asked_for_a_message(
    rendered_hours: Render,
) -> None:
    closed = [f"{step.app}({step.args})" for step in rendered_hours(HOURS) if step.context == "closed"]
    # A seat that is there all the same goes first, and the notice that nobody is there is not played then.
    assert closed[0] == "GotoIf($[0${QUEUE_MEMBER(${CR_QUEUE},ready)} > 0]?there)"
    assert closed[-2:] == ["Set(CR_NOTICE=)", "Goto(connect,s,1)"]
    assert [step for step in closed if step.startswith("Playback")] == ["Playback(${CR_NOTICE})"]
    answered, played = closed.index("Answer()"), closed.index("Playback(${CR_NOTICE})")
    assert answered < played
    assert closed[played - 1] == "CELGenUserEvent(CR_NOTICE,key=${CR_NOTICE}&state=started)"
    assert closed[played + 2] == 'GotoIf($["${PLAYBACKSTATUS}"="SUCCESS"]?message,closed,1)'
    # Without a notice, or without its sound: in the words that nobody could be reached.
    assert closed[1] == 'GotoIf($["${CR_NOTICE}"=""]?untold)'
    assert closed[played + 3 : played + 5] == ["Answer()", "Goto(message,nobody,1)"]
