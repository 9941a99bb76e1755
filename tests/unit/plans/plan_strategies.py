"""Plans that hypothesis makes: whole folders of files that a loader must take, with every section of the language.

`plan_files()` gives the texts by file name, `write(folder, files)` writes them into a folder that can be loaded from.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import strategies as st

from callrouter.plans.dump.yaml_text import Value, yaml_text
from callrouter.vocabulary.call import ALL_FINDERS, FoundBy
from tests.unit.plans.plan_part_strategies import (
    AREAS,
    Draw,
    Item,
    calendar_changes,
    center_item,
    chosen,
    hours_item,
    instants,
    line_item,
    maybe,
    platform_item,
    queue_item,
    schedule_item,
    sources,
    texts,
    up_to,
    yes_no,
)

FOLDER = "testcity"
SHORT_CODES = tuple(f"123{place:02d}" for place in range(46, 70))
LANDLINES = tuple(f"0999218{place:04d}" for place in range(20))


def _plan(draw: Draw, lines: tuple[str, ...]) -> Item:
    hours = ("always", "office")
    brands = sorted(draw(st.lists(instants(), max_size=2, unique=True)))
    return {
        "jurisdiction": FOLDER,
        "title": draw(texts()),
        "version": "1.0",
        "document": {"ref": "009", "title": draw(texts()), "number": draw(texts()), "issued": "2021-03-24"},
        "timezone": draw(st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "UTC"])),
        "calendar": "china",
        "hub": {"number": "12345", "spoken_number": "一二三四五", "name": maybe(draw, texts())},
        "brands": [
            {"name": draw(texts()), "starts": starts, "source": "009:L1"}
            for starts in (None, *(at.isoformat() for at in brands))
        ],
        "home": "city",
        "hours": [hours_item(draw, name) | {"source": draw(sources())} for name in hours],
        "platforms": [
            platform_item(draw, name, level, parent, hours) | {"source": draw(sources())}
            for name, level, parent in (
                ("province", "province", None),
                ("city", "city", maybe(draw, st.just("province"))),
                ("county", "county", maybe(draw, st.just("city"))),
            )
        ],
        "queues": [
            queue_item(draw, "hotline", "general", "city", lines, hours) | {"source": "009:L4"},
            *(
                queue_item(
                    draw, f"queue-{place}", kind, draw(st.sampled_from(["province", "city"])), lines, hours
                )
                | {"source": "009:L5"}
                for place, kind in enumerate(
                    draw(st.lists(st.sampled_from(["expert", "dedicated"]), max_size=2))
                )
            ),
        ],
        "desks": {
            desk: {
                "announcement": maybe(draw, st.sampled_from(["G01", "H01"])),
                "priority": str(draw(st.integers(0, 999))),
            }
            for desk in ("hub", "emergency", "unknown", "handed_over", "closed")
        },
        "emergency": [
            {
                "number": number,
                "name": draw(texts()),
                "spoken_number": "幺幺零",
                "out": draw(st.sampled_from(["transfer", "guide", "transfer_else_guide", "unstated"])),
                "handed_in": yes_no(draw),
                "source": draw(sources()),
            }
            for number in ("110", "119")
        ],
        "utilities": [
            {
                "id": name,
                "name": draw(texts()),
                "means": chosen(draw, ("plain", "ticket", "guide"), 2),
                "parallel": yes_no(draw),
                "source": draw(sources()),
            }
            for name in ("water", "rail")
        ],
        "scope": {
            "excluded_systems": [{"name": draw(texts()), "source": "009:L9"} for _ in up_to(draw, 2)],
            "not_accepted": [
                {
                    "id": f"matter-{place}",
                    "what": draw(texts()),
                    "guide": maybe(draw, texts()),
                    "source": "009:L9",
                }
                for place in up_to(draw, 2)
            ],
        },
        "dues": [
            {"what": draw(texts()), "by": "2021-10-31", "source": draw(sources())} for _ in up_to(draw, 2)
        ],
        "demands": [
            {
                "mode": "merged",
                "transition": yes_no(draw),
                "announcement": yes_no(draw),
                "source": draw(sources()),
            },
            {"new_lines": "no", "source": draw(sources())},
        ],
        "survey": maybe_survey(draw, lines) | {"source": draw(sources())} if draw(st.booleans()) else None,
        "register_by": _register_by(draw) | {"source": draw(sources())} if draw(st.booleans()) else None,
    }


def _register_by(draw: Draw) -> Item:
    until, next_day = draw(st.integers(0, 1439)), draw(st.integers(0, 1439))
    return {
        "until": f"{until // 60:02d}:{until % 60:02d}",
        "next_day": f"{next_day // 60:02d}:{next_day % 60:02d}",
    }


def maybe_survey(draw: Draw, lines: tuple[str, ...]) -> Item:
    """Who is asked for a rating; anything may be left unsaid."""
    return {
        "offered": yes_no(draw),
        "except_lines": chosen(draw, lines, 2) or None,
        "except_queues": chosen(draw, ("hotline",), 1) or None,
    }


def _lines(draw: Draw, numbers: tuple[str, ...]) -> Item:
    schedules = ("first", "second")
    return {
        "schedules": {
            name: schedule_item(draw, cited=True)
            | {
                "dues": [
                    {"what": draw(texts()), "by": "2021-05-31", "source": "009:L22"} for _ in up_to(draw, 1)
                ]
            }
            for name in schedules
        },
        "lines": [line_item(draw, number, schedules) | {"source": draw(sources())} for number in numbers],
        "lists": [
            {
                "id": "landlines",
                "name": draw(texts()),
                "spoken_name": draw(texts()),
                "file": "landlines.csv",
                "schedule": draw(st.sampled_from(schedules)),
                "source": draw(sources()),
            }
        ],
        "classes": [
            {"id": "others", "name": draw(texts()), "schedule": "first", "source": draw(sources())}
            for _ in up_to(draw, 1)
        ],
        "centers": [
            center_item(draw, f"center-{place}", numbers, ("always", "office")) | {"source": draw(sources())}
            for place in up_to(draw, 3)
        ],
    }


def _fills(draw: Draw, plan: Item, lines: Item) -> Item:
    """What the operator may say: only what the document's files do not."""
    hours = ("always", "office", "daytime")
    peers = ("tax", "police")

    def fill(item: Item, name: str, **wished: st.SearchStrategy[Value]) -> Item:
        free = {key: draw(value) for key, value in wished.items() if item.get(key) in {None, "unstated"}}
        return {name: item[name], **free, "why": draw(texts())}

    peer: st.SearchStrategy[Value] = st.one_of(st.none(), st.sampled_from(peers))
    kept: st.SearchStrategy[Value] = st.one_of(st.none(), st.sampled_from(hours))
    opens: st.SearchStrategy[Value] = instants().map(datetime.isoformat)
    seats: st.SearchStrategy[Value] = st.lists(st.sampled_from(["1001", "1002"]), unique=True)
    target: Item = {"areas": chosen(draw, AREAS, 2), "peer": "police"}
    targets: st.SearchStrategy[Value] = st.just([target])
    out: st.SearchStrategy[Value] = st.sampled_from([None, "guide", "transfer"])
    guide: st.SearchStrategy[Value] = texts()
    email: st.SearchStrategy[Value] = st.sampled_from([None, "a@example.org"])
    serves: st.SearchStrategy[Value] = st.sampled_from([None, "yes"])
    scope = plan["scope"]
    assert isinstance(scope, Mapping)
    return {
        "platforms": [
            fill(one, "id", serves=serves, hours=kept, peer=peer, email=email)
            for one in _rows(plan["platforms"])
        ],
        "queues": [fill(one, "id", seats=seats, hours=kept) for one in _rows(plan["queues"])],
        "centers": [fill(one, "id", hours=kept, opens=opens, peer=peer) for one in _rows(lines["centers"])],
        "emergency": [fill(one, "number", out=out, targets=targets) for one in _rows(plan["emergency"])],
        "utilities": [
            fill(one, "id", peer=peer, hours=kept) | {"numbers": [f"9600{place}"]}
            for place, one in enumerate(_rows(plan["utilities"]))
        ],
        "not_accepted": [
            fill(one, "id", guide=guide) for one in _rows(scope["not_accepted"]) if one["guide"] is None
        ],
    }


def _rows(value: Value) -> list[Item]:
    assert isinstance(value, list)
    return value


def _instants(draw: Draw, lines: Item) -> list[Value]:
    """Instants for some of the first undated phases, later than all that is dated."""
    schedules = lines["schedules"]
    assert isinstance(schedules, Mapping)
    given: list[Value] = []
    for name, schedule in schedules.items():
        assert isinstance(schedule, Mapping)
        undated = [phase for phase in _rows(schedule["phases"]) if phase["starts"] == "unstated"]
        for place in range(draw(st.integers(0, len(undated)))):
            at = datetime(2031 + place, 1, 1, tzinfo=UTC).isoformat()
            given.append(
                {"schedule": name, "phase": undated[place]["name"], "starts": at, "why": draw(texts())}
            )
    return given


def _operator(draw: Draw, plan: Item, lines: Item) -> Item:
    new_line = line_item(draw, "96128", ("first", "chosen")) | {"expert_seats": None}
    fills = _fills(draw, plan, lines)
    hours = ("always", "daytime")
    why: Item = {"why": draw(texts())}
    new_platform = platform_item(draw, "next-city", "city", maybe(draw, st.just("province")), hours)
    new_queue = queue_item(draw, "business", "dedicated", "next-city", (), hours)
    new_center = center_item(draw, "added", ("96128",), hours)
    platforms, queues, centers = (_rows(fills[key]) for key in ("platforms", "queues", "centers"))
    return {
        "instants": _instants(draw, lines),
        "calendar": calendar_changes(draw),
        "hours": [hours_item(draw, "daytime") | why],
        "platforms": [*platforms, new_platform | {"peer": "tax"} | why],
        "queues": [*queues, new_queue | {"seats": ["1003"]} | why],
        "schedules": {"chosen": schedule_item(draw, cited=False) | why},
        "lines": [new_line | why],
        "centers": [*centers, new_center | why],
        "emergency": fills["emergency"],
        "utilities": fills["utilities"],
        "not_accepted": fills["not_accepted"],
        "peers": [
            {"id": name, "uri": "sip:192.0.2.10:5060", "purpose": draw(texts())} | why
            for name in ("tax", "police")
        ],
        "trunks": [
            {
                "id": "carrier",
                "platform": maybe(draw, st.sampled_from(["city", "county", "next-city"])),
                "default_platform": draw(st.sampled_from(["city", "province", "county"])),
                "source": maybe(draw, st.sampled_from(["emergency:110", "platform:next-city"])),
                "finders": [FoundBy.DID, *chosen(draw, ALL_FINDERS[1:], 4)],
                "dids": [{"number": "09996110000", "line": "96128"}],
                "pilots": chosen(draw, LANDLINES, 2),
            }
            | why
        ],
        "allow_new_lines": [{"number": "96128"} | why],
        "survey": _survey_fill(draw, plan, ("96128",)) | why if draw(st.booleans()) else None,
        "register_by": _register_by(draw) | why if not plan["register_by"] and draw(st.booleans()) else None,
    }


def _survey_fill(draw: Draw, plan: Item, lines: tuple[str, ...]) -> Item:
    said = plan["survey"]
    unsaid = maybe_survey(draw, lines)
    return {key: value for key, value in unsaid.items() if not (isinstance(said, Mapping) and said[key])}


@st.composite
def plan_files(draw: Draw) -> dict[str, str]:
    """The files of a plan that can be loaded, by name."""
    numbers = tuple(draw(st.lists(st.sampled_from(SHORT_CODES), min_size=1, max_size=4, unique=True)))
    plan, lines = _plan(draw, numbers), _lines(draw, numbers)
    listed = draw(st.lists(st.sampled_from(LANDLINES), min_size=1, max_size=6, unique=True))
    rows = [f'{number},"{draw(texts()).replace(chr(34), chr(34) * 2)}"\n' for number in listed]
    files = {
        "plan.yaml": yaml_text(plan),
        "lines.yaml": yaml_text(lines),
        "landlines.csv": "number,name\n" + "".join(rows),
    }
    if draw(st.booleans()):
        files["operator.yaml"] = yaml_text(_operator(draw, plan, lines))
    return files


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files into a folder of the jurisdiction's name under `folder`, and nothing else; return it."""
    made = folder / FOLDER
    made.mkdir(exist_ok=True)
    for file in made.iterdir():
        file.unlink()
    for name, content in files.items():
        (made / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return made
