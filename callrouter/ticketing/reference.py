"""The reference of what travels, as Markdown: made from the same schemas as everything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callrouter.ticketing.envelope_schemas import Json
from callrouter.ticketing.model_words import of_words
from callrouter.ticketing.schemas import model_named, schemas

_HEAD: Final = """\
# 通话记录与事件的字段 · Fields of records and events

由 `callrouter records schema --reference` 从程序的模型生成，请勿手工修改。规则见
[records.zh-CN.md](records.zh-CN.md)。
Made from the program's models by `callrouter records schema --reference`; don't edit it. The rules:
[records.md](records.md).

每个字段总是在的；不知道的是 `null`。时刻是 ISO 8601，带时区；时长是整毫秒。
Every field is always there; what is not known is `null`. Instants are ISO 8601 with their zone; durations are whole
milliseconds.
"""
_TITLES: Final = {
    "event": "信封 / the envelope: CloudEvents 1.0",
    "record": "通话记录 / the record",
    "arrived": "来电到达 / arrived",
    "answered": "接通人工 / answered",
    "transferred": "转接结束 / transferred",
    "ended": "来电结束 / ended",
    "reconcile": "对账 / the manifest",
    "compared": "对账的回答（webhook） / the answer to it",
}
_TYPES: Final = {
    "string": "文字 text",
    "integer": "整数 integer",
    "boolean": "是否 boolean",
    "object": "对象 object",
    "null": "`null`",
}


def reference() -> str:
    """The whole reference, ending in a line break."""
    found = schemas()
    parts: dict[str, Json] = {}
    lines = [_HEAD]
    for name, title in _TITLES.items():
        schema = found[name]
        lines += [f"## {title}\n", f"`{schema['$id']}` · [schema/{name}.json](schema/{name}.json)\n"]
        lines += _table(schema)
        parts |= schema.get("$defs", {})
    acknowledgement = found["acknowledgement"]
    lines += [
        "## 确认 / the acknowledgement\n",
        "[schema/acknowledgement.json](schema/acknowledgement.json)\n",
    ]
    lines += _table(acknowledgement["anyOf"][0])
    lines.append("## 组成部分 / parts\n")
    for name, part in sorted(parts.items()):
        lines += [
            f"### {name}\n",
            *(_table(part, part["description"]) if "properties" in part else _words(name)),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _table(schema: Json, about: str = "") -> Iterator[str]:
    if about:
        yield f"{about}\n"
    yield "| 字段 field | 值 value | 含义 meaning |"
    yield "|---|---|---|"
    for field, value in schema["properties"].items():
        yield f"| `{field}` | {_value(value)} | {_cell(value.get('description', ''))} |"
    yield ""


def _words(name: str) -> Iterator[str]:
    kind = model_named(name)
    assert kind is not None
    yield "| 值 value | 含义 meaning |"
    yield "|---|---|"
    for word, meaning in of_words(kind).items():
        yield f"| `{word}` | {_cell(meaning)} |"
    yield ""


def _value(schema: Json) -> str:
    kind = schema.get("type", "")
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in schema or "enum" in schema:
        return " ".join(f"`{word}`" for word in schema.get("enum", [schema.get("const")]))
    if kind == "array":
        return f"列表 list: {_value(schema['items'])}"
    if "anyOf" in schema or isinstance(kind, list):
        return " 或 or ".join(_value(one) for one in schema.get("anyOf", [{"type": one} for one in kind]))
    return "时刻 instant" if "format" in schema else _TYPES[kind]


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
