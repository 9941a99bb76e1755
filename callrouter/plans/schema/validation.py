"""Holds plain values against the schema, and words what is wrong for an admin.

Rules:
- All errors of a part are reported, each at the value, the key or the mapping that it is about.
- What the reading has already refused is not reported a second time at the same position.
- A misspelt key or word gets a "did you mean"; anything else gets the way to write it.
- Each item of a list is judged by itself, so that a fault in one does not hide the others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Generic, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, clipped
from callrouter.plans.reading.written import Plain, Where, Written
from callrouter.plans.schema.key_faults import missing_key, unknown_key
from callrouter.plans.schema.parts import Part
from callrouter.plans.schema.suggestion import half_width
from callrouter.plans.schema.values import HINTS, Id

ValueType = TypeVar("ValueType")
PartType_co = TypeVar("PartType_co", bound=Part, covariant=True)
FillType = TypeVar("FillType", bound=Part)
NewType = TypeVar("NewType", bound=Part)

_ID: TypeAdapter[str] = TypeAdapter(Id)
_VALUE = ("此处应为一个值", "a single value is wanted here", "写成“键： 值” / write `key: value`")
_MAPPING = ("此处应为“键： 值”的组", "keys and values are wanted here", "缩进写出各键 / indent the keys")
_LIST = ("此处应为列表", "a list is wanted here", "每项以“- ”开头 / begin each item with `- `")
_SHAPES = {
    "string_type": _VALUE,
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "list_type": _LIST,
}
_TOO_SHORT = Fault(
    Code.WRONG_VALUE, "此处至少要有一项", "at least one item is wanted here", "补上内容 / fill it in"
)


class Item(NamedTuple, Generic[PartType_co]):
    """A well-formed part, and where it stands."""

    part: PartType_co
    written: Written
    where: Where

    @property
    def place(self) -> str:
        """`file:line:column`."""
        return self.written.place(self.where)

    def report(self, fault: Fault, *steps: str | int) -> None:
        """Note a fault at a value within the part; with no steps, at the part."""
        where = (*self.where, *steps)
        self.written.report(self.written.value_at(where) if steps else self.written.key_at(where), fault)


def judge_keys(model: type[Part], written: Written) -> None:
    """Report the keys of a file that are unknown or missing, and sections that are of another shape."""
    if not isinstance(written.data, dict):
        written.report(written.value_at(()), Fault(Code.WRONG_TYPE, *_MAPPING))
        return
    fields = model.model_fields
    missing = [key for key, field in fields.items() if field.is_required() and key not in written.data]
    for key in written.data:
        if key not in fields and not written.is_full:
            written.report(written.key_at((key,)), unknown_key(key, model, missing))
    for key in missing:
        written.report(written.value_at(()), missing_key(key))
    for key, field in fields.items():
        if key in written.data:
            _judge_shape(written, key, str(field.annotation), field.is_required())


def _judge_shape(written: Written, key: str, annotation: str, required: bool) -> None:
    """Judge whether a section is the list or mapping that is wanted; single values are judged as they are read."""
    data = _section(written, key)
    wanted, told = (list, _LIST) if annotation.startswith("list") else (dict, _MAPPING)
    if not annotation.startswith(("list", "dict")):
        return
    at = written.value_at((key,))
    if not isinstance(data, wanted):
        if not written.was_refused(at):
            written.report(at, Fault(Code.WRONG_TYPE, *told))
    elif not data and required:
        written.report(at, _TOO_SHORT)


def value_of(kind: TypeAdapter[ValueType], written: Written, key: str) -> ValueType | None:
    """The value of a key of the file; None, and a report, if it is not well formed; None if it isn't there."""
    if not isinstance(written.data, dict) or key not in written.data:
        return None
    try:
        return kind.validate_python(written.data[key])
    except ValidationError as invalid:
        _report_all(invalid, None, written, (key,))
        return None


def part_of(model: type[PartType_co], written: Written, key: str) -> Item[PartType_co] | None:
    """The mapping under a key of the file; None, and a report, if it is not well formed."""
    if not isinstance(written.data, dict) or key not in written.data:
        return None
    return _validated(model, written, written.data[key], (key,))


def items_of(model: type[PartType_co], written: Written, key: str) -> list[Item[PartType_co]]:
    """The well-formed items of a list; the others are reported."""
    data = _section(written, key)
    if not isinstance(data, list):
        return []
    found: list[Item[PartType_co]] = []
    for index, value in enumerate(data):
        if written.is_full:
            break
        item = _validated(model, written, value, (key, index))
        found += [item] if item is not None else []
    return found


def entries_of(model: type[PartType_co], written: Written, key: str) -> list[Item[PartType_co]]:
    """The well-formed entries of a mapping by id; the others are reported."""
    data = _section(written, key)
    if not isinstance(data, dict):
        return []
    found: list[Item[PartType_co]] = []
    for name, value in data.items():
        if written.is_full:
            break
        item = _validated(model, written, value, (key, name))
        try:
            _ID.validate_python(name)
        except ValidationError as invalid:
            written.report(written.key_at((key, name)), _as_fault(invalid.errors()[0]))
            continue
        found += [item] if item else []
    return found


def fills_of(
    fill: type[FillType], new: type[NewType], written: Written, key: str, known: Collection[str] | None
) -> tuple[list[Item[FillType]], list[Item[NewType]]]:
    """The items that fill in something known, and those that add something, which have a name of their own."""
    data = _section(written, key)
    fills: list[Item[FillType]] = []
    added: list[Item[NewType]] = []
    for index, value in enumerate(data if isinstance(data, list) else ()):
        where: Where = (key, index)
        own = isinstance(value, dict) and "name" in value
        if own and not (known is not None and isinstance(value, dict) and value.get("id") in known):
            new_item = _validated(new, written, value, where)
            added += [new_item] if new_item else []
        else:
            fill_item = _validated(fill, written, value, where)
            fills += [fill_item] if fill_item else []
    return fills, added


def names_in(written: Written, key: str, name: str = "id") -> list[str] | None:
    """Every name of a section, also of ill-formed items; None if it can't be told which there are."""
    if not written.whole or not isinstance(written.data, dict):
        return None
    return named_in(written.data.get(key, []), name)


def named_in(section: Plain, name: str = "id") -> list[str] | None:
    """The names of a mapping's entries or of a list's items; None if one of them has none, which is told already."""
    if isinstance(section, dict):
        return list(section)
    found: list[str] = []
    for item in section if isinstance(section, list) else [section]:
        its = item.get(name) if isinstance(item, dict) else None
        if not isinstance(its, str):
            return None
        found.append(its)
    return found


def _section(written: Written, key: str) -> Plain | None:
    return written.data.get(key) if isinstance(written.data, dict) else None


def _validated(
    model: type[PartType_co], written: Written, data: Plain, where: Where
) -> Item[PartType_co] | None:
    try:
        return Item(model.model_validate(data), written, where)
    except ValidationError as invalid:
        _report_all(invalid, model, written, where)
        return None


def _report_all(invalid: ValidationError, model: type[Part] | None, written: Written, where: Where) -> None:
    details = invalid.errors(include_url=False)
    missing: dict[Where, list[str]] = {}
    for detail in details:
        if detail["type"] == "missing":
            missing.setdefault(detail["loc"][:-1], []).append(str(detail["loc"][-1]))
    # Unknown keys first: one of them may be what is missing, misspelt, and is then told once.
    for detail in sorted(details, key=lambda one: one["type"] != "extra_forbidden"):
        if written.is_full:
            break
        loc = detail["loc"]
        beside = missing.get(loc[:-1], [])
        if detail["type"] == "missing" and loc[-1] not in beside:
            continue
        at, fault = _as_finding(detail, model, written, (*where, *loc), beside)
        if not written.was_refused(at):
            written.report(at, fault)


def _as_finding(
    detail: ErrorDetails, model: type[Part] | None, written: Written, where: Where, missing: list[str]
) -> tuple[int, Fault]:
    if detail["type"] == "missing":
        return written.value_at(where[:-1]), missing_key(str(where[-1]))
    if detail["type"] == "extra_forbidden" and model is not None:
        part = _model_at(model, detail["loc"][:-1])
        return written.key_at(where), unknown_key(str(where[-1]), part, missing)
    return written.value_at(where), _as_fault(detail)


def _model_at(model: type[BaseModel], loc: Where) -> type[BaseModel]:
    """The part's model that `loc` leads to; a step into a list stays with the model of its items."""
    for step in loc:
        if isinstance(step, str):
            model = next(_models_in(model.model_fields[step].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _as_fault(detail: ErrorDetails) -> Fault:
    context = detail.get("ctx", {})
    value = detail["input"]
    kind = detail["type"]
    if kind == "plan":
        return Fault(context["code"], _quoted(value, context["zh"]), context["en"], context["fix"])
    if kind == "string_pattern_mismatch":
        zh, en, example = HINTS[context["pattern"]]
        retyped = half_width(value)
        if re.fullmatch(context["pattern"], retyped, re.ASCII):
            fix = f'写成 "{retyped}" / write "{retyped}"'
        else:
            fix = f"例如 {example} / for example {example}"
        return Fault(Code.WRONG_VALUE, _quoted(value, f"应为{zh}"), f"{en} is wanted here", fix)
    if kind == "too_short":
        return _TOO_SHORT
    return Fault(Code.WRONG_TYPE, *_SHAPES.get(kind, _VALUE))


def _quoted(value: object, zh: str) -> str:
    if isinstance(value, str):
        return f"“{clipped(value)}”{zh}" if value else f"值是空的，{zh}"
    return zh
