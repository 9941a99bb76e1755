"""A plan of an invented province, made of the vocabulary: one line of every kind that the documents know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from callrouter.decide.route import decide
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.hours import Hours, Span, Staffing, Stretch
from callrouter.vocabulary.line import Center, Level, Line, Means
from callrouter.vocabulary.migration import Landing, Mode, NumberFate, Phase, PhaseName, Schedule, SeatFate
from callrouter.vocabulary.number_table import LineList, LineLists
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Brand, Document, Hub, Plan
from callrouter.vocabulary.policy import (
    Desk,
    Desks,
    Emergency,
    EmergencyOut,
    EmergencyTarget,
    NotAccepted,
    Overflow,
    Queue,
    QueueKind,
    Utility,
)
from callrouter.vocabulary.territory import Peer, Platform, Trunk

BEIJING = timezone(timedelta(hours=8))
SECOND = timedelta(seconds=1)
NOW = datetime(2022, 1, 5, 10, tzinfo=BEIJING)
"""A Wednesday; every line is in force."""
TRANSITION = datetime(2021, 6, 1, tzinfo=BEIJING)
CANCELLED = datetime(2021, 10, 1, tzinfo=BEIJING)
DUAL = datetime(2021, 10, 16, tzinfo=BEIJING)
BRANCH = datetime(2021, 3, 24, tzinfo=BEIJING)
ROUND_THE_CLOCK = datetime(2021, 8, 31, tzinfo=BEIJING)
"""From when the branch centers' hours are stated."""
REBRANDED = datetime(2021, 7, 1, tzinfo=BEIJING)
LINKED = datetime(2021, 12, 31, tzinfo=BEIJING)
"""From when the neighbouring province can be reached."""


def place(line: int, file: str = "lines.yaml") -> str:
    return f"dialplans/invented/{file}:{line}:3"


def stretch(
    staffing: Staffing = Staffing.ROUND_THE_CLOCK,
    starts: datetime | None = None,
    ends: datetime | None = None,
    spans: Iterable[Span] = (),
) -> Stretch:
    return Stretch(starts, ends, staffing, tuple(spans), "000:L29", place(5, "plan.yaml"))


ALWAYS = Hours("always", (stretch(),), place(5, "plan.yaml"))
UNSTATED = Hours("unstated", (stretch(Staffing.UNSTATED),), place(6, "plan.yaml"))
NINE_TO_NINE = Hours(
    "seven-twelve",
    (stretch(Staffing.WEEKLY, spans=[Span(day, 9 * 60, 21 * 60) for day in range(7)]),),
    place(7, "plan.yaml"),
)
WORKDAYS = Hours(
    "workdays",
    (stretch(Staffing.WEEKLY, spans=[Span(day, 9 * 60, 17 * 60) for day in range(5)]),),
    place(8, "plan.yaml"),
)
CENTER_HOURS = Hours(
    "center",
    (
        stretch(Staffing.UNSTATED, None, ROUND_THE_CLOCK),
        stretch(Staffing.ROUND_THE_CLOCK, ROUND_THE_CLOCK),
    ),
    place(9, "plan.yaml"),
)


def phase(name: PhaseName, landing: Landing, announcement: str | None = None, **changed: Any) -> Phase:
    return replace(
        Phase(
            name,
            None,
            None,
            landing,
            NumberFate.KEPT,
            SeatFate.MERGED,
            announcement,
            "000:L82",
            place(10 + list(PhaseName).index(name)),
        ),
        **changed,
    )


def schedule(
    mode: Mode, *phases: Phase, undated: tuple[Phase, ...] = (), name: str | None = None
) -> Schedule:
    """Dated phases in order; each ends where the next begins."""
    ends = [*(later.starts for later in phases[1:]), None]
    linked = tuple(replace(one, ends=end) for one, end in zip(phases, ends, strict=True))
    return Schedule(name or mode.value, mode, NumberFate.KEPT, SeatFate.MERGED, linked, undated, (), place(9))


B, T, F, E = PhaseName.BEFORE, PhaseName.TRANSITION, PhaseName.IN_FORCE, PhaseName.ENDED
CANCELLED_NUMBER = {"number_fate": NumberFate.CANCELLED}
MERGED = schedule(
    Mode.MERGED,
    phase(B, Landing.EXTERNAL, seat_fate=SeatFate.KEPT),
    phase(T, Landing.PLATFORM, "T01", starts=TRANSITION),
    phase(E, Landing.PLATFORM, "X01", starts=CANCELLED, **CANCELLED_NUMBER),
)
QUIETLY_MERGED = schedule(
    Mode.MERGED,
    phase(B, Landing.EXTERNAL),
    phase(T, Landing.PLATFORM, None, starts=TRANSITION),
    phase(E, Landing.PLATFORM, "X01", starts=CANCELLED, **CANCELLED_NUMBER),
    name="quiet",
)
STOPPED = schedule(
    Mode.MERGED,
    phase(B, Landing.EXTERNAL),
    phase(E, Landing.RELEASED, "X02", starts=CANCELLED, **CANCELLED_NUMBER),
    name="stopped",
)
TWO_NUMBERS = schedule(Mode.DUAL, phase(B, Landing.EXTERNAL), phase(F, Landing.PLATFORM, "G02", starts=DUAL))
SEATS_KEPT = schedule(
    Mode.DUAL,
    phase(B, Landing.EXTERNAL),
    phase(F, Landing.DEPARTMENT, starts=DUAL, seat_fate=SeatFate.KEPT),
    undated=(phase(F, Landing.PLATFORM, "G02"),),
    name="seats-kept",
)
BRANCHES = schedule(
    Mode.BRANCH,
    phase(B, Landing.EXTERNAL),
    phase(F, Landing.BRANCH, "G05", starts=BRANCH, seat_fate=SeatFate.KEPT),
)
OWN_PLATFORM = schedule(Mode.PARALLEL, phase(F, Landing.EXTERNAL, seat_fate=SeatFate.KEPT))
FORWARDED = schedule(Mode.FORWARDED, phase(F, Landing.PLATFORM, "G03", seat_fate=SeatFate.NONE))
ABSORBED = schedule(
    Mode.ABSORBED, phase(F, Landing.PLATFORM, "T03", number_fate=NumberFate.UNSTATED, seat_fate=SeatFate.NONE)
)
WITHDRAWN = schedule(
    Mode.WITHDRAWN,
    phase(B, Landing.EXTERNAL),
    phase(E, Landing.PLATFORM, "X01", starts=CANCELLED, **CANCELLED_NUMBER),
)


def line(number: str, follows: Schedule, row: int = 50, **changed: Any) -> Line:
    return Line(
        number,
        f"线路{number}",
        number,
        f"线路{number}",
        follows,
        None,
        None,
        number,
        None,
        "000:L82",
        place(row),
    )._replace(**changed)


LINES = (
    line("12300", MERGED),
    line("12301", QUIETLY_MERGED),
    line("96128", STOPPED),
    line("12315", TWO_NUMBERS, level=Level.PROVINCE, expert_seats=False),
    line("12320", TWO_NUMBERS, expert_seats=True),
    line("12348", SEATS_KEPT),
    line("12366", BRANCHES),
    line("12360", BRANCHES),
    line("12367", BRANCHES),
    line("12380", OWN_PLATFORM),
    line("12388", WITHDRAWN),
    line("03552180012", FORWARDED, tag="mayor"),
    line("13812345678", ABSORBED),
)


def center(name: str, number: str, **changed: Any) -> Center:
    made = Center(
        name,
        number,
        f"{name}中心",
        name,
        (Means.THREE_WAY, Means.TICKET),
        (),
        CENTER_HOURS,
        None,
        None,
        "000:L95",
        place(70),
    )
    return replace(made, **changed)


CENTERS = {
    "12366": (center("tax", "12366", peer="tax"),),
    "12360": (
        center("customs-north", "12360", areas=("0472",), means=(Means.PLAIN, Means.TICKET), peer="north"),
        center("customs-south", "12360", areas=("0871",), means=(Means.PLAIN, Means.TICKET), peer="south"),
    ),
    "12367": (center("borders", "12367"),),
    "12348": (center("justice", "12348", hours=WORKDAYS, peer="justice"),),
}


def platform(name: str, level: Level, **changed: Any) -> Platform:
    made = Platform(
        name,
        f"{name}平台",
        name,
        level,
        None if level is Level.PROVINCE else "province",
        (),
        ALWAYS,
        f"{name}-hotline",
        None,
        False,
        True,
        None,
        None,
        "000:L37",
        place(20 + len(name), "plan.yaml"),
    )
    return replace(made, **changed)


PLATFORMS = (
    platform("province", Level.PROVINCE, areas=("028", "0812"), served=True, queue="hotline"),
    platform("east", Level.CITY, areas=("0871",), served=True, hours=NINE_TO_NINE),
    platform("west", Level.CITY, areas=("0872", "028"), peer="west"),
    platform("north", Level.CITY, areas=("0472",)),
    platform("county", Level.COUNTY, parent="east", areas=("0470",)),
    platform("neighbour", Level.PROVINCE, areas=("023",), peer="neighbour", starts=LINKED, hours=ALWAYS),
)

HEADERS = (FoundBy.DID, FoundBy.HISTORY_INFO, FoundBy.DIVERSION, FoundBy.REQUEST_URI)


def trunk(name: str, **changed: Any) -> Trunk:
    made = Trunk(
        name,
        None,
        "province",
        None,
        HEADERS,
        (),
        frozenset({"02886110000", "08718000000"}),
        place(30, "operator.yaml"),
    )
    return replace(made, **changed)


TRUNKS = (
    trunk("carrier"),
    trunk("east-carrier", platform="east", default_platform="east"),
    trunk("west-carrier", platform="west", default_platform="west"),
    trunk("county-carrier", platform="county", default_platform="county"),
    trunk("police", source="emergency:110", finders=(FoundBy.REQUEST_URI,)),
    trunk("cities", source="platform:east", finders=(FoundBy.REQUEST_URI,)),
    trunk("stranger", finders=(FoundBy.REQUEST_URI,)),
)


def queue(name: str, kind: QueueKind = QueueKind.GENERAL, **changed: Any) -> Queue:
    made = Queue(
        name,
        f"{name}座席",
        name,
        kind,
        "province",
        None,
        ("1001",),
        None,
        Overflow.GENERAL,
        None,
        "000:L33",
        place(40, "plan.yaml"),
    )
    return replace(made, **changed)


QUEUES = (
    queue("hotline"),
    queue("east-hotline", platform="east"),
    queue("health", QueueKind.EXPERT, line="12320", hours=WORKDAYS),
    queue("business", QueueKind.DEDICATED),
    queue("minors", QueueKind.DEDICATED, starts=CANCELLED),
)


def desk(announcement: str | None, priority: int = 0) -> Desk:
    return Desk(announcement, priority, place(60 + priority, "plan.yaml"))


DESKS = Desks(desk("G01"), desk(None, 20), desk("G01"), desk("M05", 10), desk("H01"))


def emergency(number: str, out: EmergencyOut, *targets: EmergencyTarget) -> Emergency:
    return Emergency(number, f"紧急{number}", number, out, True, targets, "003:L43", place(80, "plan.yaml"))


POLICE = EmergencyTarget((), "police", place(81, "operator.yaml"))
EMERGENCIES = (
    emergency("110", EmergencyOut.TRANSFER_ELSE_GUIDE, POLICE),
    emergency("119", EmergencyOut.TRANSFER, EmergencyTarget(("0871",), "fire", place(82, "operator.yaml"))),
    emergency("120", EmergencyOut.GUIDE, POLICE),
    emergency("122", EmergencyOut.UNSTATED),
)


def utility(name: str, *means: Means, **changed: Any) -> Utility:
    made = Utility(name, f"{name}公司", means, False, (), None, None, "003:L45", place(90, "plan.yaml"))
    return replace(made, **changed)


UTILITIES = (
    utility("water", Means.PLAIN, Means.TICKET, numbers=("96510",), peer="water", hours=WORKDAYS),
    utility("power", Means.TICKET, numbers=("95598",)),
    utility("bus", parallel=True, numbers=("08712345678",)),
    utility("gas"),
)

LANDLINES = LineList(
    "landlines", "各部门固定电话热线", "该部门", ABSORBED, "landlines.csv", "002:L15", place(95)
)
LISTED = LineLists.of(LANDLINES, [("03552180099", "某局热线"), ("087163119001", "某处热线")])
PEERS = ("tax", "north", "south", "justice", "west", "neighbour", "police", "fire", "water")

PLAN = Plan(
    jurisdiction="invented",
    title="某省12345热线",
    version="1.0",
    hash="0f" * 32,
    document=Document("000", "某方案", "某办发〔2021〕1号", date(2021, 3, 24)),
    timezone="Asia/Shanghai",
    hub=Hub("12345", "一二三四五", "12345热线", place(1, "plan.yaml")),
    brands=(
        Brand("12345政府热线", None, place(2, "plan.yaml")),
        Brand("12345政务服务便民热线", REBRANDED, place(3, "plan.yaml")),
    ),
    platforms={one.id: one for one in PLATFORMS},
    home="province",
    trunks={one.id: one for one in TRUNKS},
    peers={name: Peer(name, "sip:192.0.2.10:5060", name, place(50, "operator.yaml")) for name in PEERS},
    queues={one.id: one for one in QUEUES},
    desks=DESKS,
    schedules={one.id: one for one in {entry.schedule.id: entry.schedule for entry in LINES}.values()},
    lines={one.number: one for one in LINES},
    lists=LISTED,
    classes=(),
    centers=CENTERS,
    emergencies={one.number: one for one in EMERGENCIES},
    utilities=UTILITIES,
    not_accepted=(
        NotAccepted("litigation", "须通过诉讼解决的事项", None, "000:L55", place(98, "plan.yaml")),
        NotAccepted("army", "涉及军队的事项", "向有管辖权的部门反映", "002:L29", place(99, "plan.yaml")),
    ),
    excluded_systems=("人大",),
    allow_new_lines=(),
    dues=(),
    place=place(1, "plan.yaml"),
)


def call_to(
    dialled: str,
    caller: str = "13800138000",
    trunk: str = "carrier",
    platform: str | None = None,
    plan: Plan = PLAN,
) -> Call:
    """A call as it stands at the door."""
    codes = plan.short_codes
    called, calling = parse_number(dialled, codes), parse_number(caller, codes)
    return Call("call-1", called, FoundBy.REQUEST_URI, calling, trunk, NOW.astimezone(UTC), platform)


def decided(
    dialled: str,
    at: datetime = NOW,
    plan: Plan = PLAN,
    *,
    caller: str = "13800138000",
    trunk: str = "carrier",
    platform: str | None = None,
) -> Decision:
    """What the plan does with such a call."""
    return decide(call_to(dialled, caller, trunk, platform, plan), plan, at)
