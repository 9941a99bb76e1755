"""Holds plain values against the schema, and words what is wrong for an admin.

Rules:
- All errors of a part are reported, each at the value, the key or the mapping that it is about.
- What the reading has already refused is not reported a second time at the same position.
- A misspelt key or word gets a "did you mean"; anything else gets the way to write it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from callrouter.plans import schema
from callrouter.plans.errors import Fault, clipped
from callrouter.plans.reading import Plain, Where, Written

ValueType = TypeVar("ValueType")
PartType = TypeVar("PartType", bound=schema.Part)

_HINTS = {
    schema.ID: ("小写字母开头的代号", "an id of lower-case letters, digits and -", "general"),
    schema.TEXT: ("一行不超过 200 字的文字", "one line of at most 200 characters", "科技服务热线"),
    schema.VERSION: ("版本号", "a version", "1.0"),
    schema.HOTLINE_NUMBER: ("热线短号", "a hotline's short number", "12315"),
    schema.AREA_CODE: ("带 0 的区号", "an area code with its 0", "028"),
    schema.SPOKEN_NUMBER: ("号码读法(汉字)", "a spoken number in Chinese", "幺二三幺五"),
    schema.NOTICE: ("语音提示编号", "the id of an announcement", "T01"),
    schema.SOURCE: ("文件出处", "a line of the document", "000:L82"),
    schema.DOCUMENT_REF: ("三位文件编号", "the document's three digits", "000"),
}
"""What each pattern wants: Chinese, English, an example."""

_SHAPES = {
    "string_type": ("此处应为一个值", "a single value is wanted here", "写成“键： 值” / write `key: value`"),
    "model_type": (
        "此处应为“键： 值”的组",
        "keys and values are wanted here",
        "缩进写出各键 / indent the keys",
    ),
    "dict_type": (
        "此处应为“键： 值”的组",
        "keys and values are wanted here",
        "缩进写出各键 / indent the keys",
    ),
    "list_type": ("此处应为列表", "a list is wanted here", "每项以“- ”开头 / begin each item with `- `"),
    "too_short": ("此处至少要有一项", "at least one item is wanted here", "补上内容 / fill it in"),
}


def validated(model: type[PartType], written: Written, where: Where) -> PartType | None:
    """The part at `where`, or None if there was anything to report about it."""
    try:
        return model.model_validate(_at(written.data, where))
    except ValidationError as invalid:
        told = {(error.line, error.column) for error in written.errors}
        found = Written(written.name, values=written.values, keys=written.keys)
        for detail in invalid.errors(include_url=False):
            _report(detail, model, found, where)
        written.errors += [one for one in found.errors if (one.line, one.column) not in told]
        return None


def well_formed(kind: TypeAdapter[ValueType], written: Written, key: str) -> ValueType | None:
    """The value of a key of the file, or None if it is not well formed; reports nothing."""
    if not isinstance(written.data, dict) or key not in written.data:
        return None
    try:
        return kind.validate_python(written.data[key])
    except ValidationError:
        return None


def did_you_mean(word: str, known: list[str]) -> str:
    """The remedy for a word that is none of the known ones."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"是不是 {close[0]}？ / did you mean {close[0]}?"
    listed = ", ".join(known)
    return f"可以用： {listed} / use one of: {listed}"


def _at(data: Plain, where: Where) -> Plain:
    for step in where:
        match data:
            case dict():
                data = data[str(step)]
            case list():
                data = data[int(step)]
    return data


def _report(detail: ErrorDetails, model: type[schema.Part], written: Written, where: Where) -> None:
    loc: Where = detail["loc"]
    kind = detail["type"]
    if loc and loc[-1] == "[key]":
        key_at = (*where, *loc[:-1])
        written.report(written.keys.get(key_at, key_at), _as_fault(detail))
    elif kind == "missing":
        written.report((*where, *loc[:-1]), _missing(str(loc[-1])))
    elif kind == "extra_forbidden":
        key_at = (*where, *loc)
        written.report(written.keys.get(key_at, key_at), _unknown_key(str(loc[-1]), model, loc[:-1]))
    else:
        written.report((*where, *loc), _as_fault(detail))


def _missing(key: str) -> Fault:
    return Fault(f"缺少 {key}", f"{key} is missing", f"加上一行 {key}: … / add a line {key}: …")


def _unknown_key(key: str, model: type[schema.Part], loc: Where) -> Fault:
    known = sorted(_model_at(model, loc).model_fields)
    return Fault(f"不认识的键 {clipped(key)}", f"the key {clipped(key)} is unknown", did_you_mean(key, known))


def _model_at(model: type[BaseModel], loc: Where) -> type[BaseModel]:
    """The part's model that `loc` leads to."""
    kind: Any = model
    for step in loc:
        kind = get_args(kind)[-1] if isinstance(step, int) else kind.model_fields[step].annotation
    found: type[BaseModel] = kind
    return found


def _as_fault(detail: ErrorDetails) -> Fault:
    context = detail.get("ctx", {})
    value = detail["input"]
    kind = detail["type"]
    if kind == "plan":
        return Fault(_quoted(value, context["zh"]), context["en"], context["remedy"])
    if kind == "string_pattern_mismatch":
        zh, en, example = _HINTS[context["pattern"]]
        return Fault(
            _quoted(value, f"应为{zh}"), f"{en} is wanted here", f"例如 {example} / for example {example}"
        )
    if kind == "enum":
        known = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        return Fault(_quoted(value, "不是可用的词"), "this word is unknown", did_you_mean(str(value), known))
    return Fault(*_SHAPES.get(kind, _SHAPES["string_type"]))


def _quoted(value: object, zh: str) -> str:
    if isinstance(value, str):
        return f"“{clipped(value)}”{zh}" if value else f"值是空的，{zh}"
    return zh
