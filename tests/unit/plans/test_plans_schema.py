"""The JSON Schema that editors complete by: made from the models, closed, described, and no stricter than we are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from callrouter.plans.schema.json_schema import DIALECT, FILES, plan_schema
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.migration import LINE_MODES
from tests.unit.plans.invented_city import LINES, OPERATOR, PLAN
from tests.unit.plans.small_json_schema import faults_of

SCHEMA = plan_schema()
CALENDAR = (PROJECT_ROOT / "dialplans" / "calendars" / "china.yaml").read_text("utf-8")
CITY = {"plan.yaml": PLAN, "lines.yaml": LINES, "operator.yaml": OPERATOR, "calendar.yaml": CALENDAR}
SHIPPED = sorted(PROJECT_ROOT.glob("dialplans/*/*.yaml"))


def as_editors_read(text: str) -> Any:
    """By YAML 1.2's core schema, as VS Code's extension does: dates and yes are text, 12315 is a number."""

    class Editor(yaml.SafeLoader):
        pass

    kept = {"tag:yaml.org,2002:timestamp"}
    Editor.yaml_implicit_resolvers = {
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in kept and not (tag.endswith(":bool") and first in "yYnNoO") and first != "0"
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(text, Loader=Editor)


def objects(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a mapping with listed keys."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            yield where, schema
        for key, value in schema.items():
            yield from objects(value, f"{where}/{key}")
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value, where)


def test_there_is_a_schema_of_each_file_and_it_is_json() -> None:
    assert (
        sorted(SCHEMA)
        == sorted(FILES)
        == [
            "calendar.yaml",
            "lines.yaml",
            "operator.yaml",
            "plan.yaml",
        ]
    )
    for schema in SCHEMA.values():
        assert schema["$schema"] == DIALECT
        assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_mapping_is_closed_and_every_key_is_described_in_both_languages(name: str) -> None:
    found = list(objects(SCHEMA[name]))
    assert found
    for where, schema in found:
        assert schema["additionalProperties"] is False, where
        for key, value in schema["properties"].items():
            told = value.get("description", "")
            assert told, (where, key)
            assert any(char > "\u2e80" for char in told) or told.startswith('"'), (where, key, told)


def test_words_are_offered_for_completion() -> None:
    mode = SCHEMA["lines.yaml"]["$defs"]["SchedulePart"]["properties"]["mode"]
    assert set(mode["enum"]) == LINE_MODES


@pytest.mark.parametrize("name", sorted(CITY))
def test_what_our_loader_accepts_the_schema_accepts(name: str) -> None:
    assert list(faults_of(as_editors_read(CITY[name]), SCHEMA[name])) == []


def test_numbers_without_quotes_that_are_safe_are_accepted() -> None:
    text = LINES.replace('"12300"', "12300").replace("name: 税务热线", "name: 12366")
    assert list(faults_of(as_editors_read(text), SCHEMA["lines.yaml"])) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_plan_is_accepted(path: Path) -> None:
    name = "calendar.yaml" if path.parent.name == "calendars" else path.name
    if name in SCHEMA:
        assert list(faults_of(as_editors_read(path.read_text("utf-8")), SCHEMA[name])) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "at"),
    [
        ("lines.yaml", "mode: dual", "mode: dul", "/schedules/dual/mode"),
        ("lines.yaml", "  dual:", "  Odd Name:", "/schedules/Odd Name"),
        ("lines.yaml", "tag: mayor", "tags: mayor", "/lines/3/tags"),
        ("lines.yaml", "    schedule: branch\n", "", "/lines/2/schedule"),
        ("lines.yaml", "starts: unstated", "starts: someday", "/schedules/dual/phases/1/starts"),
        ("plan.yaml", 'priority: "20"', "priority: high", "/desks/emergency/priority"),
        ("plan.yaml", 'areas: ["0999"]', "areas: 0999", "/platforms/0/areas"),
        ("operator.yaml", "[did,", "[dids,", "/trunks/0/finders/0"),
        ("calendar.yaml", 'year: "2018"', 'year: "18"', "/years/0/year"),
    ],
)
def test_what_our_loader_refuses_of_the_shape_the_schema_refuses(
    name: str, old: str, new: str, at: str
) -> None:
    assert old in CITY[name]
    assert at in list(faults_of(as_editors_read(CITY[name].replace(old, new)), SCHEMA[name]))
