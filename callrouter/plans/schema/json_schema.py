"""The plan language as JSON Schema, for editors: completion, hover help and faults as they are typed.

Rules:
- It is made from the models that read the files, so it can't say anything else.
- Editors read YAML with types, we read its text: an unquoted 12315 is an integer there, and `on` may be a boolean.
  What our loader accepts, the schema accepts.
- A file tells the editor by its first line: `# yaml-language-server: $schema=../schema/plan.yaml.json`.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from callrouter.plans.schema.calendar_file import CalendarFile
from callrouter.plans.schema.lines_file import LinesFile
from callrouter.plans.schema.operator_file import OperatorFile
from callrouter.plans.schema.parts import Part
from callrouter.plans.schema.plan_file import PlanFile

Json = dict[str, Any]
"""A JSON object, whose values are of any kind."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FILES: Final[dict[str, type[Part]]] = {
    "plan.yaml": PlanFile,
    "lines.yaml": LinesFile,
    "operator.yaml": OperatorFile,
    "calendar.yaml": CalendarFile,
}


def plan_schema() -> dict[str, Json]:
    """The JSON Schema of each file of a plan, by the file's name; `calendar.yaml` is that of `calendars/*.yaml`."""
    return {name: _schema(name, model) for name, model in FILES.items()}


def _schema(name: str, model: type[Part]) -> Json:
    made = model.model_json_schema(schema_generator=GenerateJsonSchema)
    return {"$schema": DIALECT, "$id": f"{name}.json", **_plain(made)}


def _plain(value: Any) -> Any:
    """Without what is of no use to an editor: pydantic's titles and defaults, and null, which YAML text never is."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _plain(one) for key, one in value.items() if not _is_noise(key, one)}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    choices = [one for one in kept.get("anyOf", ()) if one != {"type": "null"}]
    if "anyOf" not in kept or len(choices) == len(kept["anyOf"]):
        return kept
    del kept["anyOf"]
    if len(choices) > 1:
        return {**kept, "anyOf": choices}
    return {**choices[0], **kept}


def _is_noise(key: str, value: object) -> bool:
    """Whether it is a keyword of the schema that says nothing, rather than a key of the language of that name."""
    return (key == "title" and isinstance(value, str)) or (key == "default" and not isinstance(value, dict))
