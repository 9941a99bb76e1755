"""The reference of the plan language, made from the models that read it and the codes that judge it.

Rules:
- Nothing is told here that the models don't say: a key's words are its description, a value's form its pattern.
- A mapping that stands in several places is described once, where it comes first; the others link there.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel

from callrouter.plans import codes
from callrouter.plans.schema.calendar_file import CalendarFile
from callrouter.plans.schema.lines_file import LinesFile
from callrouter.plans.schema.operator_file import OperatorFile
from callrouter.plans.schema.plan_file import PlanFile
from callrouter.plans.schema.values import HINTS

Json = Mapping[str, Any]
"""A part of a JSON Schema, whose values are of any kind."""

_FILES: Final[tuple[tuple[str, type[BaseModel]], ...]] = (
    ("plan.yaml", PlanFile),
    ("lines.yaml", LinesFile),
    ("operator.yaml", OperatorFile),
    ("calendars/*.yaml", CalendarFile),
)

_EXAMPLES: Final = ("2021-10-01T00:00:00+08:00", "2021-10-01", "09:00", "mon-fri", "10")
"""Of forms for which there is no hint."""

_HEAD: Final = """\
# 计划语言大全 · Reference of the plan language

由 `callrouter plan schema --reference` 从程序的模型生成，请勿手工修改。怎样写计划，从
[plans.zh-CN.md](plans.zh-CN.md) 开始。
Made from the program's models by `callrouter plan schema --reference`; don't edit it. To learn the language, begin
with [plans.md](plans.md).

所有值都按原样读成文字：`"12315"`、`"yes"`、`"09:00"` 请加引号，别的 YAML 工具才不会改坏它们。每个文件的最后一行是
`...`。没有列出的键是错误；“必需”一栏为“是”的键不能少。
代号（如 `general`）以小写字母开头，只用小写字母、数字和 `-`；语音提示编号（如 `T01`）各用在哪里，见
[plans.zh-CN.md](plans.zh-CN.md#6-语音提示)。
Every value is read as the text that stands there; quote numbers, `"yes"` and times of day, so that other YAML tools
don't damage them. The last line of each file is `...`. A key that is not listed is an error, and so is a missing one
that is needed. Ids (such as `general`) begin with a lower-case letter and hold such letters, digits and `-`; which
announcement (such as `T01`) is for what: [plans.md](plans.md#6-announcements).
"""

_CODES_HEAD: Final = """\
## 检查结果的代码 · Codes of findings

代码不会改变含义。A code is never given another meaning.
"""


def reference() -> str:
    """The whole reference as Markdown, ending in a line break."""
    lines = [_HEAD]
    described: set[str] = set()
    for name, model in _FILES:
        lines += _file(name, model, described)
    lines += [_CODES_HEAD, *_codes()]
    return "\n".join(lines).rstrip() + "\n"


def _file(name: str, model: type[BaseModel], described: set[str]) -> Iterator[str]:
    schema: Json = model.model_json_schema()
    parts: Json = schema.get("$defs", {})
    yield f"## {name}\n"
    yield from _mapping(schema)
    for part in _in_order(schema, parts):
        if part not in described:
            described.add(part)
            yield f"### {_title(part)}\n"
            yield f"{_about(parts[part])}\n"
            yield from _mapping(parts[part])


def _in_order(schema: Json, parts: Json) -> list[str]:
    """The parts, each behind what first names it."""
    found: list[str] = []
    for name in _named_in(schema.get("properties", {})):
        found += [name, *_in_order(parts[name], parts)]
    return list(dict.fromkeys(found))


def _named_in(schema: object) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield str(schema["$ref"]).rsplit("/", 1)[-1]
        for value in schema.values():
            yield from _named_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _named_in(value)


def _mapping(schema: Json) -> Iterator[str]:
    needed = schema.get("required", ())
    yield "| 键 key | 必需 needed | 值，如 value, such as | 含义 meaning |"
    yield "|---|---|---|---|"
    for key, value in schema.get("properties", {}).items():
        meaning = _cell(str(value.get("description", "")))
        yield f"| `{key}` | {'是 yes' if key in needed else ''} | {_value(value)} | {meaning} |"
    yield ""


def _value(schema: Json) -> str:
    """What may stand there, as one cell."""
    if "$ref" in schema:
        title = _title(str(schema["$ref"]).rsplit("/", 1)[-1])
        return f"[{title}](#{_anchor(title)})"
    if "anyOf" in schema:
        # An unquoted number is read as well, and a key with a default may be null for editors: neither is told here.
        kinds = [_value(kind) for kind in schema["anyOf"] if kind.get("type") not in ("null", "integer")]
        return " 或 or ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return " ".join(f"`{word}`" for word in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"列表 list: {_value(schema.get('items', {}))}"
        case "object":
            values = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties", {})]
            return f"按代号 by id: {_value(values[0])}"
    return _example(str(schema["pattern"])) if "pattern" in schema else "文字 text"


def _example(pattern: str) -> str:
    """A value of the pattern's form."""
    if pattern in HINTS:
        return " ".join(f"`{example}`" for example in HINTS[pattern][2].split(", "))
    return next(
        (f"`{example}`" for example in _EXAMPLES if re.fullmatch(pattern, example)), _cell(f"`{pattern}`")
    )


def _title(part: str) -> str:
    """`PhasePart` as a heading: Phase."""
    name = part.removesuffix("Part")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _about(schema: Json) -> str:
    return str(schema.get("description", "")).replace("\n", " ")


def _cell(text: str) -> str:
    """Text that does not break a table."""
    return text.replace("|", r"\|").replace("\n", " ")


def _codes() -> Iterator[str]:
    """Every code with what stands below it in the source, in tables under the comments that group them."""
    source = inspect.getsource(codes)
    said = _said_of_codes(source)
    for line in source.splitlines():
        heading = re.fullmatch(r"    # (\w+): (.+)", line)
        member = re.fullmatch(r"    (\w+) = \"\w+\"", line)
        if heading:
            yield f"\n### {heading[1]}: {heading[2].rstrip('.')}\n\n| 代码 code | 含义 meaning |\n|---|---|"
        elif member:
            yield f"| `{member[1]}` | {_cell(said[member[1]])} |"


def _said_of_codes(source: str) -> dict[str, str]:
    members = next(node.body for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    said: dict[str, str] = {}
    for member, below in pairwise(members):
        if isinstance(member, ast.Assign) and isinstance(member.targets[0], ast.Name):
            text = below.value if isinstance(below, ast.Expr) else None
            said[member.targets[0].id] = str(text.value) if isinstance(text, ast.Constant) else ""
    return said
