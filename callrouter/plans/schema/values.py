"""The single values of the plan language: how each is written, and what a fault of it says.

Rules:
- Every value arrives as text and gets its type here and nowhere else.
- A number has one spelling: the short code, a landline with its area code, a mobile's eleven digits.
- The JSON Schema beside each type is for editors, which read YAML with types: an unquoted 12315 is an integer there.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from callrouter.plans.codes import Code
from callrouter.plans.schema.fault import as_text, fault
from callrouter.plans.schema.suggestion import did_you_mean, half_width

ID = r"^[a-z][a-z0-9-]{0,39}$"
KEY_ID = r"^[a-z][a-z0-9-]{0,23}$"
TEXT = r"^\S(.{0,198}\S)?$"
VERSION = r"^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$"
SHORT_CODE = r"^(1[0-9]{2}|1[0-9]{4}|9[0-9]{4,5})$"
AREA_CODE = r"^0(10|2[0-57-9]|[3-9][0-9]{2})$"
LINE_NUMBER = (
    r"^(1[0-9]{2}|1[0-9]{4}|9[0-9]{4,5}|0(10|2[0-57-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}|1[3-9][0-9]{9})$"
)
SPOKEN_NUMBER = r"^[零〇幺一二三四五六七八九]{2,12}$"
ANNOUNCEMENT = r"^[A-Z][0-9]{2}$"
SOURCE = r"^[0-9]{3}:L[0-9]{1,5}(-L[0-9]{1,5})?$"
DOCUMENT_REF = r"^[0-9]{3}$"
SEAT = r"^[0-9A-Za-z][0-9A-Za-z_-]{0,31}$"
CSV_NAME = r"^[0-9A-Za-z][0-9A-Za-z_.-]{0,59}\.csv$"
YEAR = r"^(19[5-9][0-9]|2[01][0-9]{2})$"
SIP_URI = r"^sips?:([0-9A-Za-z._+-]{1,64}@)?[0-9A-Za-z]([0-9A-Za-z.-]{0,250})(:[0-9]{1,5})?$"
EMAIL = r"^[0-9A-Za-z._+-]{1,64}@[0-9A-Za-z]([0-9A-Za-z.-]{0,250})$"
TRUNK_SOURCE = r"^(emergency:[0-9]{3,6}|platform:[a-z][a-z0-9-]{0,39})$"

HINTS = {
    ID: ("小写字母开头的代号", "an id of lower-case letters, digits and -", "general"),
    KEY_ID: (
        "小写字母开头、不超过 24 字的代号",
        "an id of at most 24 lower-case letters, digits and -",
        "landlines",
    ),
    TEXT: ("一行不超过 200 字的文字", "one line of at most 200 characters", "科技服务热线"),
    VERSION: ("版本号", "a version", '"1.0"'),
    SHORT_CODE: ("热线短号", "a hotline's short number", '"12315"'),
    AREA_CODE: ("带 0 的区号", "an area code with its 0", '"028"'),
    LINE_NUMBER: (
        "短号、带区号的固定电话或 11 位手机号",
        "a short code, a landline with its area code, or a mobile",
        '"12315", "03552180012", "13800138000"',
    ),
    SPOKEN_NUMBER: ("号码读法(汉字)", "a spoken number in Chinese", "幺二三幺五"),
    ANNOUNCEMENT: ("语音提示编号", "the id of an announcement", "T01"),
    SOURCE: ("文件出处", "a line of the document", '"000:L82"'),
    DOCUMENT_REF: ("三位文件编号", "the document's three digits", '"000"'),
    YEAR: ("四位年份", "a year of four digits", '"2026"'),
    SEAT: ("座席的 SIP 账号", "the SIP account of a seat", '"1001"'),
    CSV_NAME: ("同一文件夹中的 CSV 文件名", "the name of a CSV in the same folder", "landlines.csv"),
    SIP_URI: ("SIP 地址", "a SIP address", '"sip:192.0.2.10:5060"'),
    EMAIL: ("电子邮箱", "an e-mail address", "hotline@example.org"),
    TRUNK_SOURCE: ("来话方", "who hands the calls over", '"emergency:110"'),
}
"""What each pattern wants: Chinese, English, an example."""

_MEANS_YES_OR_NO = {
    **dict.fromkeys(("yes", "y", "true", "on", "1", "是"), "yes"),
    **dict.fromkeys(("no", "n", "false", "off", "0", "否"), "no"),
}
_PRIORITY = re.compile(r"[0-9]{1,3}", re.ASCII)
_CALL_COUNT = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


def _priority(value: object) -> int:
    text = as_text(value)
    if not _PRIORITY.fullmatch(text):
        raise fault(
            Code.WRONG_VALUE,
            "优先级应为 0 到 999 的整数",
            "a priority is 0 to 999",
            '例如 "20" / for example "20"',
        )
    return int(text)


def _call_count(value: object) -> int:
    text = as_text(value)
    if not _CALL_COUNT.fullmatch(text):
        raise fault(
            Code.WRONG_VALUE,
            "同时通话数应为 1 到 9999 的整数",
            "a number of calls is 1 to 9999",
            '例如 "20" / for example "20"',
        )
    return int(text)


def _yes_no(value: object) -> bool:
    text = as_text(value)
    if text not in {"yes", "no"}:
        meant = _MEANS_YES_OR_NO.get(half_width(text).lower())
        raise fault(
            Code.WRONG_VALUE,
            "应为 yes 或 no",
            "yes or no is wanted here",
            f'写成 "{meant}" / write "{meant}"' if meant else '写 "yes" 或 "no" / write "yes" or "no"',
        )
    return text == "yes"


def _source(value: str) -> str:
    first, _, last = value.partition("-L")
    if last and int(last) <= int(first.partition(":L")[2]):
        raise fault(
            Code.WRONG_VALUE,
            "行号颠倒",
            "the lines are reversed",
            '写成 "000:L82-L85" / write it like "000:L82-L85"',
        )
    return value


def _not_reserved(queue: str) -> str:
    if queue == "general":
        raise fault(
            Code.WRONG_VALUE,
            "是 Asterisk 的保留字",
            "a reserved word of Asterisk's queues.conf",
            "换一个名称，例如 hotline / take another name, such as hotline",
        )
    return queue


def _line_number(value: object) -> str:
    """A line's number; one that only has marks between its digits is told how to write it."""
    text = as_text(value)
    if re.fullmatch(LINE_NUMBER, text):
        return text
    digits = re.sub(r"[ ().\-‐-―]", "", half_width(text))
    digits = digits.removeprefix("+86").removeprefix("0086") if digits.startswith(("+86", "0086")) else digits
    for candidate in (digits, f"0{digits}"):
        if re.fullmatch(LINE_NUMBER, candidate):
            fix = f'写成 "{candidate}" / write "{candidate}"'
            break
    else:
        fix = f"例如 {HINTS[LINE_NUMBER][2]} / for example {HINTS[LINE_NUMBER][2]}"
    raise fault(
        Code.WRONG_VALUE, f"应为{HINTS[LINE_NUMBER][0]}", f"{HINTS[LINE_NUMBER][1]} is wanted here", fix
    )


_ONE_BY_ONE = "一个词一项，用英文逗号隔开 / write one word an item, with ASCII commas between them"
Word = TypeVar("Word", bound=StrEnum)


def one_of(*allowed: Word) -> BeforeValidator:
    """A validator for some words of a closed set."""
    words = {str(word): word for word in allowed}

    def word(value: object) -> Word:
        text = as_text(value)
        if text not in words:
            several = "," in half_width(text)
            raise fault(
                Code.WRONG_VALUE,
                "不是可用的词",
                "this word is unknown",
                _ONE_BY_ONE if several else did_you_mean(text, list(words)),
            )
        return words[text]

    return BeforeValidator(word)


def words_schema(*allowed: StrEnum) -> WithJsonSchema:
    """The same set, for completion."""
    return WithJsonSchema({"type": "string", "enum": [str(word) for word in allowed]})


def _pattern(pattern: str) -> StringConstraints:
    return StringConstraints(pattern=pattern)


def _number_schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer", "minimum": 0}]}
    )


Id = Annotated[str, _pattern(ID)]
KeyId = Annotated[str, _pattern(KEY_ID)]
QueueId = Annotated[str, _pattern(ID), AfterValidator(_not_reserved)]
Text = Annotated[
    str,
    _pattern(TEXT),
    WithJsonSchema({"type": ["string", "number", "boolean"], "maxLength": 200, "minLength": 1}),
]
Version = Annotated[str, _pattern(VERSION), _number_schema(VERSION)]
DocumentRef = Annotated[str, _pattern(DOCUMENT_REF), _number_schema(DOCUMENT_REF)]
ShortCode = Annotated[str, _pattern(SHORT_CODE), _number_schema(SHORT_CODE)]
AreaCode = Annotated[str, _pattern(AREA_CODE)]
LineNumber = Annotated[str, BeforeValidator(_line_number), _number_schema(LINE_NUMBER)]
SpokenNumber = Annotated[str, _pattern(SPOKEN_NUMBER)]
Announcement = Annotated[str, _pattern(ANNOUNCEMENT)]
Source = Annotated[str, _pattern(SOURCE), AfterValidator(_source)]
Seat = Annotated[str, _pattern(SEAT), _number_schema(SEAT)]
Year = Annotated[str, _pattern(YEAR), _number_schema(YEAR)]
CsvName = Annotated[str, _pattern(CSV_NAME)]
SipUri = Annotated[str, _pattern(SIP_URI)]
Email = Annotated[str, _pattern(EMAIL)]
TrunkSource = Annotated[str, _pattern(TRUNK_SOURCE)]
Priority = Annotated[
    int,
    BeforeValidator(_priority),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[0-9]{1,3}$"},
                {"type": "integer", "minimum": 0, "maximum": 999},
            ]
        }
    ),
]
CallCount = Annotated[
    int,
    BeforeValidator(_call_count),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[1-9][0-9]{0,3}$"},
                {"type": "integer", "minimum": 1, "maximum": 9999},
            ]
        }
    ),
]
YesNo = Annotated[bool, BeforeValidator(_yes_no), WithJsonSchema({"enum": ["yes", "no"]})]
