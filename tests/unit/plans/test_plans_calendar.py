"""Calendars of public holidays: as the law ordains, read with a plan, changed by a site, and asked by its hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from callrouter.decide.route import decide
from callrouter.plans.assembly.canonical import fingerprint
from callrouter.plans.codes import Code
from callrouter.plans.dump.files import dump
from callrouter.plans.load import Loaded, load, load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.calendar import Calendar, DayKind
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.hours import DaySpan
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Connect, TakeMessage
from tests.unit.plans.invented_city import TEXTS, changed, spot, write_city

CHINA_FILE = PROJECT_ROOT / "dialplans" / "calendars" / "china.yaml"
NAMED = ("timezone: Asia/Shanghai\n", "timezone: Asia/Shanghai\ncalendar: china\n")
WEEKLY = '          - days: "sat,sun"\n            opens: "10:00"\n            closes: "12:00"\n'


def asking(*lines: str) -> list[tuple[str, str]]:
    """A plan.yaml whose weekly hours ask for holidays."""
    return [NAMED, (WEEKLY, WEEKLY + "".join(f"        {line}\n" for line in lines))]


def changes(*items: str) -> list[tuple[str, str]]:
    """An operator.yaml with changes of the calendar."""
    rows = "".join(f"  - {{{item}, why: 示例}}\n" for item in items)
    return [("peers:\n", f"calendar:\n{rows}peers:\n")]


def calendar_of(plan: Plan | None) -> Calendar:
    assert plan is not None
    assert plan.calendar is not None
    return plan.calendar


# Reading it with a plan.


def test_a_plan_that_names_no_calendar_has_none_and_keeps_its_hash(tmp_path: Path) -> None:
    plain = load_plan(write_city(tmp_path / "1"))
    assert plain.calendar is None
    assert load_plan(write_city(tmp_path / "2", plan=[NAMED])).hash != plain.hash


def test_the_shipped_plans_that_do_not_ask_have_the_hash_that_they_always_had_but_for_what_they_say_since() -> (
    None
):
    plans = {name: load_plan(PROJECT_ROOT / "dialplans" / name) for name in ("changzhi", "yunnan")}
    hashes = {name: fingerprint(as_at_first(plan))[:12] for name, plan in plans.items()}
    assert hashes == {"changzhi": "529a767cc55e", "yunnan": "0ad120cfdf40"}


def as_at_first(plan: Plan) -> Plan:
    """The plan without what it has said since."""
    emergencies = {
        number: replace(one, targets=tuple(replace(target, alternates=()) for target in one.targets))
        for number, one in plan.emergencies.items()
    }
    peers = {id_: peer for id_, peer in plan.peers.items() if id_ != "emergency-backup"}
    return replace(plan, survey=None, register_by=None, emergencies=emergencies, peers=peers)


def test_a_calendar_beside_the_plans_goes_before_the_shipped_one(tmp_path: Path) -> None:
    own = CHINA_FILE.read_text("utf-8").replace("name: 元旦", "name: 新年")
    loaded = load(with_calendar(tmp_path, own))
    special = calendar_of(loaded.plan).special(date(2021, 1, 1))
    assert special is not None
    assert special.name == "新年"
    assert special.place.startswith("dialplans/calendars/china.yaml:")


def with_calendar(folder: Path, text: str, name: str = "china") -> Path:
    city = write_city(folder, plan=[NAMED])
    (city.parent / "calendars").mkdir()
    (city.parent / "calendars" / f"{name}.yaml").write_text(text, "utf-8")
    return city


def test_words_for_holidays_become_times_of_the_day(tmp_path: Path) -> None:
    cases = {
        ("holidays: closed",): ((), 0),
        ("holidays: sun",): ((DaySpan(600, 720),), 0),
        ("holidays: mon", "workdays: fri"): ((DaySpan(540, 1020),), 4),
        ("holidays: closed", "workdays: ordinary"): ((), None),
        ("workdays: tue",): (None, 1),
        ('holiday_hours: [{opens: "13:00", closes: "24:00"}, {opens: "09:00", closes: "12:00"}]',): (
            (DaySpan(540, 720), DaySpan(780, 1440)),
            0,
        ),
    }
    for place, (lines, wanted) in enumerate(cases.items()):
        plan = load_plan(write_city(tmp_path / str(place), plan=asking(*lines)))
        office = plan.queues["labour"].hours
        assert office is not None
        stretch = office.stretches[1]
        assert (stretch.holidays, stretch.workdays) == wanted, lines


def test_a_sites_changes_say_why_and_survive_a_dump(tmp_path: Path) -> None:
    own = changes(
        "first: 2021-04-14, last: 2021-04-15, becomes: holiday, name: 三月三",
        "first: 2021-10-07, becomes: ordinary, name: 国庆节",
        "first: 2021-10-16, becomes: workday, name: 本地补班",
    )
    loaded = load(write_city(tmp_path / "1", plan=asking("holidays: sat"), operator=own))
    held = calendar_of(loaded.plan)
    kinds = [held.by_day.get(date.fromisoformat(day)) for day in ("2021-04-15", "2021-10-07", "2021-10-16")]
    assert [one.kind if one else None for one in kinds] == [DayKind.HOLIDAY, None, DayKind.WORKDAY]
    assert [choice.name for choice in loaded.choices if choice.section == "calendar"] == [
        "2021-04-14",
        "2021-10-07",
        "2021-10-16",
    ]
    assert loaded.plan is not None
    dump(loaded.plan, tmp_path / "2" / "testcity")
    assert load_plan(tmp_path / "2" / "testcity").hash == loaded.plan.hash


# What is wrong is told where it stands.

FAULTS: dict[str, tuple[str, list[tuple[str, str]], Code, str]] = {
    "no such calendar": ("plan", [(NAMED[0], f"{NAMED[0]}calendar: chin\n")], Code.FILE_UNREADABLE, "chin\n"),
    "no calendar named": ("plan", asking("holidays: closed")[1:], Code.MISSING_KEY, "closed\n"),
    "unknown word": ("plan", asking("holidays: open"), Code.WRONG_VALUE, "open\n"),
    "closed workdays": ("plan", asking("workdays: closed"), Code.WRONG_VALUE, "closed\n"),
    "both ways": (
        "plan",
        asking("holidays: sun", 'holiday_hours: [{opens: "09:00", closes: "10:00"}]'),
        Code.WRONG_VALUE,
        '[{opens: "09:00", closes: "10:00"}]',
    ),
    "over midnight": (
        "plan",
        asking('holiday_hours: [{opens: "22:00", closes: "06:00"}]'),
        Code.WRONG_VALUE,
        '"06:00"',
    ),
    "overlapping": (
        "plan",
        asking('holiday_hours: [{opens: "09:00", closes: "12:00"}, {opens: "11:00", closes: "13:00"}]'),
        Code.WRONG_VALUE,
        '"11:00"',
    ),
    "not weekly": (
        "plan",
        [NAMED, ("      - staffing: 7x24\n", "      - staffing: 7x24\n        holidays: closed\n")],
        Code.WRONG_VALUE,
        "closed\n",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_of_what_hours_ask_is_told_once_where_it_stands(tmp_path: Path, case: str) -> None:
    name, made, code, fragment = FAULTS[case]
    text = changed(TEXTS[name], made)
    assert text is not None
    (finding,) = load(write_city(tmp_path, **{name: text})).findings
    assert (finding.fault.code, finding.place) == (
        code,
        f"dialplans/testcity/{name}.yaml:{spot(text, fragment)}",
    )


BROKEN_CALENDARS: dict[str, tuple[str, str, Code, str]] = {
    "a weekday worked": ("[2018-02-11, 2018-02-24]", "[2018-02-12]", Code.WRONG_VALUE, "2018-02-12"),
    "a day twice": ("[2018-04-08]", "[2018-02-18]", Code.DUPLICATE_NAME, "2018-02-18"),
    "of another year": (
        "{name: 端午节, first: 2018-06-18}",
        "{name: 端午节, first: 2019-06-18}",
        Code.WRONG_VALUE,
        "{name: 端午节, first: 2019-06-18}",
    ),
    "reversed": ("last: 2018-02-21", "last: 2018-02-01", Code.WRONG_VALUE, "2018-02-01"),
    "endless": ("last: 2026-10-07", "last: 2027-10-07", Code.WRONG_VALUE, "2027-10-07"),
    "a year twice": (
        'year: "2019"',
        'year: "2018"',
        Code.DUPLICATE_NAME,
        '"2018"\n    notice: 国办发明电〔2018〕',
    ),
    "no such day": ("first: 2018-04-05", "first: 2018-04-31", Code.IMPOSSIBLE_INSTANT, "2018-04-31"),
    "without a notice": ("    notice: 国办发明电〔2017〕12号\n", "", Code.MISSING_KEY, 'year: "2018"'),
    "unknown key": ("worked: [2018-04-28]", "work: [2018-04-28]", Code.UNKNOWN_KEY, "work:"),
    "another name": ("calendar: china", "calendar: chine", Code.WRONG_VALUE, "chine"),
    "cut off": ("\n...\n", "\n", Code.FILE_CUT_OFF, ""),
}


@pytest.mark.parametrize("case", BROKEN_CALENDARS)
def test_a_fault_of_a_calendar_is_told_where_it_stands_and_there_is_no_plan(
    tmp_path: Path, case: str
) -> None:
    old, new, code, fragment = BROKEN_CALENDARS[case]
    text = CHINA_FILE.read_text("utf-8")
    assert text.count(old) == 1
    text = text.replace(old, new)
    loaded = load(with_calendar(tmp_path, text))
    assert loaded.plan is None
    found = {(finding.place, finding.fault.code) for finding in loaded.findings}
    at = spot(text, fragment) if fragment else f"{text.count(chr(10)) + 1}:1"
    assert (f"dialplans/calendars/china.yaml:{at}", code) in found, found


def test_a_sites_changes_stand_once_and_need_a_calendar(tmp_path: Path) -> None:
    twice = changes(
        "first: 2021-04-14, last: 2021-04-16, becomes: holiday, name: 甲",
        "first: 2021-04-16, becomes: ordinary, name: 乙",
    )
    assert codes(load(write_city(tmp_path / "1", plan=[NAMED], operator=twice))) == [Code.DUPLICATE_NAME]
    once = changes("first: 2021-04-14, becomes: holiday, name: 甲")
    assert codes(load(write_city(tmp_path / "2", operator=once))) == [Code.MISSING_KEY]
    back = changes("first: 2021-04-14, last: 2021-04-13, becomes: holiday, name: 甲")
    assert codes(load(write_city(tmp_path / "3", plan=[NAMED], operator=back))) == [Code.WRONG_VALUE]


def codes(loaded: Loaded) -> list[Code]:
    return [finding.fault.code for finding in loaded.findings]


# From the files to the caller.

PLATFORM_HOURS = ('    hours: always\n    source: "009:L4"', '    hours: office\n    source: "009:L4"')


def told(plan: Plan, at: str) -> Decision:
    codes = plan.short_codes
    number, caller = parse_number("12345", codes), parse_number("13800138000", codes)
    instant = datetime.fromisoformat(at)
    call = Call("c", number, FoundBy.REQUEST_URI, caller, "nobody", instant.astimezone(UTC), None)
    return decide(call, plan, instant)


def test_a_plan_closed_on_holidays_and_open_on_make_up_workdays_from_its_files_to_its_callers(
    tmp_path: Path,
) -> None:
    own = changes("first: 2021-10-06, becomes: ordinary, name: 国庆节")
    made = [*asking("holidays: closed", "workdays: mon"), PLATFORM_HOURS]
    plan = load_plan(write_city(tmp_path, plan=made, operator=own))
    days = {
        "2021-09-30T16:59:59+08:00": Connect,
        "2021-10-01T10:00:00+08:00": TakeMessage,  # 国庆节, a Friday
        "2021-10-02T11:00:00+08:00": TakeMessage,  # a Saturday, else 10:00-12:00
        "2021-10-06T10:00:00+08:00": Connect,  # the site works
        "2021-10-07T23:59:59+08:00": TakeMessage,
        "2021-10-08T09:00:00+08:00": Connect,
        "2021-10-09T16:30:00+08:00": Connect,  # a Saturday that is worked
        "2021-10-16T16:30:00+08:00": TakeMessage,
        "2021-12-31T16:00:00+08:00": Connect,
        "2022-01-01T11:00:00+08:00": TakeMessage,  # 元旦
        "2027-10-01T10:00:00+08:00": Connect,  # a Friday of a year that nobody has ordained
    }
    for at, treatment in days.items():
        assert isinstance(told(plan, at).treatment, treatment), at
    why = told(plan, "2022-01-01T11:00:00+08:00").reasons[-1]
    assert "元旦" in why.detail
    file, line = why.rule.rsplit(":", 1)
    assert file == "dialplans/calendars/china.yaml"
    assert "2022-01-01" in CHINA_FILE.read_text("utf-8").splitlines()[int(line) - 1]
    assert told(plan, "2027-10-01T10:00:00+08:00").reasons[-1].code == "calendar_silent"
