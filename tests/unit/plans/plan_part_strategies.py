"""Parts of a plan that hypothesis makes: texts, instants, hours, schedules, platforms, queues, lines, centers."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import strategies as st

from callrouter.plans.dump.yaml_text import Value

Draw = st.DrawFn
Item = dict[str, Value]

AREAS = ("0999", "0998", "028", "010")
_WORDS = "市热线政务服务中心1234 :#-'\"{}[]&*!|>%@`,?~=\\"
_DAYS = ("mon-fri", "sat,sun", "mon-sun", "tue", "mon-wed,fri")


def texts() -> st.SearchStrategy[str]:
    """A name or another line of words, with what YAML gives a meaning to."""
    return st.text(_WORDS, min_size=1, max_size=16).map(str.strip).filter(bool)


def instants() -> st.SearchStrategy[datetime]:
    zones = st.sampled_from([timezone(timedelta(hours=8)), UTC, timezone(timedelta(minutes=-210))])
    plain = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001
    return st.builds(lambda at, zone: at.replace(tzinfo=zone), plain, zones)


def sources() -> st.SearchStrategy[str]:
    return st.sampled_from(["009:L1", "009:L20", "009:L3-L7"])


def up_to(draw: Draw, most: int) -> range:
    return range(draw(st.integers(0, most)))


def maybe(draw: Draw, value: st.SearchStrategy[str]) -> str | None:
    return draw(st.one_of(st.none(), value))


def yes_no(draw: Draw) -> str | None:
    return maybe(draw, st.sampled_from(["yes", "no"]))


def chosen(draw: Draw, values: tuple[str, ...], most: int) -> list[Value]:
    return [*draw(st.lists(st.sampled_from(values), max_size=most, unique=True))]


def hours_item(draw: Draw, name: str) -> Item:
    stretches: list[Value] = []
    starts = sorted(draw(st.lists(instants(), max_size=2, unique=True)))
    for place in range(len(starts) + 1):
        staffing = draw(st.sampled_from(["7x24", "weekly", "unstated"]))
        opens, closes = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True)))
        weekly: Item = {
            "days": draw(st.sampled_from(_DAYS)),
            "opens": f"{opens // 60:02}:{opens % 60:02}",
            "closes": f"{closes // 60:02}:{closes % 60:02}",
        }
        stretches.append(
            {
                "starts": starts[place - 1].isoformat() if place else None,
                "staffing": staffing,
                "weekly": [weekly] if staffing == "weekly" else None,
            }
            | (holidays_item(draw) if staffing == "weekly" else {})
        )
    return {"id": name, "stretches": stretches}


def holidays_item(draw: Draw) -> Item:
    """What holds on public holidays and make-up workdays; often nothing special."""
    days = ("mon", "fri", "sat", "sun")
    own: list[Value] = [{"opens": "09:30", "closes": "24:00"}, {"opens": "00:00", "closes": "09:30"}]
    holidays = draw(st.sampled_from([None, None, "closed", *days, "own"]))
    return {
        "holidays": holidays if holidays != "own" else None,
        "holiday_hours": own[: draw(st.integers(1, 2))] if holidays == "own" else None,
        "workdays": draw(st.sampled_from([None, None, "ordinary", *days])),
    }


def calendar_changes(draw: Draw) -> list[Value]:
    """Days on which a site differs from the country's calendar."""
    firsts = draw(st.lists(st.integers(0, 200), max_size=3, unique=True))
    return [
        {
            "first": (date(2021, 1, 1) + timedelta(days=7 * week)).isoformat(),
            "last": maybe(draw, st.just((date(2021, 1, 3) + timedelta(days=7 * week)).isoformat())),
            "becomes": draw(st.sampled_from(["holiday", "workday", "ordinary"])),
            "name": draw(texts()),
            "why": draw(texts()),
        }
        for week in firsts
    ]


def schedule_item(draw: Draw, *, cited: bool) -> Item:
    """Dated phases in order, then undated ones."""
    starts: list[str | None] = [None]
    starts += [at.isoformat() for at in sorted(draw(st.lists(instants(), max_size=3, unique=True)))]
    starts += ["unstated" for _ in up_to(draw, 2)]
    phases = [phase_item(draw, at, cited=cited) for at in starts]
    return {
        "mode": draw(
            st.sampled_from(["merged", "dual", "branch", "parallel", "forwarded", "absorbed", "withdrawn"])
        ),
        "number_fate": draw(st.sampled_from(["kept", "cancelled", "unstated"])),
        "seat_fate": draw(st.sampled_from(["merged", "kept", "none", "unstated"])),
        "phases": phases,
    }


def phase_item(draw: Draw, starts: str | None, *, cited: bool) -> Item:
    landing = draw(st.sampled_from(["platform", "department", "branch", "external", "released"]))
    announcement = st.sampled_from(["T01", "X01", "X02"])
    return {
        "name": draw(st.sampled_from(["before", "transition", "in_force", "ended"])),
        "starts": starts,
        "landing": landing,
        "announcement": draw(announcement) if landing == "released" else maybe(draw, announcement),
        "number_fate": maybe(draw, st.sampled_from(["kept", "cancelled"])),
        "seat_fate": maybe(draw, st.sampled_from(["merged", "none"])),
        "source": draw(sources()) if cited else None,
    }


def platform_item(draw: Draw, name: str, level: str, parent: str | None, hours: tuple[str, ...]) -> Item:
    return {
        "id": name,
        "name": draw(texts()),
        "spoken_name": draw(texts()),
        "level": level,
        "parent": parent,
        "areas": chosen(draw, AREAS, 2),
        "hours": maybe(draw, st.sampled_from(hours)),
        "dialled_directly": yes_no(draw),
        "starts": maybe(draw, instants().map(datetime.isoformat)),
        "email": maybe(draw, st.just("hotline@example.org")),
    }


def queue_item(
    draw: Draw, name: str, kind: str, platform: str, lines: tuple[str, ...], hours: tuple[str, ...]
) -> Item:
    return {
        "id": name,
        "name": draw(texts()),
        "spoken_name": draw(texts()),
        "kind": kind,
        "platform": platform,
        "line": draw(st.sampled_from(lines)) if kind == "expert" else None,
        "hours": maybe(draw, st.sampled_from(hours)),
        "starts": maybe(draw, instants().map(datetime.isoformat)),
        **_ways(draw, kind, lines),
    }


def _ways(draw: Draw, kind: str, lines: tuple[str, ...]) -> Item:
    """How calls reach a queue's seats, and where they go on to."""
    if kind == "general":
        overflow = maybe(draw, st.sampled_from(["voicemail", "last_resort", "platform"]))
        return {"overflow": overflow, "overflow_to": "province" if overflow == "platform" else None}
    known = kind == "expert" or bool(lines)
    answers = maybe(draw, st.sampled_from(["transfers", *(["line"] if known else [])]))
    dedicated = kind == "dedicated" and answers == "line"
    return {
        "overflow": maybe(draw, st.sampled_from(["general", "voicemail", "last_resort"])),
        "answers": answers,
        "lines": [draw(st.sampled_from(lines))] if dedicated else None,
        "announcement": maybe(draw, st.sampled_from(["Z01", "G01"])),
        "priority": maybe(draw, st.sampled_from(["0", "15"])),
    }


def line_item(draw: Draw, number: str, schedules: tuple[str, ...]) -> Item:
    return {
        "number": number,
        "name": draw(texts()),
        "spoken_number": "幺二三",
        "spoken_name": draw(texts()),
        "schedule": draw(st.sampled_from(schedules)),
        "level": maybe(draw, st.sampled_from(["province", "city"])),
        "expert_seats": yes_no(draw),
        "tag": maybe(draw, st.just("mayor")),
    }


def center_item(draw: Draw, name: str, lines: tuple[str, ...], hours: tuple[str, ...]) -> Item:
    return {
        "id": name,
        "line": draw(st.sampled_from(lines)),
        "name": draw(texts()),
        "spoken_name": draw(texts()),
        "means": chosen(draw, ("three_way", "plain", "ticket", "guide"), 3),
        "areas": chosen(draw, AREAS, 2),
        "hours": maybe(draw, st.sampled_from(hours)),
        "opens": maybe(draw, st.one_of(st.just("unstated"), instants().map(datetime.isoformat))),
    }
