"""The order of keys in the canonical layout, and what goes along with a key that moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from callrouter.plans.cases.cases_file import CasePart, CasesFile
from callrouter.plans.formatting.formatted import formatted
from callrouter.plans.formatting.key_order import keys_of
from callrouter.plans.formatting.kinds import kind_by_keys, kind_of
from callrouter.plans.schema.calendar_file import CalendarFile
from callrouter.plans.schema.lines_file import LinePart, LinesFile
from callrouter.plans.schema.operator_file import NewQueue, OperatorFile, TrunkPart
from callrouter.plans.schema.parts import OperatorHours
from callrouter.plans.schema.plan_file import PlanFile


def text_of(text: str, name: str = "plan.yaml") -> str:
    result = formatted(f"{text}...\n".encode(), name, kind_of(Path(name)))
    assert result.text is not None, [str(finding) for finding in result.findings]
    return result.text.removesuffix("...\n")


@pytest.mark.parametrize(
    ("model", "keys"),
    [
        (LinePart, "number name spoken_number spoken_name schedule level expert_seats tag source"),
        (TrunkPart, "id platform default_platform source finders dids pilots why"),
        (OperatorHours, "id why stretches"),
        (CasePart, "dialled at trunk caller platform diversion source why says"),
        (
            NewQueue,
            """id name spoken_name kind platform line hours starts seats
            overflow overflow_to answers lines announcement priority why""",
        ),
    ],
)
def test_what_an_item_is_comes_first_and_its_reason_behind(model: type[BaseModel], keys: str) -> None:
    assert keys_of(model) == keys.split()


def test_keys_stand_in_the_order_of_the_schema_at_every_level() -> None:
    assert text_of(
        "brands:\n  - source: x\n    name: y\ndocument: {issued: a, ref: b}\njurisdiction: z\n"
    ) == ("jurisdiction: z\ndocument: {ref: b, issued: a}\nbrands:\n  - name: y\n    source: x\n")


def test_an_item_that_adds_something_and_one_that_fills_in_have_each_their_own_order() -> None:
    queues = "queues:\n  - why: w\n    seats: []\n    id: a\n  - why: w\n    kind: general\n    name: n\n    id: b\n"
    assert text_of(queues, "operator.yaml") == (
        "queues:\n  - id: a\n    seats: []\n    why: w\n  - id: b\n    name: n\n    kind: general\n    why: w\n"
    )


def test_names_that_an_author_gives_stay_in_the_authors_order() -> None:
    schedules = "schedules:\n  z: {seat_fate: a, mode: b}\n  a: {mode: b}\n"
    assert text_of(schedules, "lines.yaml") == "schedules:\n  z: {mode: b, seat_fate: a}\n  a: {mode: b}\n"


def test_a_key_that_nobody_knows_stays_behind_the_one_that_it_followed() -> None:
    assert text_of("odd: 0\ntitle: 1\nodder: 2\njurisdiction: 3\n") == (
        "odd: 0\njurisdiction: 3\ntitle: 1\nodder: 2\n"
    )


def test_a_key_takes_its_comments_along() -> None:
    assert text_of("title: t  # of t\n# of j\njurisdiction: j  # beside j\n# below\n") == (
        "# of j\njurisdiction: j  # beside j\ntitle: t  # of t\n# below\n"
    )


def test_within_an_item_they_go_above_its_dash() -> None:
    assert text_of("brands:\n  - source: s\n    # of n\n    name: n\n") == (
        "brands:\n  # of n\n  - name: n\n    source: s\n"
    )


def test_the_head_of_a_file_stays_at_its_top() -> None:
    head = "# yaml-language-server: $schema=x\n# 头 / head\n\n"
    assert text_of(f"{head}# of t\ntitle: t\n\njurisdiction: j\n") == (
        f"{head}jurisdiction: j\n\n# of t\ntitle: t\n"
    )
    assert text_of(f"{head}title: t\njurisdiction: j\n") == f"{head}jurisdiction: j\ntitle: t\n"
    editor = "# yaml-language-server: $schema=x\n"
    assert text_of(f"{editor}title: t\njurisdiction: j\n") == f"{editor}jurisdiction: j\ntitle: t\n"


def test_in_brackets_the_lines_are_broken_where_they_were() -> None:
    case = 'cases:\n  - {says: {mode: m}, at: a,\n     dialled: "1"}\n'
    assert text_of(case, "x.cases.yaml") == 'cases:\n  - {dialled: "1", at: a,\n     says: {mode: m}}\n'


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dialplans/x/plan.yaml", PlanFile),
        ("dialplans/x/lines.yaml", LinesFile),
        ("dialplans/x/operator.yaml", OperatorFile),
        ("dialplans/x/all.cases.yaml", CasesFile),
        ("dialplans/calendars/china.yaml", CalendarFile),
        ("dialplans/x/other.yaml", None),
        ("dialplans/x/landlines.csv", None),
    ],
)
def test_a_files_name_tells_its_language(name: str, kind: type[BaseModel] | None) -> None:
    assert kind_of(Path(name)) is kind


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ("title jurisdiction", PlanFile),
        ("schedules lines classes", LinesFile),
        ("instants lines trunks", OperatorFile),
        ("cases", CasesFile),
        ("calendar title years", CalendarFile),
    ],
)
def test_of_a_text_without_a_name_its_keys_do(keys: str, kind: type[BaseModel]) -> None:
    assert kind_by_keys(dict.fromkeys(keys.split(), "x")) is kind
