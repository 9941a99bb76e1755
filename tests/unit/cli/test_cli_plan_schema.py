"""`callrouter plan schema`: what editors are given, and that what is shipped is current."""

from __future__ import annotations

import json
from pathlib import Path

from callrouter.cli.plan_schema import modeline, schema_file, schema_text
from callrouter.plans.schema.json_schema import plan_schema
from callrouter.plans.schema.reference import reference
from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import run

SHIPPED = PROJECT_ROOT / "docs" / "schema"


def test_the_shipped_schemas_are_what_the_models_say_now() -> None:
    current = {schema_file(SHIPPED, name): schema_text(schema) for name, schema in plan_schema().items()}
    assert {file: file.read_text(encoding="utf-8") for file in SHIPPED.glob("*.yaml.json")} == current


def test_schemas_are_written_into_the_folder_with_the_line_that_editors_need(tmp_path: Path) -> None:
    ran = run("plan", "schema", "--output", str(tmp_path / "schema"))
    assert (ran.code, ran.err) == (0, "")
    written = {file.name for file in (tmp_path / "schema").iterdir()}
    assert written == {"plan.yaml.json", "lines.yaml.json", "operator.yaml.json", "calendar.yaml.json"}
    assert ran.out.count("# yaml-language-server: $schema=") == 4


def test_the_line_leads_from_a_shipped_plan_to_its_schema() -> None:
    line = modeline(SHIPPED, "lines.yaml")
    assert line == "# yaml-language-server: $schema=../../docs/schema/lines.yaml.json"
    target = PROJECT_ROOT / "dialplans" / "sichuan" / line.partition("=")[2]
    assert target.resolve() == SHIPPED / "lines.yaml.json"


def test_without_a_folder_all_schemas_are_one_json_object() -> None:
    ran = run("plan", "schema")
    assert ran.code == 0
    assert json.loads(ran.out) == plan_schema()


def test_every_key_of_the_language_has_words_in_chinese_and_english() -> None:
    for schema in plan_schema().values():
        for part in (schema, *schema["$defs"].values()):
            for key, value in part.get("properties", {}).items():
                described = value.get("description", "")
                assert described, (part.get("description"), key)


def test_the_reference_is_printed_as_it_is_shipped() -> None:
    ran = run("plan", "schema", "--reference")
    assert (ran.code, ran.out) == (0, reference())
